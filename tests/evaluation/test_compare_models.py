"""Which models are compared, and their names in the tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.evaluation import compare_models
from restore.evaluation.compare_models import (
    EvaluationRequest,
    by_scale,
    chosen,
    evaluate,
    titles,
)
from restore.evaluation.comparison import Benchmark, EvaluationResult
from restore.evaluation.upscalers import Upscaler
from restore.models import find
from tests.evaluation.made import checkpoint
from tests.media.films import make


def test_models_are_chosen_by_task_and_scale(tmp_path: Path) -> None:
    """Without names: those that ship for the task; a scale that no model has is an error."""
    assert {card.task for _, card in chosen([], "colorize", None, tmp_path)} == {"colorize"}
    assert {card.scale for _, card in chosen([], "upscale", 2, tmp_path)} == {2}
    with pytest.raises(UsageError, match="no model to evaluate"):
        chosen(["film-x4"], "upscale", 3, tmp_path)


def test_models_for_deinterlacing_are_compared_elsewhere(tmp_path: Path) -> None:
    """They are neither upscalers nor color models: alone they are an error, with others they are left out."""
    with pytest.raises(UsageError) as caught:
        chosen(["deinterlace"], "upscale", None, tmp_path)
    assert caught.value.code == "no-models"
    names = [card.name for _, card in chosen(["deinterlace", "film-x2"], "upscale", None, tmp_path)]
    assert names == ["film-x2"]


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


def test_models_of_the_same_name_have_their_paths(tmp_path: Path) -> None:
    """A copy of a model that ships: two rows with their paths; a model named twice: one row."""
    own = tmp_path / "film-x2-fast"
    shutil.copytree(find("film-x2-fast").folder, own)

    cards = chosen(
        ["film-x2-fast", str(own), "film-x2-fast", f"{own}/."], "upscale", None, tmp_path
    )
    name = find("film-x2-fast").full_name
    assert titles(cards) == [f"{name} ({find('film-x2-fast').folder})", f"{name} ({own})"]
    assert titles(cards[:1]) == [name]


def test_no_row_has_the_name_of_another(tmp_path: Path) -> None:
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
    notes: list[str] = []
    request = EvaluationRequest(
        tmp_path, ["film-x2"], readouts=True, device="cpu", precision="bf16"
    )
    with pytest.raises(UsageError):
        evaluate(request, notes.append)
    assert len(notes) == 1
    assert "7 to 30 times slower" in notes[0]


def request(data: Path, *names: str, **changes: object) -> EvaluationRequest:
    """A request on the CPU in fp32."""
    values: dict[str, object] = {"device": "cpu", "precision": "fp32"} | changes
    return EvaluationRequest(data, names, **values)  # type: ignore[arg-type]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the upscalers of each comparison, which then gives an empty result."""
    groups: list[list[str]] = []

    def compare(bench: Benchmark, group: list[Upscaler], progress: object) -> EvaluationResult:
        groups.append([upscaler.name for upscaler in group])
        return EvaluationResult(())

    monkeypatch.setattr(compare_models, "compare_upscalers", compare)
    return groups


def test_upscalers_are_grouped_by_scale_after_the_baselines() -> None:
    """Ascending scales, each with its own baselines, models in the order that they were named."""
    made = [
        Upscaler(name, scale, lambda aged, frames: iter(()))
        for name, scale in (("a", 4), ("b", 1), ("c", 4), ("d", 8))
    ]
    groups = [[one.name for one in group] for group in by_scale(made)]
    assert groups == [
        ["untouched", "nlmeans", "b"],
        ["Lanczos", "nlmeans + Lanczos", "a", "c"],
        ["Lanczos", "nlmeans + Lanczos", "d"],
    ]
    assert list(by_scale([])) == []


def test_each_scale_is_compared_on_its_own(tmp_path: Path, compared: list[list[str]]) -> None:
    """Models of two scales give two results, whose facts say what they depend on."""
    make(tmp_path / "film.mkv", drawn="testsrc2=s=96x96:r=25:d=0.4")
    done = evaluate(request(tmp_path, "film-x4-fast", "film-x2-fast", frames=2), lambda text: None)
    assert [names[2] for names in compared] == [
        find("film-x2-fast").full_name,
        find("film-x4-fast").full_name,
    ]
    assert len(done.results) == 2
    assert done.facts["data"] == str(tmp_path)
    assert (done.facts["device"], done.facts["precision"]) == ("cpu", "fp32")
    assert done.facts["frames_per_clip"] == 2


def test_a_recipe_is_evaluated_alone_or_next_to_models(
    tmp_path: Path, compared: list[list[str]]
) -> None:
    """Without names only the recipe is compared with the baselines; with names it comes last."""
    make(tmp_path / "film.mkv", drawn="testsrc2=s=96x96:r=25:d=0.4")
    recipe = tmp_path / "double.toml"
    recipe.write_text('upscale = 2\ncodec = "ffv1"\n')
    evaluate(request(tmp_path, recipe=recipe), lambda text: None)
    evaluate(request(tmp_path, "film-x2-fast", recipe=recipe), lambda text: None)
    assert [names[2:] for names in compared] == [
        ["double.toml"],
        [find("film-x2-fast").full_name, "double.toml"],
    ]


@pytest.mark.parametrize(
    ("names", "changes", "code"),
    [
        (("film-x2-fast",), {"readouts": True}, "model-task"),
        (("film-x2-fast",), {}, "no-evaluation-data"),
        (("film-x2-fast",), {"stills": True}, "no-evaluation-data"),
        (("film-x2-fast",), {"scale": 4}, "no-models"),
        (("film-x9",), {}, "model-unknown"),
        ((), {"precision": "fp16"}, "precision-unsupported"),
    ],
)
def test_mistakes_have_their_code(
    tmp_path: Path, names: tuple[str, ...], changes: dict[str, object], code: str
) -> None:
    """Models, options and data that do not fit are found before anything is evaluated."""
    with pytest.raises(UsageError) as caught:
        evaluate(request(tmp_path, *names, **changes), lambda text: None)
    assert caught.value.code == code


def test_readouts_of_each_color_model_are_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `readouts` nothing is upscaled or colored: one result for each model, of so many photographs."""
    asked: list[tuple[str, int | None]] = []

    def compare(name: str, data: Path, count: int | None, *_: object) -> EvaluationResult:
        asked.append((name, count))
        return EvaluationResult(())

    monkeypatch.setattr(compare_models, "compare_readouts", compare)
    done = evaluate(request(tmp_path, "color", readouts=True, photos=7), lambda text: None)
    assert asked == [("color", 7)]
    assert len(done.results) == 1
