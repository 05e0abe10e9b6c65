"""An image sequence as a result: writing its folder, and the check of what it may replace."""

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


def is_taken(name: Path) -> bool:
    """Whether a name already exists, even as a broken link; an empty folder does not count."""
    return os.path.lexists(name) and not (name.is_dir() and not any(name.iterdir()))


def check_replaceable(name: Path, pattern: Pattern) -> None:
    """Raise OutputError if --overwrite would delete anything but images of this pattern."""
    from restore.media.container.image_set import SOUND, TAGS, TIMES

    companions = {pattern.companion(ending) for ending in (SOUND, TAGS, TIMES)}
    foreign = [name.name] if not name.is_dir() else []
    if name.is_dir():
        foreign = [
            entry.name
            for entry in name.iterdir()
            if not entry.is_file() or not (pattern.owns(entry.name) or entry.name in companions)
        ]
    if foreign:
        raise OutputError(
            "The folder contains files that are not images of this pattern: it is not replaced.",
            f"{name}: {', '.join(sorted(foreign)[:3])}",
            "Choose another folder with -o.",
            code="output-exists",
        )


def check_orientation(source: Source, pattern: Pattern) -> None:
    """Raise UsageError for a film that players rotate or mirror: neither images nor MXF can store it."""
    from restore.media.container.mirror import display_change

    if (shown := display_change(source)) is not None:
        raise UsageError(
            f"Image sequences ({pattern.suffix}) cannot hold the {shown}.",
            str(source.path),
            f"use -o {source.path.stem}.restored.mov, or rotate the film itself first: "
            "ffmpeg -i FILM -c:v ffv1 -c:a copy TURNED.mkv",
            code="rotation-lost",
        )


def images_folder(names: ResultNames, key: str) -> Path | None:
    """The folder of the images until it gets the result's name; None for a film."""
    if names.images is None:
        return None
    return names.final.with_name(f".restore-{key[:16]}.pictures")


def write_images(
    film: Path, folder: Path, pattern: Pattern, plan: Plan, listener: Listener
) -> tuple[str, ...]:
    """Write the verified film's frames into a new folder; what an earlier run left there is removed."""
    from restore.media.container.image_set import write_image_set

    if folder.exists():
        shutil.rmtree(folder)

    def count(done: int) -> None:
        listener(Writing(done, plan.frames))

    return write_image_set(film, make_folder(folder), pattern, plan.output.rate, count)
