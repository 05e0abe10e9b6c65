"""Films to train on: which films train, excerpts of any film in bounded memory, none across a cut."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.ageing.random_streams import seeded
from restore.clip import ColorSpec
from restore.errors import SourceError, UsageError
from restore.evaluation.clean_films import Box, open_film
from restore.evaluation.data_split import TEST_CLIPS, TRAINING_CLIPS
from restore.media.color.pixels import pixel_format
from restore.training.footage import excerpt, has_cut, random_box, split_films
from restore.training.settings import PairSettings
from tests.media.films import encode, make, slopes, video_format
from tests.training.made import film_of

PAIRS = PairSettings(shots=5, frames=4, height=32, width=48, max_frame_step=3)


def files(folder: Path, *names: str) -> list[Path]:
    """Empty files of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return [folder / name for name in names]


@pytest.mark.parametrize("seed", range(8))
def test_an_excerpt_is_a_run_of_the_film(seed: int) -> None:
    """Frames are 1 to `max_frame_step` apart, in order; the position is the same in all of them."""
    frames = torch.arange(12).view(12, 1, 1, 1) * torch.ones(12, 3, 40, 64)
    film = film_of(frames)

    taken = film.read(random_box(film, PAIRS, seeded(seed)))

    assert taken.shape == (4, 3, 32, 48)
    steps = taken[:, 0, 0, 0].diff()
    assert 1 <= float(steps[0]) <= 3
    assert bool((steps == steps[0]).all())


@given(length=st.integers(2, 9), seed=st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_excerpts_of_short_films_stay_inside(length: int, seed: int) -> None:
    """A film with fewer frames than a shot gives all of them, and never one that does not exist."""
    film = film_of(torch.zeros(length, 3, 32, 48))
    box = random_box(film, PAIRS, seeded(seed))

    assert box.frames == min(4, length)
    assert box.first + (box.frames - 1) * box.step < length


@pytest.mark.parametrize(
    ("name", "color"),
    [
        ("yuv420p", ColorSpec("bt601", "limited")),
        ("yuv444p10le", ColorSpec("bt709", "limited")),
        ("gbrp", ColorSpec("rgb", "full")),
        ("gray", ColorSpec("bt601", "limited")),
    ],
)
def test_a_box_of_a_file_is_that_of_its_frames(tmp_path: Path, name: str, color: ColorSpec) -> None:
    """Whatever the pixel format: every nth frame, the rectangle, full-range R'G'B'."""
    pixels = pixel_format(name)
    made = slopes(pixels, 64, 48, 20)
    film = open_film(encode(tmp_path / "film.mkv", video_format(pixels, 64, 48, color), made))
    whole = film.read(Box(0, 20, 1, 0, 0, 48, 64))
    part = film.read(Box(5, 4, 3, 7, 9, 24, 32))

    assert (film.frames, film.height, film.width) == (20, 48, 64)
    assert whole.shape == (20, 3, 48, 64)
    assert torch.equal(part, whole[5:15:3, :, 7:31, 9:41])
    if name == "gbrp":
        green = torch.from_numpy(made[6][0].copy()).int()
        assert (whole[6, 1].int() - green).abs().max() <= 1


def test_interlaced_films_are_refused(tmp_path: Path) -> None:
    """Frames with combing cannot be ground truth; the error says what to do."""
    drawn = "testsrc2=s=64x48:r=25:d=0.4"
    words = ("-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-vf", "setfield=tff")
    path = make(tmp_path / "film.mpg", *words, drawn=drawn)
    with pytest.raises(SourceError) as caught:
        open_film(path)
    assert caught.value.code == "interlaced"


def scene(seed: int, count: int) -> torch.Tensor:
    """Frames of one still of smooth random shapes."""
    coarse = torch.rand(1, 3, 5, 7, generator=seeded(seed))
    picture = torch.nn.functional.interpolate(coarse, (72, 96), mode="bicubic").clamp(0, 1)
    return picture.mul(255).byte().expand(count, -1, -1, -1)


def test_excerpts_avoid_cuts() -> None:
    """Of a film with two shots, no excerpt shows both; a film with cuts everywhere still gives one."""
    film = film_of(torch.cat([scene(1, 10), scene(2, 10)]))
    shots = [excerpt(film, PAIRS, seeded(seed)) for seed in range(30)]

    assert has_cut(torch.cat([scene(1, 4), scene(2, 4)]))
    assert not any(has_cut(shot) for shot in shots)
    assert len({int(shot[0, 0, 0, 0]) for shot in shots}) > 1
    cuts = film_of(torch.cat([scene(seed, 1) for seed in range(12)]))
    assert excerpt(cuts, PAIRS, seeded(1)).shape == (4, 3, 32, 48)


def test_a_film_a_little_smaller_gives_what_it_has() -> None:
    """360 lines where 384 are wanted: the excerpt is reduced to a multiple that every scale divides."""
    wanted = PAIRS.model_copy(update={"height": 384, "width": 512, "frames": 2})
    taken = excerpt(film_of(torch.zeros(5, 3, 360, 640)), wanted, seeded(1))
    assert taken.shape == (2, 3, 352, 512)


def test_a_film_too_small_is_named() -> None:
    """Excerpts are not enlarged; the error has the film and the keys to change."""
    with pytest.raises(UsageError, match="64x24 and 5 frames") as caught:
        excerpt(film_of(torch.zeros(5, 3, 24, 64), "tiny.mp4"), PAIRS, seeded(1))
    assert "tiny.mp4" in caught.value.where
    assert "pairs.width" in caught.value.what_to_do


def test_the_projects_own_clips_are_split_as_fixed(tmp_path: Path) -> None:
    """The training clips in their order, never a test clip; some are held out only if asked for."""
    files(tmp_path, *(f"{name}.mp4" for name in (*TRAINING_CLIPS, *TEST_CLIPS)), "other.mp4")

    films, held_out = split_films(tmp_path, hold_out=False)
    assert ([path.stem for path in films], held_out) == (list(TRAINING_CLIPS), [])

    fewer, held_out = split_films(tmp_path, hold_out=True)
    assert 1 <= len(held_out) <= 4
    assert sorted([*fewer, *held_out]) == sorted(films)


def test_any_other_folder_trains_on_all_but_a_tenth(tmp_path: Path) -> None:
    """Films by their suffix, in all subfolders; the tenth depends on the name, so it stays the same."""
    made = files(tmp_path, *(f"reel/{number:03d}.mkv" for number in range(300)), "notes.txt")
    files(tmp_path, "yoga_room.mp4", "reel/._000.mkv")

    films, held_out = split_films(tmp_path, hold_out=True)

    assert sorted([*films, *held_out]) == made[:-1]
    assert 15 < len(held_out) < 45
    (tmp_path / "reel" / "000.mkv").unlink()
    assert set(split_films(tmp_path, hold_out=True)[1]) == set(held_out) - {made[0]}


def test_of_few_films_one_is_held_out(tmp_path: Path) -> None:
    """Two films: one trains, one validates; a single one trains; none is an error with the folder."""
    files(tmp_path / "two", "a.mp4", "b.mov")
    files(tmp_path / "one", "a.mp4")

    assert [len(side) for side in split_films(tmp_path / "two", hold_out=True)] == [1, 1]
    assert [len(side) for side in split_films(tmp_path / "one", hold_out=True)] == [1, 0]
    with pytest.raises(UsageError, match="no film"):
        split_films(tmp_path / "none", hold_out=True)
