"""The MD5s of decoded frames are those of the samples themselves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from restore.errors import AuditError
from restore.media.decode import read_frames
from restore.media.framehash import hashing
from restore.media.probe import probe
from restore.timing import Span
from tests.media.films import make


def test_a_frame_s_digest_is_that_of_its_planes(tmp_path: Path) -> None:
    """One MD5 a frame in presentation order, over luma, then Cb, then Cr, as they decode."""
    film = probe(make(tmp_path / "film.mkv"))
    pictures = read_frames(film, film.frames, Span(0, len(film.frames)))
    planes = [b"".join(plane.tobytes() for plane in picture.planes) for picture in pictures]
    with hashing(film.path) as digests:
        assert digests() == tuple(hashlib.md5(one).hexdigest() for one in planes)


def test_a_film_that_breaks_off_is_no_basis(tmp_path: Path) -> None:
    """What does not decode to its end has no digests."""
    path = make(tmp_path / "film.mkv")
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) - 2000, 50):
        data[at] ^= 0x5A
    path.write_bytes(data)
    with pytest.raises(AuditError, match="cannot be decoded"), hashing(path) as digests:
        digests()
