"""What is measured of drawn colors: the best of several, and how much they differ."""

import pytest
import torch
from torch import Tensor

from restore.evaluation.benchmark import GrayShot, chroma_of, luma_of
from restore.evaluation.colorizers import Colorizer
from restore.evaluation.drawn_colors import (
    BEST,
    ONE,
    drawn_colors,
    drawn_table,
    network_picture,
    sample_differences,
    sampled_chroma,
)
from restore.models.color_sampler import LONG_SIDE
from tests.models.small_pixcolor import small_sampler


def _shot(height: int = 48, width: int = 64, seed: int = 1) -> GrayShot:
    """A still of soft colors."""
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    rgb = torch.nn.functional.interpolate(0.3 + 0.4 * coarse, (height, width), mode="bilinear")
    return GrayShot(f"still {seed}", luma_of(rgb), rgb)


def _gray(shot: GrayShot) -> Tensor:
    return torch.zeros(1, 2, *shot.gray.shape[-2:])


@pytest.mark.parametrize(
    ("size", "expected"),
    [((90, 160), (128, 224)), ((300, 200), (224, 152)), ((64, 64), (224, 224))],
)
def test_the_sampler_sees_whole_cells(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """The longer side has 224 pixels, the other one a multiple of 8; gray and colors stay aligned."""
    gray, rgb = network_picture(_shot(*size))
    assert (gray.shape, rgb.shape) == ((1, 1, *expected), (1, 3, *expected))
    assert max(expected) == LONG_SIDE
    torch.testing.assert_close(gray, luma_of(rgb), atol=1e-5, rtol=0)


def test_samples_have_the_size_of_the_still() -> None:
    """One coloring for each seed, the same one for the same seed, within the gamut of the luma."""
    shot = _shot()
    two = sampled_chroma(shot, small_sampler(), [4, 5])
    again = sampled_chroma(shot, small_sampler(), [5])
    assert [one.shape for one in two] == [(1, 2, 48, 64)] * 2
    torch.testing.assert_close(two[1], again[0], atol=1e-5, rtol=0)
    assert not torch.allclose(two[0], two[1])


def test_the_best_sample_is_the_one_nearest_to_the_truth() -> None:
    """The first sample is scored as it is, and the best one by its chroma RMSE."""
    shot = _shot()
    true = chroma_of(shot.rgb)
    samples = [_gray(shot), true * 0.9, true * -1]
    found = drawn_colors(shot, [Colorizer("gray", _gray)], samples)
    rmse = {score.colorizer: score.chroma_sums.rmse for score in found.scores}
    assert list(rmse) == ["gray", ONE, BEST]
    assert rmse["gray"] == rmse[ONE] == pytest.approx(10 * rmse[BEST], rel=1e-3)
    assert set(found.chroma) == set(rmse)


def test_equal_samples_do_not_differ() -> None:
    """Their structural similarity is 1 and their color difference 0; others have less and more."""
    shot = _shot()
    luma, true = luma_of(shot.rgb), chroma_of(shot.rgb)
    alike, difference = sample_differences(luma, [true, true, true])
    assert (alike, difference) == (pytest.approx(1), pytest.approx(0, abs=1e-6))
    less, more = sample_differences(luma, [true, true, -true])
    assert less < 0.99
    assert more > 5


def test_the_table_has_the_variety_in_one_row() -> None:
    """Only samples vary; a set's histograms are those of all its pictures together."""
    found = [
        drawn_colors(
            shot,
            [Colorizer("gray", _gray), Colorizer("true", lambda shot: chroma_of(shot.rgb))],
            [chroma_of(shot.rgb), _gray(shot)],
        )
        for shot in (_shot(seed=1), _shot(seed=2))
    ]
    table = drawn_table("title", "model-v1", found)
    rows = {str(row["name"]): row for row in table.rows}
    assert list(rows) == ["gray", "true", f"model-v1, {ONE}", f"model-v1, {BEST}"]
    assert [row["count"] for row in table.rows] == [2] * 4
    assert rows["true"]["set_histogram"] == pytest.approx(1)
    assert "ms_ssim" not in rows["gray"]
    assert 0 < float(str(rows[f"model-v1, {ONE}"]["ms_ssim"])) < 1
