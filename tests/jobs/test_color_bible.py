"""The color bible: entries come back, other files are refused, a shot's entry is replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from restore.errors import OutputError, UsageError
from restore.jobs.color_bible import ColorBible, bible_entry, check_bible, extend_bible, read_bible
from restore.treatments.colorize.chosen import packed


def _entry(film: str = "a.mkv", shot: int = 1, blue: float = 0.1) -> object:
    luma = np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(64, 96)
    cells = np.zeros((2, 16, 24), np.float32)
    cells[0] = blue
    return bible_entry(film, shot, "variant 2", luma, packed(cells))


def test_an_entry_is_a_picture_with_its_colors(tmp_path: Path) -> None:
    """Luma within half a code value, chroma within half a step."""
    path = tmp_path / "bible.json"
    extend_bible(path, [_entry()])  # type: ignore[list-item]
    (entry,) = read_bible(path).entries
    picture = entry.picture()
    wanted = np.linspace(0, 1, 64 * 96).reshape(64, 96)
    assert np.abs(picture.luma - wanted).max() <= 0.5 / 255 + 1e-6
    assert np.abs(picture.chroma[..., 0] - 0.1).max() < 0.005
    assert np.abs(picture.chroma[..., 1]).max() < 0.005
    assert entry.title == "shot 1 of a.mkv"


def test_no_file_is_an_empty_bible(tmp_path: Path) -> None:
    """And nothing to add writes none."""
    path = tmp_path / "bible.json"
    assert read_bible(path) == ColorBible()
    extend_bible(path, [])
    assert not path.exists()


def test_a_shots_entry_is_replaced(tmp_path: Path) -> None:
    """Those of other shots and films stay, in their order; no lock is left."""
    path = tmp_path / "bible.json"
    extend_bible(path, [_entry(), _entry(shot=2), _entry("b.mkv")])  # type: ignore[list-item]
    extend_bible(path, [_entry(blue=-0.2)])  # type: ignore[list-item]
    entries = read_bible(path).entries
    assert [(e.film, e.shot) for e in entries] == [("a.mkv", 2), ("b.mkv", 1), ("a.mkv", 1)]
    assert entries[-1].picture().chroma[..., 0].mean() < -0.19
    assert [each.name for each in tmp_path.iterdir()] == ["bible.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": 2},
        {"more": 1},
        {"entries": [{"film": "a"}]},
        {"entries": [{**json.loads(_entry().model_dump_json()), "luma": "AAAA"}]},  # type: ignore[attr-defined]
        {"entries": [{**json.loads(_entry().model_dump_json()), "rows": 65}]},  # type: ignore[attr-defined]
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """Of another format or version, with other keys, or damaged; they are not overwritten."""
    path = tmp_path / "bible.json"
    text = json.dumps({"format": "restore color bible", "version": 1, "entries": [], **change})
    path.write_text(text)
    for use in (lambda: read_bible(path), lambda: extend_bible(path, [_entry()])):  # type: ignore[list-item]
        with pytest.raises(UsageError) as caught:
            use()
        assert caught.value.code == "bible-unreadable"
    assert path.read_text() == text


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(UsageError) as caught:
        read_bible(tmp_path)
    assert caught.value.code == "bible-unreadable"


def test_the_folder_must_exist(tmp_path: Path) -> None:
    """The bible is written when the film is finished: that would be late for an error."""
    with pytest.raises(OutputError) as caught:
        check_bible(tmp_path / "gone" / "bible.json")
    assert caught.value.code == "folder-missing"
    check_bible(tmp_path / "bible.json")


def test_names_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    """Plans and records could not hold them."""
    with pytest.raises(UsageError) as caught:
        read_bible(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json")))
    assert caught.value.code == "bible-unreadable"
