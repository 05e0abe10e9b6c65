"""Rerun of a recorded job: the same source, recipe and weights, and comparison of the frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from restore.errors import SourceError, UsageError
from restore.framemap import FrameMap, IdentityMap
from restore.jobs.color_choices import reference_digests
from restore.jobs.prepare import JobRequest, film_digest
from restore.jobs.record_files import RECORD_SUFFIX, record_path
from restore.jobs.versions import versions
from restore.media.codecs import IMAGE_CODECS
from restore.recipe import Recipe
from restore.report.record import READABLE, ModelFacts, Record, Versions, frame_marks
from restore.run.engine import resolve_engine
from restore.store import digest_file
from restore.treatments import catalog


@dataclass(frozen=True)
class Rerun:
    """A recorded job, the request that runs it again, and what has changed since, a line each."""

    record: Record
    request: JobRequest
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two results of one job, frame by frame: their number, and which differ.

    `same_map`: both consist of the same source frames at the same times.
    """

    frames: int
    differing: tuple[int, ...]
    same: bool
    same_map: bool = True


def read_record(path: Path) -> Record:
    """The record in a file; UsageError if it is not a record, or has too few data."""
    todo = f"Give the file next to a result: RESULT{RECORD_SUFFIX}."
    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"The record cannot be read: {error.strerror}."
        raise UsageError(what, str(path), todo, code="record-unreadable") from error
    try:
        return Record.model_validate_json(data)
    except ValidationError as error:
        readable = any(f'"schema_version":{number}' in _compact(data) for number in READABLE)
        if readable or b'"schema_version"' not in data:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            found = f"{path}: {place + ': ' if place else ''}{first['msg']}"
            what = "This is not a record of a restoration."
            raise UsageError(what, found, todo, code="record-invalid") from error
        raise UsageError(
            "The record was written by another version of restore, and lacks data that this version needs.",
            str(path),
            "Restore the film again with --restart --overwrite to get a new record.",
            code="record-version",
        ) from error


def _compact(data: bytes) -> str:
    return "".join(data.decode("utf-8", "replace").split())


def rerun_of(
    path: Path, source: Path | None, output: Path | None, overwrite: bool = False
) -> Rerun:
    """The request that runs a recorded job again; the default name of its result is RESULT.rerun.EXT.

    Raises SourceError for a film that is not the recorded one, UsageError if no network has the recorded
    hash.
    """
    record = read_record(path)
    film = source or _next_to(path, record)
    _check_source(film, record, named=source is not None)
    recipe = _recipe(record)
    request = JobRequest(
        film,
        recipe,
        output=output or _output(path, record, recipe),
        overwrite=overwrite,
        allow_damaged=True,  # the film has the recorded hash: what is missing now was missing then, too
        allow_loss=record.lost,
    )
    now = versions(*resolve_engine(recipe))
    changed = _changed_references(record, recipe)
    return Rerun(record, request, (*differences(record.versions, now), *changed))


def _changed_references(record: Record, recipe: Recipe) -> tuple[str, ...]:
    """A line for each image that colors are taken from and that has changed; UsageError for missing ones."""
    now = dict(reference_digests(recipe))
    return tuple(
        f"{name}: SHA-256 {sha256[:12]} in the record, {now.get(name, 'none')[:12]} now"
        for name, sha256 in record.request.files
        if now.get(name) != sha256
    )


def _next_to(path: Path, record: Record) -> Path:
    """The default path of the film: next to the record; for images also the folder in the record."""
    film = path.with_name(record.source.name)
    if film.exists() or "%" not in film.name:
        return film
    stem, marked, _ = record.result.name.rpartition(".restored")
    folders = [path.parent, *([path.with_name(stem)] if marked and stem else [])]
    return next((f / film.name for f in folders if _has_images(f / film.name)), film)


def _has_images(pattern: Path) -> bool:
    """Whether there is any image that fits; all of them are examined later."""
    from restore.media.images.sequence import find_sequence

    try:
        return find_sequence(pattern) is not None
    except SourceError:
        return False


def _output(path: Path, record: Record, recipe: Recipe) -> Path:
    """The name of the new result, next to the record."""
    result = Path(record.result.name)
    if recipe.codec in IMAGE_CODECS:
        return path.with_name(f"{result.name}.rerun") / record.result.container
    return path.with_name(f"{result.stem}.rerun{result.suffix}")


def compare(before: Record, result: Path) -> Comparison:
    """Compare the frames of a new result with the recorded ones."""
    after = read_record(record_path(result))
    then, now = frame_marks(before), frame_marks(after)
    longest = max(len(then), len(now))
    differing = tuple(i for i in range(longest) if then[i : i + 1] != now[i : i + 1])
    maps = [_frame_map(record) for record in (before, after)]
    same = before.result.frames_sha256 == after.result.frames_sha256 and maps[0] == maps[1]
    return Comparison(longest, differing, same, maps[0] == maps[1])


def _frame_map(record: Record) -> FrameMap:
    """A record's frame map; older records have the identity."""
    return record.frame_map or IdentityMap(record.frames)


def differences(then: Versions, now: Versions) -> tuple[str, ...]:
    """Differences in software and hardware from the recorded run, a line each."""
    pairs = ((name, getattr(then, name), getattr(now, name)) for name in Versions.model_fields)
    return tuple(
        f"{name}: {was} in the record, {is_} now" for name, was, is_ in pairs if was != is_
    )


def _check_source(film: Path, record: Record, *, named: bool) -> None:
    """Raise SourceError unless the film is the source of the result."""
    if not (film.exists() or ("%" in film.name and (named or _has_images(film)))):
        raise SourceError(
            "The source of the result does not exist.",
            str(film),
            "Check the name." if named else "Give the source with --source.",
            code="source-missing",
        )
    expected = record.source
    found = _identity(film, expected.size)
    if found != f"SHA-256 {expected.sha256}":
        raise SourceError(
            "This is not the source of the result.",
            f"{film}: {found}; recorded are {expected.size} bytes, SHA-256 {expected.sha256}",
            "Give the source with --source.",
            code="source-differs",
        )


def _identity(film: Path, size: int) -> str:
    """The identity of a film: its SHA-256, or its size if that differs from the expected one."""
    from restore.media.container.probe import probe

    if film.is_file():
        found = film.stat().st_size
        return f"SHA-256 {digest_file(film)}" if found == size else f"{found} bytes"
    source = probe(film)  # an image sequence
    return f"SHA-256 {film_digest(source)}" if source.size == size else f"{source.size} bytes"


def _recipe(record: Record) -> Recipe:
    """The recorded recipe with the recorded models, device and precision.

    If the device is missing, `auto` is used.
    """
    settled: dict[str, object] = {}
    for model in record.models:
        network = catalog.TREATMENTS[model.task].network
        if network is not None:
            settled[network.option] = _reference(record, model)
    recipe = Recipe.model_validate(record.request.recipe | settled)
    engine = {"device": record.versions.device, "precision": record.versions.precision}
    try:
        same = recipe.model_copy(update=engine)
        resolve_engine(same)
    except UsageError:
        return recipe.model_copy(update={"device": "auto", "precision": "auto"})
    return same


def _reference(record: Record, model: ModelFacts) -> str:
    """The name or folder of the recorded network; UsageError unless its weights have the recorded hash."""
    from restore import models

    settings = record.treatments.get(model.task)
    name = str(getattr(settings, "model", None) or model.name)
    try:
        found = models.find(name).sha256
    except UsageError as error:
        raise _no_network(model, str(error.what)) from error
    if found != model.sha256:
        raise _no_network(model, f"{name} on this machine has {found}")
    return name


def _no_network(model: ModelFacts, why: str) -> UsageError:
    from restore.models import HISTORY, retired_by_hash

    todo = "Install the version of restore that had it, or put its folder where it was."
    return UsageError(
        f"There is no network {model.name} with the recorded hash.",
        f"SHA-256 {model.sha256}; {why.splitlines()[0]}",
        HISTORY if retired_by_hash(model.sha256) else todo,
        code="weights-differ",
    )
