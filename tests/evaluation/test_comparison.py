"""Comparison of models, from files to tables."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from restore.errors import SourceError, UsageError
from restore.evaluation import comparison, upscalers
from restore.evaluation.aged_shots import MIN_SIDE
from restore.evaluation.benchmark import GrayShot, luma_of
from restore.evaluation.coloring import color_scores
from restore.evaluation.colorizers import BASELINES, Colorizer, baselines
from restore.evaluation.comparison import Benchmark, compare_colorizers, compare_upscalers
from restore.evaluation.data_split import is_validation
from restore.evaluation.upscaling import CONTEXT
from restore.treatments.treatment import Engine
from tests.media.films import make

DRAWN = "testsrc2=s=160x128:r=25:d=1,gblur=sigma=1"


def silent(text: str) -> None:
    """Ignore progress."""


def test_every_shot_of_every_ageing_is_scored(tmp_path: Path) -> None:
    """A score for each kind of ageing, clip, repetition and upscaler; repetitions differ."""
    film = make(tmp_path / "film.mkv", drawn=DRAWN)
    bench = Benchmark((film,), stills=False, kinds=("own", "ffmpeg"), ageings=2, frames=2)
    result = compare_upscalers(bench, [upscalers.lanczos(2)], silent)

    assert [score["set"] for score in result.scores] == ["own", "own", "ffmpeg", "ffmpeg"]
    assert len({score["psnr"] for score in result.scores}) == 4
    assert len(result.tables) == 2
    assert result.sheet is not None
    assert result.sheet.std() > 10


def test_shots_contain_their_context(tmp_path: Path) -> None:
    """Three frames that count need eleven."""
    film = make(tmp_path / "film.mkv", drawn=DRAWN)
    for kind in ("own", "ffmpeg"):
        (shot,) = Benchmark((film,), stills=False, kinds=(kind,), frames=3).shots(kind, 4)
        assert len(shot.aged) == len(shot.truth) == 11
        assert shot.truth.shape[-1] == 4 * shot.aged.shape[-1]


def test_gray_film_and_true_colors_are_registered() -> None:
    """The film aged by ffmpeg and its true colors have the same size, and their lumas correlate."""
    small = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(1)) * 255
    frames = torch.nn.functional.interpolate(small, (144, 176), mode="bicubic").clamp(0, 255)
    shot = comparison._ffmpeg_gray("x", frames.byte().expand(2, -1, -1, -1), 6, 2)
    assert shot.gray.shape[-2:] == shot.rgb.shape[-2:]
    together = torch.stack([shot.gray.flatten(), shot.rgb.mean(1).flatten()])
    assert float(torch.corrcoef(together)[0, 1]) > 0.9


def test_pictures_of_one_name_keep_their_own_cells() -> None:
    """Each output is next to its input, also where two pictures have the same name."""
    shots = [
        GrayShot("same", torch.full((1, 1, 8, 8), x), torch.full((1, 3, 8, 8), x)) for x in (0, 1)
    ]
    as_it_is = Colorizer("as it is", lambda shot: torch.zeros(1, 2, 8, 8))
    scores = list(color_scores(shots, [*baselines(shots), as_it_is]))
    dark, light = comparison._color_cells(shots, scores, ["as it is"])
    assert [cell.name for cell in dark] == ["same", "as it is", "truth"]
    assert int(dark[1].picture.max()) == 0
    assert [cell.name for cell in light] == ["same", "as it is", "truth"]
    assert int(light[1].picture.min()) == 255


@pytest.mark.slow
def test_missing_sets_are_left_out(tmp_path: Path) -> None:
    """With clips alone, the table has the clips alone, plain and by the ageing asked for."""
    (tmp_path / "photos").mkdir()
    make(tmp_path / "film.mkv", drawn=DRAWN)
    pale = Colorizer(
        "pale", lambda shot: torch.full((len(shot.gray), 2, *shot.gray.shape[-2:]), 0.01)
    )
    result = compare_colorizers(tmp_path, ("ffmpeg",), [pale], 5, silent)
    (table,) = result.tables
    sets = list(dict.fromkeys(row["shots"] for row in table.rows))
    assert sets == ["clips, plain gray", "clips, aged by ffmpeg's filters"]


def picture(path: Path, height: int, width: int, seed: int = 1) -> Path:
    """A picture of smooth colored noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    cv2.imwrite(str(path), cv2.resize(small, (width, height)))
    return path


def held_out(folder: Path, count: int) -> list[str]:
    """That many photographs that are held out, in the folder; their names."""
    names = [name for name in (f"{n}.png" for n in range(200)) if is_validation(name)][:count]
    for seed, name in enumerate(names):
        picture(folder / name, 40, 48, seed)
    return names


def pale(shot: GrayShot) -> torch.Tensor:
    """The same pale color everywhere."""
    return torch.full((len(shot.gray), 2, *shot.gray.shape[-2:]), 0.01)


def test_pictures_are_static_shots_that_are_compared_in_two_frames(tmp_path: Path) -> None:
    """A picture becomes two frames with their context; truth and film have the same frame throughout."""
    still = picture(tmp_path / "one.png", 96, 112)
    (shot,) = Benchmark((still,), stills=True, kinds=("own",), frames=8).shots("own", 2)
    assert len(shot.truth) == 2 + 2 * CONTEXT
    if shot.steady:
        assert float(shot.truth.diff(dim=0).abs().max()) == 0


@pytest.mark.parametrize("stills", [False, True])
def test_files_that_are_too_small_are_found_before_anything_runs(
    tmp_path: Path, stills: bool
) -> None:
    """A picture or clip with a side below the metrics' minimum: a code and the file's path."""
    side = MIN_SIDE - 2
    path = tmp_path / ("small.png" if stills else "small.mkv")
    if stills:
        picture(path, side, 160)
    else:
        make(path, drawn=f"testsrc2=s=160x{side}:r=25:d=1")
    bench = Benchmark((path,), stills=stills, kinds=("own",))
    for attempt in (bench.check, lambda: list(bench.shots("own", 2))):
        with pytest.raises(SourceError) as caught:
            attempt()
        assert caught.value.code == "picture-too-small"
        assert caught.value.where == str(path)


@pytest.mark.parametrize(("frames", "fits"), [(9, False), (10, True)])
def test_a_clip_needs_two_frames_and_their_context(tmp_path: Path, frames: int, fits: bool) -> None:
    """Ten frames are enough, nine are not."""
    film = make(tmp_path / "film.mkv", drawn=f"testsrc2=s=96x96:r=25:d={frames / 25}")
    bench = Benchmark((film,), stills=False, kinds=("own",))
    if fits:
        bench.check()
        return
    with pytest.raises(SourceError) as caught:
        bench.check()
    assert caught.value.code == "clip-too-short"


def test_photographs_are_colored_from_plain_and_from_film_like_gray(tmp_path: Path) -> None:
    """Both sets have every photograph; baselines come before the models; progress names each set."""
    names = held_out(tmp_path / "photos", 3)
    texts: list[str] = []
    result = compare_colorizers(tmp_path, ("own",), [Colorizer("pale", pale)], None, texts.append)
    (table,) = result.tables
    sets = list(dict.fromkeys(row["shots"] for row in table.rows))
    assert sets == texts
    assert len(sets) == 2
    assert {row["count"] for row in table.rows} == {len(names)}
    for name in sets:
        rows = [row["name"] for row in table.rows if row["shots"] == name]
        assert rows == [*BASELINES, "pale"]
    assert [score["shot"] for score in result.scores if score["colorizer"] == "pale"] == names * 2
    assert all("shown" not in score for score in result.scores)


def test_clips_unlike_the_training_clips_have_rows_of_their_own(tmp_path: Path) -> None:
    """Figures of clips whose subjects were trained on are kind: those of the others are given apart."""
    for name in ("snow_golf", "somebody"):
        make(tmp_path / f"{name}.mkv", drawn=DRAWN)
    result = compare_colorizers(tmp_path, (), [Colorizer("pale", pale)], None, silent)
    counts = {row["shots"]: row["count"] for row in result.tables[0].rows}
    assert counts == {
        "clips, plain gray": 2,
        "clips, plain gray, unlike the training clips": 1,
    }


def test_fewer_photographs_can_be_asked_for(tmp_path: Path) -> None:
    """`count` photographs are evaluated, not more than there are."""
    held_out(tmp_path / "photos", 3)
    for count, expected in ((2, 2), (9, 3)):
        result = compare_colorizers(tmp_path, (), [], count, silent)
        assert {row["count"] for row in result.tables[0].rows} == {expected}


def test_readouts_are_compared_on_both_kinds_of_gray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One table for plain gray, in which gray is the luma of the colors, and one for film-like gray."""
    names = held_out(tmp_path / "photos", 2)
    seen: list[list[GrayShot]] = []

    def rows(name: str, shots: list[GrayShot], engine: Engine) -> list[dict[str, float]]:
        seen.append(shots)
        return [{"temperature": 1.0}]

    monkeypatch.setattr(comparison, "readout_rows", rows)
    texts: list[str] = []
    result = comparison.compare_readouts("color", tmp_path, None, Engine(), texts.append)

    assert texts == ["color, plain gray", "color, film-like gray"]
    assert [table.title for table in result.tables] == [
        f"{title}, {len(names)} photographs" for title in texts
    ]
    plain, film = seen
    assert [shot.name for shot in plain] == [shot.name for shot in film] == names
    for one, other in zip(plain, film, strict=True):
        torch.testing.assert_close(one.gray, luma_of(one.rgb))
        assert not torch.equal(other.gray, luma_of(other.rgb))


@pytest.mark.parametrize("compare", ["colorizers", "readouts"])
def test_without_color_pictures_there_is_nothing_to_compare(tmp_path: Path, compare: str) -> None:
    """Neither photographs nor clips: an error with a code, not an empty table."""
    (tmp_path / "photos").mkdir()
    attempts: dict[str, Callable[[], object]] = {
        "colorizers": lambda: compare_colorizers(tmp_path, ("own",), [], None, silent),
        "readouts": lambda: comparison.compare_readouts("color", tmp_path, None, Engine(), silent),
    }
    with pytest.raises(UsageError) as caught:
        attempts[compare]()
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 9, 30])
def test_a_contact_sheet_has_at_most_four_shots_of_a_set(count: int) -> None:
    """Evenly spaced ones, beginning with the first; of a small set all."""
    shots = [
        GrayShot(str(n), torch.zeros(1, 1, 8, 8), torch.zeros(1, 3, 8, 8)) for n in range(count)
    ]
    scores = list(color_scores(shots, [Colorizer("pale", pale)]))
    rows = comparison._color_cells(shots, scores, ["pale"])
    shown = [int(row[0].name) for row in rows]
    assert shown[0] == 0
    assert len(shown) == min(4, count)
    assert len({later - earlier for earlier, later in pairwise(shown)}) <= 1
