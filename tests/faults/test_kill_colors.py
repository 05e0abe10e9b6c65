"""kill -9 while colors are chosen, and while they are used: the result is that of an undisturbed run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.tool import pictures, restore, started
from tests.jobs.color_films import gray_film, write_still
from tests.treatments.colored_square import colored_square


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A colors file next to a film of two shots of 100 frames: each has the colors of a still."""
    folder = tmp_path_factory.mktemp("colors")
    scenes = [colored_square(100), colored_square(100, seed=2)]
    gray_film(folder / "film.mkv", scenes)
    tables = []
    for number, scene in enumerate(scenes, 1):
        write_still(folder / f"{number}.png", scene, 3)
        tables.append(f'[[shot]]\nnumber = {number}\nreference = "{number}.png"\n')
    (folder / "colors.toml").write_text("".join(tables))
    return folder / "colors.toml"


@pytest.fixture(scope="module")
def undisturbed(colors: Path) -> Path:
    """The result of a run that was not killed."""
    result = colors.with_name("undisturbed.mkv")
    assert restore(colors.with_name("film.mkv"), "-o", result, *_words(colors)).code == 0
    return result


def _words(colors: Path) -> tuple[object, ...]:
    return "--colors", colors, "--codec", "ffv1", "--json"


@pytest.mark.parametrize("event", [pytest.param("choosing", marks=pytest.mark.slow), "partdone"])
def test_a_killed_run_goes_on_with_the_same_colors(
    colors: Path, undisturbed: Path, tmp_path: Path, event: str
) -> None:
    """Whenever it was killed, the same command gives the same frames."""
    film, words, killed = colors.with_name("film.mkv"), _words(colors), tmp_path / "killed.mkv"
    run = started(film, "-o", killed, *words)
    assert run.wait_for(event)
    assert run.kill()
    answer = restore(film, "-o", killed, *words)
    assert answer.code == 0, answer.err
    assert bool(answer.parts("reused")) == (event == "partdone")
    assert pictures(killed) == pictures(undisturbed)
    assert not (tmp_path / ".restore").exists()
