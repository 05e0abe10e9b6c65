"""Fields: rows of two frames interleaved, and one field interpolated to a frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.framemap import MappedFrame
from restore.media.color.fields import filled, interleaved
from restore.media.color.pixels import FORMATS, DecodedFrame, PixelFormat
from restore.media.ffmpeg.decode import assembled
from tests.media.films import noise


@pytest.mark.parametrize("pixels", FORMATS, ids=lambda pixels: pixels.name)
def test_two_frames_give_a_field_each(pixels: PixelFormat) -> None:
    """Even rows of every plane come from the first frame, odd rows from the second."""
    one, other = noise(pixels, 50, 38, 2)
    for plane, top, bottom in zip(interleaved(one, other), one, other, strict=True):
        assert plane.dtype == top.dtype
        assert np.array_equal(plane[0::2], top[0::2])
        assert np.array_equal(plane[1::2], bottom[1::2])


@given(
    st.integers(1, 9), st.sampled_from(["top", "bottom"]), st.sampled_from([np.uint8, np.uint16])
)
def test_a_lone_field_keeps_its_rows_and_fills_the_others(
    height: int, field: str, kind: type[np.unsignedinteger]
) -> None:
    """The rows of the field are unchanged, the others are means of their neighbors; edges are repeated."""
    top = np.iinfo(kind).max
    plane = np.random.default_rng(height).integers(0, top + 1, (height, 6)).astype(kind)
    (made,) = filled([plane], field)  # type: ignore[arg-type]
    first = int(field == "bottom")
    assert made.dtype == plane.dtype
    if height == 1:
        assert np.array_equal(made, plane)
        return
    assert np.array_equal(made[first::2], plane[first::2])
    for row in range(1 - first, height, 2):
        near = [plane[n].astype(int) for n in (row - 1, row + 1) if 0 <= n < height]
        mean = (sum(near) + len(near) - 1) // len(near)
        assert np.array_equal(made[row], mean)


def test_a_result_frame_is_made_of_what_its_map_names() -> None:
    """One frame as it is, fields of two, and one field alone."""
    planes = noise(FORMATS[0], 8, 6, 2)
    frames = {index: DecodedFrame(index, each) for index, each in zip((4, 5), planes, strict=True)}
    whole = assembled(7, MappedFrame(4, 4), frames)
    assert whole.index == 7
    assert whole.planes is frames[4].planes
    woven = assembled(7, MappedFrame(5, 4, "matched"), frames)
    wanted = interleaved(frames[5].planes, frames[4].planes)
    assert all(np.array_equal(a, b) for a, b in zip(woven.planes, wanted, strict=True))
    lone = assembled(7, MappedFrame(None, 5, "field"), frames)
    wanted = filled(frames[5].planes, "bottom")
    assert all(np.array_equal(a, b) for a, b in zip(lone.planes, wanted, strict=True))
