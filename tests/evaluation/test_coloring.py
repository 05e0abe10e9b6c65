"""Scores of colorizers, pooled over a set of pictures."""

import math

import pytest
import torch

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
