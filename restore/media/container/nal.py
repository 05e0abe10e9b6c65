"""NAL units of H.264 and HEVC packets, in either framing: with start codes, or with lengths."""

from __future__ import annotations

from collections.abc import Iterator

_START = b"\0\0\1"


def by_start_codes(data: bytes) -> bool:
    """Whether a packet's units begin with start codes (Annex B), not with four bytes of length.

    A unit of 256 to 511 bytes has a length that looks like a start code; only real lengths lead exactly to
    the packet's end.
    """
    if not data.startswith((_START, b"\0" + _START)):
        return False
    at = 0
    while at + 4 <= len(data):
        at += 4 + int.from_bytes(data[at : at + 4])
    return at != len(data)


def nal_units(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(start of the framing, first byte, end) of every unit of a packet."""
    if not by_start_codes(data):
        at = 0
        while at + 4 < len(data):
            stop = at + 4 + int.from_bytes(data[at : at + 4])
            yield at, at + 4, min(stop, len(data))
            at = stop
        return
    at = data.find(_START)
    while 0 <= at < len(data) - 3:
        after = data.find(_START, at + 3)
        yield at - (at > 0 and data[at - 1] == 0), at + 3, len(data) if after < 0 else after
        at = after


def unframed(data: bytes) -> bytes:
    """A packet's units in one framing, so that the same picture from any container gives the same bytes."""
    units = (data[first:stop].rstrip(b"\0") for _, first, stop in nal_units(data))
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)
