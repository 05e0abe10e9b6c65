"""The colors file as it is written: valid TOML, one table a shot, and whether it was edited."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from restore.jobs.colors_text import ShotLine, colors_text, write_colors
from restore.timing import Span

SHOT = ShotLine(1, 0.0, Span(0, 24), True, "shot-0001.png", None)


def test_each_shot_has_a_table() -> None:
    """With its number; sheet, likeness and choices are comments."""
    shots = [
        SHOT,
        replace(SHOT, number=2, colored=False, sheet=None),
        replace(SHOT, number=3, alike=1),
    ]
    text = colors_text("a film.mp4", 6, shots)
    assert tomllib.loads(text) == {"shot": [{"number": 1}, {"number": 2}, {"number": 3}]}
    assert text.count("# sheet: shot-0001.png") == 2
    assert text.count("# not colored") == 1
    assert text.count("# looks like shot 1") == 1


def test_comments_can_become_choices() -> None:
    """The line with a variant is one character away from a choice."""
    text = colors_text("film.mp4", 6, [SHOT]).replace("# variant = 1", "variant = 1")
    assert tomllib.loads(text) == {"shot": [{"number": 1, "variant": 1}]}


def test_a_name_of_any_film_stays_a_comment() -> None:
    """A line break in the name does not begin a line of TOML."""
    text = colors_text("a\n[x]\ny = 1.mp4", 6, [SHOT])
    assert tomllib.loads(text) == {"shot": [{"number": 1}]}


def test_only_an_unedited_file_is_replaced(tmp_path: Path) -> None:
    """Also a file that was never written by the program is kept."""
    path = tmp_path / "colors.toml"
    assert write_colors(path, "one\n") == (path, False)
    assert write_colors(path, "two\n") == (path, False)
    path.write_text(path.read_text() + "# mine\n")
    assert write_colors(path, "three\n") == (tmp_path / "colors.new.toml", True)
    assert path.read_text().endswith("two\n# mine\n")
    other = tmp_path / "other.toml"
    other.write_text("")
    assert write_colors(other, "x\n") == (tmp_path / "other.new.toml", True)
