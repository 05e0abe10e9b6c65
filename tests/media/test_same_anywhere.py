"""The same pictures give the same part, whatever the machine: its cores, its load, its memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from restore.clip import ColorSpec
from restore.media.codecs import FilmCodec
from restore.media.color.pixels import pixel_format
from restore.media.ffmpeg.encode import PartEncoder, VideoFormat
from restore.media.ffmpeg.process import executable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux")

FORMATS = {"h264": "yuv420p", "hevc": "yuv420p", "prores": "yuv422p10le", "ffv1": "yuv420p"}


def video(codec: FilmCodec, pixels: str, width: int = 160, height: int = 120) -> VideoFormat:
    """A format with the codec's defaults."""
    color = ColorSpec("bt601", "limited")
    return VideoFormat(codec, pixels, width, height, Fraction(24), Fraction(1), color, None, None)


def pictures(video: VideoFormat, count: int) -> list[tuple[np.ndarray, ...]]:
    """Blocks that leap 37 lines a frame, under grain: encoders' threads limit how far they search."""
    form = pixel_format(video.pixel_format)
    chance = np.random.default_rng(7)
    white = 2**form.depth - 1
    blocks = chance.uniform(0.1, 0.8, (video.height // 4 + 1, video.width // 4 + 1))
    frames: list[tuple[np.ndarray, ...]] = []
    for number in range(count):
        planes: list[np.ndarray] = []
        for width, height in form.plane_sizes(video.width, video.height):
            drawn = np.kron(blocks, np.ones((4, 4)))[:height, :width]
            moved = np.roll(drawn, 37 * number, axis=0) + chance.uniform(0, 0.02, drawn.shape)
            planes.append((moved * white).astype(form.dtype))
        frames.append(tuple(planes))
    return frames


def decoded(video: VideoFormat, frames: list[tuple[np.ndarray, ...]], target: Path) -> str:
    """A digest of the frames that come back from a part."""
    with PartEncoder(video, target) as encoder:
        for planes in frames:
            encoder.write(planes)
        encoder.finish()
    digest = hashlib.sha256()
    with av.open(str(target)) as part:
        for frame in part.decode(video=0):
            digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()


@pytest.fixture
def cores() -> Iterator[set[int]]:
    """The cores that this process may use; given back at the end."""
    allowed = os.sched_getaffinity(0)
    yield allowed
    os.sched_setaffinity(0, allowed)


def on_one_and_on_all(
    video: VideoFormat, cores: set[int], folder: Path, count: int = 24
) -> set[str]:
    """What an encoder that sees one core makes, and one that sees two (or all there are)."""
    frames = pictures(video, count)
    made: set[str] = set()
    for seen in ({min(cores)}, cores):
        os.sched_setaffinity(0, seen)
        made.add(decoded(video, frames, folder / "part.mkv"))
    return made


@pytest.mark.parametrize("codec", sorted(FORMATS))
def test_frames_do_not_depend_on_the_number_of_cores(
    codec: FilmCodec, cores: set[int], tmp_path: Path
) -> None:
    """Parts of one film may be made on different machines, or after a restart with fewer cores."""
    form = video(codec, FORMATS[codec])
    assert len(on_one_and_on_all(form, cores, tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p"])
def test_av1_does_not_depend_on_the_number_of_cores(
    pixels: str, cores: set[int], tmp_path: Path
) -> None:
    """Likewise SVT-AV1 (4:2:0) and libaom (4:4:4)."""
    assert len(on_one_and_on_all(video("av1", pixels), cores, tmp_path, 12)) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("size", [(96, 64), (160, 120)])
def test_frames_depend_neither_on_load_nor_on_what_memory_held(
    codec: FilmCodec, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four encoders at once on the same cores, their memory filled with one byte, then another.

    glibc fills what it hands out on request; an encoder that reads what it never wrote shows it.
    """
    form = video(codec, "yuv420p", *size)
    frames = pictures(form, 48)
    made: set[str] = set()
    for fill in (0, 1, 85, 170, 255):
        # small and large blocks alike from the heap, where they are filled
        tunables = f"glibc.malloc.perturb={fill}:glibc.malloc.mmap_threshold=4000000000"
        monkeypatch.setenv("GLIBC_TUNABLES", tunables)
        targets = [tmp_path / f"part-{number}.mkv" for number in range(4)]
        with ThreadPoolExecutor(4) as pool:
            made.update(pool.map(lambda target: decoded(form, frames, target), targets))
    assert len(made) == 1


@pytest.mark.slow
def test_the_tree_is_left_out_where_pictures_are_small_alone(tmp_path: Path) -> None:
    """x264 writes into the part how it was set: 320x240 without macroblock tree, 640x360 with it."""
    settings: list[str] = []
    for size in ((320, 240), (640, 360)):
        form = replace(video("h264", "yuv420p"), width=size[0], height=size[1])
        decoded(form, pictures(form, 2), tmp_path / "part.mkv")
        arguments = [executable(), "-v", "error", "-i", str(tmp_path / "part.mkv"), "-c", "copy"]
        raw = subprocess.run(
            [*arguments, "-f", "h264", "-"], capture_output=True, check=True
        ).stdout
        settings.append(raw.split(b"mbtree=")[1][:1].decode())
    assert settings == ["0", "1"]
