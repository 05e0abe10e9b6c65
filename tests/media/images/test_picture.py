"""Images that colors are taken from: every kind, as R'G'B' from 0 to 1."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from restore.errors import UsageError
from restore.media.images.picture import read_picture


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_values_are_shares_of_white(tmp_path: Path, depth: type) -> None:
    """Of 8 and of 16 bits; the order is red, green, blue."""
    most = np.iinfo(depth).max
    stored = np.zeros((4, 6, 3), depth)
    stored[..., 2], stored[..., 0] = most, most // 2  # OpenCV stores blue first
    cv2.imwrite(str(tmp_path / "a.png"), stored)
    found = read_picture(tmp_path / "a.png")
    assert found.shape == (4, 6, 3)
    assert np.allclose(found[0, 0], (1, 0, 0.5), atol=0.003)


def test_gray_and_alpha(tmp_path: Path) -> None:
    """Gray is repeated, alpha has no influence."""
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((4, 4), 51, np.uint8))
    assert np.allclose(read_picture(tmp_path / "gray.png"), 0.2)
    cv2.imwrite(str(tmp_path / "alpha.png"), np.full((4, 4, 4), 255, np.uint8))
    assert np.allclose(read_picture(tmp_path / "alpha.png"), 1)


def test_the_orientation_is_applied(tmp_path: Path) -> None:
    """A photograph that is stored lying on its side has its rows turned."""
    path = tmp_path / "turned.jpg"
    spec = oiio.ImageSpec(8, 4, 3, "uint8")
    spec.attribute("Orientation", 6)
    output = oiio.ImageOutput.create(str(path))
    output.open(str(path), spec)
    output.write_image(np.zeros((4, 8, 3), np.uint8))
    output.close()
    assert read_picture(path).shape == (8, 4, 3)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Missing ones, folders, and files that are no images."""
    text = tmp_path / "text.png"
    text.write_text("no image")
    for path in (text, tmp_path, tmp_path / "gone.png"):
        with pytest.raises(UsageError) as caught:
            read_picture(path)
        assert caught.value.code == "image-unreadable"


def test_names_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    """Records could not hold them."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    assert cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "a.png").rename(path)
    with pytest.raises(UsageError) as caught:
        read_picture(path)
    assert caught.value.code == "image-unreadable"
