"""Evaluation of models for tiny regions, from photographs to tables."""

from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import UsageError
from restore.evaluation.compare_models import EvaluationRequest, evaluate
from restore.nets.prsr import PixelRecursive, PixelRegression
from restore.training.model_export import export_model
from tests.evaluation.test_compare_drawn import photographs
from tests.training.test_tasks import coloring


def _model(folder: Path, net: nn.Module, arguments: dict[str, int]) -> str:
    folder.mkdir(parents=True)
    changes = {"task": "prsr", "architecture": type(net).__name__}
    export_model(folder, net.state_dict(), coloring().model_copy(update=changes), arguments)
    return str(folder)


def test_bits_and_the_papers_table(tmp_path: Path) -> None:
    """Uniform, conditioning network and model in bits; baselines, L2 and samples in the table; a sheet."""
    count = photographs(tmp_path / "data")
    torch.manual_seed(1)
    sizes = {"channels": 8, "blocks": 1}
    more = {**sizes, "width": 8, "layers": 2}
    names = (
        _model(tmp_path / "mean-v1", PixelRegression(**sizes), sizes),
        _model(tmp_path / "draws-v1", PixelRecursive(**more), more),
    )
    progress: list[str] = []
    found = evaluate(EvaluationRequest(tmp_path / "data", names), progress.append)

    (result,) = found.results
    bits, pictures = result.tables
    cost = {str(row["name"]): float(str(row["bits"])) for row in bits.rows}
    assert list(cost) == ["uniform", "draws-v1, conditioning network", "draws-v1"]
    assert cost["uniform"] == 8
    assert 6 < cost["draws-v1"] < 12
    rows = {str(row["name"]): row for row in pictures.rows}
    assert list(rows) == [
        "nearest",
        "bicubic",
        "mean-v1",
        "draws-v1, one sample, tau 1.0",
        "draws-v1, one sample, tau 1.1",
        "draws-v1, one sample, tau 1.2",
        "draws-v1, one sample, guidance 2",
    ]
    assert all(row["count"] == count for row in pictures.rows)
    assert float(str(rows["nearest"]["consistency"])) < 1e-6
    # an untrained network draws noise
    assert float(str(rows["bicubic"]["psnr"])) > float(str(rows[list(rows)[3]]["psnr"])) + 5
    assert len(result.scores) == count * len(rows)
    assert result.sheet is not None
    assert result.sheet.std() > 5
    assert any("tau 1.1" in text for text in progress)


def test_without_photographs_there_is_nothing_to_evaluate(tmp_path: Path) -> None:
    """An empty data folder is an error before anything is drawn."""
    sizes = {"channels": 8, "blocks": 1}
    name = _model(tmp_path / "mean-v1", PixelRegression(**sizes), sizes)
    with pytest.raises(UsageError) as caught:
        evaluate(EvaluationRequest(tmp_path, (name,)), lambda text: None)
    assert caught.value.code == "no-evaluation-data"
