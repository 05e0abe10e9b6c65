"""A result read back: thumbnails of every frame, and an end that is not taken for a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import AuditError, SourceError
from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails, stream_digests
from restore.media.ffmpeg.decode import read_reduced, thumbnail
from tests.media.films import X264, make


def test_thumbnails_come_with_their_moments(tmp_path: Path) -> None:
    """Every frame, in order, with its second on the film's clock, and neighbors that differ."""
    film = make(tmp_path / "film.mkv", *X264, "-output_ts_offset", "1.5")
    source = probe(film)
    found = list(read_thumbnails(film))
    assert [seconds for seconds, _ in found] == [source.frames.seconds(i) for i in range(25)]
    small = [thumbnail(picture.y).astype(int) for picture in read_reduced(source, 64)]
    for index, (_, thumb) in enumerate(found):
        assert thumb.shape == (32, 32)
        assert abs(small[index] - thumb).max() <= 2
    assert abs(small[0] - small[1]).max() > 4


def test_a_result_that_decodes_with_errors_fails_the_audit(tmp_path: Path) -> None:
    """A flipped byte in a result is not taken for a good picture."""
    film = make(tmp_path / "film.mkv", "-c:v", "ffv1", "-slicecrc", "1", "-level", "3")
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20] = bytes(20)
    film.write_bytes(data)
    with pytest.raises(AuditError) as caught:
        list(read_thumbnails(film))
    assert caught.value.code == "result-undecodable"


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """Noise has no streams to digest."""
    path = tmp_path / "noise.mkv"
    path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(SourceError) as caught:
        stream_digests(path)
    assert caught.value.code == "source-unreadable"
    with pytest.raises(SourceError):
        list(read_thumbnails(path))
