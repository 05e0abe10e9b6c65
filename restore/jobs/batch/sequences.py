"""Image sequences among a batch's files: each is a film, named by its pattern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from restore.jobs.record_files import record_path
from restore.media.images.header import KINDS
from restore.media.images.sequence import group_pictures


@dataclass(frozen=True, slots=True)
class Reels:
    """What pictures are: sequences (by name: the path of their pattern, what results are named after).

    `reasons` says of every other picture why it is no film.
    """

    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    stems: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    reasons: dict[str, str] = field(default_factory=dict[str, str])


def is_picture(path: Path) -> bool:
    """Whether a file's name says that it may be one of a film's pictures."""
    return path.suffix.lower() in KINDS and not path.name.startswith(".")


def of_pictures(film: Path) -> bool:
    """Whether a film is an image sequence, by its path: a pattern or a folder."""
    return is_picture(film) or film.is_dir()


def find_reels(pictures: Mapping[str, Path]) -> Reels:
    """The sequences among pictures (name: path), two pictures or more each.

    Folders that are results of restore are none. A folder that holds one sequence gives its own name to the
    result, as `restore run FOLDER` would; otherwise it is what stands before the number.
    """
    found = Reels()
    by_folder = sorted(pictures.items(), key=lambda pair: (pair[1].parent, pair[0]))
    for folder, own in groupby(by_folder, key=lambda pair: pair[1].parent):
        members = dict(own)
        # the name of "." is known only to the system
        if record_path(folder if folder.name else folder.resolve()).exists():
            found.reasons.update(dict.fromkeys(members, "a result of restore"))
            continue
        before = {path.name: name for name, path in members.items()}
        groups, strays = group_pictures(sorted(before))
        found.reasons.update({before[name]: "a picture without a number" for name in strays})
        alone = sum(len(words) > 1 for words in groups.values()) == 1
        for around, words in groups.items():
            _sort(found, folder, before, around, words, alone=alone)
    return found


def _sort(
    found: Reels,
    folder: Path,
    before: Mapping[str, str],
    around: tuple[str, str],
    words: Sequence[str],
    *,
    alone: bool,
) -> None:
    """Take in the pictures of a folder that differ by their numbers alone."""
    prefix, suffix = around
    digits = min(len(text) for text in words)
    fits = [text for text in words if text == f"{int(text):0{digits}}"]
    pattern = f"{prefix}%0{digits}d{suffix}"
    odd = [text for text in words if text not in set(fits)]
    reason = f"not numbered as {pattern}"
    if "%" in prefix or len(fits) < 2:
        odd, reason = list(words), "one picture is no film"
        if "%" in prefix:
            reason = "its name has a % before the number: name its folder to restore run"
    else:
        at = before[f"{prefix}{fits[0]}{suffix}"].rpartition("/")[0]
        name = f"{at}/{pattern}" if at else pattern
        found.paths[name] = folder / pattern
        found.stems[name] = tuple(_stems(at, folder, prefix, alone=alone))
    found.reasons.update({before[f"{prefix}{text}{suffix}"]: reason for text in odd})


def stems_of(name: str, film: Path) -> tuple[str, ...]:
    """What results of image sequences that a list names may be called; nothing for other films."""
    if film.is_dir():
        return (name,)
    if not is_picture(film):
        return ()
    at, _, file = name.rpartition("/")
    return tuple(_stems(at, film.parent, file.partition("%")[0], alone=False))


def _stems(at: str, folder: Path, prefix: str, *, alone: bool) -> Iterator[str]:
    """What a result may be called, best first: its folder beside it, or what stands before the number."""
    if alone and at:
        yield at
    word = prefix.rstrip("_-. ") or folder.resolve().name
    yield f"{at}/{word}" if at else word
