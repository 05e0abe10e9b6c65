"""Finished parts and their receipts: a part with a receipt is not computed again."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from restore.plan import Plan
from restore.store import digest_file, publish, write_atomic, writing_failed
from restore.timing import Span

PART_SUFFIX = ".mkv"


@dataclass(frozen=True)
class Receipt:
    """The record of a complete part: its frames, its file's SHA-256, its source frames, the time it took.

    `job` is the job key, `frames` count in the result; `sources` holds the CRC-32 of the decoded code
    values of every source frame that these frames are made of by the frame map, in ascending order.
    """

    job: str
    segment: int
    frames: Span
    sha256: str
    sources: tuple[int, ...]
    seconds: float


def part_path(folder: Path, segment: int) -> Path:
    """The path of a segment's encoded frames once they are complete."""
    return folder / f"part-{segment:06d}{PART_SUFFIX}"


def unfinished_path(folder: Path, segment: int) -> Path:
    """The path of a segment's encoded frames while they are written: a new name at every call.

    An encoder may still run after its run was killed, and write to its own file.
    """
    return folder / f"unfinished-{segment:06d}-{secrets.token_hex(4)}{PART_SUFFIX}"


def _receipt_path(folder: Path, segment: int) -> Path:
    return folder / f"part-{segment:06d}.json"


def complete_part(
    unfinished: Path, plan: Plan, segment: int, sources: Mapping[int, int], seconds: float
) -> Receipt:
    """Complete a part: synchronize the content, set the final name, write the receipt, in this order.

    `sources` are the checksums of the source frames by their numbers. Raises ValueError unless they are the
    frames of the frame map.
    """
    folder = unfinished.parent
    part, frames = part_path(folder, segment), plan.segments[segment]
    used = plan.frame_map.used(frames)
    if sorted(sources) != list(used):
        raise ValueError(
            f"segment {segment} is made of {len(sources)} source frames instead of {len(used)}"
        )
    checksums = tuple(sources[index] for index in used)
    receipt = Receipt(plan.key, segment, frames, digest_file(unfinished), checksums, seconds)
    try:
        publish(unfinished, part)
    except OSError as error:
        raise writing_failed(part, error) from error
    write_atomic(_receipt_path(folder, segment), TypeAdapter(Receipt).dump_json(receipt, indent=1))
    return receipt


def find_receipt(folder: Path, plan: Plan, segment: int) -> Receipt | None:
    """The receipt of a complete, undamaged part of this job, or None."""
    try:
        data = _receipt_path(folder, segment).read_bytes()
        receipt = TypeAdapter(Receipt).validate_json(data)
        digest = digest_file(part_path(folder, segment))
    except (OSError, ValidationError):
        return None
    frames = plan.segments[segment]
    expected = (plan.key, segment, frames, digest, len(plan.frame_map.used(frames)))
    found = (receipt.job, receipt.segment, receipt.frames, receipt.sha256, len(receipt.sources))
    return receipt if found == expected else None


def remove_unfinished(folder: Path, segment: int) -> None:
    """Remove a segment's unfinished files of earlier workers; only for the worker that holds its claim."""
    for path in folder.glob(f"unfinished-{segment:06d}-*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            path.unlink()


def discard_part(folder: Path, segment: int) -> None:
    """Remove a segment's part and receipt (--restart); only for the worker that holds its claim."""
    _receipt_path(folder, segment).unlink(missing_ok=True)
    part_path(folder, segment).unlink(missing_ok=True)
