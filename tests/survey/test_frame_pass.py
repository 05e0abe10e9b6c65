"""The pass over whole frames: few places in shots in color, clips at full size, missing frames named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import Clip
from restore.errors import SourceError
from restore.media.color.pixels import pixel_format
from restore.media.container.probe import probe
from restore.survey import frame_pass
from restore.survey.findings import Survey
from restore.survey.frame_pass import frame_passes, places_in
from restore.survey.measuring_pass import with_pass
from restore.survey.survey import passes, survey, survey_around
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.measure import PLACES, TOGETHER, FrameMeasure
from tests.contract.invert import INVERT
from tests.made import made_shot, made_source, made_survey
from tests.media.films import make


@dataclass(frozen=True, slots=True)
class Seen:
    """The frames that an observer saw, and the size of the first."""

    frames: tuple[int, ...]
    size: tuple[int, int]


class Watcher:
    """Keeps the numbers of the frames."""

    def __init__(self) -> None:
        self._frames: list[int] = []
        self._size = (0, 0)

    def see(self, clip: Clip) -> None:
        """Some frames."""
        self._frames += range(clip.index, clip.index + len(clip))
        self._size = (int(clip.luma.shape[-1]), int(clip.luma.shape[-2]))

    def result(self) -> Seen:
        """All of them."""
        return Seen(tuple(self._frames), self._size)


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog with a treatment that sees frames."""
    measure = FrameMeasure(Seen, Watcher)
    watching: Any = replace(INVERT, name="watch", order=45, measure=measure)
    monkeypatch.setattr(catalog, "TREATMENTS", {**catalog.TREATMENTS, "watch": watching})


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One shot in color."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return make(path, "-c:v", "ffv1")


def with_frames(found: Survey) -> Survey:
    """The survey of a film in color with what was seen of its shots."""
    (one,) = frame_passes(["watch"])
    return with_pass(made_source(len(found.frames)), found, one, lambda count: None)


@given(st.integers(0, 1000), st.integers(1, 5000))
def test_places_are_few_apart_and_inside(start: int, count: int) -> None:
    """At most five clips of five frames, in order, without overlap; the first and last frame are seen."""
    spans = places_in(Span(start, start + count))
    assert 1 <= len(spans) <= PLACES
    assert all(1 <= len(span) <= TOGETHER for span in spans)
    frames = [number for span in spans for number in range(span.start, span.stop)]
    assert frames == sorted(set(frames))
    assert frames[0] >= start
    assert frames[-1] < start + count
    if len(spans) > 1:
        assert (frames[0], frames[-1]) == (start, start + count - 1)


def test_all_measures_of_frames_share_one_pass() -> None:
    """However many treatments see whole frames, the film is decoded once more."""
    assert passes(["deflicker"]) == 1
    assert passes(["watch"]) == passes(["watch", "chroma", "crosscolor"]) == 2


def test_the_survey_shows_frames_at_full_size(film: Path, tmp_path: Path) -> None:
    """The clips of the places, and progress that counts on to twice the frames."""
    counted: list[int] = []
    source = probe(film)
    found = survey(source, tmp_path / "t", progress=counted.append, measuring=["watch"])
    (shot,) = found.shots
    expected = [n for span in places_in(shot.span) for n in range(span.start, span.stop)]
    assert shot.color == "color"
    assert shot.measures["watch"] == Seen(tuple(expected), (source.width, source.height))
    assert counted[-1] == 2 * len(source.frames)


def test_a_part_of_the_film_has_the_measure_of_the_whole(film: Path, tmp_path: Path) -> None:
    """The survey around some frames sees the same frames of their shot."""
    source = probe(film)
    whole = survey(source, tmp_path / "t", measuring=["watch"])
    part = survey_around(source, [30], tmp_path / "u", measuring=["watch"])
    assert part.shots[0].measures == whole.shots[0].measures


def test_shots_without_color_are_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gray, tinted and black shots have no chroma to examine: no frame is read."""
    monkeypatch.setattr(frame_pass, "read_frames", None)
    shots = [made_shot(0, 5), made_shot(5, 9, "scene", "tint"), made_shot(9, 12, "black", "color")]
    found = with_frames(made_survey(*shots))
    assert all(shot.measures == {} for shot in found.shots)
    assert found.unmeasured == ()


def test_gray_films_are_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have no chroma planes, whatever the kind of their shots."""
    monkeypatch.setattr(frame_pass, "read_frames", None)
    gray = replace(made_source(12), format=pixel_format("gray"))
    (one,) = frame_passes(["watch"])
    shots = made_survey(made_shot(0, 12, "scene", "color"))
    assert with_pass(gray, shots, one, lambda count: None) == shots


def test_a_shot_that_cannot_be_decoded_again_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no measure, and the survey says so; the run goes on."""

    def fails(*_: object) -> object:
        raise SourceError("Frame 3 cannot be decoded.", "film.mkv", code="frame-undecodable")

    monkeypatch.setattr(frame_pass, "read_frames", fails)
    shots = [made_shot(0, 5), made_shot(5, 12, "scene", "color")]
    found = with_frames(made_survey(*shots))
    assert found.shots[1].measures == {}
    (line,) = found.unmeasured
    assert "1 of 2 shots" in line
