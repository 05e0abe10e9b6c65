"""The passes over bands: progress like the first pass, and a message where shots decode differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.media.container.probe import probe
from restore.media.ffmpeg.reduced import ReducedFrame
from restore.media.source import Source
from restore.survey.band_pass import band_passes
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import with_pass
from restore.survey.survey import passes, survey
from restore.treatments.descratch.scratch import BANDS
from tests.made import made_shot, made_source, made_survey
from tests.media.films import make
from tests.survey.restless import SIZE, codes, draw_scratch, scene, seen_by, wander

WIDTH = SIZE[0]

FRAMES = 24


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One shot of 24 frames."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return make(path, "-frames:v", str(FRAMES), "-c:v", "ffv1")


def test_only_measures_of_bands_need_another_pass() -> None:
    """The others see the reduced pictures of the first one."""
    assert passes([]) == 1
    assert passes(["deflicker", "stabilize"]) == 1
    assert passes(["descratch", "deflicker"]) == 2


def test_progress_counts_both_passes(film: Path, tmp_path: Path) -> None:
    """Each frame is reported once per pass, the second after the first."""
    counted: list[int] = []
    found = survey(probe(film), tmp_path / "t", progress=counted.append, measuring=["descratch"])
    assert counted == list(range(1, 2 * FRAMES + 1))
    assert found.unmeasured == ()


def test_progress_counts_on_in_every_further_pass(film: Path, tmp_path: Path) -> None:
    """Bands, frames and fields are measured in passes of their own, each with all frames."""
    counted: list[int] = []
    measuring = ["descratch", "dropout", "halo", "chroma", "deinterlace"]
    survey(probe(film), tmp_path / "t", progress=counted.append, measuring=measuring)
    assert passes(measuring) == 5
    assert counted[-1] == 5 * FRAMES
    assert sorted(counted) == counted


SHOTS = (made_shot(0, 30), made_shot(30, 60), made_shot(60, 90))
"""Three shots, each of which has one scratch in `worn_film`."""

SURVEY = made_survey(*SHOTS)

Reading = Callable[[Source, int, tuple[int, int]], Iterator[ReducedFrame]]


def worn_film() -> list[ReducedFrame]:
    """The strips of 90 frames with a scratch through all of them, as a decoder gives them."""
    rng = np.random.default_rng(1)
    frames = seen_by(scene(rng), np.zeros((90, 2)), rng)
    for shot in SHOTS:
        draw_scratch(frames[shot.span.start : shot.span.stop], wander(rng, 30, 90), 30)
    strips = [cv2.resize(y, (WIDTH, BANDS), interpolation=cv2.INTER_AREA) for y in codes(frames)]
    return [ReducedFrame(number, 1, y, y[:0], y[:0]) for number, y in enumerate(strips)]


def decoder(*passes: list[ReducedFrame]) -> tuple[Reading, list[tuple[int, int]]]:
    """A decoder that gives these frames in its first pass, in its second ..., and what it was asked for."""
    asked: list[tuple[int, int]] = []

    def read(source: Source, rows: int, within: tuple[int, int]) -> Iterator[ReducedFrame]:
        frames = passes[min(len(asked), len(passes) - 1)]
        asked.append(within)
        return iter([each for each in frames if within[0] <= each.pts < within[1]])

    return read, asked


def with_scratches(
    source: Source, found: Survey, progress: Callable[[int], None] = lambda count: None
) -> Survey:
    """The survey with the scratches of its shots."""
    (one,) = band_passes(["descratch"])
    return with_pass(source, found, one, progress)


def scratches_of(shots: Sequence[Shot]) -> list[int]:
    """How many scratches each shot has."""
    return [len(shot.measures["descratch"].lines) if shot.measures else 0 for shot in shots]


@pytest.mark.parametrize("missing", [range(40, 41), range(40, 90)], ids=["one frame", "the rest"])
def test_a_shot_that_decodes_differently_is_decoded_again(
    monkeypatch: pytest.MonkeyPatch, missing: range
) -> None:
    """Frames that do not come a second time come in a pass of their shot alone: every scratch is found."""
    film = worn_film()
    read, asked = decoder([each for each in film if each.pts not in missing], film)
    monkeypatch.setattr("restore.survey.band_pass.read_strips", read)
    counted: list[int] = []
    found = with_scratches(made_source(90), SURVEY, counted.append)
    assert scratches_of(found.shots) == [1, 1, 1]
    assert found.unmeasured == ()
    assert asked[:2] == [(0, 90), (30, 60)]
    assert counted == list(range(1, 91))


def test_frames_that_came_too_much_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that the survey did not see does not move the others: no second attempt is needed."""
    film = worn_film()
    source = made_source(90)
    frames = replace(source.frames, pts=tuple(range(0, 180, 2)), durations=(2,) * 90)
    doubled = [replace(each, pts=2 * each.pts + more) for each in film for more in (0, 1)]
    read, asked = decoder(doubled)
    monkeypatch.setattr("restore.survey.band_pass.read_strips", read)
    found = with_scratches(source, replace(SURVEY, frames=frames))
    assert scratches_of(found.shots) == [1, 1, 1]
    assert found.unmeasured == ()
    assert asked == [(0, 179)]


def test_a_shot_that_never_decodes_as_before_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It alone has no scratches then, and a note says where the first of them begins."""
    read, _ = decoder([each for each in worn_film() if each.pts != 40])
    monkeypatch.setattr("restore.survey.band_pass.read_strips", read)
    found = with_scratches(made_source(90), SURVEY)
    assert scratches_of(found.shots) == [1, 0, 1]
    (note,) = found.unmeasured
    assert note.startswith("vertical scratches: not measured in 1 of 3 shots, the first at 1.88 s")
