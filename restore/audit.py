"""The result against its source: every frame there, in its place and time, everything beside it intact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.errors import AuditError
from restore.media.encode import VideoFormat
from restore.media.join import left_out
from restore.media.pixels import pixel_format
from restore.media.probe import Source, probe
from restore.media.verify import StreamDigest, read_thumbnails, stream_digests
from restore.survey import survey as surveys
from restore.survey.film import Survey
from restore.timing import FrameTable, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]

TOLD_APART = 1.0
"""Two frames can be told apart if their thumbnails, mean and contrast removed, differ by this many
8-bit code values on average; elsewhere the receipts' frame numbers count."""

MOVED = 6.0
MOVED_CELLS = 4
"""They also can if this many cells differ by so much: a small figure before a still background."""

WRONG_FRAME = -0.7
"""How far a frame may lean from its own source frame (1) towards a neighbor (-1).

Measured on five of the old films through 2x enlargement, strong and weak temporal denoising, and x264
from crf 16 to 30: right frames lean no further than 0.84 at crf 16, -0.6 at worst; a neighbor in
their place gives -0.84 to -1 at crf 16, and beyond -0.7 for three of four frames at worst.
"""

LIKE = 0.5
"""Correlation of a frame's thumbnail with its source's below which it shows something else."""

CONTRAST = 4.0
"""Deviation of a thumbnail, in code values, from which its pattern says something."""

SYNC = Fraction(2, 1000)
"""Seconds by which a copied stream's beginning may move: containers count in ticks of up to 1 ms."""

_BLOCK = 256
_NAMED = 3
"""Frames compared at once, and how many wrong ones are named."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared, whether it is as it must be, and what was found."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that was compared."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all of it is as it must be."""
        return all(check.ok for check in self.checks)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the result must be.

    frames  the survey's frames that went in
    parts   the frames of each part by its receipt, in the order they were joined
    video   the planned size, aspect and tags
    trim    seconds of the source's clock that the film was cut out of, None for all of it; a cut film
            starts at 0
    """

    frames: Span
    parts: tuple[Span, ...]
    video: VideoFormat
    trim: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What comparing thumbnails said: how many frames were told apart, and which are wrong.

    wrong    (frame, the source frame it looks like), counted from the result's first
    strange  frames that look like nothing near them
    """

    told: int
    wrong: tuple[tuple[int, int], ...]
    strange: tuple[int, ...]


def audit(
    source: Source, survey: Survey, thumbnails: Path, result: Path, expected: Expected
) -> Audit:
    """Read the result back and compare it with its source, its survey and the plan.

    Memory does not grow with the film but for the stamps. Raises SourceError where a file is no film.
    """
    found = probe(result)
    frames = _shown(survey.frames.part(expected.frames), expected)
    pictures = surveys.read_thumbnails(thumbnails)[expected.frames.start : expected.frames.stop]
    seen: list[Fraction] = []
    try:
        order = compare_order(pictures, _recorded(read_thumbnails(result), seen))
        decoded = Check("decodes", True, "to its end")
    except AuditError as error:
        order = Order(0, (), ())
        decoded = Check("decodes", False, " ".join(str(error).split("\n")))
    tick = found.frames.time_base
    copied = _copied(source, result, expected)
    return Audit(
        (
            decoded,
            check_count(len(frames), len(seen)),
            check_parts(expected.frames, expected.parts),
            check_order(order, len(frames)),
            check_times(frames, seen, tick),
            check_duration(frames, found.frames, tick),
            check_video(expected.video, found),
            *copied,
        )
    )


def check_count(expected: int, found: int) -> Check:
    """As many frames came out as went in."""
    return Check("frames", expected == found, f"{found} of {expected}")


def check_parts(frames: Span, parts: Sequence[Span]) -> Check:
    """By their receipts, the parts hold every frame once and in order."""
    ends = [frames.start, *(part.stop for part in parts)]
    gap = next((i for i, part in enumerate(parts) if part.start != ends[i]), None)
    if gap is not None:
        return Check(
            "parts", False, f"part {gap} begins at frame {parts[gap].start}, not {ends[gap]}"
        )
    if ends[-1] != frames.stop:
        return Check("parts", False, f"the last part ends at frame {ends[-1]}, not {frames.stop}")
    return Check("parts", True, f"{len(parts)} with consecutive receipts")


def check_order(order: Order, count: int) -> Check:
    """Every frame shows its own source frame, as far as neighbors can be told apart."""
    if order.wrong:
        named = ", ".join(f"{a} shows {b}" for a, b in order.wrong[:_NAMED])
        return Check("order", False, f"{len(order.wrong)} frames out of place: frame {named}")
    if order.strange:
        named = ", ".join(str(index) for index in order.strange[:_NAMED])
        return Check("order", False, f"{len(order.strange)} frames unlike their source: {named}")
    rest = count - order.told
    by_receipt = f", {rest} like their neighbors (by receipt)" if rest else ""
    return Check("order", True, f"{order.told} frames proven by their pictures{by_receipt}")


def check_times(frames: FrameTable, found: Sequence[Fraction], tick: Fraction) -> Check:
    """Every frame is shown when it must be: exactly, or as near as the container can say."""
    apart = [abs(frames.seconds(k) - at) for k, at in enumerate(found[: len(frames)])]
    worst = max(apart, default=Fraction(0))
    if worst == 0:
        return Check("times", True, "all equal exactly")
    if worst < tick:
        return Check("times", True, f"equal to the container's tick of {_ms(tick)}")
    first = next(k for k, off in enumerate(apart) if off >= tick)
    return Check("times", False, f"frame {first} is {_ms(apart[first])} off")


def check_duration(frames: FrameTable, found: FrameTable, tick: Fraction) -> Check:
    """The film ends when it must, by the container's own stamps."""
    off = abs(frames.end - found.end)
    seconds = f"{float(found.end - found.start):.3f} s"
    if off == 0:
        return Check("duration", True, f"{seconds}, exactly")
    detail = f"{seconds}, {_ms(off)} off"
    return Check("duration", off < 2 * tick, detail + f" with a tick of {_ms(tick)}")


def check_video(expected: VideoFormat, found: Source) -> Check:
    """Size, sample aspect and color tags are the planned ones."""
    pairs: list[tuple[str, Any, Any]] = [
        ("size", (expected.width, expected.height), (found.width, found.height)),
        ("sample aspect", expected.sar, found.sar),
        ("range", expected.color.range, found.color.range),
    ]
    if pixel_format(expected.pixel_format).family != "gray":  # gray has no matrix
        pairs.append(("matrix", expected.color.matrix, found.color.matrix))
    for name in ("primaries", "transfer"):
        if getattr(expected.color, name) is not None:
            pairs.append((name, getattr(expected.color, name), getattr(found.color, name)))
    wrong = [f"{name} {is_} instead of {must}" for name, must, is_ in pairs if must != is_]
    good = f"{found.width}x{found.height}, {found.color.matrix}, {found.color.range} range"
    return Check("picture", not wrong, "; ".join(wrong) or good)


def check_copies(
    source: Sequence[StreamDigest],
    result: Sequence[StreamDigest],
    shift: Fraction,
    missing: int,
    *,
    filled: bool = False,
) -> list[Check]:
    """Every stream beside the film is there bit for bit and begins when it did, `shift` apart.

    `missing` data streams may be left out, for which the result's container has no place; `filled` allows
    PCM sound to end with silence that the source does not have (MXF).
    """
    rest = list(result)
    checks: list[Check] = []
    for number, stream in enumerate(source):
        same = next((own for own in rest if _is_copy(stream, own, filled=filled)), None)
        name = f"{stream.kind} {number}"
        if same is None:
            excused = stream.kind == "data" and missing > 0
            missing -= excused
            detail = (
                "left out: the container has no place for it" if excused else "not the same bits"
            )
            checks.append(Check(name, excused, detail))
            continue
        rest.remove(same)
        checks.append(_check_copy(name, stream, same, shift))
    if rest:
        checks.append(Check("streams", False, f"{len(rest)} that the source does not have"))
    return checks


def _is_copy(stream: StreamDigest, own: StreamDigest, *, filled: bool) -> bool:
    if (own.kind, own.sha256) != (stream.kind, stream.sha256):
        return False
    return own.size == stream.size or (filled and own.size > stream.size)


def _check_copy(name: str, stream: StreamDigest, same: StreamDigest, shift: Fraction) -> Check:
    bits = f"{stream.size} bytes, bit for bit"
    if same.size != stream.size:
        bits += f", and {same.size - stream.size} bytes of silence"
    if stream.start is None or same.start is None:
        return Check(name, True, bits)
    off = abs(stream.start + shift - same.start)
    return Check(name, off <= SYNC, bits if off <= SYNC else f"begins {_ms(off)} off")


def compare_order(
    source: NDArray[np.uint8], result: Iterator[NDArray[np.uint8]], block: int = _BLOCK
) -> Order:
    """Compare the result's thumbnails, one by one, with those of the source, [N, 32, 32].

    Frames beyond the source's last are left to the count.
    """
    told, wrong, strange = 0, list[tuple[int, int]](), list[int]()
    for first, rows in _blocks(result, block):
        rows = rows[: max(len(source) - first, 0)]
        if not len(rows):
            continue
        stop = first + len(rows)
        around = np.asarray(source[max(first - 1, 0) : stop + 1])
        found = _compare(around, rows, min(first, 1))
        told += found.told
        wrong += [(a + first, b + first) for a, b in found.wrong]
        strange += [index + first for index in found.strange]
    return Order(told, tuple(wrong), tuple(strange))


def _compare(around: NDArray[np.uint8], rows: NDArray[np.uint8], offset: int) -> Order:
    """Compare rows with the source's; `around` has `offset` frames before them and maybe one behind."""
    every, spread = _centered(around)
    own, own_spread = every[offset : offset + len(rows)], spread[offset : offset + len(rows)]
    shown, shown_spread = _centered(rows)
    like = (own * shown).mean(1) / np.maximum(own_spread * shown_spread, 1e-3)
    strange = np.flatnonzero((like < LIKE) & (own_spread > CONTRAST))
    shown = shown * _gain(own_spread, shown_spread)
    told, worst = np.zeros(len(rows), bool), np.ones(len(rows), np.float32)
    looks = np.zeros(len(rows), np.int64)
    for side in (-1, 1):
        places = np.arange(len(rows)) + offset + side
        there = (places >= 0) & (places < len(every))
        places = np.clip(places, 0, len(every) - 1)
        other = every[places] * _gain(own_spread, spread[places])
        apart, lean = _lean(own, other, shown)
        apart &= there
        told |= apart
        nearer = apart & (lean < worst)
        worst[nearer], looks[nearer] = lean[nearer], side
    wrong = np.flatnonzero(worst < WRONG_FRAME)
    return Order(
        int(told.sum()),
        tuple((int(index), int(index + looks[index])) for index in wrong),
        tuple(int(index) for index in strange if index not in wrong),
    )


def _lean(own: Rows, other: Rows, shown: Rows) -> tuple[NDArray[np.bool_], Rows]:
    """Can own and other frame be told apart, and which is shown: 1 for the own, -1 for the other?

    Counts the cells where they differ most: weak differences are what encoders drop first.
    """
    between = other - own
    size = np.abs(between)
    apart = (size.mean(1) >= TOLD_APART) | ((size >= MOVED).sum(1) >= MOVED_CELLS)
    strong = np.partition(size, -16, axis=1)[:, -16, None]
    weight = size >= 0.5 * strong
    lean = ((shown - other) ** 2 - (shown - own) ** 2) * weight
    total = (between**2 * weight).sum(1)
    return apart, lean.sum(1) / np.maximum(total, 1e-6)


def _centered(thumbnails: NDArray[np.uint8]) -> tuple[Rows, Rows]:
    """Thumbnails as rows without their mean, and their standard deviations."""
    rows = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    rows -= rows.mean(1, keepdims=True)
    return rows, rows.std(1)


def _gain(wanted: Rows, given: Rows) -> Rows:
    """What gives rows of one contrast another; a flat picture stays flat."""
    return (wanted / np.maximum(given, np.float32(0.5)))[:, None].astype(np.float32)


def _blocks(
    thumbnails: Iterator[NDArray[np.uint8]], size: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Thumbnails in stacks of `size`, each with the number of its first."""
    first = 0
    held: list[NDArray[np.uint8]] = []
    for thumbnail in thumbnails:
        held.append(thumbnail)
        if len(held) == size:
            yield first, np.stack(held)
            first, held = first + size, []
    if held:
        yield first, np.stack(held)


def _recorded(
    frames: Iterator[tuple[Fraction, NDArray[np.uint8]]], seen: list[Fraction]
) -> Iterator[NDArray[np.uint8]]:
    """The thumbnails, while their moments are noted."""
    for seconds, thumbnail in frames:
        seen.append(seconds)
        yield thumbnail


def _shown(frames: FrameTable, expected: Expected) -> FrameTable:
    """The frames as the result must show them: a trimmed film starts at 0."""
    if expected.trim is None:
        return frames
    return replace(frames, pts=tuple(pts - frames.pts[0] for pts in frames.pts))


def _copied(source: Source, result: Path, expected: Expected) -> list[Check]:
    """The streams beside the film, in both files."""
    before = stream_digests(source.path, expected.trim)
    after = stream_digests(result)
    shift = -expected.trim[0] if expected.trim is not None else Fraction(0)
    missing = len(left_out(source, result.suffix))
    filled = result.suffix.lower() == ".mxf"
    own, found = list(before.values()), list(after.values())
    return check_copies(own, found, shift, missing, filled=filled)


def _ms(seconds: Fraction) -> str:
    return f"{float(seconds * 1000):g} ms"
