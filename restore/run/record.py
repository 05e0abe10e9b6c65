"""The record beside a result: what it was made from and how, so that a finished job is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from restore.errors import UsageError
from restore.media.picturefiles import Pattern, is_pictures, parse_pattern
from restore.store import digest_file, digest_folder, write_atomic

RECORD_SUFFIX = ".restore.json"
SCHEMA = 1
"""Version of the record's form."""


@dataclass(frozen=True)
class Request:
    """What identifies a job from outside: the source's bytes, the recipe, the weights, this program."""

    source_sha256: str
    recipe: dict[str, Any]
    weights: tuple[tuple[str, str], ...]
    frame_code: int
    suffix: str


@dataclass(frozen=True)
class Record:
    """A finished job: what was asked, what came out, and what the proof said."""

    schema_version: int
    restore: str
    source: str
    request: Request
    job: str
    result_sha256: str
    frames: int
    synthetic: tuple[str, ...]
    proof: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class ResultNames:
    """The names a result can get: proven, saved from a damaged source, found wrong by the audit.

    For `pictures` the first two are folders.
    """

    final: Path
    partial: Path
    failed: Path
    pictures: Pattern | None = None

    @property
    def film(self) -> Path:
        """The result's name as a film: pictures are joined and proven as a lossless film first."""
        return self.final.with_name(f"{self.final.name}.mkv") if self.pictures else self.final

    @property
    def kind(self) -> str:
        """What the names say about the result's form: its suffix, or the pattern of its pictures."""
        return self.pictures.word if self.pictures else self.final.suffix


def result_names(output: Path) -> ResultNames:
    """x.mp4, x.partial.mp4 and x.failed-audit.mp4; for pictures x, x.partial and x.failed-audit.mkv.

    Raises UsageError for a name that no pictures can have.
    """
    if is_pictures(output):
        pattern = parse_pattern(output)
        folder = pattern.folder
        if folder.name in ("", ".."):
            raise UsageError(
                "Pictures need a folder of their own, which comes into being when all are proven.",
                str(output),
                f"For instance: -o {folder / 'pictures' / output.name}",
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
    """SHA-256 of a result, be it a file or a folder of pictures."""
    return digest_folder(path) if path.is_dir() else digest_file(path)


def record_path(result: Path) -> Path:
    """Where the record of a result lies."""
    return result.with_name(result.name + RECORD_SUFFIX)


def write_record(result: Path, record: Record) -> None:
    """Put the record beside the result's (coming) name."""
    write_atomic(record_path(result), TypeAdapter(Record).dump_json(record, indent=1))


def find_record(result: Path) -> Record | None:
    """The record of a result that stands on disk exactly as it was made, or None."""
    try:
        record = TypeAdapter(Record).validate_json(record_path(result).read_bytes())
        known = record.schema_version == SCHEMA
        return record if known and digest_result(result) == record.result_sha256 else None
    except (OSError, ValidationError):
        return None
