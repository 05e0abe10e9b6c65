"""How surprising colors are: in the record of a colored film, and in the facts of its result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restore.cli.app import main
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.models import color_sampler
from restore.recipe import Recipe
from restore.report.record import Record
from restore.run.events import ignore_event
from tests.jobs.color_films import gray_film
from tests.treatments.colored_square import colored_square
from tests.treatments.made_sampler import MadeSampler, made_sampler

SHOTS = [
    {"number": 1, "variant": 1},
    {"number": 2, "colorize": False},
    {"number": 3, "variant": 1, "saturation": 2.0},
]


def _colored(film: Path, result: Path, sampler: str) -> Record:
    values = {"colorize": True, "codec": "ffv1", "color_sampler": sampler, "shot": SHOTS}
    restore_film(JobRequest(film, Recipe.model_validate(values), output=result), ignore_event)
    return Record.model_validate_json(Path(f"{result}.restore.json").read_bytes())


def test_the_surprise_of_each_colored_shot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Is in the record and in the facts of the result; it is that of the colors as saturated."""
    monkeypatch.setattr(color_sampler, "load_color_sampler", lambda card: MadeSampler())
    sampler = made_sampler(tmp_path / "sampler")
    scenes = [colored_square(26), colored_square(26, seed=2), colored_square(26)]
    result = tmp_path / "result.mkv"
    record = _colored(gray_film(tmp_path / "film.mkv", scenes), result, str(sampler))
    first, second, third = (shot.surprise for shot in record.shots)
    assert first is not None
    assert third is not None
    # for the made sampler it grows with the square of the saturation
    assert third > 2 * first > 0
    assert second is None
    assert main(["inspect", str(result), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["surprises"]
    assert found == [{"frames": [0, 26], "bits": first}, {"frames": [52, 78], "bits": third}]
    assert main(["inspect", str(result)]) == 0
    assert f"{first:.2f} bits per value" in capsys.readouterr().out


def test_a_film_without_a_record_has_none(reel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its color, if it has any, was not made."""
    assert main(["inspect", str(reel), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["surprises"] == []


@pytest.mark.parametrize("sampler", ["color-v5", "no-such-model"])
def test_without_a_usable_sampler_there_is_no_figure(tmp_path: Path, sampler: str) -> None:
    """A missing one, or a model of another kind: the film is finished all the same."""
    film = gray_film(tmp_path / "film.mkv", [colored_square(10)])
    recipe = Recipe.model_validate({"colorize": True, "codec": "ffv1", "color_sampler": sampler})
    result = tmp_path / "out.mkv"
    restore_film(JobRequest(film, recipe, output=result), ignore_event)
    record = Record.model_validate_json(Path(f"{result}.restore.json").read_bytes())
    assert [shot.surprise for shot in record.shots] == [None]
