"""From options to job requests: films, recipe and names; all mistakes are reported at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from restore.errors import RestoreError, UsageError
from restore.jobs.prepare import JobRequest, default_path, output_path
from restore.jobs.record_files import film_name
from restore.media.container.losses import KINDS as LOSSES
from restore.media.container.probe import probe
from restore.media.images.writer import KINDS, names_images
from restore.recipe import Recipe, load_recipe

ANY_SUFFIX = ".*"
"""At the end of a result's name: any container that suits the film."""


@dataclass(frozen=True)
class FilmRequest:
    """One film's job request; `folder` is the folder of its result if no name was given."""

    job: JobRequest
    folder: Path | None

    def named(self) -> JobRequest:
        """The job request with the result's full name; a container is chosen if none is given."""
        film, output = self.job.film, self.job.output
        if self.folder is not None:
            open_name = self.folder / f"{film_name(film)[1]}.restored"
        elif output is not None and output.name.endswith(ANY_SUFFIX):
            open_name = output.with_name(output.name.removesuffix(ANY_SUFFIX))
        else:
            return self.job
        return replace(self.job, output=default_path(open_name, probe(film), self.job.recipe))


def film_requests(
    films: Sequence[Path],
    output: str | None,
    recipe_file: Path | None,
    overrides: Mapping[str, object],
    switches: Mapping[str, Any],
    allow_loss: Sequence[str] | None = None,
    *,
    keywords: bool = False,
) -> list[FilmRequest]:
    """One request for each film, in the same order.

    `output` is a file's name, or a folder's: one that exists, one that ends with a slash, or any new
    one for several films. `switches` are the other fields of JobRequest, `allow_loss` kinds of losses.
    Raises UsageError with every mistake of the options (`keywords`: those of a Python program), the recipe
    file and the names together.
    """
    mistakes: list[UsageError] = []
    recipe, folder, losses = Recipe(), None, tuple[str, ...]()
    try:
        losses = loss_kinds(allow_loss)
    except UsageError as error:
        mistakes.append(error)
    try:
        recipe = load_recipe(recipe_file, {**_implied(output), **overrides}, keywords=keywords)
    except UsageError as error:
        mistakes.append(error)
    try:
        folder = _folder(films, output)
    except UsageError as error:
        mistakes.append(error)
    if not mistakes and output is None:
        mistakes += _same_results(films, recipe)
    if mistakes:
        raise _together(mistakes)
    target = Path(output) if output and folder is None else None
    return [
        FilmRequest(JobRequest(film, recipe, target, allow_loss=losses, **switches), folder)
        for film in films
    ]


def loss_kinds(names: Sequence[str] | None) -> tuple[str, ...]:
    """The kinds that --allow-loss names; raises UsageError for an unknown one."""
    for name in names or ():
        if name not in LOSSES:
            raise UsageError(
                f"Unknown kind of loss: {name}.",
                f"--allow-loss {name}",
                f"Kinds: {', '.join(LOSSES)}.",
                code="invalid-command-line",
            )
    return tuple(dict.fromkeys(names or ()))


def _implied(output: str | None) -> dict[str, object]:
    """The codec that follows from the result's name: that of an image sequence, by its suffix."""
    if output is None or Path(output).is_dir():
        return {}
    kind = KINDS.get(Path(output).suffix.lower())
    return {"codec": kind} if kind else {}


def _together(mistakes: Sequence[UsageError]) -> UsageError:
    """Several mistakes as one error: all descriptions, and the advice of the first one."""
    if len(mistakes) == 1:
        return mistakes[0]
    what = " ".join(mistake.what for mistake in mistakes)
    first = mistakes[0]
    where = "; ".join(mistake.where for mistake in mistakes)
    return UsageError(what, where, first.what_to_do, code=first.code)


def _same_results(films: Sequence[Path], recipe: Recipe) -> list[UsageError]:
    """The error for films whose results would have the same name, for instance a.avi and a.mkv.

    The container of a result depends on the film's streams, so films with the same stem are probed.
    """
    stems = Counter(_stem(film) for film in films)
    names: list[Path] = []
    for film in films:
        if stems[_stem(film)] > 1:
            with suppress(RestoreError):  # reported when this film is restored
                names.append(
                    output_path(JobRequest(film, recipe), probe(film, recipe.rate)).resolve()
                )
    twice = [str(name) for name, count in Counter(names).items() if count > 1]
    if not twice:
        return []
    todo = "Restore them one after the other, each with -o and a different name."
    what, where = "Several results would have the same name.", ", ".join(twice)
    return [UsageError(what, where, todo, code="same-names")]


def _stem(film: Path) -> tuple[Path, str]:
    folder, stem = film_name(film)
    return folder.resolve(), stem


def _folder(films: Sequence[Path], output: str | None) -> Path | None:
    """The folder of the results, if `output` is a folder."""
    if twice := [str(film) for film, count in Counter(films).items() if count > 1]:
        where, todo = ", ".join(twice), "Give each film once."
        raise UsageError("A film is given twice.", where, todo, code="same-names")
    if output is None:
        return None
    path = Path(output)
    exists = path.is_dir()
    if len(films) > 1 and names_images(path) and not exists:
        what = "The images of several films need separate folders."
        todo = "Give -o the name of a folder, and choose the images with --codec."
        raise UsageError(what, f"-o {output}", todo, code="folder-needed")
    if not exists and not output.endswith("/") and (path.exists() or len(films) == 1):
        if len(films) == 1:
            return None
        what, todo = "Several films cannot be written to one file.", "Give -o the name of a folder."
        raise UsageError(what, f"-o {output}", todo, code="folder-needed")
    names = Counter(film_name(film)[1] for film in films)
    if twice := [stem for stem, count in names.items() if count > 1]:
        raise UsageError(
            "Several results would have the same name in that folder.",
            f"-o {output}: {', '.join(twice)}",
            "Restore them one after the other, or leave out -o: the results are then written "
            "next to the films.",
            code="same-names",
        )
    return path
