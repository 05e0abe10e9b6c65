"""Image sequences as films: finding one by a pattern or in a folder, checking and opening its images.

`frame_%06d.dpx` names a sequence as in printf, a folder the only sequence in it. ffmpeg gets a pattern in
which all other percent signs are doubled, the first number and the count, so it opens only these files.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from restore.errors import SourceError
from restore.media.images.header import KINDS, Header, read_header
from restore.store import digest_file

DEFAULT_RATE = Fraction(24)
"""Frames a second if neither the user nor a header sets it: the rate of sound film."""

SOUND_SUFFIXES = (".wav", ".w64", ".rf64", ".bwf", ".aif", ".aiff", ".flac", ".mp3", ".sound.mkv")
"""Suffixes of sound files next to scans, and next to results of restore."""

_LARGEST_NUMBER = (1 << 31) - 1
"""ffmpeg numbers images with a signed 32-bit integer."""

_NAMED = 6
"""Number of files or gaps that a message lists."""

_PATTERN = re.compile(r"(?P<prefix>[^%]*)%(?:0(?P<digits>\d{1,2}))?d(?P<suffix>[^%]*)")
_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)(?P<suffix>\.\w+)", re.DOTALL)


@dataclass(frozen=True)
class ImageSequence:
    """Image files whose names differ by a number of at least `digits` digits, padded with zeros."""

    folder: Path
    prefix: str
    digits: int
    suffix: str
    numbers: tuple[int, ...]
    strays: tuple[str, ...] = ()

    def file(self, number: int) -> Path:
        """The file of that number."""
        return self.folder / f"{self.prefix}{number:0{self.digits}}{self.suffix}"

    @property
    def pattern(self) -> Path:
        """The pattern of all of them, as a user writes it."""
        return self.folder / f"{self.prefix}%0{self.digits}d{self.suffix}"

    @property
    def url(self) -> str:
        """The pattern of all of them for ffmpeg."""
        folder = str(self.folder.absolute()).replace("%", "%%")
        prefix, suffix = (text.replace("%", "%%") for text in (self.prefix, self.suffix))
        return f"file:{folder}/{prefix}%0{self.digits}d{suffix}"

    @property
    def first(self) -> int:
        """The first file's number."""
        return self.numbers[0]

    @cached_property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """(first number, count) of files without a gap between them."""
        return tuple(_runs(self.numbers))

    @property
    def gaps(self) -> str:
        """The numbers that are missing, as text; empty if none is."""
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


def find_sequence(path: Path) -> ImageSequence | None:
    """The image sequence that a pattern or a folder names; None for any other name.

    Raises SourceError for a pattern that no file matches, a folder without images or with several
    sequences, and numbers with two formats.
    """
    if path.is_dir():
        return _in_folder(path)
    match = _PATTERN.fullmatch(path.name)
    if match is None or path.exists():
        return None
    if match["suffix"].lower() not in KINDS:
        known = ", ".join(KINDS)
        raise SourceError(
            "Files with this suffix cannot form an image sequence.",
            str(path),
            f"The suffixes of image sequences are {known}.",
            code="image-kind-unknown",
        )
    fits = _grouped(path.parent)[0].get((match["prefix"], match["suffix"]), [])
    least = int(match["digits"] or 1)
    texts = [text for text in fits if text == f"{int(text):0{least}}"]
    if not texts:
        raise SourceError(
            "No file matches the pattern.",
            str(path),
            "Check folder, name and digits.",
            code="no-images",
        )
    return _numbered(path.parent, match["prefix"], match["suffix"], texts, least)


def _in_folder(folder: Path) -> ImageSequence:
    groups, strays = _grouped(folder)
    if not groups:
        raise SourceError(
            "This is a folder, not a film.",
            str(folder),
            "Give the films in it, or a folder that contains an image sequence.",
            code="no-images",
        )
    if len(groups) > 1:
        names = _named([f"{prefix}...{suffix}" for prefix, suffix in groups])
        raise SourceError(
            f"There are {len(groups)} image sequences in this folder.",
            f"{folder}: {names}",
            f"Give one of them by its pattern, for instance {folder / 'frame_%06d.dpx'}",
            code="several-sequences",
        )
    ((prefix, suffix), texts), *_ = groups.items()
    shortest = min(len(text) for text in texts)
    return _numbered(folder, prefix, suffix, texts, shortest, strays)


def _grouped(folder: Path) -> tuple[dict[tuple[str, str], list[str]], tuple[str, ...]]:
    """The numbers in the names of a folder's images, by prefix and suffix; names without a number."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if not _is_folder(entry))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SourceError(
            f"The folder cannot be read: {reason}.", str(folder), code="folder-unreadable"
        ) from error
    return group_images(names)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; broken or circular links count as files that cannot be read."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def group_images(
    names: Iterable[str],
) -> tuple[dict[tuple[str, str], list[str]], tuple[str, ...]]:
    """The numbers in the names of images, by (prefix, suffix); names without a number.

    Hidden files and files that are not images are left out.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    strays: list[str] = []
    for name in names:
        if name.startswith(".") or Path(name).suffix.lower() not in KINDS:
            continue
        match = _NUMBERED.fullmatch(name)
        if match is None:
            strays.append(name)
        else:
            groups[match["prefix"], match["suffix"]].append(match["number"])
    return groups, tuple(strays)


def _numbered(
    folder: Path,
    prefix: str,
    suffix: str,
    texts: list[str],
    digits: int,
    strays: tuple[str, ...] = (),
) -> ImageSequence:
    odd = [text for text in texts if text != f"{int(text):0{digits}}"]
    if odd:
        names = _named([f"{prefix}{text}{suffix}" for text in odd])
        raise SourceError(
            f"The numbers of the images have two formats: not all have {digits} digits.",
            f"{folder}: {names}",
            "Give all numbers the same number of digits, or give the images by their pattern.",
            code="images-misnumbered",
        )
    numbers = tuple(sorted(int(text) for text in texts))
    if numbers[-1] > _LARGEST_NUMBER:
        raise SourceError(
            "The images' numbers are too large.",
            f"{folder}: {numbers[-1]}",
            "Number them from 1 on.",
            code="images-misnumbered",
        )
    return ImageSequence(folder, prefix, digits, suffix, numbers, strays)


def sound_files(found: ImageSequence) -> tuple[str, ...]:
    """Names of sound files in the images' folder, or next to it with its name."""
    inside = (entry.name for entry in os.scandir(found.folder))
    next_to = (f"{found.folder.absolute()}{suffix}" for suffix in SOUND_SUFFIXES)
    names = [*inside, *filter(os.path.isfile, next_to)]
    return tuple(sorted(name for name in names if name.lower().endswith(SOUND_SUFFIXES)))


def look_through(found: ImageSequence) -> Header:
    """The first image's header, after checking that all have the same size and form.

    Raises SourceError that lists images of another size or form, unreadable ones, and ones with a wrong
    suffix.

    """
    first = _alike(found, _headers(found))
    if first.unfit:
        raise SourceError(
            f"Such {first.kind.upper()} images cannot be restored: {first.unfit}.",
            str(found.file(found.first)),
            f"Convert them first, for instance: {first.advice}",
            code="image-unsupported",
        )
    if first.kind != KINDS[found.suffix.lower()]:
        raise SourceError(
            f"The images are {first.kind.upper()}, but have the suffix {found.suffix}.",
            str(found.pattern),
            "Rename them.",
            code="image-misnamed",
        )
    return first


def _headers(found: ImageSequence) -> dict[int, Header]:
    """The header of every file by its number; raises SourceError that lists files that cannot be read."""
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
            f"{len(broken)} of the images cannot be read.",
            f"{found.folder}: {_named(broken)}",
            "Replace them, or remove them and use --allow-damaged.",
            code="images-unreadable",
        )
    return headers


def _alike(found: ImageSequence, headers: Mapping[int, Header]) -> Header:
    """The first header; raises SourceError that lists the files that differ from most others."""
    makes = {number: _make(header) for number, header in headers.items()}
    usual = Counter(makes.values()).most_common(1)[0][0]
    odd = [number for number in found.numbers if makes[number] != usual]
    if odd:
        names = _named([f"{found.file(number).name} ({makes[number]})" for number in odd])
        raise SourceError(
            f"{len(odd)} of the images differ from the others ({usual}).",
            f"{found.folder}: {names}",
            "Restore them as a separate sequence.",
            code="images-differ",
        )
    return headers[found.first]


def _make(header: Header) -> str:
    turned = f", orientation {header.orientation}" if header.orientation > 1 else ""
    but = f", but {header.unfit}" if header.unfit else ""
    return f"{header.kind.upper()} {header.width}x{header.height}, {header.make}{turned}{but}"


def opening(found: ImageSequence, first: int, rate: Fraction) -> dict[str, str]:
    """Demuxer options of ffmpeg: begin at that number, read the name as a pattern."""
    return {
        "pattern_type": "sequence",
        "start_number": str(first),
        "start_number_range": "1",
        "framerate": str(rate),
    }


def digest_sequence(found: ImageSequence) -> str:
    """SHA-256 over the names and contents of all files, in order."""
    sha = hashlib.sha256()
    for number in found.numbers:
        path = found.file(number)
        sha.update(f"{path.name}\n{digest_file(path)}\n".encode())
    return sha.hexdigest()


def sequence_stat(found: ImageSequence) -> tuple[int, int]:
    """Bytes of all files together, and the sum of their modification times: different if one file changes."""
    facts = [found.file(number).stat() for number in found.numbers]
    return sum(fact.st_size for fact in facts), sum(fact.st_mtime_ns for fact in facts)
