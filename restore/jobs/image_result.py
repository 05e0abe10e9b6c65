"""A folder of pictures as a result: made beside its final name, and what may stand in its way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import OutputError, UsageError
from restore.jobs.record_files import ResultNames
from restore.run.events import Listener, Writing
from restore.store import make_folder

if TYPE_CHECKING:
    from restore.media.images.writer import Pattern
    from restore.media.source import Source
    from restore.plan import Plan


def in_the_way(name: Path) -> bool:
    """Whether anything stands under a name, even a link to nothing; an empty folder does not count."""
    return os.path.lexists(name) and not (name.is_dir() and not any(name.iterdir()))


def check_replaceable(name: Path, pattern: Pattern) -> None:
    """Raise OutputError if --overwrite would take away more than pictures of that very pattern."""
    from restore.media.container.image_set import SOUND, TAGS, TIMES

    beside = {pattern.beside(ending) for ending in (SOUND, TAGS, TIMES)}
    strange = [name.name] if not name.is_dir() else []
    if name.is_dir():
        strange = [
            entry.name
            for entry in name.iterdir()
            if not entry.is_file() or not (pattern.owns(entry.name) or entry.name in beside)
        ]
    if strange:
        raise OutputError(
            "The folder holds other things than pictures of that name: it is not replaced.",
            f"{name}: {', '.join(sorted(strange)[:3])}",
            "Choose another folder with -o.",
        )


def check_upright(source: Source, pattern: Pattern) -> None:
    """Raise UsageError for a film that players turn or mirror: no header of pictures says so.

    They would lie sideways for whoever opens them, which MXF refuses for the same reason.
    """
    from restore.media.container.mirror import turned

    if (shown := turned(source)) is not None:
        raise UsageError(
            f"Pictures ({pattern.suffix}) cannot hold the {shown}.",
            str(source.path),
            f"use -o {source.path.stem}.restored.mov, or turn the film itself first: "
            "ffmpeg -i FILM -c:v ffv1 -c:a copy TURNED.mkv",
        )


def pictures_folder(names: ResultNames, key: str) -> Path | None:
    """Where the pictures lie until they bear the result's name; None for a film."""
    if names.pictures is None:
        return None
    return names.final.with_name(f".restore-{key[:16]}.pictures")


def lay_out(
    film: Path, folder: Path, pattern: Pattern, plan: Plan, tell: Listener
) -> tuple[str, ...]:
    """The proven film's frames as pictures in a new folder; what an earlier run left there goes."""
    from restore.media.container.image_set import write_pictures

    if folder.exists():
        shutil.rmtree(folder)

    def count(done: int) -> None:
        tell(Writing(done, plan.frames))

    return write_pictures(film, make_folder(folder), pattern, plan.output.rate, count)
