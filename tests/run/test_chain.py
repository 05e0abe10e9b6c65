"""A clip's way through the treatments: every frame once, with the context that each treatment needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.clip import Clip, ColorSpec
from restore.plan import Plan, ShotPlan
from restore.run import chain as chain_module
from restore.run.chain import CHUNK_FRAMES, Chain, Link, load_chain, restored
from restore.run.frames import chunks
from restore.timing import Span
from restore.treatments.treatment import Engine
from tests.run import made

GRAY = ColorSpec("bt709", "full")


def film(frames: int, first: int = 0) -> Clip:
    """Frames of one sample, whose value is a function of their number that no mean hides."""
    numbers = torch.arange(first, first + frames, dtype=torch.float32)
    luma = (numbers * 0.37).frac().view(-1, 1, 1, 1)
    return Clip(luma, None, first, GRAY)


def shot(frames: int, *treatments: str) -> ShotPlan:
    """A shot of that many frames in which these treatments have a decision."""
    return ShotPlan(Span(0, frames), "scene", "mono", dict.fromkeys(treatments, "decided"))


@dataclass
class Mean:
    """A treatment that averages over its window, repeated at the ends of what it is given."""

    radius: int
    asked: list[Span] = field(default_factory=list[Span])

    def __call__(self, clip: Clip, own: Span, decision: object) -> Clip:
        """Average the frames of `own` over their neighbors."""
        assert decision == "decided"
        self.asked.append(own)
        span = Span(clip.index, clip.index + len(clip))
        assert own.start >= span.start
        assert own.stop <= span.stop
        means: list[torch.Tensor] = []
        for frame in range(own.start, own.stop):
            window = Span(frame, frame + 1).widened(self.radius, span)
            means.append(clip.luma[window.start - span.start : window.stop - span.start].mean(0))
        return replace(clip, luma=torch.stack(means), index=own.start)


def chain_of(*radii: int, piece: int = 3, chunk: int = 8) -> tuple[Chain, list[Mean]]:
    """A chain of averages with these radii."""
    means = [Mean(radius) for radius in radii]
    links = tuple(Link(f"t{at}", mean.radius, mean) for at, mean in enumerate(means))
    return Chain(links, chunk, piece), means


def whole(frames: int, radii: tuple[int, ...]) -> torch.Tensor:
    """What the chain gives for a whole shot, one treatment after the other."""
    clip = film(frames)
    for radius in radii:
        clip = Mean(radius)(clip, Span(0, frames), "decided")
    return clip.luma


@settings(deadline=None)
@given(
    frames=st.integers(1, 30),
    radii=st.lists(st.integers(0, 3), max_size=3).map(tuple),
    piece=st.integers(1, 9),
    cuts=st.lists(st.integers(1, 29), max_size=3),
)
def test_a_shot_in_pieces_is_the_shot_as_a_whole(
    frames: int, radii: tuple[int, ...], piece: int, cuts: list[int]
) -> None:
    """Wherever a shot is cut, with the chain's radius as context every frame is that of the whole shot."""
    chain, _ = chain_of(*radii, piece=piece)
    names = [link.name for link in chain.links]
    ends = sorted({0, frames, *(cut for cut in cuts if cut < frames)})
    found: list[torch.Tensor] = []
    for start, stop in pairwise(ends):
        own = Span(start, stop)
        around = own.widened(chain.radius, Span(0, frames))
        clip = film(frames).part(around.start, around.stop)
        for part in restored(chain, clip, own, shot(frames, *names)):
            assert part.index == sum(map(len, found))
            found.append(part.luma)
    torch.testing.assert_close(torch.cat(found), whole(frames, radii))


def test_pieces_come_in_order_and_only_the_last_treatment_works_in_them() -> None:
    """Where frames may be many times larger few are made at once; earlier treatments see all frames."""
    chain, (first, last) = chain_of(1, 2, piece=4)
    parts = list(restored(chain, film(20), Span(3, 13), shot(20, "t0", "t1")))
    assert [(part.index, len(part)) for part in parts] == [(3, 4), (7, 4), (11, 2)]
    assert first.asked == [Span(1, 15)]
    assert last.asked == [Span(3, 7), Span(7, 11), Span(11, 13)]


def test_a_shot_without_a_decision_is_passed_on_unchanged() -> None:
    """A treatment that decided nothing for a shot is not called; its frames keep every bit."""
    chain, means = chain_of(1, 1, 1)
    parts = list(restored(chain, film(9), Span(2, 7), shot(9)))
    assert torch.equal(torch.cat([part.luma for part in parts]), film(9).luma[2:7])
    assert [mean.asked for mean in means] == [[], [], []]
    only = list(restored(chain, film(9), Span(2, 7), shot(9, "t1")))
    assert [mean.asked for mean in means] == [[], [Span(1, 8)], []]
    assert not torch.equal(torch.cat([part.luma for part in only]), film(9).luma[2:7])


def test_a_chain_without_treatments_gives_the_frames() -> None:
    """A film that is only encoded again still goes through in pieces."""
    chain, _ = chain_of(piece=2)
    assert chain.radius == 0
    parts = list(restored(chain, film(5), Span(0, 5), shot(5)))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert torch.equal(torch.cat([part.luma for part in parts]), film(5).luma)


def test_the_radius_of_a_chain_is_the_sum_of_its_treatments() -> None:
    """Each treatment needs its context already treated by those before it."""
    assert chain_of(1, 0, 4)[0].radius == 5


class Fake:
    """In place of a treatment: a radius, and nothing to load."""

    def __init__(self, radius: int) -> None:
        self._radius = radius

    def radius(self, settings: object) -> int:
        """The frames of context."""
        return self._radius

    def load(self, settings: object, engine: Engine) -> Callable[[Clip, Span, object], Clip]:
        """Nothing to load."""
        return Mean(self._radius)


@pytest.mark.parametrize(
    ("source", "result", "chunk", "piece"),
    [
        ((320, 240), (640, 480), 32, 32),
        ((1920, 1080), (1920, 1080), 32, 8),
        ((1920, 1080), (7680, 4320), 32, 1),
        ((3840, 2160), (3840, 2160), 6, 2),
        ((7680, 4320), (7680, 4320), 4, 1),
        ((30000, 20000), (30000, 20000), 4, 1),
    ],
)
def test_the_frames_at_once_fit_the_memory_set_aside(
    monkeypatch: pytest.MonkeyPatch,
    source: tuple[int, int],
    result: tuple[int, int],
    chunk: int,
    piece: int,
) -> None:
    """Six bytes for every pixel of float32 at 4:2:0, context included; never fewer than four frames."""
    treatments = {"colorize": Fake(0), "upscale": Fake(2)}
    monkeypatch.setattr(chain_module.catalog, "TREATMENTS", treatments)
    plan = _with_size(made.plan(), *result)
    chain = load_chain(plan, source[0] * source[1])
    assert [(link.name, link.radius) for link in chain.links] == [("colorize", 0), ("upscale", 2)]
    assert (chain.chunk, chain.piece) == (chunk, piece)
    least, most = CHUNK_FRAMES
    assert least <= chain.chunk <= most
    used = (chain.chunk + 2 * chain.radius) * source[0] * source[1] * 6
    assert used <= chain_module.CHUNK_BYTES or chain.chunk == least


def _with_size(plan: Plan, width: int, height: int) -> Plan:
    return replace(plan, output=replace(plan.output, width=width, height=height))


def test_chunks_of_a_plan_are_what_the_chain_takes() -> None:
    """The chunks that are decoded for a chain hold all frames that its treatments ask for."""
    chain, means = chain_of(2, 3, chunk=7)
    plan = made.plan()
    for chunk in chunks(plan, range(len(plan.segments)), chain.chunk, chain.radius):
        clip = film(plan.frames).part(chunk.needed.start, chunk.needed.stop)
        decided = replace(plan.shots[chunk.shot], decisions={"t0": "decided", "t1": "decided"})
        made_frames = sum(len(part) for part in restored(chain, clip, chunk.own, decided))
        assert made_frames == len(chunk.own)
    assert sum(len(span) for span in means[1].asked) == plan.frames
