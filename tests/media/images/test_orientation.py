"""Orientation: images come out as their header says, mirrored ones too, in every kind that has it."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from restore.errors import SourceError, UsageError
from restore.jobs.prepare import JobRequest, set_up_job
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_reduced
from restore.media.source import Source
from restore.recipe import Recipe
from tests.media.images.made import draw, image, planar, random_samples, sequence, write_header
from tests.media.test_identity import planes_of, worst

Array = npt.NDArray[Any]

DPX_CODES = {1: 0, 2: 1, 3: 3, 4: 2, 5: 4, 6: 5, 7: 7, 8: 6}
"""SMPTE ST 268's image orientation for each of EXIF's."""


def as_shown(stored: Array, orientation: int) -> Array:
    """Stored rows and columns as they are to be seen (EXIF 2.32, tag 274)."""
    turned_frames = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.swapaxes(0, 1),
        6: np.rot90(stored, -1),
        7: stored[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(stored, 1),
    }
    return turned_frames[orientation]


def shown(source: Source) -> list[tuple[Array, ...]]:
    """The frames as players show them: turned by the rotation that the result is tagged with."""
    quarter = source.rotation // 90
    return [tuple(np.rot90(plane, quarter) for plane in planes) for planes in planes_of(source)]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".tif", ".png", ".dpx"])
def test_images_come_out_as_their_header_says(
    suffix: str, orientation: int, tmp_path: Path
) -> None:
    """Mirroring and half turns are in the frames, a quarter turn is the rotation that films have, too."""
    frames = random_samples()
    # OpenImageIO 3.2.2 writes another orientation into DPX than it is given
    more = {} if suffix == ".dpx" else {"Orientation": orientation}
    folder = sequence(tmp_path / "reel", suffix, frames, **more)
    if suffix == ".dpx":
        write_header(folder, "H", 768, DPX_CODES[orientation])
    source = probe(folder)
    assert (source.width, source.height) == (64, 48)
    assert source.rotation in ((0,) if orientation < 5 else (90, 270))
    wanted = [planar(as_shown(frame, orientation)) for frame in frames]
    assert worst(shown(source), wanted) == 0
    stated = [note for note in source.notes if "orientation" in note]
    assert len(stated) == (orientation > 1)


@pytest.mark.parametrize("orientation", [2, 3, 4, 5, 7])
def test_jpegs_keep_their_code_values(orientation: int, tmp_path: Path) -> None:
    """Luma and subsampled chroma are moved, never resampled."""
    plain = draw(tmp_path / "plain", ".jpg", "yuvj420p")
    turned_frames = tmp_path / "turned"
    shutil.copytree(plain, turned_frames)
    for path in turned_frames.iterdir():
        path.write_bytes(with_orientation(path.read_bytes(), orientation))
    before = planes_of(probe(plain))
    after = shown(probe(turned_frames))
    assert worst(after, [tuple(as_shown(p, orientation) for p in f) for f in before]) == 0


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with an EXIF segment that holds one tag."""
    tag = (0x0112).to_bytes(2) + b"\0\3" + (1).to_bytes(4) + orientation.to_bytes(2) + b"\0\0"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1" + tag + b"\0\0\0\0"
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + jpeg[2:]


def test_small_pictures_are_turned_as_well(tmp_path: Path) -> None:
    """The survey sees what the work sees: a slope from bottom to top."""
    slope = np.repeat(np.arange(64, dtype=np.uint16)[:, None, None] * 1000, 64, 1).repeat(3, 2)
    for name, more in (("f", {}), ("tiles", {"tile": 16})):
        folder = sequence(tmp_path / name, ".tif", [slope, slope], Orientation=4, **more)
        for small in read_reduced(probe(folder), 64):
            rows = small.y.mean(axis=1)
            assert all(a > b for a, b in itertools.pairwise(rows))


def test_images_of_several_orientations_are_no_film(tmp_path: Path) -> None:
    """A phone's pictures, some of them not turned: named, as those of another size are."""
    folder = sequence(tmp_path / "reel", ".png", random_samples(np.uint8, count=3))
    image(folder / "f_0002.png", random_samples(np.uint8)[0], Orientation=3)
    with pytest.raises(SourceError) as caught:
        probe(folder)
    assert caught.value.code == "images-differ"
    assert "f_0002.png (PNG 64x48, RGB 8 bit, orientation 3)" in caught.value.where


def test_a_run_gives_frames_as_shown_and_passes_its_audit(tmp_path: Path) -> None:
    """From DPX stored from the bottom up; a quarter turn has no place in a DPX result."""
    frames = random_samples(count=3)
    folder = sequence(tmp_path / "reel", ".dpx", frames)
    write_header(folder, "H", 768, 2)
    result = restore_film(JobRequest(folder, Recipe(codec="ffv1")), lambda event: None)
    film = probe(result)
    assert film.rotation == 0
    assert worst(planes_of(film), [planar(frame[::-1]) for frame in frames]) == 0
    write_header(folder, "H", 768, 5)
    with pytest.raises(UsageError, match="rotation"):
        set_up_job(JobRequest(folder, Recipe(codec="dpx")))
