"""The audit sees every frame that is lost, repeated or out of place, and whatever else went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from restore.audit.after_run import Expected, audit
from restore.audit.check import AuditReport
from restore.audit.expected_frames import in_order
from restore.audit.frame_times import check_count, check_duration, check_parts, check_times
from restore.audit.order import check_order, compare_order
from restore.audit.other_streams import ExcusedLosses, check_captions, check_chapters, check_streams
from restore.audit.signal import check_edges, check_video
from restore.framemap import IdentityMap
from restore.media.container.join import join
from restore.media.container.losses import Loss
from restore.media.container.probe import probe
from restore.media.container.readback import StreamDigest
from restore.media.container.stream_facts import Chapter, StreamFacts
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.survey.findings import Survey
from restore.survey.survey import survey
from restore.timing import FrameTable, Span, cut_evenly, table_from_pts
from tests.made import SD, made_source
from tests.media.films import encode, make, run_ffmpeg
from tests.survey.moving import old_film

TWO_SOUNDS = ("-f", "lavfi", "-i", "sine=440:d=1", "-f", "lavfi", "-i", "sine=880:d=1")

Thumbnails = NDArray[np.uint8]


@dataclass(frozen=True)
class Film:
    """A source with its survey."""

    source: Source
    survey: Survey
    thumbnails: Path


def surveyed(path: Path) -> Film:
    """A film, probed and surveyed."""
    thumbnails = path.with_name("thumbnails")
    source = probe(path)
    return Film(source, survey(source, thumbnails), thumbnails)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """25 moving frames of 96x64 with two sound tracks, in MP4."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    drawn = "testsrc2=s=96x64:r=25:d=1,hue=s=0"
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a")
    codecs = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-c:a", "aac")
    return surveyed(make(path, *TWO_SOUNDS, *maps, *codecs, "-pix_fmt", "yuv420p", drawn=drawn))


def planned(source: Source, factor: int = 2, crf: int | None = 16) -> VideoFormat:
    """H.264 of so many times the size."""
    size = source.width * factor, source.height * factor
    rate, sar = source.frames.rate, source.sar
    return VideoFormat("h264", "yuv420p", *size, rate, sar, source.color, crf, "veryfast")


def restored(
    film: Film, target: Path, numbers: Sequence[int] | None = None, crf: int = 16, factor: int = 2
) -> tuple[Path, Expected]:
    """A result made of the source's frames `numbers`, in that order, enlarged and colored."""
    source, frames = film.source, film.survey.frames
    pictures = [p.planes[0] for p in read_frames(source, frames, Span(0, len(frames)))]
    video = planned(source, factor, crf)
    every = list(range(len(frames))) if numbers is None else list(numbers)
    spans = cut_evenly(Span(0, len(every)), 96)
    parts = [
        encode(
            target.with_name(f"part{span.start}.mkv"),
            video,
            [_enlarged(pictures[every[n]], factor) for n in range(span.start, span.stop)],
        )
        for span in spans
    ]
    join(parts, frames.part(Span(0, len(every))), source, target, {})
    whole = Span(0, len(frames))
    return target, Expected(IdentityMap(len(frames)), cut_evenly(whole, 96), video)


def _enlarged(luma: np.ndarray, factor: int) -> tuple[np.ndarray, ...]:
    size = (luma.shape[1] * factor, luma.shape[0] * factor)
    large = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    chroma = np.full((size[1] // 2, size[0] // 2), 140, np.uint8)
    return large, chroma, chroma


def audited(film: Film, result: Path, expected: Expected) -> AuditReport:
    """The audit of a result of the film."""
    return audit(film.source, film.survey, film.thumbnails, result, expected)


def failed(found: AuditReport) -> set[str]:
    """The names of the checks that failed."""
    return {check.name for check in found.checks if not check.ok}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(("factor", "crf"), [(1, 30), (2, 16), (4, 30)])
def test_a_good_result_passes(
    film: Film, tmp_path: Path, suffix: str, factor: int, crf: int
) -> None:
    """Enlarged, colored, with an encoder's loss, in either container."""
    result, expected = restored(film, tmp_path / f"out{suffix}", crf=crf, factor=factor)
    found = audited(film, result, expected)
    assert failed(found) == set(), found
    assert found.ok


def wrong_orders() -> Iterator[tuple[str, list[int]]]:
    """What may happen to 25 frames."""
    good = list(range(25))
    yield "two swapped", [*good[:7], 8, 7, *good[9:]]
    yield "the first two swapped", [1, 0, *good[2:]]
    yield "one repeated instead of the next", [*good[:12], 11, *good[13:]]
    yield "the last one repeated", [*good[:24], 23]
    yield "one dropped and the last one doubled", [*good[:10], *good[11:], 24]
    yield "all shifted by one", [0, *good[:24]]
    yield "backwards", good[::-1]


@pytest.mark.parametrize(
    "numbers", [n for _, n in wrong_orders()], ids=[name for name, _ in wrong_orders()]
)
def test_frames_out_of_place_are_caught(film: Film, tmp_path: Path, numbers: list[int]) -> None:
    """Results with the right count and another order."""
    result, expected = restored(film, tmp_path / "out.mp4", numbers)
    assert failed(audited(film, result, expected)) == {"order"}


def test_a_dropped_frame_is_caught(film: Film, tmp_path: Path) -> None:
    """By the count, the duration, and the pictures after it."""
    result, expected = restored(film, tmp_path / "out.mp4", [*range(10), *range(11, 25)])
    assert failed(audited(film, result, expected)) == {
        "frames",
        "order",
        "duration",
        "container facts",
    }


def test_a_black_result_is_caught(film: Film, tmp_path: Path) -> None:
    """The right number of frames at the right times, all black."""
    source = film.source
    video = planned(source)
    black = (np.full((128, 192), 16, np.uint8), *[np.full((64, 96), 128, np.uint8)] * 2)
    part = encode(tmp_path / "part.mkv", video, [black] * 25)
    join([part], film.survey.frames, source, tmp_path / "out.mp4", {})
    expected = Expected(IdentityMap(25), (Span(0, 25),), video)
    assert failed(audited(film, tmp_path / "out.mp4", expected)) == {"order"}


def test_another_size_aspect_and_range_are_caught(film: Film, tmp_path: Path) -> None:
    """The result differs from the plan."""
    result, expected = restored(film, tmp_path / "out.mp4")
    other = replace(expected.video, width=190, sar=Fraction(4, 3), color=replace(SD, range="full"))
    found = audited(film, result, replace(expected, video=other))
    assert failed(found) == {"picture", "container facts"}
    (detail,) = [check.detail for check in found.checks if check.name == "picture"]
    assert "size" in detail
    assert "sample aspect" in detail
    assert "range" in detail


def test_sound_that_was_encoded_again_is_caught(film: Film, tmp_path: Path) -> None:
    """Only the check of the sound fails."""
    result, expected = restored(film, tmp_path / "out.mp4")
    other = tmp_path / "other.mp4"
    run_ffmpeg("-i", result, "-map", "0", "-c", "copy", "-c:a:1", "aac", "-b:a:1", "40k", other)
    assert failed(audited(film, other, expected)) == {"audio 1", "streams"}


def test_lost_sound_is_caught(film: Film, tmp_path: Path) -> None:
    """An audio stream of the source that the result does not have."""
    result, expected = restored(film, tmp_path / "out.mp4")
    other = tmp_path / "other.mp4"
    run_ffmpeg("-i", result, "-map", "0:v", "-map", "0:a:0", "-c", "copy", other)
    assert failed(audited(film, other, expected)) == {"audio 1"}


def test_a_shifted_frame_time_is_caught(film: Film, tmp_path: Path) -> None:
    """All frames in order, one of them half a frame late."""
    result, expected = restored(film, tmp_path / "out.mp4")
    pts = list(film.survey.frames.pts)
    pts[9] += (pts[10] - pts[9]) // 2
    moved = replace(film.survey, frames=replace(film.survey.frames, pts=tuple(pts)))
    found = audit(film.source, moved, film.thumbnails, result, expected)
    assert failed(found) == {"times"}


def test_a_trimmed_film_starts_at_zero(film: Film, tmp_path: Path) -> None:
    """Its frames and its sound are moved together."""
    frames = film.survey.frames
    part = Span(5, 20)
    trim = (frames.seconds(5), frames.seconds(20))
    source = film.source
    video = planned(source)
    pictures = [_enlarged(p.planes[0], 2) for p in read_frames(source, frames, part)]
    encoded = encode(tmp_path / "part.mkv", video, pictures)
    join([encoded], frames.part(part), source, tmp_path / "out.mp4", {}, trim)
    thumbnails = tmp_path / "thumbnails"
    cut = survey(source, thumbnails, trim)
    expected = Expected(IdentityMap(15), (Span(0, 15),), video, trim)
    found = audit(source, cut, thumbnails, tmp_path / "out.mp4", expected)
    assert failed(found) == set(), found


@pytest.fixture(scope="module")
def robbery(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A real old film, surveyed."""
    copy = tmp_path_factory.mktemp("robbery") / "film.mp4"
    copy.symlink_to(old_film("the_great_train_robbery"))
    return surveyed(copy)


@pytest.mark.parametrize(
    ("numbers", "good"),
    [
        (list(range(48)), True),
        ([*range(20), 21, 20, *range(22, 48)], False),
        ([*range(20), 19, *range(21, 48)], False),
        ([*range(20), *range(21, 48), 47], False),
    ],
    ids=["as it is", "swapped", "repeated", "dropped"],
)
def test_a_real_film(robbery: Film, tmp_path: Path, numbers: list[int], good: bool) -> None:
    """The Great Train Robbery with an exchanged, a repeated and a dropped frame."""
    result, expected = restored(robbery, tmp_path / "out.mp4", numbers, crf=23, factor=1)
    assert failed(audited(robbery, result, expected)) == (set() if good else {"order"})


def moving_square(count: int, seed: int = 0) -> Thumbnails:
    """Thumbnails in which a small square wanders before a still pattern."""
    still = np.random.default_rng(seed).integers(40, 200, (32, 32))
    every = np.stack([still] * count)
    for index, frame in enumerate(every):
        frame[10:13, index % 28 : index % 28 + 3] = 250
    return every.astype(np.uint8)


def test_receipts_count_where_pictures_are_alike() -> None:
    """The frames of a still film cannot be distinguished: no check fails, and receipts count."""
    still = np.repeat(moving_square(1), 12, axis=0)
    assert compare_order(in_order(still), iter(still)).distinguished == 0
    assert compare_order(in_order(still), iter(still[::-1])).wrong == ()
    nothing = compare_order(in_order(still), iter(still))
    assert "by receipt" in check_order(nothing, in_order(still)).detail
    assert "number and time only" in check_order(nothing, in_order(still), receipts=False).detail


def test_a_small_figure_is_enough() -> None:
    """Frames can be distinguished if nine of 1,024 cells change."""
    frames = moving_square(20)
    assert compare_order(in_order(frames), iter(frames)).distinguished == 20
    swapped = frames[[0, 1, 2, 4, 3, *range(5, 20)]]
    assert compare_order(in_order(frames), iter(swapped)).wrong == ((3, 4), (4, 3))


@settings(deadline=None)  # a busy machine is no failure
@given(
    gain=st.floats(0.5, 1.5),
    lift=st.floats(-20, 30),
    noise=st.floats(0, 2),
    block=st.integers(1, 30),
)
def test_brightness_contrast_and_grain_do_not_matter(
    gain: float, lift: float, noise: float, block: int
) -> None:
    """Nor does how many frames are compared at once."""
    frames = moving_square(24)
    rng = np.random.default_rng(1)
    changed = (frames - 100.0) * gain + 100 + lift + rng.normal(0, noise, frames.shape)
    shown = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    found = compare_order(in_order(frames), iter(shown), block)
    assert (found.distinguished, found.wrong, found.strange) == (24, (), ())


@settings(deadline=None)  # a busy machine is no failure
@given(place=st.integers(0, 22), block=st.integers(1, 30))
def test_a_swap_is_named_wherever_it_is(place: int, block: int) -> None:
    """Also across the border of two blocks."""
    frames = moving_square(24)
    order = list(range(24))
    order[place], order[place + 1] = order[place + 1], order[place]
    found = compare_order(in_order(frames), iter(frames[order]), block)
    assert found.wrong == ((place, place + 1), (place + 1, place))


def test_the_count_says_both_numbers() -> None:
    """As text for the report."""
    assert check_count(5, 5).ok
    assert check_count(5, 4).detail == "4 of 5"


@pytest.mark.parametrize(
    ("parts", "good"),
    [
        ([(3, 9), (9, 20)], True),
        ([(3, 9), (10, 20)], False),
        ([(3, 9), (8, 20)], False),
        ([(9, 20), (3, 9)], False),
        ([(3, 9)], False),
        ([(3, 21)], False),
        ([], False),
    ],
)
def test_receipts_hold_every_frame_once(parts: list[tuple[int, int]], good: bool) -> None:
    """A gap, an overlap, another order, a missing end, a frame too many, nothing at all."""
    assert check_parts(Span(3, 20), [Span(*part) for part in parts]).ok == good


def test_times_are_exact_or_to_the_tick() -> None:
    """Which of the two is said; anything more is wrong."""
    frames = table_from_pts(Fraction(1, 24), range(4))
    exact = [Fraction(k, 24) for k in range(4)]
    rounded = [Fraction(round(1000 * at), 1000) for at in exact]
    tick = Fraction(1, 1000)
    assert check_times(frames, exact, tick).detail == "all equal exactly"
    assert check_times(frames, rounded, tick).ok
    assert "tick of 1 ms" in check_times(frames, rounded, tick).detail
    late = [*exact[:3], exact[3] + tick]
    assert not check_times(frames, late, tick).ok


def test_durations_are_exact_or_to_two_ticks() -> None:
    """PTS and duration of the last frame are each rounded once."""
    frames = table_from_pts(Fraction(1, 24), range(4))
    tick = Fraction(1, 1000)
    assert check_duration(frames, frames, tick).detail == "0.167 s, exactly"
    near = FrameTable(tick, (0, 42, 83, 125), (42, 41, 42, 42))
    assert check_duration(frames, near, tick).ok
    assert not check_duration(frames, replace(near, durations=(42, 41, 42, 45)), tick).ok


def test_gray_pictures_need_no_matrix() -> None:
    """FFV1 in gray has none to store."""
    found = made_source(color=replace(SD, matrix="bt709"))
    video = VideoFormat("ffv1", "gray", 320, 240, Fraction(16), Fraction(1), SD, None, None)
    assert check_video(video, found).ok
    assert not check_video(replace(video, pixel_format="yuv420p"), found).ok


def test_edges_that_only_the_result_crops_are_an_error() -> None:
    """Players must not crop the result unless they crop the source."""
    whole, cropped = made_source(), made_source(cropped=True)
    assert check_edges(cropped, whole) is None
    for source, good in ((cropped, True), (whole, False)):
        check = check_edges(source, cropped)
        assert check is not None
        assert check.ok == good


def test_a_tag_that_the_source_does_not_have_must_go_with_the_matrix() -> None:
    """MP4 stores all color tags or none, so customary ones may come; other ones would change the colors."""
    video = VideoFormat("h264", "yuv420p", 320, 240, Fraction(16), Fraction(1), SD, 16, "medium")
    for tag, good in (("smpte170m", True), ("bt2020", False)):
        assert check_video(video, made_source(color=replace(SD, primaries=tag))).ok == good
    assert not check_video(video, made_source(color=replace(SD, transfer="gamma28"))).ok


def test_one_formula_by_another_tag_is_another_tag() -> None:
    """BT.601 has two tags: a result with the other one, or with none, lost its source's."""
    color = replace(SD, matrix_tag="smpte170m")
    video = VideoFormat("h264", "yuv420p", 320, 240, Fraction(16), Fraction(1), color, 16, "medium")
    assert check_video(video, made_source(color=color)).ok
    for tag in ("bt470bg", None):
        check = check_video(video, made_source(color=replace(SD, matrix_tag=tag)))
        assert not check.ok
        assert "instead of smpte170m" in check.detail


def never(one: int, other: int) -> bool:
    """A comparison of samples that finds none equal."""
    return False


def test_a_stream_may_be_missing_only_if_its_loss_is_unavoidable_and_allowed() -> None:
    """One of the two is not enough."""
    blob = {1: StreamDigest("data", "ab", 4, None)}
    loss = Loss("data", 1, "stream 1")
    for place, good in (
        (ExcusedLosses((loss,), ("data",)), True),
        (ExcusedLosses((loss,), ("captions",)), False),
        (ExcusedLosses((), ("data",)), False),
    ):
        (check,) = check_streams(blob, {}, Fraction(0), place, never)
        assert (check.ok, check.lost) == (good, good)


def test_equal_tracks_are_counted() -> None:
    """Two tracks with the same bits must both be there."""
    sound = StreamDigest("audio", "ab", 4, Fraction(0))
    two = {1: sound, 2: sound}
    assert all(c.ok for c in check_streams(two, two, Fraction(0), ExcusedLosses(), never))
    assert not all(
        c.ok for c in check_streams(two, {1: sound}, Fraction(0), ExcusedLosses(), never)
    )


def test_sound_in_another_framing_counts_by_its_samples() -> None:
    """Other bytes, the same samples: the check says which of the two was compared."""
    framed, plain = (StreamDigest("audio", sha, 4, Fraction(0)) for sha in ("ab", "cd"))
    (same,) = check_streams(
        {1: framed}, {2: plain}, Fraction(0), ExcusedLosses(), lambda a, b: True
    )
    assert same.ok
    assert "samples" in same.detail
    other = check_streams({1: framed}, {2: plain}, Fraction(0), ExcusedLosses(), never)
    assert [check.ok for check in other] == [False, False]


def test_a_copied_stream_begins_when_it_did() -> None:
    """Moved with the film, to 2 ms; a tenth of a second is too much."""
    sound = StreamDigest("audio", "ab", 4, Fraction(3))
    for start, good in ((Fraction(3), False), (Fraction(1), True), (Fraction(1001, 1000), True)):
        moved = replace(sound, start=start)
        (check,) = check_streams({1: sound}, {1: moved}, Fraction(-2), ExcusedLosses(), never)
        assert check.ok == good, start


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"language": None}, "language"),
        ({"marks": ("default",)}, "marked"),
        ({"tags": ()}, "title"),
        ({"tags": (("title", "Other"),)}, "title"),
        ({"tags": (("title", "Tonight"),)}, "title"),
    ],
)
def test_a_copy_has_the_facts_of_its_stream(change: dict[str, Any], word: str) -> None:
    """Language, dispositions and title of a stream are compared."""
    facts = StreamFacts("aac", "deu", (("title", "Ton"),), ("default", "comment"))
    sound = StreamDigest("audio", "ab", 4, None, facts)
    other = replace(sound, facts=replace(facts, **change))
    (check,) = check_streams({1: sound}, {1: other}, Fraction(0), ExcusedLosses(), never)
    assert not check.ok
    assert word in check.detail


def test_lost_and_moved_chapters_are_caught() -> None:
    """Number, titles and times are compared; a millisecond is rounding."""
    one, two = Chapter(Fraction(0), Fraction(1), "One"), Chapter(Fraction(1), Fraction(2), "Two")
    late = replace(two, start=Fraction(11, 10))
    near = replace(two, start=Fraction(1001, 1000))
    assert check_chapters([one, two], [one, near]).ok
    for found in ([one], [one, late], [one, replace(two, title="")], [two, one]):
        assert not check_chapters([one, two], found).ok, found
    gap = replace(one, end=Fraction(1, 2))
    assert not check_chapters([one, two], [gap, two]).ok
    assert check_chapters([gap, two], [one, two]).ok  # MP4 has no gaps between chapters


def test_captions_belong_to_their_frames() -> None:
    """Shifted by one frame or missing, they fail; where they cannot be stored, their loss may be allowed."""
    said = {3: (b"GA94\x03a",), 4: (b"GA94\x03b", b"DTG1c")}
    assert [check.ok for check in check_captions(said, said, ExcusedLosses())] == [True, True]
    late = {place + 1: payloads for place, payloads in said.items()}
    assert [check.ok for check in check_captions(said, late, ExcusedLosses())] == [False, False]
    assert [check.ok for check in check_captions(said, {}, ExcusedLosses())] == [False, False]
    loss = ExcusedLosses((Loss("captions", None, ""), Loss("afd", None, "")), ("captions",))
    assert [(c.ok, c.lost) for c in check_captions(said, {}, loss)] == [
        (True, True),
        (False, False),
    ]
    assert check_captions({}, {}, ExcusedLosses()) == []
