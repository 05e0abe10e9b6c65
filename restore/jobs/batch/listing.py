"""Which films a batch has, and the names of their results: a folder, a pattern or a list in CSV."""

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
from restore.jobs.batch.sequences import find_reels, is_picture, stems_of
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
"""What the name of a film ends with, in small letters."""

FEW = 8
"""Files of one kind in a folder that are named one by one when they are no films."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
"""Nothing about any name."""

OPEN = ".*"
"""At the end of a result's name: the container that suits the film."""


@dataclass(frozen=True, slots=True)
class Film:
    """One film: `name` tells it from the others, `target` is its result's name below the batch's folder.

    `target` ends with `.*` where the container is the program's choice; `recipe` is a TOML file of its own.
    """

    name: str
    path: Path
    target: str
    recipe: Path | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is no film, or several of a kind, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The films, by name, and what was passed over."""

    films: tuple[Film, ...]
    skipped: tuple[Skipped, ...] = ()


def list_films(words: Sequence[str], out: Path, known: Mapping[str, str]) -> Listing:
    """The films of a folder (with all folders in it), of a list (`.csv`), of a pattern, or several files.

    `known` are the targets of films met before (name -> target), which they keep; what lies in `out` is
    no source. Raises SourceError where there is nothing, UsageError for a list with mistakes.
    """
    what, path = " ".join(words), Path(words[0])
    if len(words) > 1:
        listing = _several(words, known)
    elif path.is_dir():
        listing = _in_folder(path, out, known)
    elif path.suffix.lower() == ".csv" and path.is_file():
        listing = _in_list(path, known)
    else:
        listing = _by_pattern(what, out, known)
    if not listing.films:
        places = f"{len(listing.skipped)} other entries were passed over" if listing.skipped else ""
        todo = "Name a folder, a pattern in quotes, or a list that ends with .csv."
        raise SourceError(f"There are no films in {what}.", places, todo)
    return listing


def share(films: Iterable[Film], part: int, parts: int) -> tuple[Film, ...]:
    """Every `parts`-th film, beginning with number `part` (from 1)."""
    return tuple(film for place, film in enumerate(films) if place % parts == part - 1)


def _in_folder(folder: Path, out: Path, known: Mapping[str, str]) -> Listing:
    left: dict[Path, str] = {}
    files = [(path.relative_to(folder).as_posix(), path) for path in _walk(folder, out, left)]
    if folder in left:
        raise SourceError(
            f"The folder {left[folder]}", str(folder), "Ask for the right to read it."
        )
    reasons = {path.relative_to(folder).as_posix(): reason for path, reason in left.items()}
    return _sorted_out(files, known, reasons)


def _walk(folder: Path, out: Path, left: dict[Path, str]) -> Iterator[Path]:
    """Every file below a folder, also where links in it lead to; hidden folders and `out` are not entered.

    `left` gets every folder that was left out besides, with the reason.
    """
    beyond = out.resolve()
    entered = {beyond}

    def failed(error: OSError) -> None:
        left[Path(error.filename)] = f"cannot be read: {reading_failed(error)}"

    starts = [folder]
    while starts:  # links come last: what is reached without one keeps the name that it has so
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
        left |= {path: why for path in starts if (why := _not_followed(path, entered, beyond))}
        starts = [path for path in starts if path not in left]


def _not_followed(link: Path, entered: Set[Path], beyond: Path) -> str:
    """Why a link to a folder is not followed; empty if it is."""
    place = link.resolve()
    if beyond in (place, *place.parents):
        return "a link to results"
    if place in entered:
        return "a link to a folder that is listed already"
    return "a link to a folder that it lies in" if place in link.parent.resolve().parents else ""


def _by_pattern(pattern: str, out: Path, known: Mapping[str, str]) -> Listing:
    """Files that match; names begin behind the last folder without a wildcard.

    A file's own name comes before the pattern that it may be, too: `Film [1950].mkv`.
    """
    parts, named = Path(pattern).parts, Path(pattern).is_file()
    magic = [place for place, part in enumerate(parts[:-1]) if glob.has_magic(part) and not named]
    first = magic[0] if magic else len(parts) - 1
    root = Path(*parts[:first])
    beyond = out.resolve()
    found = [Path(pattern)] if named else sorted(root.glob("/".join(parts[first:])))
    files = [
        (path.relative_to(root).as_posix(), path)
        for path in _with_pictures(found)
        if path.is_file() and beyond not in path.resolve().parents
    ]
    return _sorted_out(files, known)


def _with_pictures(found: Iterable[Path]) -> Iterator[Path]:
    """The files, and in place of each folder the pictures in it."""
    for path in found:
        if path.is_dir():
            yield from sorted(filter(is_picture, path.iterdir()))
        else:
            yield path


def _several(words: Sequence[str], known: Mapping[str, str]) -> Listing:
    """Files named one by one (a pattern that the shell resolved), named from the folder above all."""
    given = [Path(word) for word in dict.fromkeys(words)]
    files = {word: [p for p in _with_pictures([word]) if p.is_file()] for word in given}
    if others := [str(word) for word, own in files.items() if not own]:
        todo = "Name one folder, one list, one pattern in quotes, or several files."
        raise UsageError(
            "These are neither files nor folders of pictures.", ", ".join(others[:3]), todo
        )
    paths = list(dict.fromkeys(path for own in files.values() for path in own))
    root = os.path.commonpath([path.absolute().parent for path in paths])
    return _sorted_out(
        [(path.absolute().relative_to(root).as_posix(), path) for path in paths], known
    )


def _sorted_out(
    files: list[tuple[str, Path]], known: Mapping[str, str], left: Mapping[str, str] = _NOTHING
) -> Listing:
    """Films on one side, the rest with reasons on the other; `left` are folders left out, with theirs."""
    reels = find_reels({name: path for name, path in files if is_picture(path)})
    reasons = {name: _no_film(path) for name, path in files if not is_picture(path)}
    films = {name: path for name, path in files if not reasons.get(name, "a picture")}
    reasons |= {**reels.reasons, **left}
    films |= reels.paths
    targets = name_targets(films, known, reels.stems)
    listed = tuple(Film(name, path, targets[name]) for name, path in sorted(films.items()))
    return Listing(listed, tuple(_told(reasons)))


def _no_film(path: Path) -> str:
    """Why a file is no film of the batch; empty if it is one."""
    if path.name.startswith("."):
        return "hidden"
    if path.suffix.lower() not in SUFFIXES:
        return f"no film by its suffix ({path.suffix.lower() or 'none'})"
    try:
        return "a result of restore" if record_path(path).exists() else ""
    except OSError as error:  # a folder whose names can be read, but nothing behind them
        return f"cannot be read: {reading_failed(error)}"


def _told(reasons: Mapping[str, str]) -> Iterator[Skipped]:
    """Files passed over; many of a kind in a folder are told together."""
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
    """A result's name for each film: `a/b.mp4` becomes `a/b.restored.*`, in the same tree.

    No two names are alike, not even where a file system ignores case: films that differ only by suffix
    keep it (`b.mp4.restored.*`), and a name given before (`known`) stays. The order plays no part. `stems`
    are what films are called that have no suffix, best first.
    """
    targets = {name: known[name] for name in names if name in known}
    taken = {target.casefold() for target in targets.values()}
    new = sorted(set(names) - set(targets))
    wishes = {name: stems.get(name, (_without_suffix(name),)) for name in new}
    wanted = Counter(stem.casefold() for own in wishes.values() for stem in own)
    for name in new:
        offers = [stem for stem in wishes[name] if wanted[stem.casefold()] == 1]
        offers += [name, *(f"{name}.{number}" for number in range(2, len(targets) + 3))]
        free = (f"{offer}.restored{OPEN}" for offer in offers)
        targets[name] = next(target for target in free if target.casefold() not in taken)
        taken.add(targets[name].casefold())
    return targets


def _without_suffix(name: str) -> str:
    folder, file = _folder_of(name), name[name.rfind("/") + 1 :]
    return folder + Path(file).stem


def _in_list(path: Path, known: Mapping[str, str]) -> Listing:
    """The films of a CSV file: a column `film`, if wanted `output` and `recipe`; paths from its folder."""
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
        "Several lines of the list would make the same result.",
        f"{path}: {what}",
        "Give each an output of its own.",
    )


def _rows(path: Path) -> list[dict[str, str]]:
    """The lines of the list, without empty ones; raises UsageError for a list that is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError("The list cannot be read.", f"{path}: {reading_failed(error)}") from error
    if "film" not in columns or columns - {"film", "output", "recipe"}:
        raise UsageError(
            "The list's first line does not name its columns.",
            f"{path}: {', '.join(sorted(columns)) or 'nothing'}",
            "It names film, and if you like output and recipe.",
        )
    return [row for row in rows if row["film"]]


def _listed_name(film: str) -> str:
    """A film's name: its path as the list has it, without the root or a way out of the folder."""
    path = Path(os.path.normpath(film))
    inside = [part for part in path.parts if part not in ("..", path.anchor)]
    return "/".join(inside)


def _chosen(output: str) -> str:
    """A result's name from the list; raises UsageError where it leads out of the batch's folder."""
    path = Path(os.path.normpath(output))
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            "An output of the list lies outside of --out.", output, "Name it from there."
        )
    return path.as_posix() if path.suffix else f"{path.as_posix()}{OPEN}"


def _recipe(path: Path, row: Mapping[str, str]) -> Path | None:
    """The line's own recipe, from the list's folder."""
    return path.parent / row["recipe"] if row.get("recipe") else None
