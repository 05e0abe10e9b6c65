"""The reduced pictures of a shot: its own frames, square pixels, without borders."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from restore.jobs.prepare import JobRequest, prepare
from restore.jobs.shot_pictures import shot_pictures
from restore.recipe import Recipe
from restore.run.frames import Job
from restore.timing import Span
from restore.treatments.borders import BordersDecision
from tests.jobs.color_films import gray_film
from tests.treatments.colored_square import Scene, colored_square


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Twelve frames."""
    return colored_square(12)


@pytest.fixture(scope="module")
def job(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Their film after another shot of eight frames, planned."""
    folder = tmp_path_factory.mktemp("pictures")
    film = gray_film(folder / "film.mkv", [colored_square(8, seed=2), scene])
    request = JobRequest(film, Recipe(colorize=True), folder / "out.mkv")
    return prepare(request, folder / "thumbnails", lambda done: None)[0]


def test_they_are_the_luma_of_the_shots_frames(job: Job, scene: Scene) -> None:
    """Nominal, within half a code value of limited range."""
    with shot_pictures(job, Span(8, 20)) as luma:
        assert len(luma) == 12
        for frame in (0, 5, 11):
            assert luma[frame].shape == (192, 256)
            assert np.abs(luma[frame] - scene.luma[frame]).max() <= 0.51 / 219 + 1e-6


def test_they_have_square_pixels(job: Job) -> None:
    """A picture that is stored squeezed is as wide as it is shown."""
    wide = replace(job, source=replace(job.source, sar=Fraction(3, 2)))
    with shot_pictures(wide, Span(8, 10)) as luma:
        assert luma[0].shape == (128, 256)


def test_cropped_borders_are_not_part_of_them(job: Job, scene: Scene) -> None:
    """The picture is that which color is made for."""
    decision = BordersDecision("crop", 16, 16, 32, 32)
    shots = [
        replace(shot, decisions={**shot.decisions, "borders": decision}) for shot in job.plan.shots
    ]
    cropped = replace(job, plan=replace(job.plan, shots=tuple(shots)))
    with shot_pictures(cropped, Span(8, 10)) as luma:
        assert luma[0].shape == (216, 256)
        inner = scene.luma[0][16:-16, 32:-32]
        assert abs(float(luma[0].mean() - inner.mean())) < 0.003
