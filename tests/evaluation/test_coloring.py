"""Scores of colors, pooled over a set of pictures."""

import math

import pytest
import torch

from restore.evaluation.benchmark import GreyShot, chroma_of, colored, luma_of
from restore.evaluation.coloring import pooled, products, score_shots
from restore.evaluation.colorists import Colorist, baselines
from restore.evaluation.tables import COLOR_COLUMNS, Table, color_rows, markdown


def shots() -> list[GreyShot]:
    """Two pictures of different sizes and tints."""
    made: list[GreyShot] = []
    for seed, size in ((1, (24, 32)), (2, (40, 20))):
        rgb = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))
        rgb = rgb * torch.tensor([0.9, 0.7, 0.5]).view(1, 3, 1, 1) ** seed
        made.append(GreyShot(f"picture {seed}", luma_of(rgb), rgb))
    return made


def test_luma_and_chroma_make_the_picture_again() -> None:
    """Taken apart and joined, R'G'B' is what it was."""
    rgb = shots()[0].rgb
    assert torch.allclose(colored(luma_of(rgb), chroma_of(rgb)), rgb, atol=1e-6)


def test_pooled_sums_are_those_of_one_tensor() -> None:
    """RMSE and correlation of a set do not depend on how it is cut into pictures."""
    drawn = torch.Generator().manual_seed(3)
    one, other = (torch.randn(1, 2, 10, 12, generator=drawn) for _ in range(2))
    whole = products(one, other)
    parts = pooled([products(one[..., :5], other[..., :5]), products(one[..., 5:], other[..., 5:])])
    assert parts.rmse == pytest.approx(whole.rmse)
    assert whole.rmse == pytest.approx(255 * math.sqrt(float((one - other).square().mean())), 1e-5)
    centred = [x - x.mean((0, 2, 3), keepdim=True) for x in (one, other)]
    expected = torch.nn.functional.cosine_similarity(*(x.flatten() for x in centred), dim=0)
    assert parts.correlation == pytest.approx(float(expected), abs=1e-5)
    assert products(3 * one + 0.2, one).correlation == pytest.approx(1)


def test_baselines_stand_in_their_order() -> None:
    """The truth is perfect; own tints beat one tint, one tint beats grey; grey is the measure."""
    pictures = shots()
    truth = Colorist("truth", lambda shot: chroma_of(shot.rgb))
    rows = color_rows("made", list(score_shots(pictures, [*baselines(pictures), truth])))
    grey, tint, own, perfect = rows

    assert [row["name"] for row in rows] == [
        "grey",
        "one tint for all",
        "own tints (oracle)",
        "truth",
    ]
    assert perfect["rmse"] == pytest.approx(0, abs=1e-4)
    assert perfect["ciede2000"] == pytest.approx(0, abs=1e-3)
    assert perfect["colorfulness"] == pytest.approx(1, abs=1e-5)
    assert perfect["histogram"] == perfect["correlation"] == pytest.approx(1)
    assert perfect["rmse"] < own["rmse"] < tint["rmse"] < grey["rmse"]
    assert grey["below_grey"] == grey["correlation"] == tint["correlation"] == 0
    assert grey["colorfulness"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("level", [0.0, 100 / 255])
def test_where_there_is_no_color_nothing_lies_below_grey(level: float) -> None:
    """Black or grey truth: no share of nothing (a dash in the table); other figures as ever."""
    rgb = torch.full((2, 3, 24, 32), level)
    grey = GreyShot("grey film", luma_of(rgb), rgb)
    pink = Colorist("pink", lambda shot: torch.full((2, 2, 24, 32), 0.1))
    rows = color_rows("grey films", list(score_shots([grey], [*baselines([grey]), pink])))

    assert [row["below_grey"] for row in rows] == [None] * 4
    assert rows[-1]["rmse"] == pytest.approx(25.5)
    last = markdown(Table("colors", COLOR_COLUMNS, tuple(rows)))[-1]
    assert last.startswith("| grey films | 1 | pink | 25.50 | - | 0.000 |")


def test_no_other_tint_is_better_than_the_best() -> None:
    """A step to any side from the one tint for all is further from the truth of the whole set."""
    pictures = shots()
    best = baselines(pictures)[1]
    for step in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        by = torch.tensor(step).view(1, 2, 1, 1)
        moved = Colorist("moved", lambda shot, by=by: best.color(shot) + by)
        row, other = color_rows("made", list(score_shots(pictures, [best, moved])))
        assert row["rmse"] < other["rmse"]
