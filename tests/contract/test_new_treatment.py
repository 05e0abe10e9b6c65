"""A new treatment is one file and one line of the catalog: everything else finds it there."""

from __future__ import annotations

import inspect
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from restore.cli import run
from restore.cli.app import main
from restore.cli.option_tables import RECIPE, table
from restore.cli.recipe_options import with_recipe_options
from restore.jobs.reproduce import read_record
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import VideoFormat
from restore.recipe import Recipe, load_recipe, recipe_fields
from restore.timing import Span
from restore.treatments import catalog
from tests.contract.invert import INVERT, InvertDecision, InvertOptions
from tests.made import SD
from tests.media.films import encode
from tests.survey.moving import shot

CUT, FRAMES = 20, 40


@pytest.fixture(autouse=True)
def catalogued(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one edit: an entry of the catalog."""
    known = [*catalog.TREATMENTS.values(), INVERT]
    monkeypatch.setattr(catalog, "TREATMENTS", catalog.in_order(known))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bright shot and a dark one, 20 frames each, lossless."""
    rng = np.random.default_rng(5)
    bright = shot(rng, CUT, kind=0).astype(np.float32) * 0.5 + 110
    dark = shot(rng, FRAMES - CUT, kind=1).astype(np.float32) * 0.3 + 16
    luma = np.clip(np.concatenate([bright, dark]), 16, 235).astype(np.uint8)
    video = VideoFormat("ffv1", "yuv420p", 160, 120, Fraction(20), Fraction(1), SD, None, None)
    chroma = np.full((60, 80), 128, np.uint8)
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return encode(path, video, [(y, chroma, chroma) for y in luma])


def _luma(path: Path) -> NDArray[np.int64]:
    source = probe(path)
    frames = read_frames(source, source.frames, Span(0, FRAMES))
    return np.array([frame.planes[0] for frame in frames], np.int64)


def test_its_option_is_on_the_command_line_in_recipes_and_in_the_docs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With its help, checked like the others, and for single shots."""
    assert "invert" in inspect.signature(with_recipe_options(run.command)).parameters
    assert main(["preview", "--help"]) == 0
    assert "Invert the foot of bright shots." in capsys.readouterr().out
    assert "invert" in recipe_fields()
    recipe = load_recipe(None, {"invert": True})
    assert recipe.of(InvertOptions).invert
    assert recipe.to_toml() == "invert = true\n"
    assert "| `--invert` | Invert the foot of bright shots. | yes |" in table(RECIPE).splitlines()
    table_of_shot = {"number": 1, "invert": True}
    assert Recipe.model_validate({"shot": [table_of_shot]}).shot[0].options == {"invert": True}


def test_its_measure_is_in_inspect(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for programs."""
    assert main(["inspect", str(film)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "shot " in line]
    assert len(lines) == 2
    assert all(", brightness " in line for line in lines)
    assert main(["inspect", str(film), "--json"]) == 0
    bright, dark = json.loads(capsys.readouterr().out)["shots"]
    assert bright["brightness"] > 110 > 70 > dark["brightness"]


def test_its_decision_is_in_the_plan(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the text of a dry run and in its JSON."""
    words = [str(film), "--invert", "--codec", "ffv1", "--dry-run"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "treatment  invert" in text
    assert "1: frames 0-19, scene, mono; inverted (brightness" in text
    assert "2: frames 20-39, scene, mono\n" in text
    assert main([*words, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert plan["treatments"] == [{"treatment": "invert", "model": None}]
    assert [list(each["decisions"]) for each in plan["shots"]] == [["invert"], []]


def test_it_changes_the_frames_and_stands_in_record_and_page(film: Path, tmp_path: Path) -> None:
    """A whole run with its audit: only the marked shot changes, and the record reads back."""
    out = tmp_path / "out.mkv"
    assert main([str(film), "--invert", "--codec", "ffv1", "-o", str(out), "-q"]) == 0
    before, after = _luma(film), _luma(out)
    foot = slice(105, 120)
    assert np.array_equal(after[:CUT, foot], 251 - before[:CUT, foot])
    assert np.array_equal(after[:CUT, :105], before[:CUT, :105])
    assert np.array_equal(after[CUT:], before[CUT:])
    record = read_record(out.with_name("out.mkv.restore.json"))
    assert list(record.treatments) == ["invert"]
    decision = record.shots[0].decisions["invert"]
    assert isinstance(decision, InvertDecision)
    said = f"inverted (brightness {decision.brightness:.0f})"
    assert record.shots[0].summary == (said,)
    assert record.shots[1].summary == ()
    assert "1 of 2 shots are inverted" in record.notes
    page = out.with_name("out.mkv.restore.html").read_text(encoding="utf-8")
    assert said in page
    assert "inverted at the foot" in page


def test_a_shot_can_be_left_out(film: Path, tmp_path: Path) -> None:
    """By a table of the recipe, and a rerun of the record does the same."""
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out.mkv"
    recipe.write_text("invert = true\n[[shot]]\nat = 0.5\ninvert = false\n")
    words = ["--recipe", str(recipe), "--codec", "ffv1", "-q"]
    assert main([str(film), *words, "-o", str(out)]) == 0
    assert np.array_equal(_luma(out), _luma(film))
    record = out.with_name("out.mkv.restore.json")
    assert read_record(record).request.recipe["shot"] == [{"at": "0.5", "invert": False}]
    assert main(["rerun", str(record), "--source", str(film), "-q"]) == 0
    assert np.array_equal(_luma(tmp_path / "out.rerun.mkv"), _luma(film))
