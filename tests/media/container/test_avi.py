"""AVI's video properties header: fields of a frame, and which is first."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.media.container.avi import stored_avi_fields


def chunk(name: bytes, content: bytes) -> bytes:
    """A RIFF chunk."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def properties(*lines: int) -> bytes:
    """A `vprp` chunk whose fields begin at these lines."""
    head = struct.pack("<9I", 0, 0, 25, 160, 96, 4 << 16 | 3, 160, 96, len(lines))
    fields = b"".join(struct.pack("<8I", 48, 160, 48, 160, 0, 0, 0, line) for line in lines)
    return chunk(b"vprp", head + fields)


def avi(*streams: bytes) -> bytes:
    """The header of a file whose streams have these chunks in addition to their own."""
    lists = b"".join(
        chunk(b"LIST", b"strl" + chunk(b"strh", bytes(56)) + chunk(b"strn", b"odd") + each)
        for each in streams
    )
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", bytes(56)) + lists)
    return b"RIFF" + struct.pack("<I", len(header) + 4) + b"AVI " + header


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ((0, 1), "tff"),
        ((1, 0), "bff"),
        ((23, 335), "tff"),
        ((7,), "progressive"),
        ((5, 5), "unknown"),
    ],
)
def test_the_first_described_field_is_shown_first(
    lines: tuple[int, ...], fields: str, tmp_path: Path
) -> None:
    """It is the top one if its first line lies above the other's."""
    (path := tmp_path / "f.avi").write_bytes(avi(properties(*lines)))
    assert stored_avi_fields(path, 0) == fields


def test_each_stream_has_its_own(tmp_path: Path) -> None:
    """Streams count as in the file; one without the header says nothing, nor does another kind of file."""
    (path := tmp_path / "f.avi").write_bytes(avi(b"", properties(1, 0), properties(0, 1)))
    assert [stored_avi_fields(path, n) for n in range(4)] == [None, "bff", "tff", None]
    (path := tmp_path / "f.mkv").write_bytes(b"\x1a\x45\xdf\xa3" * 9)
    assert stored_avi_fields(path, 0) is None
    assert stored_avi_fields(tmp_path / "none.avi", 0) is None
    (path := tmp_path / "three.avi").write_bytes(avi(properties(0, 1, 2)))
    assert stored_avi_fields(path, 0) is None


@given(cut=st.integers(0, 400), value=st.integers(0, 255))
def test_damage_is_no_crash(cut: int, value: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any byte changed and the rest cut off: some answer, no exception."""
    data = bytearray(avi(properties(1, 0)))
    data[min(cut, len(data) - 1)] = value
    (path := tmp_path_factory.mktemp("avi") / "f.avi").write_bytes(data[: cut + 8])
    assert stored_avi_fields(path, 0) in (None, "tff", "bff", "progressive", "unknown")
