"""The survey's pass over whole rows: what measures of fields get, and shots that decode differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_fields
from restore.media.ffmpeg.reduced import ReducedFrame, field_columns
from restore.media.source import Source
from restore.survey.field_pass import field_passes
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import with_pass
from restore.survey.survey import passes, survey, survey_around
from tests.made import made_shot, made_source, made_survey
from tests.media.films import make
from tests.treatments.deinterlace.made_fields import Plane, moving, woven

NAME = "deinterlace"

FIELDS = [*moving(40, 1), *moving(40, 2)]

SHOTS = (made_shot(0, 20), made_shot(20, 40))

SURVEY = made_survey(*SHOTS)

Reading = Callable[[Source, tuple[int, int]], Iterator[ReducedFrame]]


def video() -> list[ReducedFrame]:
    """40 frames of interlaced video, as a decoder gives them."""
    frames = woven(FIELDS, "bff")
    return [ReducedFrame(number, 1, y, y[:0], y[:0]) for number, y in enumerate(frames)]


def decoder(*passes: list[ReducedFrame]) -> tuple[Reading, list[tuple[int, int]]]:
    """A decoder that gives these frames in its first pass, in its second ..., and what it was asked for."""
    asked: list[tuple[int, int]] = []

    def read(source: Source, within: tuple[int, int]) -> Iterator[ReducedFrame]:
        frames = passes[min(len(asked), len(passes) - 1)]
        asked.append(within)
        return iter([each for each in frames if within[0] <= each.pts < within[1]])

    return read, asked


def with_fields(progress: Callable[[int], None] = lambda count: None) -> Survey:
    """The survey with what was found in the fields of its shots."""
    (one,) = field_passes([NAME])
    return with_pass(made_source(40), SURVEY, one, progress)


def kinds(shots: tuple[Shot, ...]) -> list[list[str]]:
    """The kinds of the stretches of each shot; none if it was not measured."""
    return [
        [s.kind for s in shot.measures[NAME].stretches] if shot.measures else [] for shot in shots
    ]


def test_a_measure_of_fields_needs_a_pass_of_its_own() -> None:
    """It is counted with the pass for bands."""
    assert passes([NAME]) == 2
    assert passes([NAME, "descratch"]) == 3
    assert [one.names for one in field_passes([NAME, "deflicker"])] == [(NAME,)]


def test_every_shot_gets_its_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The film is decoded once, and progress counts its frames."""
    read, asked = decoder(video())
    monkeypatch.setattr("restore.survey.field_pass.read_fields", read)
    counted: list[int] = []
    found = with_fields(counted.append)
    assert kinds(found.shots) == [["video"], ["video"]]
    assert found.shots[0].measures[NAME].stretches[0].order == "bff"
    assert asked == [(0, 40)]
    assert counted == list(range(1, 41))


@pytest.mark.parametrize("missing", [range(30, 31), range(20, 40), range(20)], ids=str)
def test_a_shot_that_decodes_differently_is_decoded_again(
    monkeypatch: pytest.MonkeyPatch, missing: range
) -> None:
    """Frames that do not come the first time come in a pass of their shot alone."""
    read, asked = decoder([each for each in video() if each.pts not in missing], video())
    monkeypatch.setattr("restore.survey.field_pass.read_fields", read)
    found = with_fields()
    assert kinds(found.shots) == [["video"], ["video"]]
    assert found.unmeasured == ()
    assert len(asked) == 2


def test_a_shot_that_never_decodes_as_before_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It alone has no measure then, and a note says where it begins."""
    read, _ = decoder([each for each in video() if each.pts != 30])
    monkeypatch.setattr("restore.survey.field_pass.read_fields", read)
    found = with_fields()
    assert kinds(found.shots) == [["video"], []]
    (note,) = found.unmeasured
    assert note.startswith("fields: not measured in 1 of 2 shots, the first at 1.25 s")


def test_frames_that_come_in_addition_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that the survey did not see moves no other one."""
    extra = ReducedFrame(-1, 1, *[np.zeros((96, 64), np.uint8)] * 3)
    read, _ = decoder([extra, *video()])
    monkeypatch.setattr("restore.survey.field_pass.read_fields", read)
    assert kinds(with_fields().shots) == [["video"], ["video"]]


ROWS = "geq=lum='if(mod(Y,2),40+N*4,200-N*4)':cb='if(mod(Y,2),90,150)':cr=128"
"""Top rows that become darker and bottom rows that become brighter, with other colors."""


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray"])
@pytest.mark.parametrize("height", [48, 47])
def test_rows_are_never_mixed(tmp_path: Path, pixels: str, height: int) -> None:
    """Every row of a reduced frame is the mean of one row of the film, and chroma rows belong to a field."""
    path = tmp_path / "film.mkv"
    filters = f"color=s=640x{height}:r=25:d=0.2,format=yuv444p,{ROWS},format={pixels}"
    make(path, "-f", "lavfi", "-i", filters, "-map", "1:v", "-c:v", "ffv1", "-pix_fmt", pixels)
    source = probe(path)
    for number, frame in enumerate(read_fields(source)):
        assert frame.y.shape == (height, 160)
        light, dark = frame.y[0::2].astype(int), frame.y[1::2].astype(int)
        assert np.ptp(light) <= 1
        assert np.ptp(dark) <= 1
        if pixels != "gray":
            assert abs(int(light[0, 0]) - (200 - 4 * number)) <= 1
        expected = (height + 1) // 2 if "420" in pixels else height
        assert frame.cb.shape[0] in (expected, height)


@pytest.mark.parametrize(
    ("width", "columns"), [(64, 64), (320, 160), (720, 180), (1920, 240), (3, 3), (161, 81)]
)
def test_wide_films_lose_more_columns(width: int, columns: int) -> None:
    """A quarter of the usual width; small films keep enough of them."""
    assert field_columns(width) == columns


def interlaced_file(path: Path) -> Path:
    """A film of a moving texture with fields of different times, lossless."""
    frames: list[Plane] = [np.repeat(frame, 4, axis=1) for frame in woven(FIELDS[:40], "tff")]
    raw = path.with_suffix(".raw")
    raw.write_bytes(b"".join(frame.tobytes() for frame in frames))
    size = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", "256x96", "-r", "25", "-i", str(raw))
    return make(path, *size, "-map", "1:v", "-c:v", "ffv1", "-pix_fmt", "yuv420p")


def test_a_survey_measures_a_file(tmp_path: Path) -> None:
    """The whole film, and one of its shots found around a frame, give the same."""
    source = probe(interlaced_file(tmp_path / "film.mkv"))
    whole = survey(source, tmp_path / "t", measuring=[NAME])
    around = survey_around(source, [3], tmp_path / "u", measuring=[NAME])
    for found in (whole, around):
        (stretch,) = found.shots[0].measures[NAME].stretches
        assert (stretch.kind, stretch.order, stretch.stop) == ("video", "tff", 40)
