"""The cadence of made films: every pattern, phase and order is found, and nothing where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.treatments.deinterlace.cadence import see_fields
from restore.treatments.deinterlace.shot_fields import ShotFields
from restore.treatments.film_facts import FilmFacts
from tests.treatments.deinterlace.made_fields import (
    Plane,
    combed,
    film,
    moving,
    noisy,
    pulled,
    seen,
    starts,
    true_starts,
    woven,
)

FRAMES = moving(40)

PATTERNS = [(2, 3), (2, 3, 3, 2), (2,) * 11 + (3,)]


def kinds(found: ShotFields) -> list[str]:
    """The kinds of the stretches in order."""
    return [stretch.kind for stretch in found.stretches]


@settings(max_examples=12, deadline=None)
@given(
    pattern=st.sampled_from(PATTERNS),
    order=st.sampled_from(["tff", "bff"]),
    phase=st.integers(0, 24),
    sigma=st.sampled_from([0, 2, 4]),
)
def test_film_in_video_is_found_with_its_phase(
    pattern: tuple[int, ...], order: str, phase: int, sigma: float
) -> None:
    """Order, pattern and the moment of every field are right, with noise, too."""
    phase %= sum(pattern)
    numbers = pulled(FRAMES, pattern, phase)
    (found,) = seen(noisy(film(FRAMES, pattern, order, phase), sigma, phase))
    (stretch,) = found.stretches
    assert (stretch.kind, stretch.order, stretch.pattern) == ("film", order, pattern)
    assert not found.unsettled
    assert starts(found) == true_starts(numbers)


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("sigma", [0, 4])
def test_video_has_a_moment_in_every_field(order: str, sigma: float) -> None:
    """The field order is found by itself."""
    (found,) = seen(noisy(woven(FRAMES, order), sigma))
    assert kinds(found) == ["video"]
    assert found.stretches[0].order == order
    assert len(starts(found)) == len(FRAMES)


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_film_with_fields_one_off_is_found(order: str) -> None:
    """The moments consist of the second field of a frame and the first one of the next (PsF)."""
    (found,) = seen(film(FRAMES[:20], (2,), order, phase=1))
    (stretch,) = found.stretches
    assert (stretch.kind, stretch.order, stretch.pattern, stretch.phase) == ("film", order, (2,), 1)


def striped(frames: list[Plane], period: int, speed: float) -> list[Plane]:
    """The frames with fine stripes in a third of the columns."""
    rows = np.arange(frames[0].shape[0])
    made: list[Plane] = []
    for number, frame in enumerate(frames):
        lines = (rows - number * speed) % period < period / 2
        frame = frame.copy()
        frame[:, 20:40] = np.where(lines, 60, 200).astype(np.uint8)[:, None]
        made.append(frame)
    return made


def worn(frames: list[Plane]) -> list[Plane]:
    """The frames with flicker, and with weave of whole rows."""
    rng = np.random.default_rng(3)
    lit = [np.clip(each * (1 + rng.normal(0, 0.04)), 0, 255).astype(np.uint8) for each in frames]
    return [np.roll(each, int(rng.integers(-1, 2)), axis=0) for each in lit]


@pytest.mark.parametrize(
    "frames",
    [
        FRAMES,
        noisy(FRAMES, 4),
        worn(FRAMES),
        striped(FRAMES, 2, 0),
        striped(FRAMES, 4, 1),
        [frame for frame in FRAMES[:20] for _ in range(2)],
        [frame for frame in FRAMES[:14] for _ in range(3)],
    ],
    ids=["clean", "noise", "worn", "stripes", "moving stripes", "on twos", "on threes"],
)
def test_progressive_frames_are_never_called_interlaced(frames: list[Plane]) -> None:
    """No field of them is called video or film."""
    (found,) = seen(frames)
    assert set(kinds(found)) <= {"progressive", "unknown"}


@pytest.mark.parametrize("sigma", [0, 4])
def test_without_motion_nothing_is_known(sigma: float) -> None:
    """One frame for a long time has no cadence, with noise, neither."""
    (found,) = seen(noisy([FRAMES[0]] * 30, sigma))
    assert kinds(found) == ["unknown"]


def test_a_shot_without_motion_follows_its_neighbors() -> None:
    """Between two shots of video with the same field order it is video, too."""
    other = moving(24, seed=5)
    frames = [*woven(FRAMES[:24], "bff"), *[other[0]] * 10, *woven(other, "bff")]
    first, still, last = seen(frames, cuts=(12, 22))
    assert [kinds(each) for each in (first, still, last)] == [["video"]] * 3
    assert still.stretches[0].order == "bff"


def test_neighbors_that_disagree_decide_nothing() -> None:
    """Between video and progressive frames a shot without motion is unknown."""
    other = moving(24, seed=5)
    frames = [*woven(FRAMES[:24], "tff"), *[moving(1, seed=6)[0]] * 10, *other]
    _, still, last = seen(frames, cuts=(12, 22))
    assert kinds(still) == ["unknown"]
    assert kinds(last) == ["progressive"]


@pytest.mark.parametrize("pattern", PATTERNS[:2])
def test_a_cadence_that_is_broken_at_cuts_is_right_in_every_shot(pattern: tuple[int, ...]) -> None:
    """Shots that were cut after the transfer begin at any phase."""
    shots = [film(moving(14, seed), pattern, "tff", seed % sum(pattern)) for seed in range(11)]
    truth = [true_starts(pulled(range(14), pattern, seed % sum(pattern))) for seed in range(11)]  # type: ignore[arg-type]
    edges = np.cumsum([len(shot) for shot in shots])
    found = seen([frame for shot in shots for frame in shot], cuts=[int(n) for n in edges[:-1]])
    assert [starts(each) for each in found] == truth


def test_a_cadence_that_runs_through_cuts_is_not_broken() -> None:
    """Film that was cut before the transfer has one cadence; cuts lie between the fields of a frame."""
    scenes = [*moving(7, 1), *moving(8, 2), *moving(9, 3)]
    frames = film(scenes, (2, 3), "tff")
    numbers = pulled(scenes, (2, 3))
    places = [numbers.index(7), numbers.index(15)]
    found = seen(frames, cuts=[-(-place // 2) for place in places])
    moments = [
        start + 2 * first
        for each, first in zip(found, (0, *(-(-p // 2) for p in places)), strict=True)
        for start in starts(each)
    ]
    assert sorted({*moments} - {0}) == sorted(
        {*true_starts(numbers)[1:], *(2 * -(-p // 2) for p in places)}
    )


def test_a_break_within_a_shot_is_found_at_its_field() -> None:
    """A frame that is missing in the middle begins another stretch with the right phase."""
    frames = film(FRAMES, (2, 3), "tff")
    del frames[20]
    numbers = pulled(FRAMES, (2, 3))
    del numbers[40:42]
    (found,) = seen(frames)
    assert kinds(found) == ["film", "film"]
    wrong = set(starts(found)) ^ set(true_starts(numbers))
    assert wrong <= {40}  # whether the fields next to the break show one moment does not matter


def test_cuts_within_a_frame_are_named() -> None:
    """A shot of video that begins with the second field of a frame: the first one shows the shot before."""
    fields = [*moving(25, 1), *moving(25, 2)]
    frames = woven(fields, "tff")
    late = seen(frames, cuts=(12,))
    assert (late[0].tail, late[1].lead) == (False, True)
    early = seen(frames, cuts=(13,))
    assert (early[0].tail, early[1].lead) == (True, False)
    assert [kinds(each) for each in late] == [["video"], ["video"]]


@pytest.mark.parametrize("times", [[1, 2], [1, 1, 2], [1, 1, 1, 1, 2], [2], [3]])
def test_repeated_frames_are_found_one_by_one(times: list[int]) -> None:
    """16, 18 and 20 frames in 24, animation on twos and on threes."""
    numbers = [k for k in range(20) for _ in range(times[k % len(times)])]
    (found,) = seen(noisy([FRAMES[number] for number in numbers], 0))
    assert kinds(found) == ["progressive"]
    repeated = [n for n in range(1, len(numbers)) if numbers[n] == numbers[n - 1]]
    assert list(found.repeats) == repeated


def test_repeated_frames_with_an_irregular_pattern_are_found() -> None:
    """18 frames a second in a file with 25: the nearest one each time."""
    numbers = [n * 18 // 25 for n in range(50)]
    (found,) = seen([FRAMES[number] for number in numbers])
    assert list(found.repeats) == [n for n in range(1, 50) if numbers[n] == numbers[n - 1]]


def test_a_pause_in_motion_is_no_repetition() -> None:
    """Frames that differ less and less, and then more, do not repeat."""
    places = np.cumsum([*np.linspace(4, 0.3, 12), *np.linspace(0.3, 4, 12)])
    frames = [moving(2, seed=4, speed=float(place))[1] for place in places]
    (found,) = seen(frames)
    assert found.repeats == ()


def test_one_frame_in_25_that_repeats_is_film() -> None:
    """24 frames a second shown at 25: the pattern has four fields once."""
    texture = moving(100, speed=0.7)
    (found,) = seen(film(texture, (2,) * 23 + (4,), "tff", phase=6))
    (stretch,) = found.stretches
    assert (stretch.kind, stretch.order, stretch.pattern) == ("film", None, (2,) * 23 + (4,))
    assert stretch.phase == 6


def held(times: list[int], seed: int) -> list[int]:
    """The number of the frame that each field shows: frames are held for random numbers of fields."""
    drawn = np.random.default_rng(seed).choice(times, len(FRAMES))
    numbers = [k for k, count in enumerate(drawn) for _ in range(count)]
    return numbers[: len(numbers) // 2 * 2]


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("times", [[1, 2], [1, 2, 3, 4]])
def test_a_cadence_that_never_settles_is_video(times: list[int], order: str) -> None:
    """It is named, and each of its fields counts as a moment of its own."""
    (found,) = seen(woven([FRAMES[number] for number in held(times, 3)], order))
    assert found.unsettled
    assert kinds(found) == ["video"]
    assert found.stretches[0].order == order
    assert found.repeats == ()


@pytest.mark.parametrize("times", [[1, 2], [1, 3], [2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]], ids=str)
def test_whatever_the_cadence_hardly_any_frame_keeps_two_moments(times: list[int]) -> None:
    """Of ten films 95 % of the fields are separate, or with fields of their own moment."""
    wrong, count = 0, 0
    for seed in range(10):
        numbers = held(times, seed)
        (found,) = seen(woven([FRAMES[number] for number in numbers], "tff"))
        wrong += combed(found, numbers)
        count += len(numbers)
    assert wrong <= count / 20


def test_a_cadence_that_settles_late_keeps_its_film_frames() -> None:
    """Only the part without a regular cadence is video."""
    numbers = [*held([1, 2, 4], 5)[:40], *(20 + k for k in pulled(FRAMES, (2, 3)))]
    frames = moving(80)
    (found,) = seen(woven([frames[number] for number in numbers], "tff"))
    assert kinds(found)[-1] == "film"
    assert found.stretches[-1].start <= 50
    assert combed(found, numbers) <= 4


def test_lettering_over_film_does_not_hide_it() -> None:
    """A band in which every field differs is video laid over film."""
    numbers = pulled(FRAMES, (2, 3), 1)
    strip = np.random.default_rng(2).integers(0, 2, 600, dtype=np.uint8).repeat(3) * 180 + 30
    fields: list[Plane] = []
    for place, number in enumerate(numbers):
        field = FRAMES[number].copy()
        field[80:92] = strip[2 * place : 2 * place + field.shape[1]]
        fields.append(field)
    (found,) = seen(woven(fields, "tff"))
    assert kinds(found) == ["film"]
    assert found.mixed
    assert starts(found) == true_starts(numbers)


def test_exchanged_fields_are_named() -> None:
    """Frames whose fields have each other's rows are progressive all the same."""
    frames: list[Plane] = []
    for frame in FRAMES:
        other = frame.copy()
        other[0::2], other[1::2] = frame[1::2], frame[0::2]
        frames.append(other)
    (found,) = seen(frames)
    assert found.swapped
    assert kinds(found) == ["progressive"]
    assert not seen(FRAMES)[0].swapped


def test_chroma_made_of_whole_frames_is_named() -> None:
    """In interlaced 4:2:0 the rows of chroma belong to the fields; here both show the same moment."""
    frames = woven(FRAMES, "tff")
    halves = [frame[::2, :32] for frame in FRAMES]
    mixed = [
        ((a.astype(np.uint16) + b) // 2).astype(np.uint8)
        for a, b in zip(halves[::2], halves[1::2], strict=True)
    ]
    (wrong,) = seen(frames, chroma=mixed)
    (right,) = seen(frames, chroma=woven(halves, "tff"))
    assert wrong.progressive_chroma
    assert not right.progressive_chroma


def test_soft_pulldown_is_told_by_the_durations() -> None:
    """Progressive frames that are shown for three fields and for two in turn."""
    assert seen(FRAMES, durations=(3, 2))[0].soft
    assert seen(FRAMES, durations=(50, 33))[0].soft
    assert not seen(FRAMES, durations=(2,))[0].soft
    assert not seen(woven(FRAMES, "tff"), durations=(3, 2))[0].soft


def test_mixed_fields_of_a_conversion_are_named() -> None:
    """60 fields a second became 50: each mixes the two nearest ones."""
    texture = moving(150, speed=6)
    fields: list[Plane] = []
    for place in np.arange(0, 148, 1.2):
        k, part = int(place), place % 1
        mixed = (1 - part) * texture[k] + part * texture[k + 1]
        fields.append(np.rint(mixed).astype(np.uint8))
    (found,) = seen(woven(fields[: len(fields) // 2 * 2], "tff"))
    assert kinds(found) == ["blended"]


@pytest.mark.parametrize("rows", [4, 5, 7, 95])
def test_small_and_odd_heights_are_measured(rows: int) -> None:
    """Every height that has two rows in each field gives a measure."""
    frames = [frame[:rows] for frame in woven(FRAMES, "tff")]
    for chroma in (None, [frame[::2] for frame in frames]):
        (found,) = seen(frames, chroma=chroma)
        assert found.stretches[-1].stop == len(FRAMES)


def test_two_fields_are_too_few() -> None:
    """One frame, or one row a field, has nothing to compare."""
    assert seen(FRAMES[:1]) == []
    assert seen([frame[:3] for frame in FRAMES]) == []
    assert see_fields(iter(()), [], FilmFacts(720, 2)) == []
