"""The functions of the package `restore`, for Python programs; `restore/__init__.py` describes them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from restore.audit.check import AuditReport
from restore.errors import RestoreError, UsageError
from restore.jobs.audit_files import audit_files
from restore.jobs.batch.run_batch import BatchListener, BatchRequest, BatchResult, run_batch
from restore.jobs.enhance_still import EnhanceRequest, invented
from restore.jobs.failures import as_restore_error
from restore.jobs.film_inspection import Inspection, inspect_film
from restore.jobs.film_preview import PreviewFrame, preview_frames
from restore.jobs.film_result import Result, read_result
from restore.jobs.film_variants import Variants, VariantsRequest, make_variants
from restore.jobs.inventions import Invented
from restore.jobs.requests import film_requests, loss_kinds
from restore.jobs.several_films import ready, restore_logged
from restore.recipe import Recipe, excluded_options, load_recipe, recipe_fields
from restore.run.events import Listener, Surveying

Name = str | os.PathLike[str]

EventT = TypeVar("EventT")


def film(
    path: Name,
    output: Name | None,
    recipe: Name | Recipe | None,
    switches: Mapping[str, Any],
    allow_loss: Sequence[str],
    on_event: Listener | None,
    options: Mapping[str, object],
) -> Result:
    """Restore one film; every mistake in options and names is found before the run."""
    file, values = _asked(recipe, options)
    name = None if output is None else _name(output)
    with _reported(on_event) as listener:
        (request,) = film_requests(
            [_path(path)], name, file, values, switches, _kinds(allow_loss), keywords=True
        )
        return read_result(restore_logged(ready(request), listener))


def enhance(
    path: Name,
    box: tuple[int, int, int, int],
    count: int,
    seed: int,
    tau: float,
    guidance: float,
    model: str,
) -> Invented:
    """Samples of what a tiny region may have shown."""
    _check_numbers({"count": (count, 1), "seed": (seed, 0)})
    for name, factor in (("tau", tau), ("guidance", guidance)):
        if not 0.1 <= factor <= 10:
            raise _invalid("A factor is out of range.", f"{name}: 0.1 to 10 (not {factor!r})")
    if len(box) != 4 or not all(type(side) is int for side in box):
        raise _invalid(
            "A region is (left, top, width, height).", f"box: four whole numbers (not {box!r})"
        )
    with _reported(None):
        return invented(EnhanceRequest(_path(path), box, count, seed, tau, guidance, model))


def preview(
    path: Name,
    at: Sequence[str | float] | str | float,
    count: int | None,
    recipe: Name | Recipe | None,
    options: Mapping[str, object],
) -> list[PreviewFrame]:
    """Some frames before and after."""
    wanted = _recipe(recipe, options)
    _check_numbers({"count": (count or 0, 0)})
    moments = at if isinstance(at, Sequence) and not isinstance(at, str) else [at]
    with _reported(None):
        return preview_frames(_path(path), wanted, moments, count)


def variants(
    path: Name,
    shots: Sequence[int],
    count: int,
    output: Name | None,
    recipe: Name | Recipe | None,
    on_event: Listener | None,
    options: Mapping[str, object],
) -> Variants:
    """Several colorings of each shot, and a colors file."""
    wanted = _recipe(recipe, {"colorize": True, **options})
    _check_numbers({"count": (count, 1), "shots": (min(shots, default=1), 1)})
    folder = None if output is None else Path(output)
    with _reported(on_event) as listener:
        request = VariantsRequest(_path(path), wanted, tuple(shots), count, folder)
        return make_variants(request, listener)


def inspect(path: Name, rate: object, on_event: Listener | None) -> Inspection:
    """The facts of a film and its shots."""
    with _reported(on_event) as listener:

        def report(done: int, expected: int) -> None:
            listener(Surveying(done, max(done, expected)))

        return inspect_film(_path(path), _rate(rate), report)


def audit(source: Name, result: Name, allow_loss: Sequence[str], rate: object) -> AuditReport:
    """Compare a result with its source."""
    kinds = loss_kinds(_kinds(allow_loss))
    with _reported(None):
        return audit_files(_path(source), _path(result), kinds, rate=_rate(rate))


def batch(
    what: Name | Sequence[Name],
    recipe: Name | Recipe | None,
    options: Mapping[str, object],
    on_event: BatchListener | None,
    **settings: Any,
) -> BatchResult:
    """Restore many films, each in a separate process."""
    names = [_name(name) for name in ([what] if isinstance(what, str | os.PathLike) else what)]
    _recipe(recipe, options)  # mistakes are reported with their keywords
    _check_numbers(
        {"jobs": (settings.get("jobs", 1), 1), "retries": (settings.get("retries", 1), 0)}
    )
    _check_share(settings.get("part"))
    file, values = _asked(recipe, options)
    with _as_file(file, values) as (file, values), _reported(on_event) as listener:
        request = BatchRequest(names, recipe=file, options=values, **settings)
        return run_batch(request, listener)


def _asked(
    recipe: Name | Recipe | None, options: Mapping[str, object]
) -> tuple[Path | None, dict[str, object]]:
    """A recipe file, and the options that take precedence over it; a Recipe becomes options."""
    known = {*recipe_fields(), "shot"}
    given = {k: value for k, value in options.items() if value is not None or k not in known}
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


def _name(name: object) -> str:
    """A file's name as text; raises UsageError for what is none."""
    try:
        text = os.fsdecode(name)  # pyright: ignore[reportArgumentType]
    except TypeError:
        text = ""
    if not text:
        raise _invalid("A file name is needed.", repr(name), "Give text or a path.")
    return text


def _path(name: object) -> Path:
    return Path(_name(name))


def _kinds(allow_loss: Sequence[str]) -> Sequence[str]:
    """Kinds of loss; one alone may be given as text."""
    return [allow_loss] if isinstance(allow_loss, str) else allow_loss


def _check_numbers(values: Mapping[str, tuple[object, int]]) -> None:
    """Raise UsageError unless each value is a whole number and not below its minimum; all at once."""
    wrong = [
        f"{name}: a whole number from {least} on (not {value!r})"
        for name, (value, least) in values.items()
        if not isinstance(value, int) or isinstance(value, bool) or value < least
    ]
    if wrong:
        raise _invalid("A number is needed.", "; ".join(wrong))


def _check_share(share: object) -> None:
    """Raise UsageError unless it is None or two numbers: of a share, from 1, and how many there are."""
    match share:
        case None:
            return
        case (int(part), int(parts)) if 1 <= part <= parts:
            return
        case _:
            raise _invalid("A share is (number, count), from (1, count) on.", f"share: {share!r}")


def _invalid(what: str, where: str, what_to_do: str = "") -> UsageError:
    return UsageError(what, where, what_to_do, code="invalid-option")


@contextmanager
def _reported(on_event: Callable[[EventT], None] | None) -> Generator[Callable[[EventT], None]]:
    """Every failure is a RestoreError, except what the callback raises; yields the callback to use."""
    raised: list[BaseException] = []

    def listener(event: EventT) -> None:
        if on_event is None:
            return
        try:
            on_event(event)
        except BaseException as error:
            raised.append(error)
            raise

    try:
        yield listener
    except RestoreError:
        raise
    except Exception as error:
        if error in raised:
            raise
        raise as_restore_error(error) from error
