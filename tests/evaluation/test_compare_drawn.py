"""Evaluation of a model that draws colors, from photographs to tables."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from restore import models
from restore.errors import UsageError
from restore.evaluation.compare_drawn import compare_drawn
from restore.evaluation.compare_models import EvaluationRequest, evaluate
from restore.evaluation.data_split import is_validation
from restore.treatments.treatment import Engine
from tests.models.small_pixcolor import exported_sampler


def photographs(folder: Path) -> int:
    """Made photographs in data/photos: how many of them are held out."""
    (folder / "photos").mkdir(parents=True)
    rng = np.random.default_rng(1)
    names = [f"{number}.png" for number in range(24)]
    for name in names:
        picture = cv2.resize(rng.integers(60, 196, (6, 8, 3), np.uint8), (64, 48))
        cv2.imwrite(str(folder / "photos" / name), picture)
    return sum(map(is_validation, names))


def test_bits_colors_and_sheet_of_held_outphotographs(tmp_path: Path) -> None:
    """Every distribution and every way to color has its row; the request by name finds the same."""
    count = photographs(tmp_path / "data")
    model = exported_sampler(tmp_path / "models")
    progress: list[str] = []
    request = EvaluationRequest(tmp_path / "data", (str(model),), photos=2)
    found = evaluate(request, progress.append)

    (result,) = found.results
    bits, colors = result.tables
    images = [str(row["shots"]) for row in bits.rows]
    assert images == ["plain gray"] * 5 + ["aged by our own code"] * 5
    cost = {str(row["name"]): float(str(row["bits"])) for row in bits.rows[:5]}
    aged = {str(row["name"]): float(str(row["bits"])) for row in bits.rows[5:]}
    assert aged["histogram"] == cost["histogram"]
    assert aged["draws-v1"] != cost["draws-v1"]
    assert list(cost) == [
        "uniform",
        "histogram",
        "histogram of each position",
        "feed-forward network",
        "draws-v1",
    ]
    assert cost["uniform"] == 5
    assert 4 < cost["draws-v1"] < 8
    rows = {str(row["name"]): row for row in colors.rows}
    assert list(rows) == [
        "gray",
        "tint-v1",
        "draws-v1, one sample",
        "draws-v1, best of 6 (oracle)",
    ]
    assert count >= 2
    assert all(row["count"] == 2 for row in colors.rows)
    assert len(result.scores) == 2 * 4
    assert result.sheet is not None
    assert result.sheet.std() > 5
    assert any("2 of 2" in text for text in progress)


def test_without_photographs_there_is_nothing_to_evaluate(tmp_path: Path) -> None:
    """An empty data folder is an error before anything is drawn."""
    card = models.find(str(exported_sampler(tmp_path / "models")))
    with pytest.raises(UsageError) as caught:
        compare_drawn(card, tmp_path, (), None, Engine(), lambda text: None)
    assert caught.value.code == "no-evaluation-data"
