"""Color photographs: which files are taken for photographs, read from folders and tar shards."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from restore.errors import SourceError
from restore.evaluation.split import validates

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"))
"""What is taken for a photograph by its name."""


LEAST = 4
"""Pixels on the shorter side, below which a picture is none: web bugs."""


SHORT = 512
"""Longest shorter side, in pixels, that a photograph is kept in memory with."""


@dataclass(frozen=True)
class Photo:
    """One photograph: its name and R'G'B' [3, H, W], uint8."""

    name: str
    rgb: Tensor


def read_photos(
    folder: Path, validation: bool, leave_out: Callable[[SourceError], None] | None = None
) -> list[Photo]:
    """The photographs of a folder, in order: the validation tenth (by a hash of the name), or the rest.

    First those in its shards (*.tar), then the picture files in it and its folders. Large ones are
    shrunk to what training uses of them. One that cannot be used raises SourceError, or is given to
    `leave_out`; a shard or file that cannot be read raises it always.
    """
    photos: list[Photo] = []
    for name, place, data in _files(folder, lambda name: validates(name) == validation):
        try:
            photos.append(Photo(name, _decoded(data, str(place))))
        except SourceError as error:
            if leave_out is None:
                raise
            leave_out(error)
    return photos


def _files(folder: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, Path, bytes]]:
    """Name, place and content of every file that is wanted, and a photograph by its name."""
    place = folder
    try:
        for place in sorted(folder.glob("[!.]*.tar")):
            with tarfile.open(place) as tar:
                for member in tar:
                    named = is_photo(Path(member.name)) and wanted(member.name)
                    file = tar.extractfile(member) if named else None
                    if file is not None:
                        yield member.name, place / member.name, file.read()
        for place in sorted(folder.rglob("*")):
            if is_photo(place) and wanted(place.name) and place.is_file():
                yield place.name, place, place.read_bytes()
    except (OSError, tarfile.TarError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else "it is damaged"
        todo = "Copy it again from where it came, or take it out of the folder."
        raise SourceError(f"Cannot read the photographs: {reason}.", str(place), todo) from error


def is_photo(path: Path) -> bool:
    """Whether a file is taken for a photograph by its name; hidden ones are some system's own notes."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _decoded(data: bytes, name: str) -> Tensor:
    """R'G'B' [3, H, W], uint8; the shorter side at most `SHORT` pixels."""
    todo = "Take it out of the folder."
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error as error:  # more pixels than OpenCV decodes
        raise SourceError("A photograph is too large to be decoded.", name, todo) from error
    if picture is None:
        raise SourceError("A photograph cannot be decoded.", name, todo)
    if min(picture.shape[:2]) < LEAST:
        raise SourceError(f"A photograph has less than {LEAST} pixels on a side.", name, todo)
    factor = SHORT / min(picture.shape[:2])
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(picture[:, :, ::-1].copy()).permute(2, 0, 1)
