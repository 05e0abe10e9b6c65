"""Judging from files to tables."""

from pathlib import Path

import pytest
import torch

from restore.evaluation import judging, upscalers
from restore.evaluation.benchmark import GreyShot
from restore.evaluation.coloring import score_shots
from restore.evaluation.colorists import Colorist, baselines
from restore.evaluation.judging import Benchmark, judge_colorists, judge_upscalers
from tests.media.films import make

DRAWN = "testsrc2=s=160x128:r=25:d=1,gblur=sigma=1"


def silent(word: str) -> None:
    """Nobody listens."""


def test_every_shot_of_every_ageing_is_scored(tmp_path: Path) -> None:
    """A score for each ageing, clip, making and upscaler; makings of one clip differ."""
    film = make(tmp_path / "film.mkv", drawn=DRAWN)
    bench = Benchmark((film,), stills=False, kinds=("own", "ffmpeg"), ageings=2, frames=2)
    verdict = judge_upscalers(bench, [upscalers.lanczos(2)], silent)

    assert [score["set"] for score in verdict.scores] == ["own", "own", "ffmpeg", "ffmpeg"]
    assert len({score["psnr"] for score in verdict.scores}) == 4
    assert len(verdict.tables) == 2
    assert verdict.sheet is not None
    assert verdict.sheet.std() > 10


def test_shots_are_as_long_as_what_is_judged_and_its_context(tmp_path: Path) -> None:
    """Three judged frames of a clip need eleven."""
    film = make(tmp_path / "film.mkv", drawn=DRAWN)
    for kind in ("own", "ffmpeg"):
        (shot,) = Benchmark((film,), stills=False, kinds=(kind,), frames=3).shots(kind, 4)
        assert len(shot.aged) == len(shot.truth) == 11
        assert shot.truth.shape[-1] == 4 * shot.aged.shape[-1]


def test_old_grey_and_its_colors_show_the_same(tmp_path: Path) -> None:
    """The small film and the colors beside it have one size, and their lumas go together."""
    small = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(1)) * 255
    frames = torch.nn.functional.interpolate(small, (144, 176), mode="bicubic").clamp(0, 255)
    shot = judging._old_grey("x", frames.byte().expand(2, -1, -1, -1), 6, 2)
    assert shot.grey.shape[-2:] == shot.rgb.shape[-2:]
    together = torch.stack([shot.grey.flatten(), shot.rgb.mean(1).flatten()])
    assert float(torch.corrcoef(together)[0, 1]) > 0.9


def test_pictures_of_one_name_keep_their_own_cells() -> None:
    """What came out stands beside what was seen, also where two pictures bear the same name."""
    shots = [
        GreyShot("same", torch.full((1, 1, 8, 8), x), torch.full((1, 3, 8, 8), x)) for x in (0, 1)
    ]
    as_it_is = Colorist("as it is", lambda shot: torch.zeros(1, 2, 8, 8))
    scores = list(score_shots(shots, [*baselines(shots), as_it_is]))
    dark, light = judging._color_cells(shots, scores, ["as it is"])
    assert [cell.name for cell in dark] == ["same", "as it is", "truth"]
    assert int(dark[1].picture.max()) == 0
    assert [cell.name for cell in light] == ["same", "as it is", "truth"]
    assert int(light[1].picture.min()) == 255


@pytest.mark.slow
def test_sets_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    """With clips alone, the table has the clips alone, plain and by the ageing asked for."""
    (tmp_path / "photos").mkdir()
    make(tmp_path / "film.mkv", drawn=DRAWN)
    pale = Colorist(
        "pale", lambda shot: torch.full((len(shot.grey), 2, *shot.grey.shape[-2:]), 0.01)
    )
    verdict = judge_colorists(tmp_path, ("ffmpeg",), [pale], 5, silent)
    (table,) = verdict.tables
    sets = list(dict.fromkeys(row["shots"] for row in table.rows))
    assert sets == ["clips, plain grey", "clips, aged by ffmpeg's filters"]
