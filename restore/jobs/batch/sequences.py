"""Image sequences among a batch's files: each is a film, named by its pattern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from restore.jobs.record_files import record_path
from restore.media.images.header import KINDS
from restore.media.images.sequence import group_images


@dataclass(frozen=True, slots=True)
class Sequences:
    """The sequences among images: by name the path of their pattern, and the stems of their results' names.

    `reasons` has the reason why each other image is not a film.
    """

    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    stems: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    reasons: dict[str, str] = field(default_factory=dict[str, str])


def is_image(path: Path) -> bool:
    """Whether a file may be one of a film's images, by its name."""
    return path.suffix.lower() in KINDS and not path.name.startswith(".")


def is_image_sequence(film: Path) -> bool:
    """Whether a film is an image sequence, by its path: a pattern or a folder."""
    return is_image(film) or film.is_dir()


def find_sequences(images: Mapping[str, Path]) -> Sequences:
    """The sequences among images (name: path), of two images or more each.

    Folders that are results of restore have none. The result of a folder with one sequence has the folder's
    name, as with `restore run FOLDER`; otherwise it is the text before the number.
    """
    found = Sequences()
    by_folder = sorted(images.items(), key=lambda pair: (pair[1].parent, pair[0]))
    for folder, own in groupby(by_folder, key=lambda pair: pair[1].parent):
        members = dict(own)
        # the name of "." is known only to the system
        if record_path(folder if folder.name else folder.resolve()).exists():
            found.reasons.update(dict.fromkeys(members, "a result of restore"))
            continue
        before = {path.name: name for name, path in members.items()}
        groups, strays = group_images(sorted(before))
        found.reasons.update({before[name]: "an image without a number" for name in strays})
        alone = sum(len(numbers) > 1 for numbers in groups.values()) == 1
        for around, numbers in groups.items():
            _sort(found, folder, before, around, numbers, alone=alone)
    return found


def _sort(
    found: Sequences,
    folder: Path,
    before: Mapping[str, str],
    around: tuple[str, str],
    numbers: Sequence[str],
    *,
    alone: bool,
) -> None:
    """Add the images of a folder that differ only in their numbers."""
    prefix, suffix = around
    digits = min(len(text) for text in numbers)
    fits = [text for text in numbers if text == f"{int(text):0{digits}}"]
    pattern = f"{prefix}%0{digits}d{suffix}"
    odd = [text for text in numbers if text not in set(fits)]
    reason = f"its number does not match {pattern}"
    if "%" in prefix or len(fits) < 2:
        odd, reason = list(numbers), "a single image is not a film"
        if "%" in prefix:
            reason = "its name has a % before the number: give its folder to restore run"
    else:
        at = before[f"{prefix}{fits[0]}{suffix}"].rpartition("/")[0]
        name = f"{at}/{pattern}" if at else pattern
        found.paths[name] = folder / pattern
        found.stems[name] = tuple(_stems(at, folder, prefix, alone=alone))
    found.reasons.update({before[f"{prefix}{text}{suffix}"]: reason for text in odd})


def stems_of(name: str, film: Path) -> tuple[str, ...]:
    """Possible names for results of image sequences in a list; none for other films."""
    if film.is_dir():
        return (name,)
    if not is_image(film):
        return ()
    at, _, file = name.rpartition("/")
    return tuple(_stems(at, film.parent, file.partition("%")[0], alone=False))


def _stems(at: str, folder: Path, prefix: str, *, alone: bool) -> Iterator[str]:
    """Possible names of a result, best first: that of its folder, or the text before the number."""
    if alone and at:
        yield at
    stem = prefix.rstrip("_-. ") or folder.resolve().name
    yield f"{at}/{stem}" if at else stem
