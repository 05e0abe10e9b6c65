"""`restore variants` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restore.cli.app import main
from restore.jobs import color_choices
from restore.models import color_sampler
from tests.jobs.color_films import gray_film
from tests.treatments.colored_square import colored_square
from tests.treatments.made_sampler import MadeSampler, made_sampler


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command for a film of one shot, with a model that draws variants."""
    monkeypatch.setattr(color_sampler, "load_color_sampler", lambda card: MadeSampler())
    film = gray_film(tmp_path / "film.mkv", [colored_square(5)])
    model = made_sampler(tmp_path / "sampler")
    return ["variants", str(film), "--color-sampler", str(model), "-n", "2"]


def test_sheets_and_colors_next_to_the_film(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder of the film's name; a second call names an edited file."""
    assert main(words) == 0
    folder = tmp_path / "film.variants"
    assert {each.name for each in folder.iterdir()} == {
        "colors.toml",
        "shot-0001.png",
        "shot-0001.still.png",
    }
    assert str(folder / "colors.toml") in capsys.readouterr().out
    (folder / "colors.toml").write_text("")
    assert main(words) == 0
    assert "colors.new.toml" in capsys.readouterr().out


def test_json(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object with every shot."""
    assert main([*words, "-o", str(tmp_path / "out"), "--shot", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["colors"] == str(tmp_path / "out" / "colors.toml")
    assert found["edited"] is False
    (shot,) = found["shots"]
    assert shot["shot"] == 1
    assert shot["frame"] == 2
    assert len(shot["likelihoods"]) == 2
    assert Path(shot["sheet"]).is_file()


def test_no_sampler_is_exit_code_2(
    reel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With advice, and nothing written."""
    monkeypatch.setattr(color_choices, "SAMPLER", "no-such-model")
    assert main(["variants", str(reel)]) == 2
    assert "--color-sampler" in capsys.readouterr().err
