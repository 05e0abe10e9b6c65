"""The MD5s of decoded frames are those of their samples."""

from __future__ import annotations

import hashlib
from pathlib import Path

from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.framemd5 import read_hashes
from restore.timing import Span
from tests.media.films import make


def test_a_frame_s_digest_is_that_of_its_planes(tmp_path: Path) -> None:
    """One MD5 per frame in presentation order, over luma, then Cb, then Cr."""
    film = probe(make(tmp_path / "film.mkv"))
    pictures = read_frames(film, film.frames, Span(0, len(film.frames)))
    planes = [b"".join(plane.tobytes() for plane in picture.planes) for picture in pictures]
    hashes = tmp_path / "hashes"
    assert len(list(read_thumbnails(film.path, hashes=hashes))) == len(planes)
    assert read_hashes(hashes) == tuple(hashlib.md5(one).hexdigest() for one in planes)
