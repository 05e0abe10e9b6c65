"""restore: old films in, restored films out. The functions for Python programs; see docs/python.md.

    import restore

    result = restore.film("film.mp4", upscale=4, colorize=True)

Importing the package is quick: what a function needs (torch, ffmpeg, ...) is loaded when it is called.
Every failure is a `restore.RestoreError`; `restore.errors` has its classes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from restore import errors
from restore.errors import RestoreError

if TYPE_CHECKING:
    import os

    from restore.audit.check import AuditReport
    from restore.clip import Clip
    from restore.jobs.batch.run_batch import BatchEvent, BatchResult
    from restore.jobs.film_inspection import Inspection
    from restore.jobs.film_preview import PreviewFrame
    from restore.jobs.film_result import Result
    from restore.jobs.film_variants import Variants
    from restore.jobs.inventions import Invented
    from restore.jobs.restorer import Restorer
    from restore.recipe import Recipe
    from restore.run import events
    from restore.run.events import Event

    Name = str | os.PathLike[str]

__version__ = "0.1.0"

__all__ = [
    "AuditReport",
    "BatchResult",
    "Clip",
    "Inspection",
    "PreviewFrame",
    "Recipe",
    "RestoreError",
    "Restorer",
    "Result",
    "Variants",
    "audit",
    "batch",
    "enhance",
    "errors",
    "events",
    "film",
    "inspect",
    "preview",
    "variants",
]

_LAZY = {
    "AuditReport": "restore.audit.check",
    "BatchResult": "restore.jobs.batch.run_batch",
    "Clip": "restore.clip",
    "Inspection": "restore.jobs.film_inspection",
    "PreviewFrame": "restore.jobs.film_preview",
    "Recipe": "restore.recipe",
    "Restorer": "restore.jobs.restorer",
    "Result": "restore.jobs.film_result",
    "Variants": "restore.jobs.film_variants",
    "events": "restore.run",
}
"""The public names that are imported when they are first used, and their modules."""

# The room `audit` is loaded here, before the function of that name is defined: loaded later, it would take
# the name `restore.audit` from the function. It contains only a docstring.
importlib.import_module("restore.audit")


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'restore' has no attribute {name!r}")
    place = _LAZY[name]
    module = importlib.import_module(f"{place}.{name}" if name.islower() else place)
    found = module if name.islower() else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def film(
    path: Name,
    *,
    output: Name | None = None,
    recipe: Name | Recipe | None = None,
    work_dir: Name | None = None,
    overwrite: bool = False,
    restart: bool = False,
    allow_damaged: bool = False,
    allow_loss: Sequence[str] = (),
    keep_work: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **options: Any,
) -> Result:
    """Restore a film: a file, a folder with an image sequence, or the sequence's pattern.

    `options` are the fields of a recipe (`upscale=4`, `colorize=True`, `codec="hevc"`, `start="1:02"` ...,
    docs/run.md), which take precedence over those of `recipe`, a TOML file or a `restore.Recipe`. The result
    is `output` (a name, `name.*` for any container, or a folder), or FILM.restored.EXT next to the film. A
    run that was stopped continues when the same call is made again. `on_event` is called with each
    `restore.events` value while it works.

    Raises UsageError with all mistakes at once, SourceError, OutputError, Busy, OutOfMemory, DamagedSource
    after a damaged film was restored under a partial name, and AuditError if the result does not match
    its source. An exception in `on_event` ends the run and is raised unchanged.
    """
    from pathlib import Path

    from restore.jobs import library

    switches = {
        "work_dir": None if work_dir is None else Path(work_dir),
        "overwrite": overwrite,
        "restart": restart,
        "allow_damaged": allow_damaged,
        "keep_work": keep_work,
    }
    return library.film(path, output, recipe, switches, allow_loss, on_event, options)


def preview(
    path: Name,
    *,
    at: Sequence[str | float] | str | float = (),
    count: int | None = None,
    recipe: Name | Recipe | None = None,
    **options: Any,
) -> list[PreviewFrame]:
    """Some frames of a film before and after, as arrays, without restoring all of it.

    `at` has one or several times: seconds from the first frame, times (`"0:12"`) or percentages (`"50%"`);
    `count` more are spread evenly (6 if there is no `at`). `recipe` and `options` as for `film`. Nothing is
    written.
    """
    from restore.jobs import library

    return library.preview(path, at, count, recipe, options)


def variants(
    path: Name,
    *,
    shots: Sequence[int] = (),
    count: int = 6,
    output: Name | None = None,
    recipe: Name | Recipe | None = None,
    on_event: Callable[[Event], None] | None = None,
    **options: Any,
) -> Variants:
    """Several colorings of each shot to choose from: contact sheets, and a colors file.

    `shots` are numbers from 1 (none: all that are colored), `count` is the number of variants of each,
    `output` a folder (FILM.variants next to the film). `recipe` and `options` as for `film`; the result goes
    there as `colors=...`. An edited colors file is kept. Raises UsageError if there is no model that draws
    variants, or nothing to color.
    """
    from restore.jobs import library

    return library.variants(path, shots, count, output, recipe, on_event, options)


def enhance(
    path: Name,
    box: tuple[int, int, int, int],
    *,
    count: int = 8,
    seed: int = 1,
    tau: float = 1.1,
    guidance: float = 2.0,
    model: str = "prsr-general",
) -> Invented:
    """Samples of what a tiny region of an image may have shown: inventions, as arrays; nothing is written.

    `box` is left, top, width and height in pixels. docs/enhance.md explains the arguments. Raises UsageError
    for a file that is not an image, a box that is not inside it, and an unknown model.
    """
    from restore.jobs import library

    return library.enhance(path, box, count, seed, tau, guidance, model)


def inspect(
    path: Name,
    *,
    rate: str | float | Fraction | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Inspection:
    """The facts of a film's file, and its shots; all frames are decoded, nothing is written.

    `rate` is the frame rate of an image sequence whose headers state none. Raises SourceError if there is no
    film.
    """
    from restore.jobs import library

    return library.inspect(path, rate, on_event)


def audit(
    source: Name,
    result: Name,
    *,
    allow_loss: Sequence[str] = (),
    rate: str | float | Fraction | None = None,
) -> AuditReport:
    """Compare a result with its source: frames, times, sound, tags; `ok` if all match.

    `allow_loss` names kinds of data that may be missing (docs/audit.md), `rate` is that of an image
    sequence. Raises SourceError if one of the two is not a film; a difference raises no exception.
    """
    from restore.jobs import library

    return library.audit(source, result, allow_loss, rate)


def batch(
    what: Name | Sequence[Name],
    *,
    out: Name,
    recipe: Name | Recipe | None = None,
    work_dir: Name | None = None,
    overwrite: bool = False,
    allow_damaged: bool = False,
    allow_loss: Sequence[str] = (),
    jobs: int = 1,
    retries: int = 1,
    stop_at_failure: bool = False,
    share: tuple[int, int] | None = None,
    verify: bool = False,
    force: bool = False,
    on_event: Callable[[BatchEvent], None] | None = None,
    **options: Any,
) -> BatchResult:
    """Restore all films of a folder, a list (`.csv`), a pattern, or several files (docs/batch.md).

    Each film is restored in a separate process, `jobs` of them at the same time. The results are in the same
    tree below `out`, with batch.json; finished films are recognized when the same call is made again.
    `share=(2, 8)` is the second of eight shares. `recipe` and `options` as for `film`. A film that fails
    raises no exception: the result has the state of each film, and `ok` and `failed`.
    """
    from pathlib import Path

    from restore.jobs import library
    from restore.jobs.requests import loss_kinds

    switches = {
        "overwrite": overwrite,
        "allow_damaged": allow_damaged,
        "allow_loss": loss_kinds([allow_loss] if isinstance(allow_loss, str) else allow_loss),
        "work_dir": None if work_dir is None else Path(work_dir).absolute(),
    }
    return library.batch(
        what,
        recipe,
        options,
        on_event,
        out=Path(out).absolute(),
        switches=switches,
        part=share,
        jobs=jobs,
        retries=retries,
        stop_at_failure=stop_at_failure,
        verify=verify,
        force=force,
    )
