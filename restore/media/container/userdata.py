"""Captions and active format in a film's packets: finding them, and inserting them into other packets.

Both are stored as ATSC user data (A/53 Part 4, 6.2.3): `GA94` opens caption and bar data, `DTG1` the active
format description. MPEG-2 has user data for it; H.264 and HEVC store it with a T.35 header in SEI messages
(H.264 D.1.6, HEVC D.2.6), AV1 into metadata OBUs (AV1 5.8.2). Pure functions of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from restore.media.container.nal import by_start_codes, nal_units

Kind = Literal["captions", "afd"]

HOLDERS = ("h264", "hevc", "av1")
"""Codecs of results that can hold such payloads."""

READABLE = (*HOLDERS, "mpeg2video")
"""Codecs of sources whose packets are searched for them."""

_T35 = b"\xb5\x00\x31"
"""Country USA, provider ATSC."""

_REGISTERED = 4
"""The SEI payload type, and the AV1 metadata type, of registered user data."""

_SEI = {"h264": (b"\x06", 1), "hevc": (b"\x4e\x01", 2)}
"""The header of a NAL unit for SEI messages, and how long headers are."""

_OBU_METADATA, _OBU_FRAMES = 5, (3, 6)


def kind_of(payload: bytes) -> Kind:
    """The kind of a payload: captions, or the active format (which includes bar data)."""
    return "captions" if payload.startswith(b"GA94\x03") else "afd"


def payloads_in(codec: str, data: bytes) -> tuple[bytes, ...]:
    """The payloads in a packet of a codec of `READABLE`, each from its `GA94` or `DTG1` on."""
    if b"GA94" not in data and b"DTG1" not in data:
        return ()
    if codec == "mpeg2video":
        return tuple(found for found in _mpeg2_user_data(data) if _known(found))
    bodies = _av1_metadata(data) if codec == "av1" else _sei_messages(codec, data)
    found = (body.removeprefix(_T35) for body in bodies if body.startswith(_T35))
    return tuple(payload for payload in found if _known(payload))


def with_payloads(codec: str, data: bytes, payloads: Sequence[bytes]) -> bytes:
    """A packet of a codec of `HOLDERS` that also holds these payloads, before its first picture data.

    NAL units may be framed by start codes or by lengths of four bytes, as parts are. Raises ValueError
    for a packet without a picture.
    """
    if not payloads:
        return data
    bodies = [_T35 + payload for payload in payloads]
    if codec == "av1":
        place = _before_last_frame(data)
        return data[:place] + b"".join(_metadata_obu(body) for body in bodies) + data[place:]
    unit = _sei_unit(codec, bodies)
    annexb = by_start_codes(data)
    for start, first, _ in nal_units(data):
        if _is_picture(codec, data[first]):
            prefix = b"\0\0\0\1" if annexb else len(unit).to_bytes(4)
            return data[:start] + prefix + unit + data[start:]
    raise ValueError("a packet without a picture")


def line21_blocks(data: bytes) -> tuple[bytes, ...]:
    """The caption blocks in the group headers of DVDs: each two triplets of cc_data for one frame.

    After `CC`, 1, 0xF8 and a byte of flags there are six bytes per frame: a mark (0xFF odd, 0xFE even field)
    and two characters, twice (the form that ffmpeg's mpeg12dec.c describes).
    """
    at = data.find(b"\0\0\1\xb2CC\1\xf8")
    if at < 0:
        return ()
    odd_first = data[at + 8] & 128
    marks = (b"\xfc", b"\xfd") if odd_first else (b"\xfd", b"\xfc")
    blocks: list[bytes] = []
    at += 9
    while at + 6 <= len(data) and data[at] & 254 == 254 and data[at + 3] & 254 == 254:
        first, second = data[at + 1 : at + 3], data[at + 4 : at + 6]
        blocks.append(marks[0] + first + marks[1] + second)
        at += 6
    return tuple(blocks)


def as_captions(blocks: Sequence[bytes]) -> bytes:
    """The payload of a frame with these blocks (at most 15: its count of triplets has five bits)."""
    triplets = b"".join(blocks[:15])
    return b"GA94\x03" + bytes([0x40 | len(triplets) // 3, 0xFF]) + triplets + b"\xff"


def _known(payload: bytes) -> bool:
    return payload.startswith((b"GA94", b"DTG1"))


def _mpeg2_user_data(data: bytes) -> Iterator[bytes]:
    at = data.find(b"\0\0\1\xb2")
    while at >= 0:
        stop = data.find(b"\0\0\1", at + 4)
        stop = len(data) if stop < 0 else stop
        yield data[at + 4 : stop].rstrip(b"\0")  # there may be zeros before the next start code
        at = data.find(b"\0\0\1\xb2", stop)


def _is_picture(codec: str, header: int) -> bool:
    """Whether a NAL unit with this first byte holds a slice."""
    return 1 <= header & 31 <= 5 if codec == "h264" else (header >> 1) & 63 < 32


def _is_sei(codec: str, header: int) -> bool:
    return header & 31 == 6 if codec == "h264" else (header >> 1) & 63 in (39, 40)


def _sei_messages(codec: str, data: bytes) -> Iterator[bytes]:
    """The bodies of all registered user data messages."""
    for _, first, stop in nal_units(data):
        if not _is_sei(codec, data[first]):
            continue
        body = data[first + _SEI[codec][1] : stop].replace(b"\0\0\3", b"\0\0")
        at = 0
        while at + 2 < len(body):
            kind, at = _sei_number(body, at)
            size, at = _sei_number(body, at)
            if kind == _REGISTERED:
                yield body[at : at + size]
            at += size


def _sei_number(body: bytes, at: int) -> tuple[int, int]:
    """A type or size, coded as 255 for each full 255 and a rest; and the position after it."""
    value = 0
    while at < len(body) and body[at] == 255:
        value, at = value + 255, at + 1
    return value + (body[at] if at < len(body) else 0), at + 1


def _sei_unit(codec: str, bodies: Sequence[bytes]) -> bytes:
    """A NAL unit with one message for each body, without framing."""
    messages = b""
    for body in bodies:
        messages += bytes([_REGISTERED]) + b"\xff" * (len(body) // 255)
        messages += bytes([len(body) % 255]) + body
    return _SEI[codec][0] + _escaped(messages + b"\x80")


def _escaped(body: bytes) -> bytes:
    """The bytes of a NAL unit with emulation prevention (H.264 7.4.1): no start code inside."""
    out = bytearray()
    zeros = 0
    for byte in body:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _obus(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(start, type, first byte of the content, end) of every OBU in a packet."""
    at = 0
    while at < len(data):
        header = data[at]
        content = at + 1 + (header >> 2 & 1)
        size, content = _leb128(data, content) if header & 2 else (len(data) - content, content)
        yield at, header >> 3 & 15, content, content + size
        at = content + size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first; and the position after it."""
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 128:
            break
    return value, at


def _as_leb128(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _av1_metadata(data: bytes) -> Iterator[bytes]:
    for _, kind, first, stop in _obus(data):
        if kind == _OBU_METADATA:
            meaning, at = _leb128(data, first)
            if meaning == _REGISTERED:
                yield data[at:stop].rstrip(b"\0")[:-1]  # trailing bits follow the last byte


def _metadata_obu(body: bytes) -> bytes:
    content = _as_leb128(_REGISTERED) + body + b"\x80"
    return bytes([_OBU_METADATA << 3 | 2]) + _as_leb128(len(content)) + content


def _before_last_frame(data: bytes) -> int:
    """The start of the frame that is shown; hidden ones come before it."""
    starts = [start for start, kind, _, _ in _obus(data) if kind in _OBU_FRAMES]
    if not starts:
        raise ValueError("a packet without a picture")
    return starts[-1]
