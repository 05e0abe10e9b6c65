"""A preview is the run's own frame: same plan, same chain, same code values."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from restore.jobs.before_after import Still, still
from restore.jobs.prepare import JobRequest, cards_for, plan_film
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.process import executable
from restore.media.source import Source
from restore.recipe import Recipe
from restore.run.chain import load_chain
from restore.run.frames import Job
from restore.survey.survey import survey_around
from restore.timing import Span

RECIPE = Recipe(upscale=2, colorize=True, codec="ffv1", precision="fp32")
MOMENTS = (3, 40, 57)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots without color, 96x64, cut after 30 frames of 60."""
    path = tmp_path_factory.mktemp("preview") / "film.mkv"
    one = "testsrc2=size=96x64:rate=24:duration=1.25,hue=s=0"
    other = "mandelbrot=size=96x64:rate=24,trim=duration=1.25,hue=s=0"
    graph = f"{one}[a];{other}[b];[a][b]concat=n=2,format=yuv420p"
    words = [executable(), "-v", "error", "-f", "lavfi", "-i", graph, str(path)]
    subprocess.run(words, check=True)
    return path


@pytest.fixture(scope="module")
def stills(film: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Still]:
    """The film's frames at some moments, from a survey of their shots alone."""
    source = probe(film)
    thumbnails = tmp_path_factory.mktemp("around") / "thumbnails"
    survey = survey_around(source, MOMENTS, thumbnails)
    plan = plan_film(source, survey, RECIPE, cards_for(source, RECIPE), ".mkv")
    chain = load_chain(plan, source.width * source.height)
    times = [source.frames.pts[moment] for moment in MOMENTS]
    indices = [survey.frames.pts.index(pts) for pts in times]
    job = Job(source, survey, plan, thumbnails)
    return [still(job, chain, index) for index in indices]


def _frames(source: Source) -> Iterator[tuple[np.ndarray, ...]]:
    for picture in read_frames(source, source.frames, Span(0, len(source.frames))):
        yield picture.planes


def test_the_preview_shows_what_the_run_makes(film: Path, stills: list[Still]) -> None:
    """Before encoding, every plane of a previewed frame equals the run's within one code value."""
    result = restore_film(JobRequest(film, RECIPE), lambda event: None)
    made = list(_frames(probe(result)))
    assert len(made) == 60
    for moment, preview in zip(MOMENTS, stills, strict=True):
        for ours, runs in zip(preview.planes, made[moment], strict=True):
            assert np.abs(ours.astype(int) - runs.astype(int)).max() <= 1
        others = np.abs(preview.planes[0].astype(int) - made[moment - 2][0].astype(int))
        assert others.max() > 1  # another frame would be noticed


def test_both_pictures_are_shown(stills: list[Still]) -> None:
    """Original and restored as 8-bit RGB at their own sizes, the restored one in color."""
    for preview in stills:
        assert preview.original.shape == (64, 96, 3)
        assert preview.restored.shape == (128, 192, 3)
        spread = preview.restored.astype(int).max(axis=2) - preview.restored.astype(int).min(axis=2)
        assert spread.mean() > 1
