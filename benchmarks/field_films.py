"""Films whose fields are known: progressive frames made into video, film in video and its faults.

A film is frames, and for each shot what is true of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from film_files import Frame, Plane

FILM_PATTERNS: dict[str, tuple[int, ...]] = {
    "psf": (2,),
    "3:2": (2, 3),
    "2:3:3:2": (2, 3, 3, 2),
    "24>25 field": (2,) * 11 + (3,),
    "24>25 frame": (2,) * 23 + (4,),
}
"""How many fields the moments of a film have in turn."""


@dataclass(frozen=True)
class Shot:
    """A shot and the truth about it.

    kind, order, pattern  as in restore.treatments.deinterlace.shot_fields; kind "still": nothing moves
    moments  for each field in the order of time the number of its moment
    flags    what else must be found: swapped, mixed, soft, progressive_chroma
    repeats  frames of the shot that repeat the one before (None: not compared)
    """

    frames: list[Frame]
    kind: str
    order: str | None = None
    pattern: tuple[int, ...] = (2,)
    moments: list[int] = field(default_factory=list[int])
    flags: tuple[str, ...] = ()
    repeats: tuple[int, ...] | None = None


def weave(first: Frame, second: Frame, order: str) -> Frame:
    """One frame of two fields: `first` is shown first."""
    top, bottom = (first, second) if order == "tff" else (second, first)
    planes = [plane.copy() for plane in top]
    for plane, other in zip(planes, bottom, strict=True):
        plane[1::2] = other[1::2]
    return planes[0], planes[1], planes[2]


def woven(fields: Iterable[Frame], order: str) -> Iterator[Frame]:
    """Frames of fields in the order of time; each field is given as the whole frame that it shows."""
    rest = iter(fields)
    for first, second in zip(rest, rest, strict=False):
        yield weave(first, second, order)


def shown(count: int, pattern: Sequence[int]) -> list[int]:
    """The numbers 0 to `count`, each as often as the pattern says."""
    return [k for k in range(count) for _ in range(pattern[k % len(pattern)])]


def pulled_down(count: int, pattern: Sequence[int], phase: int) -> list[int]:
    """The moments of fields, without the first `phase` ones."""
    fields = shown(count, pattern)[phase:]
    return fields[: len(fields) // 2 * 2]


def progressive(frames: Sequence[Frame]) -> Shot:
    """Frames as they are."""
    return Shot(list(frames), "progressive")


def repeated(frames: Sequence[Frame], pattern: Sequence[int]) -> Shot:
    """Progressive frames that are shown this many times in turn."""
    numbers = shown(len(frames), pattern)
    repeats = tuple(n for n in range(1, len(numbers)) if numbers[n] == numbers[n - 1])
    return Shot([frames[k] for k in numbers], "progressive", repeats=repeats)


def at_rate(frames: Sequence[Frame], rate: int, stored: int) -> Shot:
    """Frames of a film with `rate` frames a second in a file with `stored`: the nearest one each time."""
    count = len(frames) * stored // rate
    numbers = [k * rate // stored for k in range(count)]
    repeats = tuple(n for n in range(1, count) if numbers[n] == numbers[n - 1])
    return Shot([frames[k] for k in numbers], "progressive", repeats=repeats)


def video(frames: Sequence[Frame], order: str) -> Shot:
    """Every field shows a moment of its own."""
    made = [*woven(frames, order)]
    return Shot(made, "video", order, (1,), list(range(2 * len(made))))


def film(frames: Sequence[Frame], name: str, order: str, phase: int) -> Shot:
    """Film in video, from a field of the pattern on."""
    pattern = FILM_PATTERNS[name]
    if name == "psf":
        phase = 1
    if name == "24>25 frame":
        phase -= phase % 2
    numbers = pulled_down(len(frames), pattern, phase)
    made = [*woven((frames[k] for k in numbers), order)]
    known = None if name == "24>25 frame" else order
    return Shot(made, "film", known, pattern, numbers)


def held(frames: Sequence[Frame], times: Sequence[int], order: str, seed: int) -> Shot:
    """Every moment is shown for a random number of fields: no cadence."""
    drawn = np.random.default_rng(seed).choice(times, len(frames))
    fields = [frame for frame, count in zip(frames, drawn, strict=True) for _ in range(count)]
    return Shot([*woven(fields, order)], "video", order, (1,), flags=("unsettled",))


def swapped(shot: Shot) -> Shot:
    """Every field has the rows of the other one."""
    frames: list[Frame] = []
    for frame in shot.frames:
        planes = [plane.copy() for plane in frame]
        for plane, old in zip(planes, frame, strict=True):
            rows = len(plane) // 2 * 2
            plane[0:rows:2], plane[1:rows:2] = old[1:rows:2], old[0:rows:2]
        frames.append((planes[0], planes[1], planes[2]))
    order = {"tff": "bff", "bff": "tff"}.get(shot.order or "")
    return Shot(frames, shot.kind, order, shot.pattern, shot.moments, ("swapped",))


def with_progressive_chroma(frames: Sequence[Frame], order: str) -> Shot:
    """Video whose chroma was made from both fields of each frame together."""
    made = video(frames, order)
    pairs = zip(frames[::2], frames[1::2], strict=False)
    mixed: list[Frame] = []
    for whole, (a, b) in zip(made.frames, pairs, strict=False):
        cb, cr = (((a[n].astype(np.uint16) + b[n] + 1) // 2).astype(np.uint8) for n in (1, 2))
        mixed.append((whole[0], cb, cr))
    return Shot(mixed, "video", order, (1,), made.moments, ("progressive_chroma",))


def blended(frames: Sequence[Frame], rate: float, order: str) -> Shot:
    """Fields that mix the two nearest of `rate` film frames a field."""
    fields: list[Frame] = []
    place = 0.0
    while place < len(frames) - 1:
        k, part = int(place), place % 1
        fields.append(_mixed(frames[k], frames[k + 1], part))
        place += rate
    return Shot([*woven(fields, order)], "blended", order)


def _mixed(a: Frame, b: Frame, part: float) -> Frame:
    planes = [cv2.addWeighted(x, 1 - part, y, part, 0) for x, y in zip(a, b, strict=True)]
    return planes[0], planes[1], planes[2]  # type: ignore[return-value]


def with_video_titles(frames: Sequence[Frame], order: str, phase: int, seed: int) -> Shot:
    """Film in 3:2 with a line of text that moves in every field."""
    pattern = FILM_PATTERNS["3:2"]
    numbers = pulled_down(len(frames), pattern, phase)
    height, width = frames[0][0].shape
    text = _lettering(width * 4, height // 8, seed)
    fields: list[Frame] = []
    for place, k in enumerate(numbers):
        y = frames[k][0].copy()
        at = 5 * place
        y[-height // 6 : -height // 6 + height // 8] = text[:, at : at + width]
        fields.append((y, frames[k][1], frames[k][2]))
    return Shot([*woven(fields, order)], "film", order, pattern, numbers, ("mixed",))


def _lettering(width: int, height: int, seed: int) -> Plane:
    rng = np.random.default_rng(seed)
    strip = np.full((height, width), 24, np.uint8)
    letters = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVXYZ     "), 200))
    cv2.putText(
        strip, letters, (width // 4, int(height * 0.8)), 0, height / 40, 220, 2, cv2.LINE_AA
    )
    return strip


def titles(frames: Sequence[Frame], speed: float, seed: int) -> list[Frame]:
    """White lettering that scrolls up over the frames, by `speed` rows a frame."""
    height, width = frames[0][0].shape
    rng = np.random.default_rng(seed)
    roll = np.zeros((height * 4, width), np.uint8)
    for row in range(height // 12, height * 4, height // 9):
        words = "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUVW   "), 22))
        cv2.putText(roll, words, (width // 8, row), 0, height / 480, 255, 2, cv2.LINE_AA)
    made: list[Frame] = []
    for place, (y, cb, cr) in enumerate(frames):
        top = round(place * speed)
        letters = roll[top : top + height].astype(np.float32) / 255
        made.append((np.rint(y * (1 - letters) + 235 * letters).astype(np.uint8), cb, cr))
    return made


def stripes(frames: Sequence[Frame], period: int, speed: float) -> list[Frame]:
    """Horizontal stripes of a few rows in the middle third, which move by `speed` rows a frame."""
    height, width = frames[0][0].shape
    made: list[Frame] = []
    for place, (y, cb, cr) in enumerate(frames):
        rows = (np.arange(height) - place * speed) % period < period / 2
        y = y.copy()
        y[:, width // 3 : 2 * width // 3] = np.where(rows, 60, 200).astype(np.uint8)[:, None]
        made.append((y, cb, cr))
    return made


def worn(frames: Sequence[Frame], seed: int) -> list[Frame]:
    """Flicker of 3 % and weave of half a row, as old films have."""
    rng = np.random.default_rng(seed)
    made: list[Frame] = []
    for y, cb, cr in frames:
        move = np.array([[1, 0, rng.normal(0, 0.5)], [0, 1, rng.normal(0, 0.6)]], np.float32)
        lit = np.clip(y.astype(np.float32) * (1 + rng.normal(0, 0.03)), 0, 255)
        size = (y.shape[1], y.shape[0])
        moved = cv2.warpAffine(lit, move, size, borderMode=cv2.BORDER_REFLECT)
        made.append((np.rint(moved).astype(np.uint8), cb, cr))
    return made


def noisy(shot: Shot, sigma: float, seed: int) -> Shot:
    """The shot with white noise in every plane, independent in every frame."""
    rng = np.random.default_rng(seed)

    def grained(plane: Plane) -> Plane:
        noise = rng.normal(0, sigma, plane.shape)
        return np.clip(np.rint(plane + noise), 0, 255).astype(np.uint8)

    frames: list[Frame] = [(grained(y), grained(u), grained(v)) for y, u, v in shot.frames]
    return replace(shot, frames=frames)


def resized(frames: Sequence[Frame], width: int, height: int) -> list[Frame]:
    """Frames of another size; odd ones round the size of chroma up."""
    sizes = ((width, height), (-(-width // 2), -(-height // 2)), (-(-width // 2), -(-height // 2)))
    made: list[Frame] = []
    for frame in frames:
        planes = [
            np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
            for plane, size in zip(frame, sizes, strict=True)
        ]
        made.append((planes[0], planes[1], planes[2]))
    return made


def still(frame: Frame, count: int) -> Shot:
    """One frame for some time; it has no fields that differ."""
    return Shot([frame] * count, "still", moments=[0] * (2 * count))
