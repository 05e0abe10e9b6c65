"""Numbered pictures as a film: found by a pattern or in a folder, looked through, opened one by one.

`frame_%06d.dpx` names them as printf does, a folder names the one sequence in it. ffmpeg is given a
pattern in which every other percent sign is doubled, the first number and the count: it opens these
files alone.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from restore.errors import SourceError
from restore.media.images.header import KINDS, Header, read_header
from restore.store import digest_file

DEFAULT_RATE = Fraction(24)
"""Frames a second where neither the user nor a header says it: the sound film's rate."""

_LARGEST_NUMBER = (1 << 31) - 1
"""ffmpeg counts pictures in a signed 32-bit number."""

_NAMED = 6
"""How many files or gaps a message names."""

_PATTERN = re.compile(r"(?P<prefix>[^%]*)%(?:0(?P<digits>\d{1,2}))?d(?P<suffix>[^%]*)")
_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)(?P<suffix>\.\w+)", re.DOTALL)


@dataclass(frozen=True)
class Numbered:
    """Pictures that differ by a number of at least `digits` digits, filled up with zeros."""

    folder: Path
    prefix: str
    digits: int
    suffix: str
    numbers: tuple[int, ...]
    strays: tuple[str, ...] = ()

    def file(self, number: int) -> Path:
        """The picture of that number."""
        return self.folder / f"{self.prefix}{number:0{self.digits}}{self.suffix}"

    @property
    def pattern(self) -> Path:
        """The name of all of them, as a user would write it."""
        return self.folder / f"{self.prefix}%0{self.digits}d{self.suffix}"

    @property
    def url(self) -> str:
        """The name of all of them for ffmpeg."""
        folder = str(self.folder.absolute()).replace("%", "%%")
        prefix, suffix = (text.replace("%", "%%") for text in (self.prefix, self.suffix))
        return f"file:{folder}/{prefix}%0{self.digits}d{suffix}"

    @property
    def first(self) -> int:
        """The first picture's number."""
        return self.numbers[0]

    @cached_property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """(first number, count) of pictures without a gap between them."""
        return tuple(_runs(self.numbers))

    @property
    def gaps(self) -> str:
        """The numbers that are missing, in words; empty where none is."""
        ends = [(first + count, first) for first, count in self.runs]
        gaps = [(stop, after - 1) for (stop, _), (_, after) in itertools.pairwise(ends)]
        return _named([f"{a}" if a == b else f"{a}-{b}" for a, b in gaps])


def _runs(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    for _, group in itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        own = [number for _, number in group]
        yield own[0], len(own)


def _named(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def find_sequence(path: Path) -> Numbered | None:
    """The numbered pictures that a pattern or a folder names; None for any other name.

    Raises SourceError for a pattern that no file fits, a folder without pictures or with several
    sequences, and numbers that are written in two ways.
    """
    if path.is_dir():
        return _in_folder(path)
    told = _PATTERN.fullmatch(path.name)
    if told is None or path.exists():
        return None
    if told["suffix"].lower() not in KINDS:
        known = ", ".join(KINDS)
        raise SourceError("Such files form no film.", str(path), f"Pictures end in {known}.")
    fits = _grouped(path.parent)[0].get((told["prefix"], told["suffix"]), [])
    least = int(told["digits"] or 1)
    words = [text for text in fits if text == f"{int(text):0{least}}"]
    if not words:
        raise SourceError("No file fits the pattern.", str(path), "Check folder, name and digits.")
    return _numbered(path.parent, told["prefix"], told["suffix"], words, least)


def _in_folder(folder: Path) -> Numbered:
    groups, strays = _grouped(folder)
    if not groups:
        raise SourceError(
            "This is a folder, not a film.",
            str(folder),
            "Name the films in it, or a folder of numbered pictures.",
        )
    if len(groups) > 1:
        names = _named([f"{prefix}...{suffix}" for prefix, suffix in groups])
        raise SourceError(
            f"There are {len(groups)} sequences of pictures in this folder.",
            f"{folder}: {names}",
            f"Name one of them by its pattern, for instance {folder / 'frame_%06d.dpx'}",
        )
    ((prefix, suffix), words), *_ = groups.items()
    shortest = min(len(text) for text in words)
    return _numbered(folder, prefix, suffix, words, shortest, strays)


def _grouped(folder: Path) -> tuple[dict[tuple[str, str], list[str]], tuple[str, ...]]:
    """The numbers in a folder's picture names, by what stands around them; names without a number."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if not _is_folder(entry))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SourceError(f"The folder cannot be read: {reason}.", str(folder)) from error
    return group_pictures(names)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; links that lead nowhere, or to each other, are files that cannot be read."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def group_pictures(
    names: Iterable[str],
) -> tuple[dict[tuple[str, str], list[str]], tuple[str, ...]]:
    """The numbers in pictures' names, by (what stands before, what stands behind); names without any.

    Hidden files and files that are no pictures are left out.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    strays: list[str] = []
    for name in names:
        if name.startswith(".") or Path(name).suffix.lower() not in KINDS:
            continue
        told = _NUMBERED.fullmatch(name)
        if told is None:
            strays.append(name)
        else:
            groups[told["prefix"], told["suffix"]].append(told["number"])
    return groups, tuple(strays)


def _numbered(
    folder: Path,
    prefix: str,
    suffix: str,
    words: list[str],
    digits: int,
    strays: tuple[str, ...] = (),
) -> Numbered:
    odd = [text for text in words if text != f"{int(text):0{digits}}"]
    if odd:
        names = _named([f"{prefix}{text}{suffix}" for text in odd])
        raise SourceError(
            f"The pictures are numbered in two ways: not all with {digits} digits.",
            f"{folder}: {names}",
            "Give all numbers as many digits, or name those you mean by their pattern.",
        )
    numbers = tuple(sorted(int(text) for text in words))
    if numbers[-1] > _LARGEST_NUMBER:
        raise SourceError("The numbers are too large.", f"{folder}: {numbers[-1]}", "Renumber.")
    return Numbered(folder, prefix, digits, suffix, numbers, strays)


def look_through(found: Numbered) -> Header:
    """The first picture's header, when all are known to be of one size and make.

    Raises SourceError naming the pictures that are not, or cannot be read, or are named for another kind.
    """
    headers: dict[int, Header] = {}
    broken: list[str] = []
    for number in found.numbers:
        path = found.file(number)
        try:
            headers[number] = read_header(path)
        except (OSError, ValueError) as error:
            broken.append(f"{path.name} ({error})")
    if broken:
        raise SourceError(
            f"{len(broken)} of the pictures cannot be read.",
            f"{found.folder}: {_named(broken)}",
            "Replace them, or take them away and use --allow-damaged.",
        )
    makes = {number: _make(header) for number, header in headers.items()}
    usual = Counter(makes.values()).most_common(1)[0][0]
    odd = [number for number in found.numbers if makes[number] != usual]
    if odd:
        names = _named([f"{found.file(number).name} ({makes[number]})" for number in odd])
        raise SourceError(
            f"{len(odd)} of the pictures are not like the others ({usual}).",
            f"{found.folder}: {names}",
            "Restore them as a sequence of their own.",
        )
    first = headers[found.first]
    if first.unfit:
        raise SourceError(
            f"Such {first.kind.upper()} pictures cannot be restored: {first.unfit}.",
            str(found.pattern),
            "Convert them first, for instance: oiiotool IN.exr --ch R,G,B --croptofull -d half -o OUT.exr",
        )
    if first.kind != KINDS[found.suffix.lower()]:
        raise SourceError(
            f"The pictures are {first.kind.upper()}, but named {found.suffix}.",
            str(found.pattern),
            "Rename them.",
        )
    return first


def _make(header: Header) -> str:
    but = f", but {header.unfit}" if header.unfit else ""
    return f"{header.kind.upper()} {header.width}x{header.height}, {header.make}{but}"


def opening(found: Numbered, first: int, rate: Fraction) -> dict[str, str]:
    """Demuxer options of ffmpeg that begin at one of the numbers and take the pattern for a pattern."""
    return {
        "pattern_type": "sequence",
        "start_number": str(first),
        "start_number_range": "1",
        "framerate": str(rate),
    }


def digest_sequence(found: Numbered) -> str:
    """SHA-256 over the names and contents of all pictures, in order."""
    sha = hashlib.sha256()
    for number in found.numbers:
        path = found.file(number)
        sha.update(f"{path.name}\n{digest_file(path)}\n".encode())
    return sha.hexdigest()


def stamp_sequence(found: Numbered) -> tuple[int, int]:
    """Bytes of all pictures together, and their times of change added up: what changes if one changes."""
    facts = [found.file(number).stat() for number in found.numbers]
    return sum(fact.st_size for fact in facts), sum(fact.st_mtime_ns for fact in facts)
