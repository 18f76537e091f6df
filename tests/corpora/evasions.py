"""Ways to carry a secret past a scanner: name → how. `LOST` cannot be undone without guessing; the rest must be found."""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Callable
from urllib.parse import quote

LOST = {"md5"}
HARD = {"xor"}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


EVASIONS: dict[str, Callable[[str], str]] = {
    "as it is": lambda s: s,
    "without its first 7 characters": lambda s: s[7:],
    "cut into lines of 12": lambda s: "\n".join(s[at : at + 12] for at in range(0, len(s), 12)),
    "reversed": lambda s: s[::-1],
    "rot13": lambda s: codecs.encode(s, "rot13"),
    "lower-case": str.lower,
    "upper-case": str.upper,
    "spaced": " ".join,
    "dashed": "-".join,
    "joined by code": lambda s: "' + '".join(s[at : at + 4] for at in range(0, len(s), 4)),
    "with zero-width spaces": "\u200b".join,
    "in full-width letters": lambda s: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s),
    "percent-encoded": lambda s: "".join(f"%{ord(c):02X}" for c in s),
    "URL-quoted": lambda s: quote(s, ""),
    "JavaScript escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "hex escapes": lambda s: "".join(f"\\x{ord(c):02x}" for c in s),
    "octal escapes": lambda s: "".join(f"\\{ord(c):03o}" for c in s),
    "character codes": lambda s: ", ".join(str(ord(c)) for c in s),
    "HTML entities": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "HTML hex entities": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "hex": lambda s: s.encode().hex(),
    "hex in capitals, spaced": lambda s: s.encode().hex(" ").upper(),
    "hex of UTF-16": lambda s: s.encode("utf-16-le").hex(),
    "hex array": lambda s: ", ".join(f"0x{c:02x}" for c in s.encode()),
    "base32": lambda s: base64.b32encode(s.encode()).decode(),
    "base32 inside more": lambda s: base64.b32encode(f"abc{s}xyz".encode()).decode(),
    "base64": _b64,
    "base64 after 1": lambda s: _b64(f"a{s}z"),
    "base64 after 2": lambda s: _b64(f"ab{s}zz"),
    "base64 after 3": lambda s: _b64(f"abc{s}zzz"),
    "base64, URL-safe, no padding": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64 in lines": lambda s: "\n".join(_b64(f"x{s}")[at : at + 16] for at in range(0, len(_b64(f"x{s}")), 16)),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "base64 twice": lambda s: _b64(_b64(s)),
    "base64 twice, inside more": lambda s: _b64(f"q={_b64(f'a{s}zz')}&"),
    "base64 of it reversed": lambda s: _b64(s[::-1]),
    "base64 of hex": lambda s: _b64(s.encode().hex()),
    "hex of it reversed": lambda s: s[::-1].encode().hex(),
    "xor": lambda s: bytes(c ^ 0x5A for c in s.encode()).hex(),
    "md5": lambda s: hashlib.md5(s.encode(), usedforsecurity=False).hexdigest(),
}
SECRETS = (
    "ghp_" + "Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki",
    "sk-ant-api03-" + "hV3_xQ-71TzLmPc0RkYw9sNdB4uEaJ6fG2oIqX5tZrC8yKlWb",
    "tr0ub4dor&3/horses+Staple=Zq",
)
