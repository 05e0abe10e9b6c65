"""The reduced pictures of a shot: its own frames, square pixels, without borders."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.errors import SourceError
from restore.jobs import shot_pictures as module
from restore.jobs.prepare import JobRequest, prepare
from restore.jobs.shot_pictures import shot_pictures
from restore.recipe import Recipe
from restore.run.frames import Job
from restore.timing import Span
from restore.treatments.borders import BordersDecision
from restore.treatments.stabilize import StabilizeDecision
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


def test_they_lie_where_stabilized_frames_lie(job: Job, scene: Scene) -> None:
    """Frames are stabilized before they are colored: chroma of their old position would not fit."""
    with shot_pictures(job, Span(8, 20)) as luma:
        plain = [luma[frame] for frame in (0, 3)]
    down, right = (0.0,) * 12, (0.0, 0.0, 0.0, 4 / 256, *(0.0,) * 8)
    decision = StabilizeDecision(8, down, right)
    first, second = job.plan.shots
    moved = replace(second, decisions={**second.decisions, "stabilize": decision})
    steady = replace(job, plan=replace(job.plan, shots=(first, moved)))
    with shot_pictures(steady, Span(8, 20)) as luma:
        assert np.array_equal(luma[0], plain[0])
        assert np.allclose(luma[3][:, :-4], plain[1][:, 4:], atol=1e-6)


def test_they_are_kept_in_the_folder_that_is_given(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work folder has room for a film; the system's folder for temporary files may be memory."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    with shot_pictures(job, Span(8, 10), tmp_path) as luma:
        assert len(luma) == 2


def test_a_shot_without_frames_is_an_error(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file changed or the decoder fails: it has a code, and no traceback."""
    monkeypatch.setattr(module, "read_reduced", lambda source, width, within: iter(()))
    with pytest.raises(SourceError) as caught, shot_pictures(job, Span(8, 10)):
        pass
    assert caught.value.code == "no-frames"
