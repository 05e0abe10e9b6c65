"""Shots of a task, prepared by all training processes together."""

from __future__ import annotations

from pathlib import Path

from restore.errors import RestoreError
from restore.training.aged_pairs import OpenFilm, Shots, holds_patch, prepare
from restore.training.distributed import wait_for_all
from restore.training.tasks.task import TaskContext
from restore.training.training_events import ShotsPrepared


def prepared_shots(
    shots: Shots, patch_size: int, entry: str, open_source: OpenFilm, context: TaskContext
) -> list[Path]:
    """The shots' files, made by all processes together.

    Films that cannot be used, and those whose shots are smaller than a patch (by their `entry`), are left
    out with a note.
    """
    process = context.process
    reasons: dict[Path, str] = {}

    def progress(done: int, count: int) -> None:
        if process.is_main:
            context.listen(ShotsPrepared(done, count))

    def leave_out(film: Path, error: RestoreError) -> None:
        reasons[film] = error.what

    share = (process.rank, process.world_size)
    paths = prepare(shots, open_source, context.work / "pairs", share, progress, leave_out)
    wait_for_all(process)
    usable = [path.exists() and holds_patch(path, patch_size, entry) for path in paths]
    count = len(shots.films)
    incomplete = [film for at, film in enumerate(shots.films) if not all(usable[at::count])]
    for film in dict.fromkeys(incomplete):
        reason = reasons.get(film, f"It is smaller than a patch of {patch_size} pixels.")
        context.note(f"Left out: {film}: {reason}")
    return [path for path, fits in zip(paths, usable, strict=True) if fits]
