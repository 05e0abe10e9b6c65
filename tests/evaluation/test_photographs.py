"""Photographs from tar files whose members are links, and from compressed tar files."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.errors import SourceError
from restore.evaluation.data_split import is_validation
from restore.evaluation.photographs import MAX_SHORT_SIDE, Photo, is_photo, read_photos

NAMES = [name for name in (f"p{number}.png" for number in range(20)) if not is_validation(name)]
"""Names of photographs that train."""


def png(height: int, width: int, seed: int = 1) -> bytes:
    """A picture of noise, which hardly compresses."""
    drawn = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.imencode(".png", drawn)[1].tobytes()


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """Add a regular file."""
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def add_link(tar: tarfile.TarFile, name: str, target: str, kind: bytes) -> None:
    """Add a symbolic or hard link."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    tar.addfile(member)


def training(folder: Path) -> list[Photo]:
    """The photographs of a folder that train."""
    return read_photos(folder, validation=False)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE], ids=["symbolic", "hard"])
@pytest.mark.parametrize("target", ["first", "missing", "itself"])
def test_links_in_a_tar_file_are_no_photographs(tmp_path: Path, kind: bytes, target: str) -> None:
    """Whatever a link refers to: the photograph itself is read once, and nothing else."""
    first, other = NAMES[:2]
    targets = {"first": first, "missing": "gone.png", "itself": other}
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        add(tar, first, png(8, 8))
        add_link(tar, other, targets[target], kind)
    assert [photo.name for photo in training(tmp_path)] == [first]


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_compressed_tar_files_are_read_and_truncated_ones_are_errors(
    tmp_path: Path, compression: str
) -> None:
    """A tar file may be compressed under the suffix .tar; half of one is damaged, no crash."""
    path = tmp_path / "a.tar"
    with tarfile.open(path, f"w:{compression}") as tar:  # type: ignore[call-overload]
        for seed, name in enumerate(NAMES[:4]):
            add(tar, name, png(40, 40, seed))
    assert [photo.name for photo in training(tmp_path)] == NAMES[:4]

    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError) as caught:
        training(tmp_path)
    assert caught.value.code == "photo-unreadable"
    assert caught.value.where == str(path)


def test_tar_files_come_before_image_files(tmp_path: Path) -> None:
    """First the tar files by name, then the image files by path; hidden tar files are not read."""
    for tar_name, name in (("b.tar", NAMES[0]), ("a.tar", NAMES[1]), (".hidden.tar", NAMES[2])):
        with tarfile.open(tmp_path / tar_name, "w") as tar:
            add(tar, name, png(8, 8))
    (tmp_path / NAMES[3]).write_bytes(png(8, 8))
    assert [photo.name for photo in training(tmp_path)] == [NAMES[1], NAMES[0], NAMES[3]]


def test_a_photograph_in_a_folder_of_a_tar_file_keeps_its_path_as_its_name(tmp_path: Path) -> None:
    """The held-out tenth is chosen by the whole name in the tar file, and errors have it, too."""
    deep = [f"deep/{number}.png" for number in range(40)]
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in deep:
            add(tar, name, png(4, 4) if name != deep[-1] else b"no picture")
    reasons: list[SourceError] = []
    held_out = read_photos(tmp_path, validation=True, leave_out=reasons.append)
    trained = read_photos(tmp_path, validation=False, leave_out=reasons.append)
    assert [photo.name for photo in held_out] == [n for n in deep[:-1] if is_validation(n)]
    assert {photo.name for photo in trained} == {n for n in deep[:-1] if not is_validation(n)}
    assert [error.where for error in reasons] == [str(tmp_path / "a.tar" / deep[-1])]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((MAX_SHORT_SIDE, 700), (MAX_SHORT_SIDE, 700)),
        ((600, 900), (MAX_SHORT_SIDE, 768)),
        ((900, 600), (768, MAX_SHORT_SIDE)),
        ((4, 9), (4, 9)),
    ],
)
def test_large_photographs_keep_their_aspect(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    """The shorter side becomes MAX_SHORT_SIDE; smaller ones are not enlarged."""
    (tmp_path / NAMES[0]).write_bytes(png(*size))
    (photo,) = training(tmp_path)
    assert photo.rgb.shape == (3, *expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.JPG", True), ("a.Tiff", True), ("a.gif", False), (".a.png", False), ("png", False)],
)
def test_photographs_are_recognized_by_their_suffix(name: str, expected: bool) -> None:
    """Capital letters do not matter; hidden files are not photographs."""
    assert is_photo(Path("folder") / name) == expected
