"""The films of a batch and the names of their results: from a folder, a pattern or a CSV list."""

from __future__ import annotations

import csv
import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from restore.errors import SourceError, UsageError
from restore.jobs.batch.sequences import find_sequences, is_image, stems_of
from restore.jobs.record_files import record_path
from restore.store import reading_failed

SUFFIXES = frozenset(
    (
        *(".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m1v", ".m2t", ".m2ts", ".m2v"),
        *(".m4v", ".mj2", ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv", ".mts"),
        *(".mxf", ".nut", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".tod", ".ts", ".vob", ".webm"),
        *(".wmv", ".y4m"),
    )
)
"""The suffixes of film files, in lower case."""

FEW = 8
"""Up to this number, skipped files of one kind in a folder are listed one by one."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
"""Empty."""

OPEN = ".*"
"""At the end of a result's name: any container that suits the film."""


@dataclass(frozen=True, slots=True)
class Film:
    """One film: `name` identifies it, `target` is the name of its result in the batch's folder.

    `target` ends with `.*` if the program chooses the container; `recipe` is a TOML file for this film.
    """

    name: str
    path: Path
    target: str
    recipe: Path | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not a film, or several of a kind, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The films by name, and the skipped files."""

    films: tuple[Film, ...]
    skipped: tuple[Skipped, ...] = ()


def list_films(arguments: Sequence[str], out: Path, known: Mapping[str, str]) -> Listing:
    """The films of a folder (with all folders in it), of a list (`.csv`), of a pattern, or several files.

    `known` are the targets that films already have (name -> target), which they keep; files in `out` are
    not sources. Raises SourceError if there are no films, UsageError for a list with mistakes.
    """
    what, path = " ".join(arguments), Path(*arguments[:1])
    if not arguments:
        listing = Listing(())
    elif len(arguments) > 1:
        listing = _several(arguments, known)
    elif path.is_dir():
        listing = _in_folder(path, out, known)
    elif path.suffix.lower() == ".csv" and path.is_file():
        listing = _in_list(path, known)
    else:
        listing = _by_pattern(what, out, known)
    if not listing.films:
        skipped = f"{len(listing.skipped)} other entries were skipped" if listing.skipped else ""
        todo = "Give a folder, a pattern in quotes, or a list that ends with .csv."
        raise SourceError(
            f"There are no films in {what or 'the list'}.", skipped, todo, code="no-films"
        )
    return listing


def share(films: Iterable[Film], part: int, parts: int) -> tuple[Film, ...]:
    """Every `parts`-th film, beginning with number `part` (from 1)."""
    return tuple(film for place, film in enumerate(films) if place % parts == part - 1)


def _in_folder(folder: Path, out: Path, known: Mapping[str, str]) -> Listing:
    skipped: dict[Path, str] = {}
    files = [(path.relative_to(folder).as_posix(), path) for path in _walk(folder, out, skipped)]
    if folder in skipped:
        raise SourceError(
            f"The folder {skipped[folder]}",
            str(folder),
            "Get permission to read it.",
            code="folder-unreadable",
        )
    reasons = {path.relative_to(folder).as_posix(): reason for path, reason in skipped.items()}
    return _sorted_out(files, known, reasons)


def _walk(folder: Path, out: Path, skipped: dict[Path, str]) -> Iterator[Path]:
    """Every file in a folder and its subfolders; links are followed, hidden folders and `out` skipped.

    `skipped` gets every other folder that was skipped, with the reason.
    """
    excluded = out.resolve()
    entered = {excluded}

    def failed(error: OSError) -> None:
        if error.filename is not None:  # None: a folder that goes or fails while it is read
            skipped[Path(error.filename)] = f"cannot be read: {reading_failed(error)}"

    starts = [folder]
    while starts:  # links come last: a file that is also reached without a link is named without it
        start = starts.pop(0)
        for place, folders, files in os.walk(start, onerror=failed):
            here = Path(place)
            inside = [here / name for name in sorted(folders) if not name.startswith(".")]
            entered.add(here.resolve())
            links = [path for path in inside if path.is_symlink()]
            own = [path for path in inside if path not in links and path.resolve() not in entered]
            folders[:] = [path.name for path in own]
            starts += links
            yield from (here / name for name in sorted(files))
        skipped |= {path: why for path in starts if (why := _not_followed(path, entered, excluded))}
        starts = [path for path in starts if path not in skipped]


def _not_followed(link: Path, entered: Set[Path], excluded: Path) -> str:
    """Why a link to a folder is not followed; empty if it is followed."""
    place = link.resolve()
    if excluded in (place, *place.parents):
        return "a link to results"
    if place in entered:
        return "a link to a folder that is listed already"
    return "a link to a folder that contains it" if place in link.parent.resolve().parents else ""


def _by_pattern(pattern: str, out: Path, known: Mapping[str, str]) -> Listing:
    """Files that match; names are relative to the last folder without a wildcard.

    The name of an existing file is not read as a pattern: `Film [1950].mkv`.
    """
    parts, named = Path(pattern).parts, Path(pattern).is_file()
    magic = [place for place, part in enumerate(parts[:-1]) if glob.has_magic(part) and not named]
    first = magic[0] if magic else len(parts) - 1
    root = Path(*parts[:first])
    excluded = out.resolve()
    found = [Path(pattern)] if named else sorted(root.glob("/".join(parts[first:])))
    files = [
        (path.relative_to(root).as_posix(), path)
        for path in _with_images(found)
        if path.is_file() and excluded not in path.resolve().parents
    ]
    return _sorted_out(files, known)


def _with_images(found: Iterable[Path]) -> Iterator[Path]:
    """The files, and instead of each folder the images in it."""
    for path in found:
        if path.is_dir():
            yield from sorted(filter(is_image, path.iterdir()))
        else:
            yield path


def _several(arguments: Sequence[str], known: Mapping[str, str]) -> Listing:
    """Files given one by one (a pattern that the shell expanded), relative to their common folder."""
    named = [Path(each) for each in dict.fromkeys(arguments)]
    files = {path: [p for p in _with_images([path]) if p.is_file()] for path in named}
    if others := [str(path) for path, own in files.items() if not own]:
        todo = "Give one folder, one list, one pattern in quotes, or several files."
        raise UsageError(
            "These are neither files nor folders of images.",
            ", ".join(others[:3]),
            todo,
            code="invalid-command-line",
        )
    paths = list(dict.fromkeys(path for own in files.values() for path in own))
    root = os.path.commonpath([path.absolute().parent for path in paths])
    return _sorted_out(
        [(path.absolute().relative_to(root).as_posix(), path) for path in paths], known
    )


def _sorted_out(
    files: list[tuple[str, Path]], known: Mapping[str, str], skipped: Mapping[str, str] = _NOTHING
) -> Listing:
    """The films, and the skipped files with reasons; `skipped` are folders with their reasons."""
    reels = find_sequences({name: path for name, path in files if is_image(path)})
    reasons = {name: _no_film(path) for name, path in files if not is_image(path)}
    films = {name: path for name, path in files if not reasons.get(name, "an image")}
    reasons |= {**reels.reasons, **skipped}
    films |= reels.paths
    targets = name_targets(films, known, reels.stems)
    listed = tuple(Film(name, path, targets[name]) for name, path in sorted(films.items()))
    return Listing(listed, tuple(_skipped_files(reasons)))


def _no_film(path: Path) -> str:
    """Why a file is not a film of the batch; empty if it is one."""
    if path.name.startswith("."):
        return "hidden"
    if path.suffix.lower() not in SUFFIXES:
        return f"not the suffix of a film ({path.suffix.lower() or 'none'})"
    try:
        return "a result of restore" if record_path(path).exists() else ""
    except OSError as error:  # a folder that can be listed, but whose files cannot be read
        return f"cannot be read: {reading_failed(error)}"


def _skipped_files(reasons: Mapping[str, str]) -> Iterator[Skipped]:
    """The skipped files; many files of one kind in a folder are listed together."""
    kinds = Counter((_folder_of(name), reason) for name, reason in reasons.items() if reason)
    for name, reason in sorted(reasons.items()):
        if reason and kinds[_folder_of(name), reason] <= FEW:
            yield Skipped(name, reason)
    for (folder, reason), count in sorted(kinds.items()):
        if count > FEW:
            yield Skipped(f"{folder}*", f"{count} files, {reason}")


def _folder_of(name: str) -> str:
    """`a/b/` of `a/b/c.mp4`."""
    return name[: name.rfind("/") + 1]


def name_targets(
    names: Iterable[str],
    known: Mapping[str, str],
    stems: Mapping[str, tuple[str, ...]] = _NOTHING,
) -> dict[str, str]:
    """The name of each film's result: `a/b.mp4` becomes `a/b.restored.*`, in the same folders.

    No two names are equal, not even if case is ignored: films that differ only by suffix keep it
    (`b.mp4.restored.*`), and earlier names (`known`) are kept. The order does not matter. `stems` are
    possible names of films without a suffix, best first.
    """
    targets = {name: known[name] for name in names if name in known}
    taken = {target.casefold() for target in targets.values()}
    new = sorted(set(names) - set(targets))
    candidates = {name: stems.get(name, (_without_suffix(name),)) for name in new}
    counts = Counter(stem.casefold() for own in candidates.values() for stem in own)
    for name in new:
        choices = [stem for stem in candidates[name] if counts[stem.casefold()] == 1]
        choices += [name, *(f"{name}.{number}" for number in range(2, len(targets) + 3))]
        free = (f"{choice}.restored{OPEN}" for choice in choices)
        targets[name] = next(target for target in free if target.casefold() not in taken)
        taken.add(targets[name].casefold())
    return targets


def _without_suffix(name: str) -> str:
    folder, file = _folder_of(name), name[name.rfind("/") + 1 :]
    return folder + Path(file).stem


def _in_list(path: Path, known: Mapping[str, str]) -> Listing:
    """The films of a CSV file: a column `film`, optional `output` and `recipe`; paths from its folder."""
    names: dict[str, dict[str, str]] = {}
    for row in _rows(path):
        name = _listed_name(row["film"])
        if name in names:
            name = f"{name} -> {row.get('output', '')}"
        if name in names or name.endswith("-> "):
            raise _twice(path, row["film"])
        names[name] = row
    chosen = {name: _chosen(row["output"]) for name, row in names.items() if row.get("output")}
    others = [name for name in names if name not in chosen]
    stems = {name: stems_of(name, path.parent / names[name]["film"]) for name in others}
    named = name_targets(others, known, {name: own for name, own in stems.items() if own})
    films = [
        Film(name, path.parent / row["film"], (chosen | named)[name], _recipe(path, row))
        for name, row in names.items()
    ]
    twice = [t for t, count in Counter(f.target.casefold() for f in films).items() if count > 1]
    if twice:
        raise _twice(path, ", ".join(sorted(twice)[:3]))
    return Listing(tuple(films))


def _twice(path: Path, what: str) -> UsageError:
    return UsageError(
        "Several lines of the list have the same result.",
        f"{path}: {what}",
        "Give each line a different output.",
        code="batch-list-invalid",
    )


def _rows(path: Path) -> list[dict[str, str]]:
    """The lines of the list, without empty ones; raises UsageError if it is not a list of films."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        where = f"{path}: {reading_failed(error)}"
        raise UsageError("The list cannot be read.", where, code="batch-list-invalid") from error
    if "film" not in columns or columns - {"film", "output", "recipe"}:
        raise UsageError(
            "The first line of the list does not contain column names.",
            f"{path}: {', '.join(sorted(columns)) or 'nothing'}",
            "The columns are film, and optionally output and recipe.",
            code="batch-list-invalid",
        )
    return [row for row in rows if row["film"]]


def _listed_name(film: str) -> str:
    """A film's name: its path in the list, without the root and without `..`."""
    path = Path(os.path.normpath(film))
    inside = [part for part in path.parts if part not in ("..", path.anchor)]
    return "/".join(inside)


def _chosen(output: str) -> str:
    """A result's name from the list; raises UsageError if it is outside the batch's folder."""
    path = Path(os.path.normpath(output))
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            "An output of the list is outside of --out.",
            output,
            "Give a path relative to --out.",
            code="batch-list-invalid",
        )
    return path.as_posix() if path.suffix else f"{path.as_posix()}{OPEN}"


def _recipe(path: Path, row: Mapping[str, str]) -> Path | None:
    """The recipe of this line, relative to the folder of the list."""
    return path.parent / row["recipe"] if row.get("recipe") else None
