"""DPX headers: each part is read only if the picture begins behind it, whoever wrote it."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.media.container.probe import probe
from restore.media.images.header import read_header
from tests.media.films import run_ffmpeg
from tests.media.images.made import draw, image, lengthen, planar, random_samples, write_header
from tests.media.test_identity import planes_of, worst


def one_color(folder: Path, color: str) -> Path:
    """Three DPX files of ffmpeg's, whose picture begins at byte 1664."""
    folder.mkdir()
    arguments = ("-frames:v", "3", "-pix_fmt", "gbrp10be")
    run_ffmpeg("-f", "lavfi", "-i", f"color={color}:s=64x48", *arguments, folder / "f_%04d.dpx")
    return folder


@pytest.mark.parametrize("color", ["black", "0x0600C0", "0xC00003", "white"])
def test_samples_are_no_rate_and_no_timecode(color: str, tmp_path: Path) -> None:
    """In ffmpeg's DPX the picture stands where the film and television parts would be."""
    folder = one_color(tmp_path / "reel", color)
    data = (folder / "f_0001.dpx").read_bytes()
    assert struct.unpack_from(">I", data, 4) == (1664,)
    source = probe(folder)
    assert (source.frames.rate, dict(source.tags)) == (24, {})
    assert any("because no header has a rate" in note for note in source.notes)


def test_a_picture_that_holds_the_bytes_of_24_is_not_24(tmp_path: Path) -> None:
    """The very bytes of 18.0 frames a second and of 01:02:03:04, as samples and as header."""
    folder = one_color(tmp_path / "reel", "black")
    write_header(folder, "f", 1724, 18.0)
    write_header(folder, "I", 1920, 0x01020304)
    header = read_header(folder / "f_0001.dpx")
    assert (header.rate, header.timecode) == (None, None)
    lengthen(folder)
    write_header(folder, "f", 1724, 18.0)
    write_header(folder, "I", 1920, 0x01020304)
    header = read_header(folder / "f_0001.dpx")
    assert (header.rate, header.timecode) == (18, "01:02:03:04")


def test_the_film_part_alone_has_a_rate_but_no_timecode(tmp_path: Path) -> None:
    """The picture begins at byte 1920: television's part is not there."""
    folder = one_color(tmp_path / "reel", "black")
    write_header(folder, "f", 1724, 18.0)
    write_header(folder, "I", 1920, 0x01020304)
    for at in (4, 808):
        write_header(folder, "I", at, 1920)
    header = read_header(folder / "f_0001.dpx")
    assert (header.rate, header.timecode) == (18, None)


def test_televisions_rate_is_the_second_choice(tmp_path: Path) -> None:
    """Where the film part has none."""
    folder = one_color(tmp_path / "reel", "black")
    lengthen(folder)
    write_header(folder, "f", 1940, 29.97)
    assert read_header(folder / "f_0001.dpx").rate == Fraction(30000, 1001)


def test_anamorphic_scans_keep_their_aspect(tmp_path: Path) -> None:
    """A CinemaScope scan's 2:1 pixels; a header without that part has square ones."""
    folder = draw(tmp_path / "reel", ".dpx", "gbrp10be")
    write_header(folder, "I", 1628, 2)
    write_header(folder, "I", 1632, 1)
    assert probe(folder).sar == 2
    for at in (4, 808):
        write_header(folder, "I", at, 1408)
    assert read_header(folder / "f_086400.dpx").sar == 1


def test_densities_are_reported(tmp_path: Path) -> None:
    """Printing density and logarithmic transfer, in either byte order."""
    for order in ("little", "big"):
        path = tmp_path / f"{order}.dpx"
        image(path, random_samples()[0], oiio__Endian=order, oiio__BitsPerSample=10)
        assert not read_header(path).logarithmic
        data = bytearray(path.read_bytes())
        for code in (1, 3):
            data[801] = code
            path.write_bytes(data)
            assert read_header(path).logarithmic


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("packing", ["Filled, method A", "Filled, method B"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_code_values_are_those_of_openimageio(
    bits: int, packing: str, order: str, tmp_path: Path
) -> None:
    """Another program's DPX in every depth, packing and byte order, value for value."""
    samples = random_samples(np.uint8 if bits == 8 else np.uint16)[0]
    path = tmp_path / "f_0001.dpx"
    image(path, samples, oiio__BitsPerSample=bits, dpx__Packing=packing, oiio__Endian=order)
    stored = samples if bits == 8 else samples >> (16 - bits)
    source = probe(tmp_path / "f_%04d.dpx")
    assert source.format.depth == bits
    assert worst(planes_of(source), [planar(stored)]) == 0


@pytest.mark.parametrize("cut", [0, 20, 1000, 2000])
def test_a_header_that_is_cut_off_is_reported(cut: int, tmp_path: Path) -> None:
    """Whatever part of it is missing."""
    path = image(tmp_path / "f.dpx", random_samples()[0])
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"its header|it is empty"):
        read_header(path)
