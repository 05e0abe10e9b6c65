"""Color photographs: which files are photographs, and reading them from folders and tar files."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import cv2
import numpy as np
import torch
from torch import Tensor

from restore.errors import SourceError
from restore.evaluation.data_split import is_validation

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"))
"""Files with these suffixes are photographs."""


MIN_SHORT_SIDE = 4
"""Pixels on the shorter side below which an image is not used (tracking pixels of web pages)."""


MAX_SHORT_SIDE = 512
"""Pixels on the shorter side to which larger photographs are scaled down in memory."""


@dataclass(frozen=True)
class Photo:
    """One photograph: its name and R'G'B' [3, H, W], uint8."""

    name: str
    rgb: Tensor


def read_photos(
    folder: Path, validation: bool, leave_out: Callable[[SourceError], None] | None = None
) -> list[Photo]:
    """The photographs of a folder, in order: the validation tenth (by a hash of the name), or the rest.

    First those in its tar files, then the image files in it and its subfolders. Large ones are scaled
    down. A photograph that cannot be used raises SourceError, or is given to `leave_out`; a tar file or
    file that cannot be read always raises it.
    """
    photos: list[Photo] = []
    for name, place, data in _files(folder, lambda name: is_validation(name) == validation):
        try:
            photos.append(Photo(name, _decoded(data, str(place))))
        except SourceError as error:
            if leave_out is None:
                raise
            leave_out(error)
    return photos


def _files(folder: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, Path, bytes]]:
    """Name, path and content of every photograph that is wanted by its name."""
    place = folder
    try:
        for place in sorted(folder.glob("[!.]*.tar")):
            with tarfile.open(place) as tar:
                for member in tar:
                    # links are skipped: the files to which they refer are read directly
                    is_wanted = member.isfile() and is_photo(Path(member.name))
                    if is_wanted and wanted(member.name):
                        file = cast(IO[bytes], tar.extractfile(member))
                        yield member.name, place / member.name, file.read()
        for place in sorted(folder.rglob("*")):
            if is_photo(place) and wanted(place.name) and place.is_file():
                yield place.name, place, place.read_bytes()
    except (OSError, EOFError, tarfile.TarError) as error:
        number = error.errno if isinstance(error, OSError) else None
        what = f"Cannot read the photographs: {os.strerror(number) if number else 'damaged file'}."
        todo = "Copy the file again from its source, or remove it from the folder."
        raise SourceError(what, str(place), todo, code="photo-unreadable") from error


def is_photo(path: Path) -> bool:
    """Whether a file is a photograph by its name; hidden files are not."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _decoded(data: bytes, name: str) -> Tensor:
    """R'G'B' [3, H, W], uint8; the shorter side at most MAX_SHORT_SIDE pixels."""
    todo = "Remove it from the folder."
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error as error:  # more pixels than OpenCV decodes
        what = "A photograph is too large to be decoded."
        raise SourceError(what, name, todo, code="photo-unreadable") from error
    if picture is None:
        what = "A photograph cannot be decoded."
        raise SourceError(what, name, todo, code="photo-unreadable")
    if min(picture.shape[:2]) < MIN_SHORT_SIDE:
        what = f"A photograph has less than {MIN_SHORT_SIDE} pixels on its shorter side."
        raise SourceError(what, name, todo, code="photo-too-small")
    factor = MAX_SHORT_SIDE / min(picture.shape[:2])
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(picture[:, :, ::-1].copy()).permute(2, 0, 1)
