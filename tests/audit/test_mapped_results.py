"""Results whose frames are not the source's one by one: the audit follows the frame map, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.audit.after_run import Expected, audit
from restore.audit.check import AuditReport
from restore.framemap import FrameMap, IdentityMap, ListedMap, MappedFrame, listed_map
from restore.media.color.pixels import DecodedFrame
from restore.media.container.join import join
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import Planes, VideoFormat
from restore.media.source import Source
from restore.survey.findings import Survey
from restore.survey.survey import survey
from restore.timing import FrameTable, Span, cut_evenly
from tests.framemaps import bobbed, every_second, matched_pulldown, retimed
from tests.media.films import encode, make

COUNT = 40

MAPS: dict[str, Callable[[Survey], ListedMap]] = {
    "every second": lambda found: every_second(found.frames),
    "pulldown": lambda found: matched_pulldown(found.frames),
    "cut in mid-pattern": lambda found: matched_pulldown(found.frames, (0, 18)),
    "retimed": lambda found: retimed(found.frames, Fraction(25, 24)),
    "fields": lambda found: bobbed(found.frames),
}


@dataclass(frozen=True)
class Film:
    """A film with its survey, and all its decoded frames."""

    source: Source
    survey: Survey
    thumbnails: Path
    frames: Sequence[DecodedFrame]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """40 frames of 128x96 that move fast, with sound."""
    moving = "hue=s=0,scroll=h=0.03:v=0.02"
    return drawn_film(
        tmp_path_factory.mktemp("film"), f"testsrc2=s=128x96:r=25:d={COUNT / 25},{moving}"
    )


@pytest.fixture(scope="module")
def letterboxed(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """40 frames of interlaced video, top field first, that move slowly between black bars of 16 rows."""
    drawn = f"testsrc2=s=128x64:r=50:d={COUNT / 25},hue=s=0,lutyuv=y=val/2+100,scroll=h=0.006"
    woven = "pad=128:96:0:16,tinterlace=interleave_top,setfield=tff"
    return drawn_film(tmp_path_factory.mktemp("letterboxed"), f"{drawn},{woven}")


def drawn_film(folder: Path, drawn: str) -> Film:
    """The film drawn by these filters, with its survey."""
    path = folder / "film.mkv"
    sound = ("-f", "lavfi", "-i", f"sine=440:d={COUNT / 25}", "-c:a", "flac")
    make(path, *sound, "-c:v", "ffv1", "-pix_fmt", "yuv420p", drawn=drawn)
    source, thumbnails = probe(path), path.with_name("thumbnails")
    found = survey(source, thumbnails)
    whole = read_frames(source, found.frames, Span(0, len(found.frames)))
    return Film(source, found, thumbnails, list(whole))


def made_by_hand(film: Film, row: MappedFrame) -> Planes:
    """A result frame, its rows put together here and not by the decoder's code."""
    top, bottom = (
        None if index is None else film.frames[index].planes for index in (row.top, row.bottom)
    )
    planes: list[np.ndarray] = []
    for number in range(3):
        height = film.frames[0].planes[number].shape[0]
        rows: list[np.ndarray] = []
        for line in range(height):
            own, other = (top, bottom) if line % 2 == 0 else (bottom, top)
            if own is not None:
                rows.append(own[number][line])
                continue
            assert other is not None
            above, below = (n if 0 <= n < height else None for n in (line - 1, line + 1))
            near = [other[number][n].astype(int) for n in (above, below) if n is not None]
            rows.append(((sum(near) + len(near) - 1) // len(near)).astype(np.uint8))
        planes.append(np.stack(rows))
    return tuple(planes)


def result_of(
    film: Film,
    folder: Path,
    rows: Sequence[MappedFrame],
    times: FrameMap,
    lossy: bool = True,
) -> Path:
    """A result with these frames, shown at the times of a map."""
    video = _video(film, lossy)
    part = encode(folder / "part.mkv", video, [made_by_hand(film, row) for row in rows])
    target = folder / "result.mp4"
    join([part], film.survey.frames, film.source, target, {}, None, times)
    return target


def _video(film: Film, lossy: bool = True) -> VideoFormat:
    source = film.source
    codec, crf, preset = ("h264", 20, "veryfast") if lossy else ("ffv1", None, None)
    return VideoFormat(
        codec,  # pyright: ignore[reportArgumentType]
        "yuv420p",
        source.width,
        source.height,
        Fraction(25),
        source.sar,
        source.color,
        crf,
        preset,
    )


def audited(film: Film, result: Path, frame_map: FrameMap) -> AuditReport:
    """The audit of a result that must be what the map says."""
    spans = cut_evenly(Span(0, len(frame_map)), 96)
    expected = Expected(frame_map, spans, _video(film))
    return audit(film.source, film.survey, film.thumbnails, result, expected)


def failed(found: AuditReport) -> set[str]:
    """The names of the checks that failed."""
    return {check.name for check in found.checks if not check.ok}


@pytest.mark.parametrize("name", MAPS)
def test_a_result_of_its_frame_map_passes(film: Film, tmp_path: Path, name: str) -> None:
    """Count, order, times and pictures are those of the map, and most frames can be distinguished."""
    frame_map = MAPS[name](film.survey)
    found = audited(film, result_of(film, tmp_path, frame_map.rows, frame_map), frame_map)
    assert failed(found) == set(), found
    order = next(check.detail for check in found.checks if check.name == "order")
    assert int(order.split()[0]) >= len(frame_map) - 2, order


@pytest.mark.parametrize("name", MAPS)
def test_a_result_of_another_frame_map_fails(film: Film, tmp_path: Path, name: str) -> None:
    """The unchanged source frames fit none of these maps."""
    frame_map = MAPS[name](film.survey)
    same = [MappedFrame(index, index) for index in range(COUNT)]
    result = result_of(film, tmp_path, same, IdentityMap(COUNT))
    assert failed(audited(film, result, frame_map)) >= (
        {"times", "duration"} if name == "retimed" else {"frames", "order"}
    )


@pytest.mark.parametrize("name", MAPS)
def test_swapped_frames_are_caught(film: Film, tmp_path: Path, name: str) -> None:
    """Two result frames are exchanged.

    Frames of the two fields of one progressive frame would show the same: 7 and 8 are made of different ones.
    """
    frame_map = MAPS[name](film.survey)
    rows = list(frame_map.rows)
    rows[7], rows[8] = rows[8], rows[7]
    found = audited(film, result_of(film, tmp_path, rows, frame_map), frame_map)
    assert failed(found) == {"order"}
    (detail,) = (check.detail for check in found.checks if not check.ok)
    assert "7 shows" in detail
    assert "8 shows" in detail


@pytest.mark.parametrize("name", MAPS)
def test_a_missing_frame_is_caught(film: Film, tmp_path: Path, name: str) -> None:
    """One result frame is missing, the others have their times."""
    frame_map = MAPS[name](film.survey)
    rows = [*frame_map.rows[:9], *frame_map.rows[10:]]
    times = frame_map.table(film.survey.frames)
    pts, durations = (
        [values[k] for k in range(len(rows) + 1) if k != 9]
        for values in (times.pts, times.durations)
    )
    short = shown_at(pts, durations, frame_map)
    result = result_of(film, tmp_path, rows, short)
    assert failed(audited(film, result, frame_map)) >= {"frames", "order", "times"}


def shown_at(pts: Sequence[int], durations: Sequence[int], like: ListedMap) -> ListedMap:
    """A map of whatever frames, shown at these times in another map's unit."""
    last = MappedFrame(0, 0, "repeat-dropped")
    rows = [*[MappedFrame(0, 0)] * (len(pts) - 1), last]
    return listed_map(COUNT, rows, FrameTable(like.time_base, tuple(pts), tuple(durations)))


@pytest.mark.parametrize("name", MAPS)
def test_a_wrong_time_is_caught(film: Film, tmp_path: Path, name: str) -> None:
    """All frames in order, one of them too late."""
    frame_map = MAPS[name](film.survey)
    times = frame_map.table(film.survey.frames)
    pts = list(times.pts)
    pts[5] += times.durations[5] // 2
    late = shown_at(pts, times.durations, frame_map)
    result = result_of(film, tmp_path, frame_map.rows, late)
    assert failed(audited(film, result, frame_map)) == {"times"}


def test_a_dropped_frame_in_place_of_the_kept_one_is_caught(film: Film, tmp_path: Path) -> None:
    """With the right count and times, one result frame shows the dropped repeat."""
    frame_map = every_second(film.survey.frames)
    rows = list(frame_map.rows)
    rows[4] = MappedFrame(9, 9)
    found = audited(film, result_of(film, tmp_path, rows, frame_map), frame_map)
    assert failed(found) == {"order"}
    (detail,) = (check.detail for check in found.checks if not check.ok)
    assert "frame 4 shows 9" in detail


@pytest.mark.parametrize("wrong", [(13, 13), (12, 12), (14, 12), (12, 13)])
def test_a_wrong_partner_of_a_field_is_caught(
    film: Film, tmp_path: Path, wrong: tuple[int, int]
) -> None:
    """The frame of the top field of 13 and the bottom field of 12 is made of others."""
    frame_map = matched_pulldown(film.survey.frames)
    rows = list(frame_map.rows)
    assert rows[10] == MappedFrame(13, 12, "matched")
    rows[10] = MappedFrame(*wrong, "same" if wrong[0] == wrong[1] else "matched")
    found = audited(film, result_of(film, tmp_path, rows, frame_map), frame_map)
    assert failed(found) == {"order"}, found
    (detail,) = (check.detail for check in found.checks if not check.ok)
    both = f"both fields of {wrong[0]}"
    named = both if wrong[0] == wrong[1] else f"the fields of {wrong[0]} and {wrong[1]}"
    assert f"frame 10 shows {named}, not the fields of 13 and 12" in detail


def test_a_field_of_another_frame_is_caught(film: Film, tmp_path: Path) -> None:
    """A frame of one field shows the same field of the next source frame."""
    frame_map = bobbed(film.survey.frames)
    rows = list(frame_map.rows)
    rows[20] = MappedFrame(11, None, "field")
    found = audited(film, result_of(film, tmp_path, rows, frame_map), frame_map)
    assert failed(found) == {"order"}, found
    (detail,) = (check.detail for check in found.checks if not check.ok)
    assert "frame 20 shows the top field of 11, not the top field of 10" in detail


def with_frames(film: Film, folder: Path, frames: Sequence[Planes], frame_map: FrameMap) -> Path:
    """A lossless result with these frames, shown at the times of a map."""
    folder.mkdir(exist_ok=True)
    part = encode(folder / "part.mkv", _video(film, lossy=False), frames)
    target = folder / "result.mkv"
    join([part], film.survey.frames, film.source, target, {}, None, frame_map)
    return target


def of_fields(film: Film, row: MappedFrame) -> Planes:
    """A result frame whose missing rows are means of the fields before and after it, as in still parts."""
    if row.whole:
        return film.frames[row.sources[0]].planes
    (own,) = row.sources
    missing = 1 if row.bottom is None else 0
    near = [k for k in (own, own - 1 if missing else own + 1) if 0 <= k < COUNT]
    planes: list[np.ndarray] = []
    for number, plane in enumerate(film.frames[own].planes):
        made = plane.copy()
        others = [film.frames[k].planes[number][missing::2].astype(int) for k in near]
        made[missing::2] = np.mean(others, 0).round().astype(np.uint8)
        planes.append(made)
    return tuple(planes)


def first_fields(frames: FrameTable) -> ListedMap:
    """A frame for the top field of every source frame."""
    rows = [MappedFrame(index, None, "field") for index in range(len(frames))]
    return listed_map(len(frames), rows, frames)


FIELD_MAPS: dict[str, Callable[[FrameTable], ListedMap]] = {
    "every field": bobbed,
    "first fields": first_fields,
}
MAKERS: dict[str, Callable[[Film, MappedFrame], Planes]] = {
    "rows": made_by_hand,
    "moments": of_fields,
}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", FIELD_MAPS)
def test_missing_rows_may_come_from_rows_or_from_moments(
    letterboxed: Film, tmp_path: Path, name: str, make: str
) -> None:
    """Along the edges of bars, where both differ by half a row, both are right."""
    frame_map = FIELD_MAPS[name](letterboxed.survey.frames)
    frames = [MAKERS[make](letterboxed, row) for row in frame_map.rows]
    result = with_frames(letterboxed, tmp_path, frames, frame_map)
    assert failed(audited(letterboxed, result, frame_map)) == set()


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", FIELD_MAPS)
def test_swapped_frames_between_bars_are_caught(
    letterboxed: Film, tmp_path: Path, name: str, make: str
) -> None:
    """Two frames of one field are exchanged in a letterboxed film; no other frame is named."""
    frame_map = FIELD_MAPS[name](letterboxed.survey.frames)
    frames = [MAKERS[make](letterboxed, row) for row in frame_map.rows]
    frames[20], frames[21] = frames[21], frames[20]
    found = audited(letterboxed, with_frames(letterboxed, tmp_path, frames, frame_map), frame_map)
    assert failed(found) == {"order"}
    (detail,) = (check.detail for check in found.checks if not check.ok)
    assert detail.startswith("2 frames")
    assert "frame 20 shows" in detail
    assert "21 shows" in detail


@pytest.mark.parametrize("name", FIELD_MAPS)
def test_a_frame_with_both_fields_between_bars_is_caught(
    letterboxed: Film, tmp_path: Path, name: str
) -> None:
    """A source frame with both of its fields is in the place of a frame of one field."""
    frame_map = FIELD_MAPS[name](letterboxed.survey.frames)
    frames = [of_fields(letterboxed, row) for row in frame_map.rows]
    (index,) = frame_map.rows[20].sources
    frames[20] = letterboxed.frames[index].planes
    found = audited(letterboxed, with_frames(letterboxed, tmp_path, frames, frame_map), frame_map)
    assert failed(found) == {"order"}
    (detail,) = (check.detail for check in found.checks if not check.ok)
    assert f"1 frames in the wrong place: frame 20 shows both fields of {index}, not" in detail
