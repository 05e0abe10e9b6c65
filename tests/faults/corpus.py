"""Damaged films by the hundred: small sound ones in many containers, and what is done to their bytes.

Everything follows from numbers: the same seed and number give the same damage.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from tests.faults.tool import ffmpeg

SEEDS: dict[str, tuple[str, ...]] = {
    "h264.mp4": ("-c:v", "libx264", "-g", "6", "-c:a", "aac"),
    "fragments.mp4": ("-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov", "-an"),
    "mpeg4.mov": ("-c:v", "mpeg4", "-c:a", "pcm_s16le"),
    "prores.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-an"),
    "hevc.mkv": ("-c:v", "libx265", "-x265-params", "log-level=error", "-c:a", "flac"),
    "ffv1.mkv": ("-c:v", "ffv1", "-level", "3", "-an"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-c:a", "mp2"),
    "mjpeg.avi": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-an"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "h264.ts": ("-c:v", "libx264", "-x264-params", "open-gop=1:keyint=8", "-an"),
    "mpeg1.mpg": ("-c:v", "mpeg1video", "-c:a", "mp2"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-an"),
    "flv1.flv": ("-c:v", "flv", "-an"),
    "mpeg2.mxf": ("-c:v", "mpeg2video", "-an"),
}
"""The arguments of ffmpeg for each seed."""

BOXES = (b"moov", b"trak", b"mdat", b"stts", b"stsz", b"stco", b"stsd", b"moof", b"LIST", b"idx1")
"""Marks of boxes and chunks behind or before which a size stands."""


def seeds(folder: Path, names: Collection[str] = tuple(SEEDS)) -> list[Path]:
    """A small film of each of these kinds that this ffmpeg can make: 16 frames, some with sound."""
    made: list[Path] = []
    for name, words in SEEDS.items():
        if name not in names:
            continue
        path = folder / name
        picture = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.64")
        sound = ("-f", "lavfi", "-i", "sine=sample_rate=48000:duration=0.64")
        with contextlib.suppress(subprocess.CalledProcessError):
            ffmpeg(*picture, *sound, "-pix_fmt", "yuv420p", *words, path)
            made.append(path)
    return made


Damage = Callable[[bytes, bytes, random.Random], bytes]


def cut_off(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(1, len(data))]


def flipped(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Some bits anywhere."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 8, 64))):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def header(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Any bytes among the first ones."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 4, 16))):
        changed[chance.randrange(min(300, len(data)))] = chance.randrange(256)
    return bytes(changed)


def hole(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A stretch of zeros, as a bad disk gives it."""
    at, length = chance.randrange(len(data)), chance.choice((16, 512, 4096))
    return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]


def spliced(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The beginning of one film and the end of another."""
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def swapped(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Two stretches in each other's place."""
    length = chance.choice((8, 64, 188, 512))
    first, second = sorted(chance.sample(range(max(2, len(data) - length)), 2))
    second = max(second, first + length)
    a, b = data[first : first + length], data[second : second + length]
    return data[:first] + b + data[first + length : second] + a + data[second + length :]


def repeated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A stretch twice."""
    at = chance.randrange(len(data))
    return data[: at + chance.randrange(2000)] + data[at:]


def huge(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A size or a count that is far too large, next to a box's name or somewhere near the start."""
    places = [data.find(box) for box in BOXES if box in data]
    at = chance.choice(places) + chance.choice((-4, 4, 8, 12)) if places else chance.randrange(400)
    value = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\x00\xff\xff\xff"))
    at = max(0, at)
    return data[:at] + value + data[at + 4 :]


DAMAGES: tuple[Damage, ...] = (
    cut_off,
    cut_off,
    flipped,
    flipped,
    flipped,
    header,
    header,
    hole,
    hole,
    spliced,
    swapped,
    swapped,
    repeated,
    huge,
    huge,
    huge,
)
"""What befalls every seed, in turn; with 14 seeds 224 films."""


def damaged(films: list[Path], folder: Path, every: int = 1) -> Iterator[Path]:
    """Every `every`th of the damaged films, each in a folder of its own."""
    number = 0
    for place, film in enumerate(films):
        data, other = film.read_bytes(), films[place - 1].read_bytes()
        for turn, damage in enumerate(DAMAGES):
            number += 1
            if number % every:
                continue
            chance = random.Random(f"{film.name} {turn}")
            own = folder / f"{number:03d}-{film.stem}-{damage.__name__}"
            own.mkdir()
            path = own / f"film{film.suffix}"
            path.write_bytes(damage(data, other, chance))
            yield path
