"""Files that a command writes again: own ones are replaced, edited ones and those of others are kept."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.errors import OutputError
from restore.jobs.own_files import is_own_png, own_name, write_own_png

RED = np.full((8, 8, 3), (200, 20, 20), np.uint8)


def test_an_own_image_is_replaced(tmp_path: Path) -> None:
    """It reads as any PNG; a second one gets the same name."""
    path = tmp_path / "shot.png"
    assert write_own_png(path, RED) == path
    assert is_own_png(path.read_bytes())
    assert write_own_png(path, RED // 2) == path
    assert tuple(cv2.imread(str(path))[0, 0]) == (10, 10, 100)


def test_an_image_that_was_drawn_over_is_kept(tmp_path: Path) -> None:
    """By any program: the digest of its bytes decides. New ones get free names."""
    path = tmp_path / "shot.still.png"
    write_own_png(path, RED)
    cv2.imwrite(str(path), RED // 4)
    drawn = path.read_bytes()
    assert not is_own_png(drawn)
    assert write_own_png(path, RED).name == "shot.still.new.png"
    assert write_own_png(path, RED).name == "shot.still.new.png"
    (tmp_path / "shot.still.new.png").write_bytes(drawn)
    assert write_own_png(path, RED).name == "shot.still.new2.png"
    assert path.read_bytes() == drawn


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"text" * 100])
def test_other_files_are_not_own(data: bytes) -> None:
    """Also those that are shorter than a PNG's header."""
    assert not is_own_png(data)


def test_folders_and_links_that_lead_nowhere_are_kept(tmp_path: Path) -> None:
    """They are no files that could be replaced."""
    (tmp_path / "a.png").mkdir()
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    assert own_name(tmp_path / "a.png", is_own_png).name == "a.new.png"
    assert own_name(tmp_path / "b.png", is_own_png).name == "b.new.png"


def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known about it."""
    path = tmp_path / "a.png"
    path.write_bytes(b"")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(OutputError) as caught:
        own_name(path, is_own_png)
    assert caught.value.code == "output-exists"
