"""The record beside a result: what it was made from and how, so that a finished job is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from restore.store import digest_file, write_atomic

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
    """A finished job: what was asked, what came out, what the proof said, and what kinds were lost."""

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
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultNames:
    """The names a result can get: proven, saved from a damaged source, found wrong by the audit."""

    final: Path
    partial: Path
    failed: Path


def film_name(film: Path) -> tuple[Path, str]:
    """The folder that a film's results lie in, and what their names begin with.

    FILM.mp4 gives FILM beside it, so does a folder; numbered pictures (`FILM_%06d.dpx`) give what stands
    before the number, or else their folder's name.
    """
    if film.is_dir():
        film = film.resolve() if film.name in ("", "..") else film
        return film.parent, film.name
    before = film.stem.partition("%")[0].rstrip("_-. ")
    if "%" in film.stem and not film.exists():
        return film.parent, before or film.absolute().parent.name
    return film.parent, film.stem


def result_names(output: Path) -> ResultNames:
    """x.mp4, x.partial.mp4 and x.failed-audit.mp4."""
    partial, failed = (
        output.with_name(f"{output.stem}.{kind}{output.suffix}")
        for kind in ("partial", "failed-audit")
    )
    return ResultNames(output, partial, failed)


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
        return record if known and digest_file(result) == record.result_sha256 else None
    except (OSError, ValidationError):
        return None
