"""Shots of a task: those to train on and those held out, prepared by all training processes together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from restore.errors import RestoreError, UsageError
from restore.training.aged_pairs import OpenFilm, Shots, holds_patch, prepare
from restore.training.distributed import wait_for_all
from restore.training.footage import split_films
from restore.training.settings import TrainSettings
from restore.training.tasks.task import CLIPS, TaskContext
from restore.training.training_events import ShotsPrepared

VALIDATION = 1
"""Added to the seeds of validation shots, so that they differ from those of training shots."""

Prepare = Callable[[list[Path]], list[Path]]
"""Makes the shots of some films: their files."""


def split_shots(
    settings: TrainSettings, context: TaskContext, to_train: Prepare, to_validate: Prepare
) -> tuple[list[Path], list[Path]]:
    """The files of the shots to train on, and of those held out for validation.

    Films that are held out do not train. Raises UsageError if there is nothing to train on.
    """
    hold_out, clips = settings.validation.every > 0, context.data / CLIPS
    films, aside = split_films(clips, hold_out)
    if hold_out and not aside:
        context.note("There is only one film: nothing is held out for validation.")
    training = to_train(films)
    if not training:
        todo = "The lines above (without -q) say why each film was left out."
        what = "No film can be used for training."
        raise UsageError(what, str(clips), todo, code="no-training-data")
    held_out = to_validate(aside) if aside else []
    if aside and not held_out:
        context.note("None of the films that were held out can be used for validation.")
    return training, held_out


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
