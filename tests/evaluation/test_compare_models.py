"""Which models are compared, and their names in the tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.evaluation.compare_models import EvaluationRequest, chosen, evaluate, titles
from restore.models import find
from tests.evaluation.made import checkpoint


def test_models_are_chosen_by_task_and_scale(tmp_path: Path) -> None:
    """Without names: those that ship for the task; a scale that no model has is an error."""
    assert {card.task for _, card in chosen([], "colorize", None, tmp_path)} == {"colorize"}
    assert {card.scale for _, card in chosen([], "upscale", 2, tmp_path)} == {2}
    with pytest.raises(UsageError, match="no model to evaluate"):
        chosen(["film-x4"], "upscale", 3, tmp_path)


def test_the_published_upscaler_is_added(root: Path) -> None:
    """With a x4 model realesr-general-x4v3 is evaluated if it is in the data, once, and not with x2."""
    data = root.parent / "shared" / "data"
    if not list(data.glob("weights/realesr-general-x4v3*.pth")):
        pytest.skip("the published weights are not here")
    names = [card.name for _, card in chosen(["film-x4"], "upscale", None, data)]
    assert [name.partition(".")[0] for name in names] == ["realesr-general-x4v3", "film-x4"]
    published = chosen(["film-x4"], "upscale", None, data)[0][0]
    assert len(chosen([published], "upscale", None, data)) == 1
    assert len(chosen(["film-x2"], "upscale", None, data)) == 1


def test_models_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    """A copy of a model that ships: two rows with their paths; a model named twice: one row."""
    own = tmp_path / "film-x2-fast"
    shutil.copytree(find("film-x2-fast").folder, own)

    cards = chosen(
        ["film-x2-fast", str(own), "film-x2-fast", f"{own}/."], "upscale", None, tmp_path
    )
    name = find("film-x2-fast").full_name
    assert titles(cards) == [f"{name} ({find('film-x2-fast').folder})", f"{name} ({own})"]
    assert titles(cards[:1]) == [name]


def test_no_line_has_the_name_of_another(tmp_path: Path) -> None:
    """A checkpoint with a baseline's name, a recipe with a baseline's or model's name: with their paths."""
    same = checkpoint(tmp_path / "Lanczos.pth")
    other = checkpoint(tmp_path / "gray.pth")
    cards = chosen([str(same), str(other), "film-x2"], "upscale", None, tmp_path)
    shipped = find("film-x2").full_name
    assert titles(cards, tmp_path / "nlmeans") == [
        f"Lanczos ({same})",
        f"gray ({other})",
        shipped,
        f"nlmeans ({tmp_path / 'nlmeans'})",
    ]
    recipe = tmp_path / shipped
    assert titles(cards, recipe)[2:] == [
        f"{shipped} ({find('film-x2').folder})",
        f"{shipped} ({recipe})",
    ]


def test_a_precision_that_is_only_emulated_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is evaluated: bf16 on a CPU without its instructions takes many times as long."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True})
    told: list[str] = []
    request = EvaluationRequest(
        tmp_path, ["film-x2"], readouts=True, device="cpu", precision="bf16"
    )
    with pytest.raises(UsageError):
        evaluate(request, told.append)
    assert len(told) == 1
    assert "7 to 30 times slower" in told[0]
