"""Weave, flicker and scratches are removed and the result is verified; a steady film keeps its frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from restore.audit.after_run import Expected, audit
from restore.framemap import IdentityMap
from restore.jobs.audit_files import audit_files
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import read_known
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import VideoFormat
from restore.recipe import Recipe
from restore.run.job_folder import parts_folder, read_job
from restore.run.receipts import discard_part, part_path
from restore.run.segment import run_segment
from restore.survey.survey import survey
from restore.timing import Span
from tests.framemaps import every_second, matched_pulldown
from tests.jobs.test_mapped_film import Maker, planned_by
from tests.made import SD
from tests.media.films import encode
from tests.survey.restless import codes, jitter, picture, seen_by

FRAMES = 40
STILL = Recipe(codec="ffv1", stabilize=1, deflicker=1, descratch=1)


def _film(
    path: Path, reach: float, light: float, seed: int = 1, bars: int = 0, scratch: float = 0.0
) -> Path:
    """A landscape of 256x192 with gate weave of `reach` pixels and flicker of `light`.

    With the first seed a figure moves through it; `bars` rows are black at its top and bottom. A scratch
    of depth `scratch` moves around column 200.
    """
    rng = np.random.default_rng(seed)
    frames = seen_by(picture(rng) * 0.7 + 20, jitter(rng, FRAMES, reach), rng, grain=1.0)
    for number, frame in enumerate(frames if seed == 1 else ()):
        frame[60:120, 4 * number + 20 : 4 * number + 40] = 220
    frames = (frames - 16) * rng.normal(1, light, (FRAMES, 1, 1)).astype(np.float32) + 16
    for number, frame in enumerate(frames):
        frame[:, _column(number) : _column(number) + 2] += scratch
    frames[:, :bars] = frames[:, 192 - bars :] = 16
    video = VideoFormat("ffv1", "yuv420p", 256, 192, Fraction(24), Fraction(1), SD, None, None)
    chroma = np.full((96, 128), 128, np.uint8)
    return encode(path, video, [(luma, chroma, chroma) for luma in codes(frames)])


def _column(frame: int) -> int:
    """The column of the scratch."""
    return 200 + round(3 * np.sin(0.7 * frame))


def _luma(path: Path) -> NDArray[np.float64]:
    source = probe(path)
    read = read_frames(source, source.frames, Span(0, len(source.frames)))
    return np.array([frame.planes[0] for frame in read], np.float64)


def _changes(luma: NDArray[np.float64]) -> float:
    """How much the part where nothing moves changes from frame to frame."""
    return float(np.abs(np.diff(luma[:, 130:180, 10:240], axis=0)).mean())


@pytest.fixture(scope="module")
def unsteady_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with weave and flicker."""
    return _film(tmp_path_factory.mktemp("film") / "film.mkv", 0.7, 0.04)


def test_weave_and_flicker_are_removed_and_the_result_is_verified(
    unsteady_film: Path, tmp_path: Path
) -> None:
    """The changes from frame to frame are a third of what they were; the audit expects the moved frames."""
    made = restore_film(
        JobRequest(unsteady_film, STILL, output=tmp_path / "still.mkv"), lambda _: None
    )
    assert _changes(_luma(made)) < _changes(_luma(unsteady_film)) / 3
    assert audit_files(unsteady_film, made).ok


@pytest.mark.parametrize("bars", [0, 24])
@pytest.mark.parametrize(("seed", "reach"), [(2, 0.4), (3, 1.0), (4, 2.5)])
def test_the_audit_passes_a_scene_that_hardly_changes(
    tmp_path: Path, seed: int, reach: float, bars: int
) -> None:
    """Stabilized frames of a still scene are alike: none may be taken for its neighbor."""
    film = _film(tmp_path / "film.mkv", reach, 0.02, seed, bars)
    made = restore_film(JobRequest(film, STILL, output=tmp_path / "out.mkv"), lambda _: None)
    assert audit_files(film, made).ok


def test_a_frame_out_of_place_is_still_found(unsteady_film: Path, tmp_path: Path) -> None:
    """Two frames of the stabilized film that are exchanged afterwards are named."""
    made = restore_film(JobRequest(unsteady_film, STILL, output=tmp_path / "a.mkv"), lambda _: None)
    source = probe(unsteady_film)
    video = VideoFormat("ffv1", "yuv420p", 256, 192, Fraction(24), Fraction(1), SD, None, None)
    order = [*range(12), 13, 12, *range(14, FRAMES)]
    chroma = np.full((96, 128), 128, np.uint8)
    luma = _luma(made).astype(np.uint8)[order]
    swapped = encode(tmp_path / "b.mkv", video, [(each, chroma, chroma) for each in luma])
    thumbnails = tmp_path / "thumbnails"
    found = survey(source, thumbnails, measuring=["stabilize", "deflicker"])
    known = read_known(made)
    assert known is not None
    expected = Expected(IdentityMap(FRAMES), None, video, moves=known.moves)
    checks = {c.name: c for c in audit(source, found, thumbnails, swapped, expected).checks}
    assert not checks["order"].ok
    assert "12 shows 13" in checks["order"].detail


def test_segments_do_not_change_the_frames(
    unsteady_film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Divided into many segments, the frames are the same."""
    whole = restore_film(
        JobRequest(unsteady_film, STILL, output=tmp_path / "a.mkv"), lambda _: None
    )
    monkeypatch.setattr("restore.plan.make.SEGMENT_FRAMES", 7)
    parts = restore_film(
        JobRequest(unsteady_film, STILL, output=tmp_path / "b.mkv"), lambda _: None
    )
    assert np.array_equal(_luma(whole), _luma(parts))


def test_a_steady_film_keeps_every_code_value(tmp_path: Path) -> None:
    """Where nothing is found, nothing is changed."""
    film = _film(tmp_path / "film.mkv", 0, 0)
    made = restore_film(JobRequest(film, STILL, output=tmp_path / "out.mkv"), lambda _: None)
    assert np.array_equal(_luma(made), _luma(film))


@pytest.mark.parametrize("reach", [0.0, 1.0])
def test_scratches_are_removed_and_the_result_is_verified(tmp_path: Path, reach: float) -> None:
    """With gate weave, too: a fifth of the scratch is left at most, other columns stay, the audit passes."""
    clean, worn = (
        _film(tmp_path / f"{depth}.mkv", reach, 0, seed=2, scratch=depth) for depth in (0, 40)
    )
    recipe = Recipe(codec="ffv1", descratch=1)
    made = restore_film(JobRequest(worn, recipe, output=tmp_path / "out.mkv"), lambda _: None)
    before, after, truth = (_luma(film) for film in (worn, made, clean))
    lines = [(frame, _column(frame)) for frame in range(FRAMES)]
    gone, left = (
        np.mean([np.abs(film - truth)[f, :, c : c + 2].mean() for f, c in lines])
        for film in (before, after)
    )
    assert left < gone / 5
    others = np.ones(256, np.bool_)
    others[190:212] = False
    assert np.array_equal(after[:, :, others], before[:, :, others])
    assert audit_files(worn, made).ok


@pytest.mark.parametrize("maker", [every_second, matched_pulldown])
def test_frames_of_a_map_are_stabilized_and_audited(
    unsteady_film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, maker: Maker
) -> None:
    """Whole frames and those of two fields; a frame that repeats the one before it is found, too."""
    planned_by(monkeypatch, maker)
    made = restore_film(
        JobRequest(unsteady_film, STILL, output=tmp_path / "still.mkv"), lambda _: None
    )
    assert audit_files(unsteady_film, made).ok
    known = read_known(made)
    assert known is not None
    assert known.frame_map is not None
    luma = _luma(made).astype(np.uint8)
    luma[9] = luma[8]
    chroma = np.full((96, 128), 128, np.uint8)
    video = VideoFormat("ffv1", "yuv420p", 256, 192, Fraction(24), Fraction(1), SD, None, None)
    repeated = encode(tmp_path / "b.mkv", video, [(each, chroma, chroma) for each in luma])
    thumbnails = tmp_path / "thumbnails"
    found = survey(probe(unsteady_film), thumbnails)
    expected = Expected(known.frame_map, None, video, moves=known.moves)
    audited = audit(probe(unsteady_film), found, thumbnails, repeated, expected)
    checks = {check.name: check for check in audited.checks}
    assert not checks["order"].ok
    assert "9 shows" in checks["order"].detail


def test_a_segment_is_computed_again_from_the_folder_alone(
    unsteady_film: Path, tmp_path: Path
) -> None:
    """The folder has all measures and decisions: the part is the same as that of the run."""
    order = JobRequest(
        unsteady_film,
        STILL,
        output=tmp_path / "out.mkv",
        work_dir=tmp_path / "work",
        keep_work=True,
    )
    restore_film(order, lambda _: None)
    (work,) = (tmp_path / "work").iterdir()
    job, parts = read_job(work), parts_folder(work)
    assert job.plan.moves
    before = _luma(part_path(parts, 0))
    discard_part(parts, 0)
    receipt = run_segment(work, 0)
    assert receipt.frames == job.plan.segments[0]
    assert np.array_equal(_luma(part_path(parts, 0)), before)
