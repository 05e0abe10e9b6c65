"""Photographs: reading shards, chroma, film-like grey, the held-out tenth."""

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

from restore.ageing.draw import Spread
from restore.ageing.random_streams import seeded
from restore.errors import SourceError
from restore.evaluation.benchmark import chroma_of, colored
from restore.evaluation.photographs import SHORT, Photo, read_photos
from restore.evaluation.split import JUDGING_CLIPS, TRAINING_CLIPS, validates
from restore.training.gray_samples import grey_bench, grey_sample

UNIT = st.floats(0, 1)


def test_no_clip_trains_and_judges() -> None:
    """23 clips train, 12 others judge, as fixed in the first commit."""
    assert (len(set(TRAINING_CLIPS)), len(set(JUDGING_CLIPS))) == (23, 12)
    assert not set(TRAINING_CLIPS) & set(JUDGING_CLIPS)


def test_a_tenth_of_the_photographs_is_held_out_by_name() -> None:
    """The share is a tenth, and a name's side never changes."""
    names = [f"g{number:05d}.webp" for number in range(2000)]
    held = [validates(name) for name in names]

    assert 150 < sum(held) < 250
    assert held == [validates(name) for name in names]


def test_shards_are_read_in_order_without_the_held_out(tmp_path: Path) -> None:
    """Training and validation photographs together are the shards' content, R'G'B' in that order."""
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

    assert [name for name in names if not validates(name)] == [photo.name for photo in training]
    assert [name for name in names if validates(name)] == [photo.name for photo in held]
    assert training[0].rgb.shape == (3, 8, 6)
    assert training[0].rgb[:, 0, 0].tolist() == [255, 0, 0]


def png(side: int) -> bytes:
    """A black picture."""
    return cv2.imencode(".png", np.zeros((side, side, 3), np.uint8))[1].tobytes()


def training_names(count: int) -> list[str]:
    """Names that train."""
    return [name for name in (f"p{n:02d}.png" for n in range(40)) if not validates(name)][:count]


def test_photographs_that_cannot_be_used_are_left_out_if_wanted(tmp_path: Path) -> None:
    """Empty, no picture or a web bug; hidden files, folders and other files are none at all."""
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
        "A photograph has less than 4 pixels on a side.",
    ]


def test_a_shard_may_hold_other_files_and_is_named_when_it_is_damaged(tmp_path: Path) -> None:
    """A note among the photographs is passed over; a cut shard and one that is none are said."""
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
    """Chroma lies in +-0.5; joined with the luma it is the same color."""
    rgb = torch.tensor([red, green, blue]).view(1, 3, 1, 1)
    luma = (rgb * torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1)).sum(1, keepdim=True)

    chroma = chroma_of(rgb)

    assert float(chroma.abs().max()) <= 0.5 + 1e-6
    torch.testing.assert_close(colored(luma, chroma), rgb, atol=1e-5, rtol=0)


def test_pure_blue_and_red_reach_half() -> None:
    """The axes are named as in BT.709: first Cb, then Cr."""
    assert chroma_of(torch.tensor([0.0, 0, 1]).view(1, 3, 1, 1))[0, 0].item() == pytest.approx(0.5)
    assert chroma_of(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1))[0, 1].item() == pytest.approx(0.5)


def test_loose_pictures_are_photographs_too(tmp_path: Path) -> None:
    """Picture files in the folder and its folders are read; large ones shrunk, others left out."""
    picture = np.full((2 * SHORT, 3 * SHORT, 3), 90, np.uint8)
    (tmp_path / "holidays").mkdir()
    for number in range(12):
        cv2.imwrite(str(tmp_path / "holidays" / f"{number}.jpg"), picture)
    (tmp_path / "notes.txt").write_text("no picture")

    photos = read_photos(tmp_path, validation=False) + read_photos(tmp_path, validation=True)

    assert {photo.name for photo in photos} == {f"{number}.jpg" for number in range(12)}
    assert {photo.rgb.shape for photo in photos} == {(3, SHORT, SHORT * 3 // 2)}


def test_a_photograph_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    """One damaged file is told by its name."""
    (tmp_path / "torn.jpg").write_bytes(b"no picture at all")
    with pytest.raises(SourceError, match="cannot be decoded") as caught:
        read_photos(tmp_path, validates("torn.jpg"))
    assert "torn.jpg" in caught.value.where


def test_a_photograph_of_too_many_pixels_is_named(tmp_path: Path) -> None:
    """A header of 60,000 x 60,000 is more than OpenCV decodes: that one photograph is told, no more."""
    head = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54)
    size = struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)
    (tmp_path / "huge.bmp").write_bytes(head + size)
    with pytest.raises(SourceError, match="too large") as caught:
        read_photos(tmp_path, validates("huge.bmp"))
    assert "huge.bmp" in caught.value.where


def test_a_sample_is_grey_with_its_chroma_and_depends_on_the_seed_alone() -> None:
    """Sizes, ranges, and the same sample again; every photograph has its turn."""
    colors = torch.randint(0, 256, (3, 40, 60), generator=seeded(1)).byte()
    photos = [Photo("a", colors), Photo("b", colors.flip(-1))]

    grey, chroma = grey_sample(photos, Spread(), 32, seeded(3))
    again = grey_sample(photos, Spread(), 32, seeded(3))

    assert grey.shape == (1, 1, 32, 32)
    assert chroma.shape == (1, 2, 8, 8)
    assert 0 <= float(grey.min()) <= float(grey.max()) <= 1
    assert torch.equal(grey, again[0])
    assert torch.equal(chroma, again[1])
    assert chroma.abs().max() <= 0.5
    greys, chromas = grey_bench(photos, Spread(), 32, 5)
    assert (len(greys), len(chromas)) == (2, 2)
    assert torch.equal(greys, grey_bench(photos, Spread(), 32, 5)[0])


def test_a_flat_color_stays_that_color_whatever_the_crop() -> None:
    """Cropping, zooming and mirroring move nothing in chroma."""
    teal = torch.tensor([30, 120, 140]).view(3, 1, 1).expand(3, 33, 70).byte()

    _, chroma = grey_bench([Photo("teal", teal)] * 3, Spread(), 32, 2)

    expected = chroma_of(teal[None, :, :1, :1].float() / 255)
    torch.testing.assert_close(chroma, expected.expand_as(chroma), atol=1e-4, rtol=0)
