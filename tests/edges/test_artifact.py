"""Our reader of artifacts takes one shape of zip and nothing else, and JSON that reads in one way only."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence

import pytest

from autonomy_pack.edges import artifact
from autonomy_pack.errors import WorldError

FILES = {"attempt.bundle": b"# v2 git bundle\n", "result.json": b"{}", "transcript.jsonl": b"{}\n" * 50}


def zipped(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]] = FILES, *, method: int = 8) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name, content in files.items() if isinstance(files, Mapping) else files:
            file.writestr(name, content)
    return made.getvalue()


class Streamed(io.RawIOBase):
    """A place that cannot be sought in: zips written to it have data descriptors, as the upload action writes them."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.content += bytes(data)
        return len(data)


def streamed(files: Mapping[str, bytes] = FILES) -> bytes:
    made = Streamed()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return made.content


def attributed(name: str, content: bytes, mode: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for one, inside in (FILES | {name: content}).items():
            info = zipfile.ZipInfo(one)
            info.create_system = 3
            info.external_attr = (mode if one == name else 0o100644) << 16
            file.writestr(info, inside)
    return made.getvalue()


def patched(content: bytes, at: int, raw: bytes) -> bytes:
    return content[:at] + raw + content[at + len(raw) :]


def central(content: bytes, entry: int = 0) -> int:
    """Where an entry of the central directory begins."""
    at = struct.unpack("<I", content[-6:-2])[0]
    for _ in range(entry):
        named, extra, comment = struct.unpack("<HHH", content[at + 28 : at + 34])
        at += 46 + named + extra + comment
    return at


def local(content: bytes, entry: int = 0) -> int:
    return int(struct.unpack("<I", content[central(content, entry) + 42 : central(content, entry) + 46])[0])


@pytest.mark.parametrize("made", [zipped(), zipped(method=0), streamed(), zipped(FILES | {"attempt.bundle": b""})])
def test_the_three_files_are_read_whatever_wrote_the_zip(made: bytes) -> None:
    files = artifact.read(made)
    assert {**files, "attempt.bundle": files["attempt.bundle"] or FILES["attempt.bundle"]} == FILES


def _with(files: Mapping[str, bytes], *more: tuple[str, bytes]) -> bytes:
    return zipped([*files.items(), *more])


def _without(name: str) -> dict[str, bytes]:
    return {one: content for one, content in FILES.items() if one != name}


def _renamed(name: str) -> bytes:
    return zipped(_without("result.json") | {name: b"{}"})


def _duplicate() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped([*_without("attempt.bundle").items(), ("result.json", b"{}")])


def _encrypted() -> bytes:
    made = zipped()
    return patched(patched(made, central(made) + 8, b"\x01\x00"), local(made) + 6, b"\x01\x00")


def _bomb() -> bytes:
    return zipped(FILES | {"transcript.jsonl": b"\0" * 15_000_000})


def _lying_size() -> bytes:
    made = zipped(FILES | {"transcript.jsonl": b"x" * 4000})
    for place in (central(made, 2) + 24, local(made, 2) + 22):
        made = patched(made, place, struct.pack("<I", 10))
    return made


def _zip64() -> bytes:
    made = zipped()
    return patched(made, central(made) + 24, b"\xff\xff\xff\xff")


def _zip64_extra() -> bytes:
    info, made = zipfile.ZipInfo("result.json"), io.BytesIO()
    info.extra = struct.pack("<HHQ", 1, 8, 2)
    with zipfile.ZipFile(made, "w") as file:
        for name in _without("result.json"):
            file.writestr(name, FILES[name])
        file.writestr(info, b"{}")
    return made.getvalue()


def _unicode_name_extra() -> bytes:
    info, made = zipfile.ZipInfo("result.json"), io.BytesIO()
    info.extra = struct.pack("<HHBI", 0x7075, 14, 1, zlib.crc32(b"result.json")) + b"../../etc"
    with zipfile.ZipFile(made, "w") as file:
        for name in _without("result.json"):
            file.writestr(name, FILES[name])
        file.writestr(info, b"{}")
    return made.getvalue()


def _descriptor_lie() -> bytes:
    made = streamed()
    at = made.index(b"PK\x07\x08")
    return patched(made, at + 12, struct.pack("<I", 99))


def _overlap() -> bytes:
    """Two entries of the directory that read the same bytes: what one tool takes for one file is another's other."""
    made = zipped({"attempt.bundle": b"same", "result.json": b"same", "transcript.jsonl": b"x"})
    return patched(made, central(made, 1) + 42, struct.pack("<I", local(made, 0)))


def _local_name() -> bytes:
    made = zipped()
    return patched(made, local(made, 1) + 30, b"RESULT.json")


def _gap() -> bytes:
    """A hidden entry in front, which only readers that start at the front see."""
    made, hidden = zipped(), b"PK\x03\x04" + b"\0" * 26
    shifted = hidden + made
    at = central(made) + len(hidden)
    shifted = patched(shifted, len(shifted) - 6, struct.pack("<I", at))
    for entry in range(3):
        place = central(shifted, entry) + 42
        shifted = patched(shifted, place, struct.pack("<I", local(made, entry) + len(hidden)))
    return shifted


def _comment() -> bytes:
    made = io.BytesIO(zipped())
    with zipfile.ZipFile(made, "a") as file:
        file.comment = b"hello"
    return made.getvalue()


def _wrong_crc() -> bytes:
    made = zipped(method=0)
    return patched(made, local(made) + 30 + len("attempt.bundle"), b"!")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no zip": lambda: b"x" * 400,
    "one file more": lambda: _with(FILES, ("run.sh", b"")),
    "one file less": lambda: zipped(_without("attempt.bundle")),
    "the same name twice": _duplicate,
    "a path upwards": lambda: _renamed("../result.json"),
    "an absolute path": lambda: _renamed("/result.json"),
    "a path with a backslash": lambda: _renamed("..\\result.json"),
    "a folder before the name": lambda: _renamed("./result.json"),
    "another case": lambda: _renamed("Result.json"),
    "a character like another": lambda: _renamed("r\u0435sult.json"),
    "a name with a zero byte": lambda: _renamed("result.json\u00b7"),
    "a folder": lambda: attributed("result.json", b"", stat.S_IFDIR | 0o755),
    "a link": lambda: attributed("result.json", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "a device": lambda: attributed("result.json", b"", stat.S_IFCHR | 0o666),
    "an encrypted entry": _encrypted,
    "another way of packing": lambda: zipped(method=zipfile.ZIP_LZMA),
    "a bomb": _bomb,
    "more bytes than said": _lying_size,
    "sizes of 64 bits": _zip64,
    "an extra field of sizes": _zip64_extra,
    "an extra field with another name": _unicode_name_extra,
    "a descriptor that lies": _descriptor_lie,
    "entries that overlap": _overlap,
    "two names for one entry": _local_name,
    "an entry nobody lists": _gap,
    "a comment at the end": _comment,
    "bytes behind the end": lambda: zipped() + b"\0",
    "bytes before the start": lambda: b"#!/bin/sh\n" + zipped(),
    "other bytes than the checksum": _wrong_crc,
    "a result too large": lambda: zipped(FILES | {"result.json": b"[" + b"1," * 200_000 + b"1]"}),
    "more than it may weigh": lambda: b"PK" + b"\0" * artifact.LARGEST,
    "a torn end": lambda: zipped()[:-30],
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_any_other_zip_is_refused(hostile: Callable[[], bytes]) -> None:
    with pytest.raises(WorldError, match="the artifact is refused"):
        artifact.read(hostile())


def test_no_byte_of_a_zip_can_be_changed_unseen() -> None:
    """What it reads is what the archive says in every one of its places, or it reads nothing."""
    made = streamed({"attempt.bundle": b"a", "result.json": b"{}", "transcript.jsonl": b"b"})
    for at in range(len(made)):
        try:
            files = artifact.read(patched(made, at, bytes([made[at] ^ 0x55])))
        except WorldError:
            continue
        assert files == {"attempt.bundle": b"a", "result.json": b"{}", "transcript.jsonl": b"b"}


def test_plain_json_is_read() -> None:
    assert artifact.strict_json(b'{"a": [1, 2.5, "\\u00e4 [[["], "b": null}') == {"a": [1, 2.5, "ä [[["], "b": None}


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"1" * 5000,
        b"1." + b"1" * 5000,
        b"[" * 17 + b"]" * 17,
        b"[" * 100_000,
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"",
        b"{'a': 1}",
    ],
)
def test_json_that_could_be_read_in_two_ways_is_refused(text: bytes) -> None:
    with pytest.raises(WorldError, match="not plain"):
        artifact.strict_json(text)
