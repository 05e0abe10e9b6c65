"""Whole jobs by made frame maps: decoding, parts, join, audit, record and preview follow the map."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from restore.framemap import ListedMap
from restore.jobs.audit_files import audit_files
from restore.jobs.before_after import still
from restore.jobs.prepare import JobRequest, plan_film
from restore.jobs.record_files import record_path
from restore.jobs.reproduce import compare, rerun_of
from restore.jobs.restore_film import restore_film
from restore.media.color.pixels import DecodedFrame
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import Planes
from restore.plan import Plan, make_plan
from restore.recipe import Recipe
from restore.report.record import Record
from restore.run.chain import load_chain
from restore.run.events import ignore_event
from restore.run.frames import Job
from restore.run.job_folder import parts_folder, read_plan
from restore.run.receipts import find_receipt
from restore.survey.survey import survey
from restore.timing import FrameTable, Span
from tests.framemaps import bobbed, every_second, matched_pulldown, retimed
from tests.media.films import make

Maker = Callable[[FrameTable], ListedMap]

MAPS: dict[str, Maker] = {
    "every second": every_second,
    "pulldown": matched_pulldown,
    "cut in mid-pattern": lambda frames: matched_pulldown(frames, (0, 33)),
    "retimed": lambda frames: retimed(frames, Fraction(25, 24)),
    "fields": bobbed,
}

RECIPE = Recipe(codec="ffv1")
FIELDS = Recipe(codec="ffv1", deinterlace="field", deinterlacer="bwdif")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots of 33 and 67 frames, 64x48, that begin at 0.2 s, with sound."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    one = "testsrc2=s=64x48:r=25:d=1.32,hue=s=0"
    other = "mandelbrot=s=64x48:r=25,trim=duration=2.68,hue=s=0"
    drawn = f"{one}[a];{other}[b];[a][b]concat=n=2,format=yuv420p,setpts=PTS+0.2/TB"
    sound = ("-f", "lavfi", "-i", "sine=440:d=4.2", "-c:a", "flac")
    words = ("-fps_mode", "passthrough", "-c:v", "ffv1", "-g", "1")
    return make(path, *sound, *words, drawn=drawn)


def planned_by(monkeypatch: pytest.MonkeyPatch, maker: Maker) -> None:
    """Whatever is planned from now on has a map of that kind."""

    def plan(source: object, found: object, *rest: object) -> Plan:
        frame_map = maker(found.frames)  # type: ignore[attr-defined]
        return make_plan(source, found, *rest, frame_map=frame_map)  # type: ignore[arg-type]

    monkeypatch.setattr("restore.jobs.prepare.make_plan", plan)


def decoded(path: Path) -> list[DecodedFrame]:
    """All frames of a film."""
    source = probe(path)
    return list(read_frames(source, source.frames, Span(0, len(source.frames))))


def by_hand(source: list[DecodedFrame], frame_map: ListedMap) -> list[Planes]:
    """The frames that a map wants, but for those of one field alone: their own rows only."""
    made: list[Planes] = []
    for row in frame_map.rows:
        fields = (row.top, row.bottom)
        planes: list[np.ndarray] = []
        for number in range(3):
            plane = source[row.sources[0]].planes[number].copy()
            for parity, index in enumerate(fields):
                if index is not None:
                    plane[parity::2] = source[index].planes[number][parity::2]
            planes.append(plane)
        made.append(tuple(planes))
    return made


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """When each sound packet is due, and its bytes."""
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        return [
            (packet.pts * track.time_base, bytes(packet))
            for packet in container.demux(track)
            if packet.size and packet.pts is not None and track.time_base
        ]


@pytest.mark.parametrize("name", MAPS)
def test_a_whole_job_follows_its_map(
    film: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames, times, sound and record are those of the map, over several segments; the audits agree."""
    planned_by(monkeypatch, MAPS[name])
    monkeypatch.setattr("restore.plan.make.SEGMENT_FRAMES", 24)
    recipe = FIELDS if name == "fields" else RECIPE
    result = restore_film(JobRequest(film, recipe, output=tmp_path / "out.mp4"), ignore_event)
    source = probe(film)
    frame_map = MAPS[name](source.frames)

    found = decoded(result)
    assert len(found) == len(frame_map)
    for frame, planes, row in zip(
        found, by_hand(decoded(film), frame_map), frame_map.rows, strict=True
    ):
        own = [parity for parity, field in enumerate((row.top, row.bottom)) if field is not None]
        for plane, wanted in zip(frame.planes, planes, strict=True):
            assert all(np.array_equal(plane[p::2], wanted[p::2]) for p in own)
    shown, times = probe(result).frames, frame_map.table(source.frames)
    assert [shown.seconds(k) for k in range(len(shown))] == [
        times.seconds(k) for k in range(len(times))
    ]
    assert abs(shown.end - times.end) < Fraction(1, 1000)
    assert [data for _, data in sound_packets(result)] == [data for _, data in sound_packets(film)]
    record = Record.model_validate_json(record_path(result).read_bytes())
    assert record.frame_map == frame_map
    assert record.shots[-1].frames.stop == record.frames == len(frame_map)
    assert audit_files(film, result).ok


def test_a_recorded_map_is_what_a_result_is_audited_by(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its record, a result of half the frames is not what the source asks for."""
    planned_by(monkeypatch, every_second)
    result = restore_film(JobRequest(film, RECIPE, output=tmp_path / "out.mkv"), ignore_event)
    record_path(result).unlink()
    failed = {check.name for check in audit_files(film, result).checks if not check.ok}
    assert {"frames", "order"} <= failed


def test_a_retiming_is_reported(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note and the record say that the picture's length changed and that the sound's did not."""
    planned_by(monkeypatch, MAPS["retimed"])
    result = restore_film(JobRequest(film, RECIPE, output=tmp_path / "out.mkv"), ignore_event)
    notes = Record.model_validate_json(record_path(result).read_bytes()).notes
    assert "100 frames are made of 100 of 100 source frames: 100 retimed" in notes
    assert (
        "the frames last 4.167 instead of 4.000 seconds; sound packets and their times stay as they are"
        in notes
    )
    assert sound_packets(result) == sound_packets(film)


def test_a_part_of_a_film_has_a_map_of_its_own(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--start and --end come first: the map counts the frames that are left, and sound stays with them."""
    planned_by(monkeypatch, every_second)
    recipe = Recipe(codec="ffv1", start=Fraction(1), end=Fraction(2))
    result = restore_film(JobRequest(film, recipe, output=tmp_path / "out.mkv"), ignore_event)
    wanted = decoded(film)[25:50:2]
    found = decoded(result)
    assert len(found) == 13
    assert probe(result).frames.pts[0] == 0
    assert all(
        np.array_equal(a, b)
        for frame, twin in zip(found, wanted, strict=True)
        for a, b in zip(frame.planes, twin.planes, strict=True)
    )
    assert audit_files(film, result).ok


def test_receipts_name_the_source_frames_of_their_segment(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is checksummed once, whichever result frames it goes into."""
    planned_by(monkeypatch, matched_pulldown)
    order = JobRequest(
        film, RECIPE, output=tmp_path / "out.mkv", work_dir=tmp_path / "work", keep_work=True
    )
    restore_film(order, ignore_event)
    (work,) = (tmp_path / "work").iterdir()
    plan = read_plan(work)
    receipt = find_receipt(parts_folder(work), plan, 0)
    assert receipt is not None
    assert len(receipt.sources) == len(plan.frame_map.used(receipt.frames))


def test_a_rerun_plans_the_same_map(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frames are the recorded ones; planned without the map they are not, and that is said."""
    planned_by(monkeypatch, matched_pulldown)
    result = restore_film(JobRequest(film, RECIPE, output=tmp_path / "out.mkv"), ignore_event)
    job = rerun_of(record_path(result), film, tmp_path / "again.mkv")
    found = compare(job.record, restore_film(job.request, ignore_event))
    assert (found.same, found.same_map) == (True, True)
    monkeypatch.undo()
    job = rerun_of(record_path(result), film, tmp_path / "other.mkv")
    found = compare(job.record, restore_film(job.request, ignore_event))
    assert (found.same, found.same_map) == (False, False)


def test_a_preview_shows_the_frame_that_the_map_makes(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the fields of two frames."""
    planned_by(monkeypatch, matched_pulldown)
    source, thumbnails = probe(film), tmp_path / "thumbnails"
    found = survey(source, thumbnails)
    plan = plan_film(source, found, RECIPE, {}, ".mkv")
    chain = load_chain(plan, source.width * source.height)
    shown = still(Job(source, found, plan, thumbnails), chain, plan.frame_map.carrier(12))
    frames = decoded(film)
    assert shown.index == 10
    assert np.array_equal(shown.planes[0][0::2], frames[13].planes[0][0::2])
    assert np.array_equal(shown.planes[0][1::2], frames[12].planes[0][1::2])


def test_a_result_of_images_follows_its_map(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many images as result frames, with their labels and times, and the sound next to them."""
    planned_by(monkeypatch, every_second)
    target = tmp_path / "reel" / "frame_%04d.dpx"
    result = restore_film(JobRequest(film, Recipe(codec="dpx"), output=target), ignore_event)
    assert len(list(result.glob("*.dpx"))) == 50
    found = audit_files(film, target)
    assert found.ok, [check for check in found.checks if not check.ok]
