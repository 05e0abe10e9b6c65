"""Pictures as files: names that are data, values that come back bit for bit, headers that say more."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import OpenImageIO as oiio
import pytest

from restore.clip import ColorSpec
from restore.errors import OutputError, UsageError
from restore.media.color.pixels import pixel_format
from restore.media.container.image_set import trial_image, write_image_set
from restore.media.container.readback import stream_digests
from restore.media.images.header import read_header
from restore.media.images.image_facts import ImageFacts
from restore.media.images.writer import (
    SUFFIXES,
    check_room,
    image_pixel_format,
    images_path,
    parse_pattern,
    read_back,
    write_image,
)
from tests.media.films import encode, noise, run_ffmpeg, video_format

CASES = [
    (kind, image_pixel_format(kind, pixel_format(source), False, depth))
    for kind, depths in (
        ("dpx", (8, 10, 12, 16)),
        ("tiff", (8, 16)),
        ("png", (8, 16)),
        ("exr", (16,)),
    )
    for source in ("yuv420p", "gray")
    for depth in depths
]


@pytest.mark.parametrize("size", [(64, 48), (33, 17), (1, 1)], ids=str)
@pytest.mark.parametrize(("kind", "name"), dict.fromkeys(CASES))
def test_an_image_comes_back_bit_for_bit(
    kind: str, name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    """Every kind, depth and size, over all code values."""
    pixels, path = pixel_format(name), tmp_path / f"f{SUFFIXES[kind]}"
    (planes,) = noise(pixels, *size, 1)
    write_image(path, pixels, planes, ImageFacts())
    back = read_back(path, pixels)
    assert [plane.dtype for plane in back] == [plane.dtype for plane in planes]
    assert all(np.array_equal(a, b) for a, b in zip(planes, back, strict=True))
    trial_image(kind, pixels, size)


def test_another_image_is_none_of_ours(tmp_path: Path) -> None:
    """A broken file, or one of another depth, is reported."""
    gray, deep = pixel_format("gray"), pixel_format("gray16le")
    path = tmp_path / "f.png"
    write_image(path, gray, noise(gray, 8, 8, 1)[0], ImageFacts())
    data = path.read_bytes()
    for pixels, content in ((gray, b"nothing"), (gray, data[:40]), (deep, data)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="it "):
            read_back(path, pixels)
    with pytest.raises(OutputError, match="encoder dpx fails"):
        trial_image("dpx", gray, (8, 8))


@pytest.mark.parametrize("name", ["gbrp", "gbrp10le", "gbrp16le"])
def test_dpx_headers_say_timecode_rate_and_transfer(name: str, tmp_path: Path) -> None:
    """Whatever reads DPX finds them where SMPTE ST 268 has them; the picture stays the same."""
    pixels = pixel_format(name)
    (planes,) = noise(pixels, 32, 16, 1)
    path = tmp_path / "f_000004.dpx"
    facts = ImageFacts(3, 10, Fraction(24), "01:02:03:04", Fraction(4, 3), "bt709")
    write_image(path, pixels, planes, facts)
    data = path.read_bytes()
    back = read_back(path, pixels)
    assert all(np.array_equal(a, b) for a, b in zip(planes, back, strict=True))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert frame.metadata["timecode"] == "01:02:03:04"
        assert frame.color_trc == 1  # BT.709
    opened = oiio.ImageInput.open(str(path))
    assert opened is not None
    spec = opened.spec()
    assert spec.getattribute("dpx:TimeCode") == "01:02:03:04"
    assert spec.getattribute("dpx:FrameRate") == spec.getattribute("dpx:TemporalFrameRate") == 24
    assert spec.getattribute("PixelAspectRatio") == pytest.approx(4 / 3)
    little = data[:4] == b"XPDS"
    order = "little" if little else "big"
    assert [int.from_bytes(data[at : at + 4], order) for at in (1712, 1716)] == [3, 10]
    assert data[36:48] == b"f_000004.dpx"


@pytest.mark.parametrize("rate", [50, 60])
def test_dpx_labels_above_forty(rate: int, tmp_path: Path) -> None:
    """ffmpeg, which knows SMPTE ST 12-1, reads them too; above 60 a second there is no timecode."""
    pixels = pixel_format("gbrp10le")
    (planes,) = noise(pixels, 32, 16, 1)
    path = tmp_path / "f_1.dpx"
    for label in ("10:00:00:40", "10:00:00:41"):
        facts = ImageFacts(rate=Fraction(rate), timecode=label, transfer="bt709")
        write_image(path, pixels, planes, facts)
        assert read_header(path).timecode == label
        with av.open(str(path)) as container:
            assert next(container.decode(video=0)).metadata["timecode"] == label
    write_image(path, pixels, planes, replace(facts, rate=Fraction(120)))
    assert read_header(path).timecode is None


def test_labels_and_rate_follow_the_time(tmp_path: Path) -> None:
    """Where frames are left out their labels are too, and headers say the rate without pauses."""
    film, folder = tmp_path / "film.mkv", tmp_path / "new"
    folder.mkdir()
    left_out = "select=not(between(n\\,3\\,5))"
    drawn = ("-f", "lavfi", "-i", f"testsrc2=s=32x16:r=24:d=0.5,format=gbrp,{left_out}")
    run_ffmpeg(*drawn, "-fps_mode", "vfr", "-c:v", "ffv1", "-timecode", "01:00:00:20", film)
    write_image_set(film, folder, parse_pattern(folder / "f_%02d.dpx"))
    headers = [read_header(folder / f"f_{number:02}.dpx") for number in (1, 3, 4, 5)]
    labels = ["01:00:00:20", "01:00:00:22", "01:00:01:02", "01:00:01:03"]
    assert [header.timecode for header in headers] == labels
    assert float(headers[0].rate or 0) == pytest.approx(24, abs=0.05)  # Matroska's milliseconds


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        ("a/frame_%06d.dpx", "frame_000001.dpx", "frame.x"),
        ("100%/%d/%04d.TIF", "0001.TIF", "x"),
        ("-i/'; rm %s/$(x) %01d.png", "$(x) 1.png", "$(x).x"),
    ],
)
def test_names_are_data(text: str, first: str, others: str) -> None:
    """A `%` in a folder, dashes, quotes: only the file's own number is one."""
    pattern = parse_pattern(Path(text))
    assert (pattern.name(1), pattern.companion("x")) == (first, others)
    assert pattern.folder == Path(text).parent
    assert pattern.owns(first)
    assert not pattern.owns(f"x{first}")
    assert not pattern.owns(first.replace("1", "x"))


@pytest.mark.parametrize(
    "name", ["x.dpx", "x_%d.dpx", "%02d_%02d.tif", "%03dx.png", "a%%b_%03d.png"]
)
def test_names_without_one_number_at_their_end_are_refused(name: str) -> None:
    """And the message shows how it is written."""
    with pytest.raises(UsageError, match="one number") as caught:
        parse_pattern(Path(name))
    assert "frame_%06d" in caught.value.what_to_do


def test_numbers_must_be_long_enough() -> None:
    """1000 frames need four digits: otherwise the folder sorts wrongly."""
    pattern = parse_pattern(Path("a/f_%03d.dpx"))
    check_room(pattern, 999)
    with pytest.raises(UsageError, match="3 digits"):
        check_room(pattern, 1000)
    assert images_path(Path("a/film.restored"), "tiff") == Path("a/film.restored/frame_%06d.tif")


@pytest.mark.parametrize(
    ("kind", "source", "colored", "depth", "expected"),
    [
        ("dpx", "yuv420p", False, None, "gbrp10le"),
        ("dpx", "gray16le", False, None, "gbrp16le"),
        ("tiff", "gray", False, None, "gray16le"),
        ("tiff", "gray", True, 8, "gbrp"),
        ("png", "yuv420p", False, None, "gbrp"),
        ("png", "yuv422p10le", False, None, "gbrp16le"),
        ("exr", "yuv420p", False, None, "gbrp16le"),
        ("exr", "gray", False, None, "gray16le"),
    ],
)
def test_formats_of_pictures(
    kind: str, source: str, colored: bool, depth: int | None, expected: str
) -> None:
    """RGB, but for gray films where the kind has gray; as deep as the source at least."""
    assert image_pixel_format(kind, pixel_format(source), colored, depth) == expected


def test_a_film_becomes_a_folder(tmp_path: Path) -> None:
    """Every frame in order, its label counted up, its sound next to it, its clock in milliseconds."""
    pixels = pixel_format("gbrp10le")
    color = ColorSpec("rgb", "full", "left", "bt709", "bt709")
    frames = noise(pixels, 32, 16, 5)
    video = replace(video_format(pixels, 32, 16, color), rate=Fraction(25))
    part = encode(tmp_path / "part.mkv", video, frames)
    film, folder = tmp_path / "film.mkv", tmp_path / "new"
    sound = ("-f", "lavfi", "-i", "sine=d=0.2", "-c:v", "copy", "-c:a", "flac")
    run_ffmpeg("-i", part, *sound, "-timecode", "00:59:59:23", film)
    folder.mkdir()
    pattern = parse_pattern(tmp_path / "new" / "f_%03d.dpx")
    lines = write_image_set(film, folder, pattern)
    assert lines[0].startswith("images: 5, each read back")
    assert stream_digests(folder / "f.sound.mkv").keys() == {0}
    labels = ["00:59:59:23", "00:59:59:24", "01:00:00:00", "01:00:00:01", "01:00:00:02"]
    for number, (planes, label) in enumerate(zip(frames, labels, strict=True), start=1):
        path = folder / f"f_{number:03d}.dpx"
        back = read_back(path, pixels)
        assert all(np.array_equal(a, b) for a, b in zip(planes, back, strict=True))
        with av.open(str(path)) as container:
            assert next(container.decode(video=0)).metadata["timecode"] == label
    times = (folder / "f.times.txt").read_text().splitlines()
    assert times[0] == "# timestamp format v2"
    assert [float(line) for line in times[1:]] == [0, 40, 80, 120, 160]
    (folder / "stranger").touch()
    with pytest.raises(OutputError, match="stranger") as caught:
        write_image_set(film, folder, pattern)
    assert caught.value.code == "images-not-written"


def test_a_silent_film_keeps_its_tags_as_text(tmp_path: Path) -> None:
    """Where no file of sound can hold them, tags and chapters are written out."""
    film, folder = tmp_path / "film.mkv", tmp_path / "new"
    folder.mkdir()
    arguments = ("-f", "lavfi", "-i", "testsrc2=s=16x16:d=0.1,format=gray", "-c:v", "ffv1")
    run_ffmpeg(*arguments, "-metadata", "title=The Trip", film)
    write_image_set(film, folder, parse_pattern(folder / "%02d.png"))
    assert "title=The Trip" in (folder / "tags.txt").read_text()
    assert not (folder / "sound.mkv").exists()
