"""The table of readouts: every combination once, and the one that ships is marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from restore.evaluation import readouts
from restore.evaluation.benchmark import GrayShot, chroma_of, luma_of
from restore.evaluation.colorizers import Colorizer
from restore.evaluation.readouts import (
    DOUBTS,
    READOUT_COLUMNS,
    SATURATIONS,
    TEMPERATURES,
    readout_rows,
)
from restore.models import Readout, find
from restore.treatments.treatment import Engine

SHIPPED = find("color").readout
COMBINATIONS = len(TEMPERATURES) * len(DOUBTS) * len(SATURATIONS)


def shots() -> list[GrayShot]:
    """Two pictures of different tints."""
    made: list[GrayShot] = []
    for seed, tint in ((1, (0.9, 0.6, 0.4)), (2, (0.4, 0.6, 0.8))):
        rgb = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(seed))
        rgb = 0.3 + 0.2 * rgb * torch.tensor(tint).view(1, 3, 1, 1)
        made.append(GrayShot(str(seed), luma_of(rgb), rgb))
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Readout]:
    """The readouts that a model is asked for, which gives the true chroma times the saturation."""
    points: list[Readout] = []

    def model(name: str, engine: Engine, point: Readout) -> Colorizer:
        points.append(point)
        color: Callable[[GrayShot], torch.Tensor] = lambda shot: (  # noqa: E731
            chroma_of(shot.rgb) * point.saturation
        )
        return Colorizer(name, color)

    monkeypatch.setattr(readouts, "model", model)
    return points


def test_every_combination_is_measured_once(asked: list[Readout]) -> None:
    """All temperatures, doubts and saturations, at the size of the model's card, without repetition."""
    rows = list(readout_rows("color", shots(), Engine()))
    assert SHIPPED is not None
    grid = {(t, d, s) for t in TEMPERATURES for d in DOUBTS for s in SATURATIONS}
    own = (SHIPPED.temperature, SHIPPED.doubt, SHIPPED.saturation)
    found = [(row["temperature"], row["doubt"], row["saturation"]) for row in rows]
    assert set(found) == grid | {own}
    assert len(found) == len(set(found))
    assert {point.size for point in asked} == {SHIPPED.size}


def test_only_the_readout_that_ships_is_marked(asked: list[Readout]) -> None:
    """Exactly one row says so, and it has the values of the model's card."""
    marked = [row for row in readout_rows("color", shots(), Engine()) if row["ships"] == "yes"]
    assert SHIPPED is not None
    assert [row["saturation"] for row in marked] == [SHIPPED.saturation]
    assert [row["temperature"] for row in marked] == [SHIPPED.temperature]


def test_a_readout_that_is_in_the_grid_is_not_repeated(
    asked: list[Readout], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the card's readout is one of the combinations, there is no row more."""
    inside = Readout(temperature=TEMPERATURES[0], doubt=DOUBTS[0], saturation=1.0, size=96)
    card = find("color").model_copy(update={"readout": inside})
    monkeypatch.setattr(readouts, "find", lambda name: card)
    rows = list(readout_rows("color", shots(), Engine()))
    assert len(rows) == COMBINATIONS
    assert [row["ships"] for row in rows].count("yes") == 1


def test_the_figures_follow_from_the_saturation(asked: list[Readout]) -> None:
    """True chroma times s: RMSE falls by 1 - |s - 1|, correlation 1, s times as colorful."""
    for row in readout_rows("color", shots(), Engine()):
        saturation = float(row["saturation"])  # type: ignore[arg-type]
        assert row["rmse_reduction"] == pytest.approx(1 - abs(saturation - 1), abs=1e-5)
        assert row["correlation"] == pytest.approx(1)
        assert row["colorfulness"] == pytest.approx(saturation, rel=1e-4)  # nothing is clipped


def test_every_figure_has_its_column(asked: list[Readout]) -> None:
    """A row has a value for every column of the table and no other."""
    row = next(iter(readout_rows("color", shots(), Engine())))
    assert list(row) == [column.key for column in READOUT_COLUMNS]
