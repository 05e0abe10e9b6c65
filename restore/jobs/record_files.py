"""Record and page next to a result: written before it gets its final name, read to recognize it."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from restore.errors import UsageError
from restore.framemap import FrameMap
from restore.media.images.writer import Pattern, names_images, parse_pattern
from restore.plan import Moves
from restore.report.page import page
from restore.report.record import SCHEMA, Record, Request
from restore.store import digest_file, digest_folder, write_atomic
from restore.timing import Span
from restore.treatments.borders import BordersDecision
from restore.treatments.borders.insets import Insets
from restore.treatments.deinterlace import DeinterlaceDecision
from restore.treatments.stabilize import StabilizeDecision

RECORD_SUFFIX = ".restore.json"
PAGE_SUFFIX = ".restore.html"


class KnownDecisions(BaseModel):
    """The decisions for a shot that its audit needs."""

    stabilize: StabilizeDecision | None = None
    deinterlace: DeinterlaceDecision | None = None
    borders: BordersDecision | None = None


class KnownShot(BaseModel):
    """A shot's frames and decisions."""

    frames: Span
    decisions: KnownDecisions = KnownDecisions()
    surprise: float | None = None


class KnownRecord(BaseModel):
    """The data that identify a finished job, and those for its audit; records of every version have them."""

    schema_version: int
    job: str
    request: Request
    result_sha256: str
    frames: int
    frame_map: FrameMap | None = None
    lost: tuple[str, ...] = ()
    shots: tuple[KnownShot, ...] = ()

    @property
    def deinterlaced(self) -> bool:
        """Whether the frames of the result have no fields, whatever the source has."""
        return any(shot.decisions.deinterlace is not None for shot in self.shots)

    @property
    def moves(self) -> Moves:
        """The shots whose frames were stabilized."""
        moved = ((shot.frames, shot.decisions.stabilize) for shot in self.shots)
        return tuple((frames, decision) for frames, decision in moved if decision is not None)

    @property
    def crop(self) -> Insets | None:
        """The borders that were cropped; None: none."""
        decided = (shot.decisions.borders for shot in self.shots)
        return next((one.insets for one in decided if one and one.action == "crop"), None)


@dataclass(frozen=True)
class ResultNames:
    """The names that a result can get: verified, of a damaged source, or with a failed audit.

    For `images` the first two are folders.
    """

    final: Path
    partial: Path
    failed: Path
    images: Pattern | None = None

    @property
    def film(self) -> Path:
        """The result's name as a film: images are joined and verified as a lossless film first."""
        return self.final.with_name(f"{self.final.name}.mkv") if self.images else self.final

    @property
    def container(self) -> str:
        """The film's container by its usual suffix (x.MKV is Matroska)."""
        return self.film.suffix.lower()

    @property
    def kind(self) -> str:
        """The form of the result: its suffix, or the pattern of its images."""
        return self.images.word if self.images else self.final.suffix


def film_name(film: Path) -> tuple[Path, str]:
    """The folder of a film's results, and the start of their names.

    FILM.mp4 gives FILM next to it, and so does a folder; an image sequence (`FILM_%06d.dpx`) gives the text
    before the number, or else its folder's name.
    """
    if film.is_dir():
        film = film.resolve() if film.name in ("", "..") else film
        return film.parent, film.name
    before = film.stem.partition("%")[0].rstrip("_-. ")
    if "%" in film.stem and not film.exists():
        return film.parent, before or film.absolute().parent.name
    return film.parent, film.stem


def result_names(output: Path) -> ResultNames:
    """x.mp4, x.partial.mp4 and x.failed-audit.mp4; for images x, x.partial and x.failed-audit.mkv.

    Raises UsageError for a name that is not possible for an image sequence.
    """
    if names_images(output):
        pattern = parse_pattern(output)
        folder = pattern.folder
        if folder.name in ("", ".."):
            raise UsageError(
                "An image sequence needs a separate folder, which gets its name when all "
                "images are verified.",
                str(output),
                f"For instance: -o {folder / 'images' / output.name}",
                code="folder-needed",
            )
        partial = folder.with_name(f"{folder.name}.partial")
        return ResultNames(
            folder, partial, folder.with_name(f"{folder.name}.failed-audit.mkv"), pattern
        )
    partial, failed = (
        output.with_name(f"{output.stem}.{kind}{output.suffix}")
        for kind in ("partial", "failed-audit")
    )
    return ResultNames(output, partial, failed)


def digest_result(path: Path) -> str:
    """SHA-256 of a result, a file or a folder of images."""
    return digest_folder(path) if path.is_dir() else digest_file(path)


def record_path(result: Path) -> Path:
    """The path of a result's record."""
    return result.with_name(result.name + RECORD_SUFFIX)


def page_path(result: Path) -> Path:
    """The path of a result's page for people."""
    return result.with_name(result.name + PAGE_SUFFIX)


def write_record(result: Path, record: Record, pictures: Sequence[bytes] = ()) -> None:
    """Write record and page next to the result's (future) name; `pictures` are PNGs, one per shot."""
    for place in (page_path(result), record_path(result)):
        for torn in place.parent.glob(f".{glob.escape(place.name)}.*.tmp"):  # files of a killed run
            torn.unlink(missing_ok=True)
    write_atomic(page_path(result), page(record, pictures).encode())
    write_atomic(record_path(result), record.model_dump_json(indent=1).encode())


def read_known(result: Path) -> KnownRecord | None:
    """The record next to a result, even if the result has changed."""
    try:
        known = KnownRecord.model_validate_json(record_path(result).read_bytes())
        return known if 1 <= known.schema_version <= SCHEMA else None
    except (OSError, ValidationError):
        return None


def find_record(result: Path) -> KnownRecord | None:
    """The record of a result that is unchanged on disk, or None."""
    known = read_known(result)
    try:
        return known if known and digest_result(result) == known.result_sha256 else None
    except OSError:
        return None
