"""Comparison of models, from files to tables."""

from pathlib import Path

import pytest
import torch

from restore.evaluation import comparison, upscalers
from restore.evaluation.benchmark import GrayShot
from restore.evaluation.coloring import color_scores
from restore.evaluation.colorizers import Colorizer, baselines
from restore.evaluation.comparison import Benchmark, compare_colorizers, compare_upscalers
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
