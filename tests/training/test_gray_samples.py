"""Photographs: reading folders and tar files, chroma, film-like gray, the held-out tenth."""

import io
import struct
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing.draw import AgeingRanges
from restore.ageing.random_streams import seeded
from restore.errors import SourceError
from restore.evaluation.benchmark import chroma_of, colored
from restore.evaluation.data_split import TEST_CLIPS, TRAINING_CLIPS, is_validation
from restore.evaluation.photographs import MAX_SHORT_SIDE, Photo, read_photos
from restore.training.gray_samples import gray_sample, gray_samples

UNIT = st.floats(0, 1)


def test_no_clip_is_used_for_training_and_testing() -> None:
    """23 clips train, 12 others test, as fixed in the first commit."""
    assert (len(set(TRAINING_CLIPS)), len(set(TEST_CLIPS))) == (23, 12)
    assert not set(TRAINING_CLIPS) & set(TEST_CLIPS)


def test_a_tenth_of_the_photographs_is_held_out_by_name() -> None:
    """The share is a tenth, and a name is always on the same side."""
    names = [f"g{number:05d}.webp" for number in range(2000)]
    held = [is_validation(name) for name in names]

    assert 150 < sum(held) < 250
    assert held == [is_validation(name) for name in names]


def test_tar_files_are_read_in_order(tmp_path: Path) -> None:
    """Training and validation photographs together are the content of the tar files, as R'G'B'."""
    red = np.zeros((8, 6, 3), np.uint8)
    red[:, :, 2] = 255
    data = cv2.imencode(".png", red)[1].tobytes()
    names = [f"p{number:02d}.png" for number in range(40)]
    with tarfile.open(tmp_path / "people-00.tar", "w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))

    training, held = (read_photos(tmp_path, validation=side) for side in (False, True))

    assert [name for name in names if not is_validation(name)] == [photo.name for photo in training]
    assert [name for name in names if is_validation(name)] == [photo.name for photo in held]
    assert training[0].rgb.shape == (3, 8, 6)
    assert training[0].rgb[:, 0, 0].tolist() == [255, 0, 0]


def png(side: int) -> bytes:
    """A black picture."""
    return cv2.imencode(".png", np.zeros((side, side, 3), np.uint8))[1].tobytes()


def training_names(count: int) -> list[str]:
    """Names that train."""
    return [name for name in (f"p{n:02d}.png" for n in range(40)) if not is_validation(name)][
        :count
    ]


def test_photographs_that_cannot_be_used_are_left_out_if_wanted(tmp_path: Path) -> None:
    """Empty, not a picture, or tiny; hidden files, folders and other files are not photographs."""
    good, *bad = training_names(4)
    (tmp_path / good).write_bytes(png(20))
    for name, data in zip(bad, (b"", b"text", png(3)), strict=True):
        (tmp_path / name).write_bytes(data)
    (tmp_path / f"._{good}").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()

    with pytest.raises(SourceError):
        read_photos(tmp_path, validation=False)
    reasons: list[str] = []
    found = read_photos(tmp_path, validation=False, leave_out=lambda one: reasons.append(one.what))

    assert [photo.name for photo in found] == [good]
    assert reasons == [
        "A photograph cannot be decoded.",
        "A photograph cannot be decoded.",
        "A photograph has less than 4 pixels on its shorter side.",
    ]


def test_a_tar_file_may_contain_other_files(tmp_path: Path) -> None:
    """A text file among the photographs is ignored; a truncated tar file, or none, is an error."""
    names = training_names(2)
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, data in (("LICENSE.txt", b"MIT"), *((name, png(90)) for name in names)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    assert [photo.name for photo in read_photos(tmp_path, validation=False)] == names

    whole = (tmp_path / "a.tar").read_bytes()
    for damaged in (whole[:2570], b"no tar" * 300):
        (tmp_path / "a.tar").write_bytes(damaged)
        with pytest.raises(SourceError, match="damaged") as caught:
            read_photos(tmp_path, validation=False, leave_out=lambda error: None)
        assert caught.value.where == str(tmp_path / "a.tar")


@given(red=UNIT, green=UNIT, blue=UNIT)
def test_luma_and_chroma_give_the_color_back(red: float, green: float, blue: float) -> None:
    """Chroma is within +-0.5; joined with the luma it is the same color."""
    rgb = torch.tensor([red, green, blue]).view(1, 3, 1, 1)
    luma = (rgb * torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1)).sum(1, keepdim=True)

    chroma = chroma_of(rgb)

    assert float(chroma.abs().max()) <= 0.5 + 1e-6
    torch.testing.assert_close(colored(luma, chroma), rgb, atol=1e-5, rtol=0)


def test_pure_blue_and_red_reach_half() -> None:
    """The axes are named as in BT.709: first Cb, then Cr."""
    assert chroma_of(torch.tensor([0.0, 0, 1]).view(1, 3, 1, 1))[0, 0].item() == pytest.approx(0.5)
    assert chroma_of(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1))[0, 1].item() == pytest.approx(0.5)


def test_image_files_are_photographs_too(tmp_path: Path) -> None:
    """Image files in the folder and its subfolders are read, and large ones scaled down."""
    picture = np.full((2 * MAX_SHORT_SIDE, 3 * MAX_SHORT_SIDE, 3), 90, np.uint8)
    (tmp_path / "holidays").mkdir()
    for number in range(12):
        cv2.imwrite(str(tmp_path / "holidays" / f"{number}.jpg"), picture)
    (tmp_path / "notes.txt").write_text("no picture")

    photos = read_photos(tmp_path, validation=False) + read_photos(tmp_path, validation=True)

    assert {photo.name for photo in photos} == {f"{number}.jpg" for number in range(12)}
    assert {photo.rgb.shape for photo in photos} == {(3, MAX_SHORT_SIDE, MAX_SHORT_SIDE * 3 // 2)}


def test_a_photograph_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    """The error has the name of the damaged file."""
    (tmp_path / "torn.jpg").write_bytes(b"no picture at all")
    with pytest.raises(SourceError, match="cannot be decoded") as caught:
        read_photos(tmp_path, is_validation("torn.jpg"))
    assert "torn.jpg" in caught.value.where


def test_a_photograph_of_too_many_pixels_is_named(tmp_path: Path) -> None:
    """A header of 60,000 x 60,000 is more than OpenCV decodes: an error, no crash."""
    head = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54)
    size = struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)
    (tmp_path / "huge.bmp").write_bytes(head + size)
    with pytest.raises(SourceError, match="too large") as caught:
        read_photos(tmp_path, is_validation("huge.bmp"))
    assert "huge.bmp" in caught.value.where


def test_a_sample_is_gray_with_its_chroma_and_depends_on_the_seed_alone() -> None:
    """Sizes, ranges, and the same sample for the same seed; one sample of every photograph."""
    colors = torch.randint(0, 256, (3, 40, 60), generator=seeded(1)).byte()
    photos = [Photo("a", colors), Photo("b", colors.flip(-1))]

    gray, chroma = gray_sample(photos, AgeingRanges(), 32, seeded(3))
    again = gray_sample(photos, AgeingRanges(), 32, seeded(3))

    assert gray.shape == (1, 1, 32, 32)
    assert chroma.shape == (1, 2, 8, 8)
    assert 0 <= float(gray.min()) <= float(gray.max()) <= 1
    assert torch.equal(gray, again[0])
    assert torch.equal(chroma, again[1])
    assert chroma.abs().max() <= 0.5
    grays, chromas = gray_samples(photos, AgeingRanges(), 32, 5)
    assert (len(grays), len(chromas)) == (2, 2)
    assert torch.equal(grays, gray_samples(photos, AgeingRanges(), 32, 5)[0])


def test_a_flat_color_stays_that_color_whatever_the_crop() -> None:
    """Cropping, zooming and mirroring do not change chroma."""
    teal = torch.tensor([30, 120, 140]).view(3, 1, 1).expand(3, 33, 70).byte()

    _, chroma = gray_samples([Photo("teal", teal)] * 3, AgeingRanges(), 32, 2)

    expected = chroma_of(teal[None, :, :1, :1].float() / 255)
    torch.testing.assert_close(chroma, expected.expand_as(chroma), atol=1e-4, rtol=0)
