"""Random numbers of ageing: draws within their ranges, and streams that do not disturb each other."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing.random_streams import RandomDraws, noise, seeded, shot_streams, walk

CPU = torch.device("cpu")
RANGES = st.tuples(st.floats(-5, 5), st.floats(0, 5)).map(lambda pair: (pair[0], sum(pair)))


def draws(seed: int = 1) -> RandomDraws:
    """Draws from a generator in a known state."""
    return RandomDraws(torch.Generator().manual_seed(seed))


@given(span=RANGES, seed=st.integers(0, 1000))
def test_every_draw_is_within_its_range(span: tuple[float, float], seed: int) -> None:
    """Both kinds of draws stay between the ends, which may be equal."""
    one = draws(seed)
    for value in (one.uniform(span), one.skewed(span), one.uniform_or_zero(span, 1.0)):
        assert span[0] - 1e-6 <= value <= span[1] + 1e-6


@given(seed=st.integers(0, 1000))
def test_a_chance_of_zero_never_happens_and_one_always_does(seed: int) -> None:
    """0 where the damage does not happen, even if the range does not contain 0."""
    one = draws(seed)
    assert not one.happens(0.0)
    assert one.happens(1.0)
    assert one.skewed((2.0, 3.0), 0.0) == one.uniform_or_zero((2.0, 3.0), 0.0) == 0
    assert one.skewed((2.0, 3.0), 1.0) >= 2


def test_a_draw_takes_the_same_numbers_whether_it_happens_or_not() -> None:
    """A changed chance of one damage leaves all others as they were drawn."""
    rare, often = draws(), draws()
    rare.skewed((0, 1), 0.0)
    often.skewed((0, 1), 1.0)
    rare.uniform_or_zero((0, 1), 0.0)
    often.uniform_or_zero((0, 1), 1.0)
    assert rare.uniform((0, 1)) == often.uniform((0, 1))


def test_the_distributions_have_their_means() -> None:
    """Uniform: the middle; squared uniform: a third of the range; log-uniform: the geometric middle."""
    one, count = draws(3), 4000
    uniform = sum(one.uniform((1, 3)) for _ in range(count)) / count
    skewed = sum(one.skewed((1, 4)) for _ in range(count)) / count
    logs = sum(math.log(one.log_uniform((0.5, 8))) for _ in range(count)) / count
    assert uniform == pytest.approx(2, abs=0.05)
    assert skewed == pytest.approx(2, abs=0.05)
    assert math.exp(logs) == pytest.approx(2, rel=0.05)


def test_choices_follow_their_weights() -> None:
    """A weight of zero is never chosen, the others in proportion."""
    one = draws(4)
    found = Counter(one.choice((1.0, 0.0, 3.0)) for _ in range(2000))
    assert found[1] == 0
    assert found[2] / found[0] == pytest.approx(3, rel=0.2)


@given(
    st.lists(st.integers(0, 50) | st.text(max_size=3), max_size=3),
    st.lists(st.integers(0, 50) | st.text(max_size=3), max_size=3),
)
def test_a_seed_of_parts_depends_on_all_of_them(
    one: list[int | str], other: list[int | str]
) -> None:
    """Equal parts give equal numbers; other parts, their order and their types give others."""
    first, second = (int(torch.randint(2**62, (), generator=seeded(*p))) for p in (one, other))
    assert (first == second) == (one == other and [*map(type, one)] == [*map(type, other)])


def test_streams_take_one_number_from_the_generator() -> None:
    """However many damages a shot has, what is drawn afterwards is the same."""
    used, plain = (torch.Generator().manual_seed(5) for _ in range(2))
    streams = shot_streams(used, 0, CPU)
    for name in ("dust", "grain"):
        torch.rand(9, generator=streams.frames(name))
    torch.randint(2**62, (), generator=plain)
    assert torch.equal(torch.rand(3, generator=used), torch.rand(3, generator=plain))


def test_lasting_damage_has_the_same_numbers_in_every_part() -> None:
    """`shot` ignores where the part begins; `part` and `frames` depend on it."""
    parts = [shot_streams(torch.Generator().manual_seed(5), first, CPU) for first in (0, 48)]

    def drawn(kind: str, name: str = "dust") -> list[float]:
        return [float(torch.rand((), generator=getattr(one, kind)(name))) for one in parts]

    assert len(set(drawn("shot"))) == 1
    assert len(set(drawn("part"))) == len(set(drawn("frames"))) == 2
    assert set(drawn("shot")).isdisjoint(drawn("shot", "hairs"))


@given(length=st.integers(1, 30), more=st.integers(0, 30), memory=st.floats(0, 1))
def test_a_longer_walk_begins_with_the_shorter_one(length: int, more: int, memory: float) -> None:
    """So a shot that is aged in parts drifts as the whole does; with memory 1 nothing moves."""
    short = walk(length, (memory, 0.5), seeded(1))
    long = walk(length + more, (memory, 0.5), seeded(1))
    assert torch.equal(long[:length], short)
    if memory == 1:
        assert torch.equal(long[:, 0], long[:1, 0].expand(length + more))


def test_noise_has_the_type_of_the_picture() -> None:
    """Half and double precision are kept; the deviation is 1."""
    for dtype in (torch.float32, torch.float64):
        drawn = noise((4, 1, 64, 64), torch.empty(0, dtype=dtype), seeded(2))
        assert drawn.dtype == dtype
        assert float(drawn.std()) == pytest.approx(1, abs=0.02)
