"""Variants: a sheet and a still of each shot, and a colors file that is never overwritten once edited."""

from __future__ import annotations

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

import restore
from restore.errors import UsageError
from restore.jobs import color_choices
from restore.jobs.film_variants import Variants, VariantsRequest, make_variants
from restore.models import color_sampler
from restore.recipe import Recipe, load_recipe
from restore.run.events import Choosing, Event, Surveying
from tests.jobs.color_films import gray_film
from tests.media.films import make
from tests.treatments.colored_square import colored_square
from tests.treatments.made_sampler import MadeSampler, made_sampler


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of three shots; the third shows the same as the first."""
    scenes = [colored_square(26), colored_square(26, seed=2), colored_square(26)]
    return gray_film(tmp_path_factory.mktemp("variants") / "film.mkv", scenes)


@pytest.fixture(scope="module")
def sampler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that draws variants."""
    return made_sampler(tmp_path_factory.mktemp("model") / "sampler")


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """That model is loaded."""
    monkeypatch.setattr(color_sampler, "load_color_sampler", lambda card: MadeSampler())


def _made(film: Path, sampler: Path, folder: Path, **request: object) -> Variants:
    recipe = Recipe.model_validate({"colorize": True, "color_sampler": str(sampler)})
    asked = {"count": 2, "output": folder, **request}
    return make_variants(VariantsRequest(film, recipe, **asked))  # type: ignore[arg-type]


def test_every_shot_has_a_sheet_and_a_still(film: Path, sampler: Path, tmp_path: Path) -> None:
    """And a table in the colors file, which reads as a recipe without any choice."""
    made = _made(film, sampler, tmp_path / "out")
    assert [each.number for each in made.shots] == [1, 2, 3]
    assert [each.frame for each in made.shots] == [12, 38, 64]
    assert [each.alike for each in made.shots] == [None, None, 1]
    assert made.shots[1].seconds == 1.52
    assert made.shots[0].likelihoods == (-0.085, -0.1701)
    still = cv2.imread(str(made.shots[0].still))
    assert still.shape == (192, 256, 3)
    sheet = cv2.imread(str(made.shots[0].sheet))
    assert sheet.shape[1] > 3 * 420
    cells = [sheet[60:300, 20 + 428 * n : 400 + 428 * n].reshape(-1, 3).mean(0) for n in range(3)]
    assert np.abs(cells[1] - cells[2]).max() > 10
    tables = tomllib.loads(made.colors.read_text(encoding="utf-8"))["shot"]
    assert tables == [{"number": 1}, {"number": 2}, {"number": 3}]
    assert load_recipe(None, {"colors": str(made.colors)}) == Recipe(colorize=True)
    assert "looks like shot 1" in made.colors.read_text(encoding="utf-8")


def test_an_edited_colors_file_is_kept(film: Path, sampler: Path, tmp_path: Path) -> None:
    """An unedited one is replaced; with an edited one the new one gets another name."""
    first = _made(film, sampler, tmp_path, shots=(2,))
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "colors.toml",
        "shot-0002.png",
        "shot-0002.still.png",
    ]
    again = _made(film, sampler, tmp_path, shots=(2,), count=3)
    assert (again.colors, again.edited) == (first.colors, False)
    mine = again.colors.read_text(encoding="utf-8").replace("# variant = 1", "variant = 1", 1)
    again.colors.write_text(mine, encoding="utf-8")
    third = _made(film, sampler, tmp_path, shots=(2,))
    assert third.edited
    assert third.colors == tmp_path / "colors.new.toml"
    assert again.colors.read_text(encoding="utf-8") == mine


def test_a_still_that_was_drawn_over_is_kept(film: Path, sampler: Path, tmp_path: Path) -> None:
    """It may be the only copy of somebody's work; the new still gets another name."""
    (first,) = _made(film, sampler, tmp_path, shots=(2,)).shots
    drawn = cv2.imread(str(first.still)) // 2
    cv2.imwrite(str(first.still), drawn)
    (again,) = _made(film, sampler, tmp_path, shots=(2,)).shots
    assert again.still.name == "shot-0002.still.new.png"
    assert again.sheet == first.sheet
    assert np.array_equal(cv2.imread(str(first.still)), drawn)


def test_shots_that_are_not_colored_are_refused(film: Path, sampler: Path, tmp_path: Path) -> None:
    """By their numbers, before anything is written."""
    with pytest.raises(UsageError) as caught:
        _made(film, sampler, tmp_path / "out", shots=(2, 9))
    assert caught.value.code == "no-such-shot"
    assert caught.value.where.startswith("9;")
    assert not (tmp_path / "out").exists()


def test_a_film_in_color_has_nothing_to_color(sampler: Path, tmp_path: Path) -> None:
    """Without `recolor`."""
    path = make(tmp_path / "color.mp4", drawn="testsrc2=size=128x96:rate=25:duration=0.4")
    with pytest.raises(UsageError) as caught:
        _made(path, sampler, tmp_path / "out")
    assert caught.value.code == "nothing-to-color"


def test_without_a_sampler_nothing_begins(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes before the survey."""
    monkeypatch.setattr(color_choices, "SAMPLER", "no-such-model")
    events: list[Event] = []
    with pytest.raises(UsageError) as caught:
        make_variants(VariantsRequest(film, Recipe(), output=tmp_path), events.append)
    assert caught.value.code == "sampler-missing"
    assert not events


def test_from_python(film: Path, sampler: Path, tmp_path: Path) -> None:
    """Options as for `restore.film`; events of the survey, then of the choice."""
    events: list[Event] = []
    made = restore.variants(
        film,
        shots=[1],
        count=1,
        output=tmp_path,
        on_event=events.append,
        color_sampler=str(sampler),
    )
    assert isinstance(made, restore.Variants)
    assert len(made.shots[0].likelihoods) == 1
    kinds = [type(event) for event in events]
    assert kinds[0] is Surveying
    assert kinds[-1] is Choosing
    with pytest.raises(UsageError) as caught:
        restore.variants(film, count=0)
    assert caught.value.code == "invalid-option"
