"""The functions of the package `restore`, for Python programs; `restore/__init__.py` describes them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from restore.audit.check import AuditReport
from restore.jobs.audit_files import audit_files
from restore.jobs.batch.run_batch import BatchListener, BatchRequest, BatchResult, run_batch
from restore.jobs.film_inspection import Inspection, inspect_film
from restore.jobs.film_preview import PreviewFrame, preview_frames
from restore.jobs.film_result import Result, read_result
from restore.jobs.requests import film_requests, loss_kinds
from restore.jobs.several_films import ready, restore_logged
from restore.recipe import Recipe, excluded_options, load_recipe
from restore.run.events import Listener, Surveying

Name = str | os.PathLike[str]


def film(
    path: Name,
    output: Name | None,
    recipe: Name | Recipe | None,
    switches: Mapping[str, Any],
    allow_loss: Sequence[str],
    on_event: Listener | None,
    options: Mapping[str, object],
) -> Result:
    """Restore one film; every mistake in options and names is found before any work."""
    file, values = _asked(recipe, options)
    name = None if output is None else os.fspath(output)
    (request,) = film_requests(
        [Path(path)], name, file, values, switches, allow_loss, keywords=True
    )
    return read_result(restore_logged(ready(request), on_event or _ignore))


def preview(
    path: Name,
    at: Sequence[str | float],
    count: int | None,
    recipe: Name | Recipe | None,
    options: Mapping[str, object],
) -> list[PreviewFrame]:
    """Some frames before and after."""
    return preview_frames(Path(path), _recipe(recipe, options), at, count)


def inspect(path: Name, rate: object, on_event: Listener | None) -> Inspection:
    """The facts of a film and its shots."""

    def report(done: int, expected: int) -> None:
        if on_event is not None:
            on_event(Surveying(done, max(done, expected)))

    return inspect_film(Path(path), _rate(rate), report)


def audit(source: Name, result: Name, allow_loss: Sequence[str], rate: object) -> AuditReport:
    """A result compared with its source."""
    return audit_files(Path(source), Path(result), loss_kinds(allow_loss), rate=_rate(rate))


def batch(
    what: Name | Sequence[Name],
    recipe: Name | Recipe | None,
    options: Mapping[str, object],
    on_event: BatchListener | None,
    **settings: Any,
) -> BatchResult:
    """Restore many films, each in a process of its own."""
    names = [what] if isinstance(what, str | os.PathLike) else what
    _recipe(recipe, options)  # mistakes are named by their keywords
    file, values = _asked(recipe, options)
    with _as_file(file, values) as (file, values):
        request = BatchRequest(
            [os.fspath(name) for name in names], recipe=file, options=values, **settings
        )
        return run_batch(request, on_event or _ignore)


def _asked(
    recipe: Name | Recipe | None, options: Mapping[str, object]
) -> tuple[Path | None, dict[str, object]]:
    """A recipe's file, and the options that come before it; a Recipe becomes options."""
    given = {key: value for key, value in options.items() if value is not None}
    if isinstance(recipe, Recipe):
        replaced = {other for key in given for other in excluded_options(key)}
        values = recipe.model_dump(exclude_defaults=True)
        return None, {k: v for k, v in values.items() if k not in replaced} | given
    return (None if recipe is None else Path(recipe)), given


def _recipe(recipe: Name | Recipe | None, options: Mapping[str, object]) -> Recipe:
    """The recipe with the options; raises UsageError with all mistakes at once."""
    return load_recipe(*_asked(recipe, options), keywords=True)


@contextmanager
def _as_file(
    file: Path | None, options: Mapping[str, object]
) -> Generator[tuple[Path | None, Mapping[str, object]]]:
    """The same for the command lines of a batch's processes, which cannot express `False` and `shot`."""
    arguments = {
        key: value for key, value in options.items() if value is not False and key != "shot"
    }
    if len(arguments) == len(options):
        yield file, options
        return
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        whole = Path(folder) / "recipe.toml"
        whole.write_text(load_recipe(file, options).to_toml(), encoding="utf-8")
        yield whole, arguments


def _rate(rate: object) -> Fraction | None:
    return load_recipe(None, {"rate": rate}, keywords=True).rate


def _ignore(event: Any) -> None:
    """Without a callback nothing happens."""
