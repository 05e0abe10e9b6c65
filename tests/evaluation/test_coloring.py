"""Scores of colorizers, pooled over a set of pictures."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.evaluation.benchmark import GrayShot, chroma_of, colored, luma_of
from restore.evaluation.coloring import chroma_sums, color_scores, pooled
from restore.evaluation.colorizers import Colorizer, baselines
from restore.evaluation.tables import COLOR_COLUMNS, Table, color_rows, markdown


def shots() -> list[GrayShot]:
    """Two pictures of different sizes and tints."""
    made: list[GrayShot] = []
    for seed, size in ((1, (24, 32)), (2, (40, 20))):
        rgb = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))
        rgb = rgb * torch.tensor([0.9, 0.7, 0.5]).view(1, 3, 1, 1) ** seed
        made.append(GrayShot(f"picture {seed}", luma_of(rgb), rgb))
    return made


def test_luma_and_chroma_are_the_picture() -> None:
    """Split and joined again, R'G'B' is the same."""
    rgb = shots()[0].rgb
    assert torch.allclose(colored(luma_of(rgb), chroma_of(rgb)), rgb, atol=1e-6)


def test_pooled_sums_are_those_of_one_tensor() -> None:
    """RMSE and correlation of a set do not depend on how it is divided into pictures."""
    drawn = torch.Generator().manual_seed(3)
    one, other = (torch.randn(1, 2, 10, 12, generator=drawn) for _ in range(2))
    whole = chroma_sums(one, other)
    parts = pooled(
        [chroma_sums(one[..., :5], other[..., :5]), chroma_sums(one[..., 5:], other[..., 5:])]
    )
    assert parts.rmse == pytest.approx(whole.rmse)
    assert whole.rmse == pytest.approx(255 * math.sqrt(float((one - other).square().mean())), 1e-5)
    centred = [x - x.mean((0, 2, 3), keepdim=True) for x in (one, other)]
    expected = torch.nn.functional.cosine_similarity(*(x.flatten() for x in centred), dim=0)
    assert parts.correlation == pytest.approx(float(expected), abs=1e-5)
    assert chroma_sums(3 * one + 0.2, one).correlation == pytest.approx(1)


def test_baselines_are_ordered() -> None:
    """The ground truth is perfect; own tints are better than one tint, and one tint is better than gray."""
    pictures = shots()
    truth = Colorizer("truth", lambda shot: chroma_of(shot.rgb))
    rows = color_rows("made", list(color_scores(pictures, [*baselines(pictures), truth])))
    gray, tint, own, perfect = rows

    assert [row["name"] for row in rows] == [
        "gray",
        "one tint for all",
        "own tints (oracle)",
        "truth",
    ]
    assert perfect["rmse"] == pytest.approx(0, abs=1e-4)
    assert perfect["ciede2000"] == pytest.approx(0, abs=1e-3)
    assert perfect["colorfulness"] == pytest.approx(1, abs=1e-5)
    assert perfect["histogram"] == perfect["correlation"] == pytest.approx(1)
    assert perfect["rmse"] < own["rmse"] < tint["rmse"] < gray["rmse"]
    assert gray["rmse_reduction"] == gray["correlation"] == tint["correlation"] == 0
    assert gray["colorfulness"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("level", [0.0, 100 / 255])
def test_without_true_color_there_is_no_rmse_reduction(level: float) -> None:
    """Black or gray ground truth: a dash in the table; the other figures are defined."""
    rgb = torch.full((2, 3, 24, 32), level)
    gray = GrayShot("gray film", luma_of(rgb), rgb)
    pink = Colorizer("pink", lambda shot: torch.full((2, 2, 24, 32), 0.1))
    rows = color_rows("gray films", list(color_scores([gray], [*baselines([gray]), pink])))

    assert [row["rmse_reduction"] for row in rows] == [None] * 4
    assert rows[-1]["rmse"] == pytest.approx(25.5)
    last = markdown(Table("colors", COLOR_COLUMNS, tuple(rows)))[-1]
    assert last.startswith("| gray films | 1 | pink | 25.50 | - | 0.000 |")


def test_no_other_tint_is_better_than_the_best() -> None:
    """Any other constant tint is further from the ground truth of the whole set."""
    pictures = shots()
    best = baselines(pictures)[1]
    for step in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        by = torch.tensor(step).view(1, 2, 1, 1)
        moved = Colorizer("moved", lambda shot, by=by: best.color(shot) + by)
        row, other = color_rows("made", list(color_scores(pictures, [best, moved])))
        assert row["rmse"] < other["rmse"]


SAMPLES = st.lists(st.floats(-0.5, 0.5, width=32), min_size=4, max_size=12)


@given(SAMPLES, SAMPLES, st.integers(1, 3))
def test_sums_are_the_same_for_any_division(
    first: list[float], second: list[float], cut: int
) -> None:
    """Pooling is associative and a set's sums are those of its parts, wherever it is divided."""
    count = min(len(first), len(second)) // 2 * 2
    one, other = (
        torch.tensor(values[:count]).view(1, 2, 1, count // 2) for values in (first, second)
    )
    whole = chroma_sums(one, other)
    cut = min(cut, count // 2)
    parts = [
        chroma_sums(x, y) for x, y in zip(*(p.split(cut, -1) for p in (one, other)), strict=True)
    ]
    nested = pooled([parts[0], pooled(parts[1:])]) if parts[1:] else parts[0]
    for found in (pooled(parts), nested):
        assert found.count == whole.count
        assert found.rmse == pytest.approx(whole.rmse, abs=1e-6)
        assert found.correlation == pytest.approx(whole.correlation, abs=1e-3)


def test_opposite_colors_correlate_negatively() -> None:
    """Complementary chroma has a correlation of -1 and twice the RMSE of a gray result."""
    chroma = 0.2 * torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(4))
    sums = chroma_sums(-chroma, chroma)
    assert sums.correlation == pytest.approx(-1)
    assert sums.rmse == pytest.approx(2 * sums.gray_rmse)
    assert sums.rmse_reduction == pytest.approx(-1)


def test_a_shot_shows_its_middle_frame_with_the_true_luma() -> None:
    """The contact sheet shows frame T // 2 in the result's colors, clipped to 8 bits."""
    rgb = torch.linspace(0, 1, 5).view(5, 1, 1, 1).expand(5, 3, 24, 32).contiguous()
    far = Colorizer("far", lambda shot: torch.full((5, 2, 24, 32), 0.5))
    (score,) = color_scores([GrayShot("ramp", luma_of(rgb), rgb)], [far])
    assert score.shown.dtype == torch.uint8
    expected = colored(torch.full((1, 1, 1, 1), 0.5), torch.full((1, 2, 1, 1), 0.5))
    codes = expected.clamp(0, 1).mul(255).round().flatten().tolist()
    assert score.shown[:, 3, 3].tolist() == codes
