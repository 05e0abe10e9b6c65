"""Aged shots for evaluation."""

import struct
from pathlib import Path
from zlib import compress, crc32

import cv2
import numpy as np
import pytest
import torch

from restore.ageing.draw import Ageing, AgeingRanges
from restore.ageing.random_streams import seeded
from restore.errors import SourceError
from restore.evaluation import aged_shots as benchmark
from restore.evaluation.data_split import TEST_CLIPS, is_validation
from restore.evaluation.metrics import psnr
from restore.evaluation.upscalers import enlarged
from tests.media.films import make


def smooth() -> torch.Tensor:
    """Smooth colored frames [12, 3, 41, 49], uint8."""
    small = torch.rand(12, 3, 4, 5, generator=torch.Generator().manual_seed(2)) * 255
    wide = torch.nn.functional.interpolate(small, (41, 49), mode="bicubic")
    return wide.clamp(0, 255).byte()


def test_aged_and_truth_are_the_same_frames() -> None:
    """Without damage, enlarged frames are almost the ground truth: no shift in time or space."""
    shot = benchmark.aged_shot("smooth", smooth(), 2, torch.Generator(), Ageing())
    assert shot.steady
    assert shot.truth.shape[-2:] == (40, 48)
    assert psnr(enlarged(shot.aged, 2), shot.truth) > 38


def test_an_ageing_is_determined_by_its_seed() -> None:
    """The same seed gives the same film, another one another; values are whole code values."""
    one, same, other = (
        benchmark.aged_shot("smooth", smooth(), 2, seeded(1, number)) for number in (1, 1, 2)
    )
    assert torch.equal(one.aged, same.aged)
    assert not torch.equal(one.aged, other.aged)
    assert torch.equal((one.aged * 255).round() / 255, one.aged)


@pytest.mark.parametrize("amount", ["weave", "flicker", "flicker_drift", "flicker_slope"])
def test_weave_and_flicker_are_marked(amount: str) -> None:
    """Shots with any of it are reported separately."""
    shot = benchmark.aged_shot("x", smooth(), 2, seeded(1), Ageing(**{amount: 0.1}))
    assert not shot.steady


def test_clips_are_the_test_clips_or_all(tmp_path: Path) -> None:
    """In the project's data the test clips and no training clip; in other folders every film."""
    for name in ("b.mkv", "deep/a.mp4", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [path.name for path in benchmark.clip_files(tmp_path)] == ["b.mkv", "a.mp4"]
    (tmp_path / "clips").mkdir()
    for name in (*TEST_CLIPS, "dog_fetch"):
        (tmp_path / "clips" / f"{name}.mp4").touch()
    assert [path.stem for path in benchmark.clip_files(tmp_path)] == list(TEST_CLIPS)


def test_files_of_one_name_have_their_paths() -> None:
    """Without suffix where that is enough; else by their paths relative to the common folder."""
    data = Path("/films")
    assert benchmark.shot_names([]) == []
    assert benchmark.shot_names([data / "a" / "one.mp4", data / "b" / "two.mkv"]) == ["one", "two"]
    same = [data / "a" / "film.mp4", data / "b" / "film.mp4", data / "b" / "other.mp4"]
    assert benchmark.shot_names(same) == ["a/film.mp4", "b/film.mp4", "b/other.mp4"]
    assert benchmark.shot_names([*same[1:], data / "b" / "film.mkv"]) == [
        "film.mp4",
        "other.mp4",
        "film.mkv",
    ]


def test_excerpts_start_at_frame_16_where_possible(tmp_path: Path) -> None:
    """Frames 16 to 19 of a long clip; of a short one those from its start."""
    film = make(tmp_path / "film.mkv")
    whole = benchmark.clip_frames(film, 25)
    assert len(whole) == 25
    assert torch.equal(benchmark.clip_frames(film, 4), whole[16:20])


def test_a_picture_becomes_a_shot(tmp_path: Path) -> None:
    """Every frame is the picture, red is red; a file that is not a picture is an error."""
    red = np.zeros((8, 10, 3), np.uint8)
    red[..., 2] = 255
    cv2.imwrite(str(tmp_path / "red.png"), red)
    frames = benchmark.still_frames(tmp_path / "red.png", 3)
    assert frames.shape == (3, 3, 8, 10)
    assert frames.float().mean((0, 2, 3)).tolist() == [255, 0, 0]
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(SourceError, match="cannot be read"):
        benchmark.still_frames(tmp_path / "text.png", 1)


def test_a_picture_that_is_too_large_is_named(tmp_path: Path) -> None:
    """More pixels than OpenCV reads: the same error as for a file that is not a picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    huge = tmp_path / "huge.png"
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", compress(b"")) + chunk(b"IEND", b"")
    huge.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    with pytest.raises(SourceError, match="cannot be read") as caught:
        benchmark.still_frames(huge, 1)
    assert caught.value.where == str(huge)


def test_photographs_are_the_held_out_ones(tmp_path: Path) -> None:
    """All that validate and no other, or that many of them, evenly spaced."""
    (tmp_path / "photos").mkdir()
    for number in range(60):
        cv2.imwrite(str(tmp_path / "photos" / f"{number}.png"), np.zeros((8, 10, 3), np.uint8))
    held_out = [name for name, _ in benchmark.photographs(tmp_path, None)]
    assert held_out == sorted(f"{n}.png" for n in range(60) if is_validation(f"{n}.png"))
    assert len(held_out) > 3
    assert [name for name, _ in benchmark.photographs(tmp_path, 2)] == [
        held_out[0],
        held_out[len(held_out) // 2],
    ]


def test_film_like_gray_keeps_the_true_colors() -> None:
    """Pictures are scaled down, aged without weave, and keep their colors as ground truth."""
    large = smooth().repeat_interleave(8, -1).repeat_interleave(8, -2)[:1]
    shot = benchmark.film_gray("x", large, AgeingRanges(), 3)
    again = benchmark.film_gray("x", large, AgeingRanges(), 3)
    assert min(shot.rgb.shape[-2:]) == benchmark.SHORT_SIDE
    assert shot.gray.shape == (1, 1, *shot.rgb.shape[-2:])
    assert torch.equal(shot.gray, again.gray)
    assert torch.allclose(shot.rgb, benchmark.scaled_down(large, benchmark.SHORT_SIDE))


def test_clips_and_pictures_are_refused_below_the_minimum_only(tmp_path: Path) -> None:
    """A side of MIN_SIDE is accepted, whichever side it is; one pixel less has a code and the path."""
    path = tmp_path / "film.mkv"
    for size in ((benchmark.MIN_SIDE, 500), (500, benchmark.MIN_SIDE)):
        benchmark.check_size(size, path)
        small = (size[0] - (size[0] < 500), size[1] - (size[1] < 500))
        with pytest.raises(SourceError) as caught:
            benchmark.check_size(small, path)
        assert caught.value.code == "picture-too-small"
        assert caught.value.where == str(path)


def test_test_pictures_are_those_of_the_folder_bench(tmp_path: Path) -> None:
    """Image files in it and its subfolders, sorted; films, hidden files and other folders are not."""
    for name in ("bench/b.png", "bench/deep/a.JPG", "bench/film.mp4", "bench/.c.png", "d.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [path.relative_to(tmp_path).as_posix() for path in benchmark.still_files(tmp_path)]
    assert found == ["bench/b.png", "bench/deep/a.JPG"]
    assert benchmark.still_files(tmp_path / "none") == []


@pytest.mark.parametrize("size", [(40, 80), (8, 8), (41, 30)])
def test_pictures_are_only_scaled_down(size: tuple[int, int]) -> None:
    """A shorter side below the wanted one stays; a longer one gets it, and the mean stays the same."""
    frames = torch.randint(0, 256, (2, 3, *size), generator=seeded(1)).byte()
    same, small = benchmark.scaled_down(frames, 64), benchmark.scaled_down(frames, 5)
    assert torch.equal(same, frames.float() / 255)
    assert min(small.shape[-2:]) == 5
    if size == (40, 80):  # whole blocks
        torch.testing.assert_close(small.mean((2, 3)), same.mean((2, 3)), atol=1e-5, rtol=0)


def test_film_gray_differs_from_picture_to_picture() -> None:
    """The ageing depends on the number of the picture; its colors do not."""
    frames = smooth()[:1]
    one, other = (benchmark.film_gray("x", frames, AgeingRanges(), number) for number in (1, 2))
    assert not torch.equal(one.gray, other.gray)
    assert torch.equal(one.rgb, other.rgb)
    assert 0 <= float(one.gray.min()) <= float(one.gray.max()) <= 1
