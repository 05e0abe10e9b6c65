"""Films from frames with ffmpeg's filters."""

from pathlib import Path

import numpy as np
import pytest

from restore.errors import OutputError
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.render import render_film
from restore.timing import Span

EXACT = {"vcodec": "ffv1", "pix_fmt": "yuv420p", "color_range": "tv"}


def test_every_frame_arrives_in_order(tmp_path: Path) -> None:
    """Gray frames of increasing level become as many frames of increasing limited-range luma."""
    levels = (0, 100, 255)
    frames = [np.full((16, 32, 3), level, np.uint8) for level in levels]
    target = tmp_path / "made film.mkv"
    render_film(frames, "scale=out_range=tv,format=yuv420p", EXACT, target)

    source = probe(target)
    pictures = list(read_frames(source, source.frames, Span(0, len(source.frames))))
    assert source.color.range == "limited"
    found = [int(picture.planes[0].mean()) for picture in pictures]
    assert found == [round(16 + 219 * level / 255) for level in levels]


def test_a_wrong_chain_says_so(tmp_path: Path) -> None:
    """The error has ffmpeg's message."""
    frames = [np.zeros((16, 16, 3), np.uint8)] * 2
    with pytest.raises(OutputError) as caught:
        render_film(frames, "nosuchfilter", EXACT, tmp_path / "film.mkv")
    assert caught.value.code == "encoder-failed"
    assert "nosuchfilter" in caught.value.what
