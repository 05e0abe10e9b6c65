"""The color bible: chosen colors of color frames, in a file that the films of a series share.

A JSON file: `format`, `version`, and `entries`. Each entry has the film's name, the number of the shot, the
choice as text, the reduced luma of a frame (8-bit full range, zlib, base64) and its chroma (as anchors in
plans).
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restore.errors import OutputError, UsageError
from restore.store import held, reading_failed, write_atomic

if TYPE_CHECKING:
    from restore.filters.flow import Plane
    from restore.treatments.colorize.references import ReferencePicture

FORMAT, VERSION = "restore color bible", 1
"""The first keys of the file; a file of a newer version is refused."""

_STRICT = ConfigDict(frozen=True, extra="forbid")


class BibleEntry(BaseModel):
    """The colors of one frame that were chosen.

    rows, columns  of the luma
    height, width  of the chroma in cells
    """

    model_config = _STRICT

    film: str
    shot: int = Field(ge=1)
    choice: str
    rows: int = Field(ge=8, le=4096)
    columns: int = Field(ge=8, le=4096)
    luma: str
    height: int = Field(ge=2, le=1024)
    width: int = Field(ge=2, le=1024)
    chroma: str

    @property
    def title(self) -> str:
        """`shot 3 of film.mp4`."""
        return f"shot {self.shot} of {self.film}"

    def picture(self) -> ReferencePicture:
        """The frame with its colors."""
        import numpy as np

        from restore.treatments.colorize.choosing import enlarged
        from restore.treatments.colorize.chosen import unpacked
        from restore.treatments.colorize.references import ReferencePicture

        luma = self.gray()
        cells = np.moveaxis(unpacked(self.chroma, self.height, self.width), 0, -1)
        return ReferencePicture(luma, enlarged(np.ascontiguousarray(cells), luma))

    def check(self) -> None:
        """Raise ValueError or zlib.error if a picture in it is damaged."""
        from restore.treatments.colorize.chosen import unpacked

        self.gray()
        unpacked(self.chroma, self.height, self.width)

    def gray(self) -> Plane:
        """The luma of the frame."""
        import numpy as np

        codes = np.frombuffer(zlib.decompress(base64.b64decode(self.luma)), np.uint8)
        return np.multiply(
            codes.reshape(self.rows, self.columns), np.float32(1 / 255), dtype=np.float32
        )


class ColorBible(BaseModel):
    """The content of the file."""

    model_config = _STRICT

    format: Literal["restore color bible"] = FORMAT
    version: Literal[1] = VERSION
    entries: tuple[BibleEntry, ...] = ()


def bible_entry(film: str, shot: int, choice: str, luma: Plane, chroma: str) -> BibleEntry:
    """An entry of a frame's reduced luma [H, W], 0..1, and its chroma in the form of anchors."""
    import numpy as np

    from restore.treatments.colorize.chosen import CELL

    codes = np.rint(np.clip(luma, 0, 1) * 255).astype(np.uint8)
    rows, columns = luma.shape
    return BibleEntry(
        film=film,
        shot=shot,
        choice=choice,
        rows=rows,
        columns=columns,
        luma=base64.b64encode(zlib.compress(codes.tobytes(), 9)).decode(),
        height=rows // CELL,
        width=columns // CELL,
        chroma=chroma,
    )


def read_bible(path: Path) -> ColorBible:
    """The bible in a file; an empty one if there is no file. UsageError for another kind of file."""
    try:
        str(path).encode()  # plans and records take no other names
        data = path.read_bytes()
    except FileNotFoundError:
        return ColorBible()
    except UnicodeEncodeError as error:
        raise _unreadable(path, "its name or folder is not UTF-8 text") from error
    except OSError as error:
        raise _unreadable(path, reading_failed(error)) from error
    try:
        bible = ColorBible.model_validate_json(data)
        for entry in bible.entries:
            entry.check()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _unreadable(path, f"{where}: {first['msg']}".removeprefix(": ")) from error
    except (ValueError, zlib.error) as error:
        raise _unreadable(path, "a picture in it is damaged") from error
    return bible


def check_bible(path: Path) -> None:
    """Raise UsageError if the file cannot be read, and OutputError if its folder does not exist."""
    read_bible(path)
    if not path.absolute().parent.is_dir():
        what = "The folder for the color bible does not exist."
        raise OutputError(what, str(path), "Create it first.", code="folder-missing")


def extend_bible(path: Path, entries: Sequence[BibleEntry]) -> None:
    """Add entries to the file; those of the same shot of the same film are replaced."""
    if not entries:
        return
    lock = path.with_name(f".{path.name}.lock")
    with held(lock, "Another restore is writing this color bible.", 5, remove=True):
        replaced = {(entry.film, entry.shot) for entry in entries}
        kept = [e for e in read_bible(path).entries if (e.film, e.shot) not in replaced]
        bible = ColorBible(entries=(*kept, *entries))
        write_atomic(path, bible.model_dump_json(indent=1).encode())


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(
        "The color bible cannot be read.",
        f"{path}: {reason}",
        "Give a file that --color-bible wrote, or a new name.",
        code="bible-unreadable",
    )
