"""The artifact of a `run` job: hostile bytes, read by a reader of our own that knows exactly one shape of zip.

Every entry is told of three times (local header, data descriptor, central directory) and all must say the same; the
entries lie one behind the other without a gap, so none can hide, overlap or be read two ways. APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import json
import math
import re
import struct
import zlib
from typing import Any, NoReturn

from autonomy_pack.errors import WorldError
from autonomy_pack.model import value

BUNDLE, RESULT, TRANSCRIPT = "attempt.bundle", "result.json", "transcript.jsonl"
LARGEST = 20 * 1000 * 1000
SIZES = {BUNDLE: LARGEST, RESULT: 256 * 1000, TRANSCRIPT: LARGEST}
_RATIO = 100
_FREE = 1 << 20  # what unpacks to less than this may be as repetitive as it likes
_DEPTH = 16
_DIGITS = 20
_STORED, _DEFLATED = 0, 8
_DESCRIBED, _UTF8, _LEVELS = 0x8, 0x800, 0x6
_EXTRAS = {0x5455, 0x7875, 0x000A}  # times and owners; never one that names, sizes or encrypts an entry anew
_END, _CENTRAL, _LOCAL, _DESCRIPTOR = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_FIX = "It is kept in the run's artifacts for a person to look at; `/autonomy retry` tries again."
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@value
class _Entry:
    """What the central directory says of one file."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    at: int


def read(content: bytes) -> dict[str, bytes]:
    """The three files of a `run` job's artifact, by name; WorldError for any zip that is not exactly that."""
    if len(content) > LARGEST:
        _refuse(f"it has {len(content):,} bytes, more than {LARGEST:,}")
    entries, directory = _directory(content)
    if sorted(entry.name for entry in entries) != sorted(SIZES):
        _refuse(f"it does not hold exactly {', '.join(SIZES)}")
    _need_sizes(entries, len(content))
    files, end = {}, 0
    for entry in sorted(entries, key=lambda one: one.at):
        if entry.at != end:
            _refuse("its entries overlap, or something lies between them")
        files[entry.name], end = _file(content, entry)
    if end != directory:
        _refuse("something lies between its entries and its directory")
    return files


def _directory(content: bytes) -> tuple[list[_Entry], int]:
    """The entries of the central directory, and where that begins; it and its end record are the last of the file."""
    if len(content) < 22 or content[-22:-18] != _END:
        _refuse("it is no zip, or more follows its end")
    disk, first, here, every, size, at, comment = struct.unpack("<HHHHIIH", content[-18:])
    if disk or first or comment or here != every or every != len(SIZES) or at + size + 22 != len(content):
        _refuse("its end record does not fit")
    entries, place = [], at
    for _ in range(every):
        entry, place = _listed(content, place)
        entries.append(entry)
    if place != at + size:
        _refuse("its directory does not end where it says")
    return entries, at


def _listed(content: bytes, at: int) -> tuple[_Entry, int]:
    """One entry of the central directory, and where the next begins."""
    head = content[at : at + 46]
    if len(head) < 46 or head[:4] != _CENTRAL:
        _refuse("its directory is damaged")
    made, _, flags, method, _, _, crc, packed, size = struct.unpack("<HHHHHHIII", head[4:28])
    named, extra, comment, disk, _, outside, place = struct.unpack("<HHHHHII", head[28:46])
    name = content[at + 46 : at + 46 + named]
    _need_plain(flags, method, made >> 8, outside)
    _need_extras(content[at + 46 + named : at + 46 + named + extra])
    if comment or disk or 0xFFFFFFFF in (packed, size, place):
        _refuse("an entry has a comment, another disk, or sizes of 64 bits")
    entry = _Entry(
        name=name.decode("ascii", "replace"), flags=flags, method=method, crc=crc, packed=packed, size=size, at=place
    )
    return entry, at + 46 + named + extra


def _need_plain(flags: int, method: int, system: int, outside: int) -> None:
    """An ordinary file, stored or deflated: no folder, no link, no device, nothing encrypted."""
    if flags & ~(_DESCRIBED | _UTF8 | _LEVELS) or method not in (_STORED, _DEFLATED):
        _refuse("an entry is encrypted or packed in another way than deflate")
    kind = outside >> 28 if system == 3 else 0
    if kind not in (0, 8) or outside & 0x10:
        _refuse("an entry is a folder, a link or a device")


def _need_extras(extra: bytes) -> None:
    while extra:
        if len(extra) < 4:
            _refuse("an entry's extra field is damaged")
        kind, length = struct.unpack("<HH", extra[:4])
        if kind not in _EXTRAS or len(extra) < 4 + length:
            _refuse(f"an entry has an extra field of kind {kind:#06x}")
        extra = extra[4 + length :]


def _need_sizes(entries: list[_Entry], whole: int) -> None:
    for entry in entries:
        if entry.size > SIZES[entry.name]:
            _refuse(f"{entry.name} has {entry.size:,} bytes, more than {SIZES[entry.name]:,}")
    total = sum(entry.size for entry in entries)
    if total > _FREE and total > _RATIO * whole:
        _refuse(f"it unpacks to more than {_RATIO} times its size")


def _file(content: bytes, entry: _Entry) -> tuple[bytes, int]:
    """The bytes of one entry, and where what follows it begins."""
    head = content[entry.at : entry.at + 30]
    if len(head) < 30 or head[:4] != _LOCAL:
        _refuse(f"{entry.name} is not where the directory says")
    _, flags, method, _, _, crc, packed, size, named, extra = struct.unpack("<HHHHHIIIHH", head[4:])
    begin = entry.at + 30 + named + extra
    _need_extras(content[entry.at + 30 + named : begin])
    told = (crc, packed, size)
    said = (entry.crc, entry.packed, entry.size)
    fits = told == said or (flags & _DESCRIBED and told == (0, 0, 0))
    name = content[entry.at + 30 : entry.at + 30 + named].decode("ascii", "replace")
    if (name, flags, method) != (entry.name, entry.flags, entry.method) or not fits:
        _refuse(f"{entry.name} is told of in two ways")
    end = begin + entry.packed
    data = _unpacked(content[begin:end], entry)
    return data, end + (_described(content, end, entry) if flags & _DESCRIBED else 0)


def _unpacked(packed: bytes, entry: _Entry) -> bytes:
    """The entry's bytes, never more than it says."""
    data = packed
    if entry.method == _DEFLATED:
        stream = zlib.decompressobj(-15)
        try:
            data = stream.decompress(packed, entry.size + 1)
        except zlib.error:
            _refuse(f"{entry.name} cannot be unpacked")
        if not stream.eof or stream.unused_data or stream.unconsumed_tail:
            _refuse(f"{entry.name} is packed with more or less than it says")
    if len(packed) != entry.packed or len(data) != entry.size or zlib.crc32(data) != entry.crc:
        _refuse(f"{entry.name} is not what its header says")
    return data


def _described(content: bytes, at: int, entry: _Entry) -> int:
    """The length of the data descriptor, whose signature is optional and whose words are not."""
    words = struct.pack("<III", entry.crc, entry.packed, entry.size)
    found = next((one for one in (_DESCRIPTOR + words, words) if content.startswith(one, at)), b"")
    if not found:
        _refuse(f"{entry.name} has a descriptor that says something else")
    return len(found)


def strict_json(content: bytes) -> Any:
    """One JSON value that can be read in one way only; WorldError otherwise.

    Refused: other encodings than UTF-8, duplicate keys, NaN and infinities, more than 16 levels, lone surrogates,
    numbers of more than 20 digits.
    """
    try:
        text = content.decode("utf-8")
        _need_flat(text)
        data = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite, parse_int=_whole
        )
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise WorldError(f"the JSON is not plain: {error}", _FIX) from error
    return data


def _need_flat(text: str) -> None:
    """ValueError beyond 16 levels: told before it is read, because reading it would take them."""
    level = 0
    for sign in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        level += 1 if sign in "[{" else -1
        if level > _DEPTH:
            raise ValueError(f"more than {_DEPTH} levels")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key appears twice")
    return made


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _finite(word: str) -> float:
    if len(word) > 2 * _DIGITS or not math.isfinite(float(word)):
        raise ValueError("a number is too large")
    return float(word)


def _whole(word: str) -> int:
    if len(word) > _DIGITS:
        raise ValueError("a number is too large")
    return int(word)


def _refuse(why: str) -> NoReturn:
    raise WorldError(f"the artifact is refused: {why}", _FIX)
