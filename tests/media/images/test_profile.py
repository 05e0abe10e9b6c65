"""Color profiles in image files: noted, because nothing here converts by them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from restore.media.container.probe import probe
from restore.media.images.header import read_header
from tests.media.images.made import image, random_samples


def profile(name: str = "") -> bytes:
    """A profile as ICC.1:2001 has it: a header, and a description that does not compress too well.

    libpng drops profiles that compress to less than some 80 bytes.
    """
    text = name.encode("ascii") + b"\0"
    body = b"desc" + bytes(4) + len(text).to_bytes(4) + text + bytes(range(160 - len(text)))
    tags = (1).to_bytes(4) + b"desc" + (144).to_bytes(4) + len(body).to_bytes(4)
    kind = b"test\2\0\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head = kind + bytes.fromhex("0000f6d6 00010000 0000d32d") + bytes(48)
    return (144 + len(body)).to_bytes(4) + head + tags + body


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path: Path, held: bytes) -> Path:
    """A PNG of 4x2 pixels with a profile, which OpenImageIO does not write next to its own chunks."""
    chunks = (
        chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 2, 8, 2, 0, 0, 0)),
        chunk(b"iCCP", b"any\0\0" + zlib.compress(held)),
        chunk(b"IDAT", zlib.compress((b"\0" + bytes(12)) * 2)),
        chunk(b"IEND", b""),
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_a_color_profile_is_noted(suffix: str, tmp_path: Path) -> None:
    """Its values are kept as they are: whoever graded by the profile must know."""
    path = tmp_path / f"f_0001{suffix}"
    if suffix == ".png":
        png(path, profile())
    else:
        held = profile()
        image(path, random_samples(np.uint8)[0], ICCProfile=(f"uint8[{len(held)}]", held))
    stated = [note for note in probe(tmp_path / f"f_%04d{suffix}").notes if "ICC" in note]
    assert stated == ["the images have an ICC profile, which is not applied"]


def test_the_profiles_name_is_reported(tmp_path: Path) -> None:
    """Adobe RGB and a scanner's own profile mean different things."""
    path = png(tmp_path / "f_0001.png", profile("Scanner 7"))
    (note,) = read_header(path).notes
    assert 'an ICC profile "Scanner 7"' in note


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".dpx", ".exr"])
def test_images_without_a_profile_have_no_note(suffix: str, tmp_path: Path) -> None:
    """OpenImageIO guesses a color space of some kinds; that is no profile."""
    dtype = np.float32 if suffix == ".exr" else np.uint8
    path = image(tmp_path / f"f_0001{suffix}", random_samples(dtype)[0])
    assert read_header(path).notes == ()
