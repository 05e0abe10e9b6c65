"""Code values and Clips: identity, nominal units, dither."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import Clip, ColorSpec
from restore.filters.resample import resample_chroma
from restore.media.color.convert import dither_pattern, from_clip, to_clip
from restore.media.color.pixels import FORMATS, DecodedFrame, PixelFormat, pixel_format
from tests.media.films import noise

LIMITED = ColorSpec("bt709", "limited")
FULL = ColorSpec("bt709", "full")


def color_for(pixels: PixelFormat, range_: str) -> ColorSpec:
    """A color description that fits the family."""
    return ColorSpec(
        "rgb" if pixels.family == "rgb" else "bt601", "full" if range_ == "full" else "limited"
    )


def all_codes(pixels: PixelFormat) -> DecodedFrame:
    """One frame with every code value of the depth in every plane (RGB: random ones)."""
    side = 1 << ((pixels.depth + 1) // 2)
    width, height = side << pixels.sub_w, side << pixels.sub_h
    planes = []
    for w, h in pixels.plane_sizes(width, height):
        values = np.arange(w * h) % (1 << pixels.depth)
        planes.append(values.reshape(h, w).astype(pixels.dtype))
    return DecodedFrame(7, tuple(planes))


@pytest.mark.parametrize("dither", [False, True])
@pytest.mark.parametrize("range_", ["limited", "full"])
@pytest.mark.parametrize("pixels", FORMATS, ids=lambda pixels: pixels.name)
def test_every_code_value_comes_back(pixels: PixelFormat, range_: str, dither: bool) -> None:
    """Conversion to a Clip and back is the identity for every format, range and value, dithered or not."""
    color = color_for(pixels, range_)
    picture = all_codes(pixels)
    if pixels.family == "rgb":
        picture = DecodedFrame(7, noise(pixels, 64, 64, 1)[0])
    clip = to_clip([picture], pixels, color)
    (back,) = from_clip(clip, pixels, color, dither)
    assert clip.index == 7
    assert all(a.dtype == pixels.dtype for a in back)
    worst = max(
        int(np.abs(a.astype(int) - b.astype(int)).max())
        for a, b in zip(back, picture.planes, strict=True)
    )
    assert worst == 0


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_nominal_values_follow_the_standards(depth: int) -> None:
    """Black is 0, white 1, the ends of chroma are ±0.5, neutral is 0, in both ranges."""
    up = 1 << (depth - 8)
    pixels = pixel_format("yuv444p" if depth == 8 else f"yuv444p{depth}le")
    top = (1 << depth) - 1
    limited = ([16 * up, 235 * up], [16 * up, 240 * up], [128 * up, 128 * up])
    full = ([0, top], [1 << (depth - 1), top], [128 * up, 128 * up])
    for rows, color, ends in ((limited, LIMITED, (-0.5, 0.5)), (full, FULL, (0.0, 0.5))):
        planes = tuple(np.array([row], pixels.dtype) for row in rows)
        clip = to_clip([DecodedFrame(0, planes)], pixels, color)
        assert clip.luma.flatten().tolist() == [0.0, 1.0]
        assert clip.chroma is not None
        assert clip.chroma[0, 0].flatten().tolist() == pytest.approx(ends, abs=0.5 / top)
        assert clip.chroma[0, 1].flatten().tolist() == [0.0, 0.0]


def test_values_outside_the_nominal_range_survive() -> None:
    """Footroom and headroom are values below 0 and above 1, clipped only by the range of the depth."""
    pixels = pixel_format("gray")
    clip = to_clip([DecodedFrame(0, (np.array([[0, 255]], np.uint8),))], pixels, LIMITED)
    assert clip.luma.min() < 0
    assert clip.luma.max() > 1
    beyond = replace(clip, luma=clip.luma * 3 - 1)
    assert from_clip(beyond, pixels, LIMITED, dither=False)[0][0].tolist() == [[0, 255]]


def test_rgb_goes_through_bt709() -> None:
    """Pure colors have the luma and chroma of BT.709."""
    pixels = pixel_format("gbrp")
    green, blue, red = ([0, 255, 0, 0], [0, 0, 255, 0], [255, 0, 0, 128])
    planes = tuple(np.array([plane], np.uint8) for plane in (green, blue, red))
    clip = to_clip([DecodedFrame(0, planes)], pixels, ColorSpec("rgb", "full"))
    assert clip.chroma is not None
    assert clip.luma[0, 0, 0, :3].tolist() == pytest.approx([0.2126, 0.7152, 0.0722], abs=1e-6)
    assert clip.chroma[0, 0, 0, 2].item() == pytest.approx(0.5, abs=1e-6)
    assert clip.chroma[0, 1, 0, 0].item() == pytest.approx(0.5, abs=1e-6)


def test_rgb_can_go_out_as_yuv() -> None:
    """A gray RGB frame becomes the same luma with neutral chroma in BT.709."""
    planes = (np.full((2, 2), 255, np.uint8),) * 3
    clip = to_clip([DecodedFrame(0, planes)], pixel_format("gbrp"), ColorSpec("rgb", "full"))
    ((luma, cb, cr),) = from_clip(clip, pixel_format("yuv444p"), LIMITED, dither=False)
    assert (luma.min(), cb.min(), cb.max(), cr.min(), cr.max()) == (235, 128, 128, 128, 128)


def test_no_chroma_is_neutral_chroma() -> None:
    """A gray clip gives neutral chroma in color formats, at any depth; gray formats stay gray."""
    clip = Clip(torch.full((2, 1, 3, 5), 0.5), None, 0, LIMITED)
    frames = from_clip(clip, pixel_format("yuv420p10le"), LIMITED, dither=True)
    assert len(frames) == 2
    for _, cb, cr in frames:
        assert cb.shape == cr.shape == (2, 3)
        assert set(cb.flatten()) == set(cr.flatten()) == {512}
    assert len(from_clip(clip, pixel_format("gray"), LIMITED, dither=False)[0]) == 1


def test_chroma_of_the_wrong_size_is_an_error() -> None:
    """Chroma of another size is a ValueError: this module does not resample."""
    clip = Clip(torch.zeros(1, 1, 4, 4), torch.zeros(1, 2, 4, 4), 0, LIMITED)
    with pytest.raises(ValueError, match="4x4, but yuv420p needs 2x2"):
        from_clip(clip, pixel_format("yuv420p"), LIMITED, dither=False)
    with pytest.raises(ValueError, match="gray"):
        from_clip(clip, pixel_format("gray"), LIMITED, dither=False)
    with pytest.raises(ValueError, match="bt709"):
        from_clip(clip, pixel_format("yuv444p"), ColorSpec("bt601", "limited"), dither=False)


def test_a_sample_aspect_is_positive() -> None:
    """A sample aspect of 0 is a ValueError."""
    picture = DecodedFrame(0, (np.zeros((4, 4), np.uint8),))
    with pytest.raises(ValueError, match="must be positive"):
        to_clip([picture], pixel_format("gray"), LIMITED, Fraction(0))


def test_pictures_of_a_clip_are_consecutive() -> None:
    """Missing frames and no frames are a ValueError."""
    picture = DecodedFrame(3, (np.zeros((2, 2), np.uint8),))
    for pictures in ([], [picture, picture], [picture, replace(picture, index=5)]):
        with pytest.raises(ValueError, match="clip"):
            to_clip(pictures, pixel_format("gray"), LIMITED)


@given(st.floats(0.0, 1.0, width=32))
def test_dither_keeps_the_mean(level: float) -> None:
    """Over a full pattern the mean code value is the exact one within 1/40 of a code."""
    clip = Clip(torch.full((1, 1, 16, 16), level), None, 0, LIMITED)
    ((codes,),) = from_clip(clip, pixel_format("gray"), LIMITED, dither=True)
    assert abs(codes.astype(float).mean() - (16 + 219 * level)) <= 0.025
    assert int(codes.max()) - int(codes.min()) <= 1


def test_dither_is_anchored_to_the_picture() -> None:
    """A frame's code values do not depend on the clip it is in."""
    luma = torch.rand(4, 1, 20, 36, generator=torch.Generator().manual_seed(0))
    clip = Clip(luma, None, 0, LIMITED)
    whole = from_clip(clip, pixel_format("gray"), LIMITED, dither=True)
    alone = from_clip(clip.part(2, 3), pixel_format("gray"), LIMITED, dither=True)
    assert np.array_equal(whole[2][0], alone[0][0])


@pytest.mark.parametrize("width", [5, 700, 3000, 40000])
def test_blocks_leave_no_seam(width: int) -> None:
    """Conversion in blocks of rows gives the same as of whole frames, for narrow and very wide frames."""
    luma = torch.rand(1, 1, 70, width, generator=torch.Generator().manual_seed(0))
    ((codes,),) = from_clip(
        Clip(luma, None, 0, LIMITED), pixel_format("gray10le"), LIMITED, dither=True
    )
    bias = dither_pattern(70, width) + 64.5
    whole = torch.add(bias, luma[0, 0], alpha=876.0).clamp_(0, 1023).to(torch.int32).numpy()
    assert np.array_equal(codes, whole)


def test_the_pattern_is_balanced() -> None:
    """Every row and column of the pattern's tile averages near 0; the mirrored one differs."""
    pattern = dither_pattern(32, 48)
    assert pattern.shape == (32, 48)
    assert pattern.abs().max() < 0.5
    assert abs(pattern.mean().item()) < 1e-6
    assert torch.equal(pattern[:16, :16], pattern[16:, 32:])
    assert not torch.equal(pattern, dither_pattern(32, 48, mirrored=True))


MATRICES = ("bt601", "bt709", "bt2020")
SITINGS = ("left", "center", "topleft", "top", "bottomleft", "bottom")


@given(
    pixels=st.sampled_from(FORMATS),
    matrix=st.sampled_from(MATRICES),
    range_=st.sampled_from(("limited", "full")),
    siting=st.sampled_from(SITINGS),
    fields=st.sampled_from((None, "tff", "bff")),
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    dither=st.booleans(),
    seed=st.integers(0, 99),
)
def test_no_meaning_of_the_codes_changes_them(
    pixels, matrix, range_, siting, fields, size, dither, seed
) -> None:
    """Code values are unchanged for any format, matrix, range, siting, fields and size.

    The clip's chroma goes onto the format's own grid, as on its way to the encoder.
    """
    matrix = "rgb" if pixels.family == "rgb" else matrix
    color = ColorSpec(matrix, range_, siting, fields=fields)
    truth = noise(pixels, *size, 2, seed)
    clip = to_clip([DecodedFrame(i, planes) for i, planes in enumerate(truth)], pixels, color)
    if clip.chroma is not None and pixels.family == "yuv":
        chroma = resample_chroma(clip, size, pixels.sub_w, pixels.sub_h)
        clip = replace(clip, chroma=chroma)
    back = from_clip(clip, pixels, color, dither)
    for frame, twin in zip(truth, back, strict=True):
        for a, b in zip(frame, twin, strict=True):
            assert np.array_equal(a, b)
