"""Luma, chroma and R'G'B' of BT.709, and the luma of a film as its tags say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.evaluation.benchmark import chroma_of, colored, luma_of, read_luma
from restore.media.color.pixels import pixel_format
from tests.media.films import encode, video_format

PRIMARIES = {
    (1.0, 0.0, 0.0): (0.2126, -0.2126 / 1.8556, 0.5),
    (0.0, 1.0, 0.0): (0.7152, -0.7152 / 1.8556, -0.7152 / 1.5748),
    (0.0, 0.0, 1.0): (0.0722, 0.5, -0.0722 / 1.5748),
    (1.0, 1.0, 1.0): (1.0, 0.0, 0.0),
}
"""R'G'B' -> (Y', Cb, Cr), by the formulas of BT.709: Cb = (B' - Y') / 1.8556, Cr = (R' - Y') / 1.5748."""


@pytest.mark.parametrize("rgb", PRIMARIES)
def test_primaries_have_the_luma_and_chroma_of_bt709(rgb: tuple[float, ...]) -> None:
    """Luma and chroma of red, green, blue and white are those of the recommendation."""
    picture = torch.tensor(rgb).view(1, 3, 1, 1)
    found = torch.cat([luma_of(picture), chroma_of(picture)], 1).flatten().tolist()
    assert found == pytest.approx(PRIMARIES[rgb], abs=1e-6)


@given(
    luma=st.floats(-0.2, 1.2),
    blue=st.floats(-0.6, 0.6),
    red=st.floats(-0.6, 0.6),
)
def test_any_luma_and_chroma_survive_r_g_b(luma: float, blue: float, red: float) -> None:
    """Also outside the gamut: R'G'B' is not clipped, so the way back gives the same values."""
    planes = torch.tensor([luma]).view(1, 1, 1, 1), torch.tensor([blue, red]).view(1, 2, 1, 1)
    rgb = colored(*planes)
    torch.testing.assert_close(luma_of(rgb), planes[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(chroma_of(rgb), planes[1], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("pixels", "value_range", "expected"),
    [
        ("gray", "full", [0.0, 16 / 255, 1.0]),
        ("yuv420p", "limited", [-16 / 219, 0.0, 239 / 219]),
        ("yuv420p10le", "limited", [-64 / 876, (16 - 64) / 876, (255 - 64) / 876]),
    ],
)
def test_a_films_luma_is_read_by_its_depth_and_range(
    tmp_path: Path, pixels: str, value_range: str, expected: list[float]
) -> None:
    """Code values 0, 16 and 255 in nominal units: black at 0, white at 1, values outside survive."""
    form = pixel_format(pixels)
    kind = np.uint16 if form.depth > 8 else np.uint8
    frames = []
    for code in (0, 16, 255):
        luma = np.full((48, 64), code, kind)
        chroma = np.full((24, 32), 1 << (form.depth - 1), kind)
        frames.append((luma,) if form.family == "gray" else (luma, chroma, chroma))
    color = ColorSpec(matrix="bt709", range=value_range)  # type: ignore[arg-type]
    path = encode(tmp_path / "film.mkv", video_format(form, 64, 48, color), frames)

    found = read_luma(path)

    assert found.shape == (3, 1, 48, 64)
    assert found[:, 0, 20, 30].tolist() == pytest.approx(expected, abs=1e-6)
