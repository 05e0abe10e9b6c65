"""PNG files of a command: names that exist are refused, images keep their colors."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.errors import OutputError
from restore.jobs.png_files import check_free, write_png


def test_an_image_keeps_its_colors(tmp_path: Path) -> None:
    """Red, green, blue in this order, without loss."""
    picture = np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)
    write_png(tmp_path / "a.png", picture)
    assert np.array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], picture)


def test_names_that_exist_are_refused(tmp_path: Path) -> None:
    """Also links that lead nowhere; the error names the first one and counts the others."""
    names = [tmp_path / f"{n}.png" for n in range(3)]
    check_free(names)
    names[1].write_bytes(b"")
    names[2].symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError) as caught:
        check_free(names)
    assert caught.value.code == "output-exists"
    assert caught.value.where == f"{names[1]} and 1 more"
