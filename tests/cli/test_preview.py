"""Frames before and after."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from restore.cli.app import main


def test_sheet_and_stills(reel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sheet has a row for each time, the images their full sizes; title card and scene differ."""
    sheet = tmp_path / "out.png"
    words = ["preview", str(reel), "--at", "0:00.5", "--at", "50%", "--upscale", "2", "--colorize"]
    assert main([*words, "-o", str(sheet), "--json"]) == 0
    reported = json.loads(capsys.readouterr().out)
    assert [frame["frame"] for frame in reported["frames"]] == [8, 48]
    originals = [cv2.imread(name) for name in reported["stills"] if "original" in name]
    restored = [cv2.imread(name) for name in reported["stills"] if "restored" in name]
    assert [picture.shape for picture in originals] == [(240, 320, 3)] * 2
    assert [picture.shape for picture in restored] == [(480, 640, 3)] * 2
    height, width = cv2.imread(str(sheet)).shape[:2]
    assert height > 2 * 400
    assert width > height
    card, scene = (picture.max(axis=2).astype(int) - picture.min(axis=2) for picture in restored)
    assert card.max() <= 6  # neutral chroma: up to two code values of rounding, in RGB
    assert scene.mean() > 4


def test_a_preview_in_no_folder_is_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any work, even before the film is looked for."""
    assert main(["preview", "film.mp4", "-o", str(tmp_path / "gone" / "x.png")]) == 4
    assert "does not exist" in capsys.readouterr().err


def test_a_picture_is_not_a_film(reel: Path, tmp_path: Path) -> None:
    """A preview never replaces a film, nor any other file without the option."""
    assert main(["preview", str(reel), "-o", str(tmp_path / "out.mp4")]) == 2
    mine = tmp_path / "mine.png"
    mine.write_bytes(b"mine")
    assert main(["preview", str(reel), "-o", str(mine)]) == 4
    assert mine.read_bytes() == b"mine"


def test_no_single_picture_replaces_another_file_unasked(
    reel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stills are named after the sheet: a file of such a name is found before the work."""
    mine = tmp_path / "x-000002-original.png"
    mine.write_bytes(b"mine")
    words = ["preview", str(reel), "--at", "0:00.125", "-o", str(tmp_path / "x.png")]
    assert main(words) == 4
    assert str(mine) in capsys.readouterr().err
    assert mine.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [mine]
    assert main([*words, "--overwrite"]) == 0
    assert cv2.imread(str(mine)) is not None
