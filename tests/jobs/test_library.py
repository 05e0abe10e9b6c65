"""The functions for Python programs: how recipe and keywords meet, before any film is opened."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from restore.errors import UsageError
from restore.jobs import library
from restore.jobs.batch.run_batch import BatchRequest, BatchResult
from restore.jobs.requests import FilmRequest
from restore.recipe import Recipe
from restore.run.events import Surveying

TABLES: list[dict[str, object]] = [{"number": 2, "clean": 0.5}]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[FilmRequest]:
    """The requests of films that were asked for; none is restored."""
    found: list[FilmRequest] = []

    def ready(request: FilmRequest) -> Any:
        found.append(request)
        return request.job

    monkeypatch.setattr(library, "ready", ready)
    monkeypatch.setattr(library, "restore_logged", lambda request, listener: Path("result.mp4"))
    monkeypatch.setattr(library, "read_result", lambda path: path)
    return found


def recipe_of(
    asked: list[FilmRequest], recipe: str | Path | Recipe | None, **options: object
) -> Recipe:
    """The recipe of a film with these options."""
    library.film("film.mp4", None, recipe, {}, (), None, options)
    return asked[-1].job.recipe


def test_keywords_come_before_the_recipe(asked: list[FilmRequest], tmp_path: Path) -> None:
    """Of a file and of a value alike; what is None is not given, and False is."""
    file = tmp_path / "recipe.toml"
    file.write_text('upscale = 2\ncolorize = true\ncodec = "hevc"\n')
    value = Recipe(upscale=2, colorize=True, codec="hevc")
    for recipe in (file, str(file), value):
        found = recipe_of(asked, recipe, codec="ffv1", colorize=False, crf=None)
        assert found == Recipe(upscale=2, codec="ffv1")
        assert recipe_of(asked, recipe) == value


def test_a_size_replaces_the_recipe_s_other_size(asked: list[FilmRequest], tmp_path: Path) -> None:
    """`to` and `upscale` exclude each other: the keyword counts, whether the recipe is a file or a value."""
    file = tmp_path / "recipe.toml"
    file.write_text('to = "4k"\nclean = 0.5\n')
    for recipe in (file, Recipe(to="4k", clean=0.5)):
        assert recipe_of(asked, recipe, upscale=2) == Recipe(upscale=2, clean=0.5)
    with pytest.raises(UsageError, match="cannot be combined"):
        recipe_of(asked, None, upscale=2, to="4k")


def test_a_recipe_as_a_value_keeps_its_tables_and_times(asked: list[FilmRequest]) -> None:
    """Options of single shots, exact times and rates go through unchanged."""
    recipe = Recipe.model_validate(
        {"shot": TABLES, "start": Fraction(2, 3), "rate": "24000/1001", "clean": 1}
    )
    assert recipe_of(asked, recipe) == recipe
    assert recipe_of(asked, None, shot=TABLES).shot == recipe.shot


def test_names_may_be_text_or_paths(asked: list[FilmRequest], tmp_path: Path) -> None:
    """A folder that exists takes the result, whatever type its name has."""
    for output in (str(tmp_path), tmp_path):
        library.film(Path("film.mp4"), output, None, {"overwrite": True}, ("tags",), None, {})
        assert asked[-1].folder == tmp_path
        assert asked[-1].job.overwrite
        assert asked[-1].job.allow_loss == ("tags",)


def test_all_mistakes_come_at_once() -> None:
    """Of losses, options and names; keywords are named as they are in Python."""
    with pytest.raises(UsageError) as caught:
        library.film("film.mp4", None, None, {}, ("hair",), None, {"crf": 99, "keep_clock": 5})
    assert "hair" in caught.value.what
    assert "crf: " in caught.value.where
    assert "keep_clock: " in caught.value.where
    assert "--crf" not in caught.value.where


@pytest.mark.parametrize(
    ("what", "names"),
    [("films", ["films"]), (Path("films"), ["films"]), (["a", Path("b")], ["a", "b"])],
)
def test_a_batch_takes_one_name_or_several(
    what: Any, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder, a list or a pattern, or files one by one."""
    requests: list[BatchRequest] = []

    def run(request: BatchRequest, listener: Any) -> BatchResult:
        listener(None)  # without a callback nothing happens
        requests.append(request)
        return BatchResult(request.out, {}, 0.0)

    monkeypatch.setattr(library, "run_batch", run)
    library.batch(what, None, {"upscale": 2}, None, out=Path("out"), jobs=3)
    (request,) = requests
    assert list(request.what) == names
    assert (request.jobs, request.options) == (3, {"upscale": 2})


def test_mistakes_of_a_batch_are_named_by_their_keywords() -> None:
    """Before its first film, not once for every film."""
    with pytest.raises(UsageError) as caught:
        library.batch("films", None, {"color_model": "x", "crf": 99}, None, out=Path("out"))
    assert "color_model: " in caught.value.where
    assert "crf: " in caught.value.where


def test_inspecting_reports_what_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """More frames than the container promised never give more than the whole."""
    events: list[object] = []

    def inspect(film: Path, rate: Fraction | None, report: Any) -> None:
        assert rate == Fraction(24000, 1001)
        report(10, 20)
        report(21, 20)

    monkeypatch.setattr(library, "inspect_film", inspect)
    library.inspect("film.mp4", "24000/1001", events.append)
    assert events == [Surveying(10, 20), Surveying(21, 21)]
    library.inspect("film.mp4", "24000/1001", None)


@pytest.mark.parametrize("rate", [0, "fast", 1000])
def test_a_wrong_rate_is_a_usage_error(rate: object) -> None:
    """Of an inspection and of an audit, before the files are opened."""
    with pytest.raises(UsageError) as caught:
        library.inspect("gone.mp4", rate, None)
    assert caught.value.code == "invalid-recipe"
    with pytest.raises(UsageError):
        library.audit("gone.mp4", "gone.mkv", (), rate)
    with pytest.raises(UsageError):
        library.audit("gone.mp4", "gone.mkv", ("hair",), None)
