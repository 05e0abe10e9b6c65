"""The plan's treatments, loaded in order, and their application to clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from restore.clip import Clip
from restore.plan import Plan, ShotPlan
from restore.run.bwdif_planes import bwdif_planes
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.treatment import Engine, Treat

CHUNK_BYTES = 512 << 20
"""Memory for the source frames that are processed together, context included, as float32."""

CHUNK_FRAMES = (4, 32)
"""Minimum and maximum frames of a chunk: fewer would be mostly context, more would delay Ctrl-C."""

PIECE_BYTES = 96 << 20
"""Memory for the result frames that the last treatment returns together, as float32 planes."""


@dataclass(frozen=True)
class Link:
    """One treatment, loaded, with the radius that it needs."""

    name: str
    radius: int
    treat: Treat[Any]


@dataclass(frozen=True)
class Chain:
    """All treatments of a plan in order; `chunk` and `piece`: numbers of frames that fit into memory."""

    links: tuple[Link, ...]
    chunk: int
    piece: int

    @property
    def radius(self) -> int:
        """How many frames of context the whole chain needs on each side."""
        return sum(link.radius for link in self.links)


def load_chain(
    plan: Plan, source_pixels: int, say: Callable[[str], None] = lambda line: None
) -> Chain:
    """Read the weights and load every treatment, for the device and the precision of the plan.

    `say` gets a line for the user. Raises UsageError for missing or damaged models.
    """
    links: list[Link] = []
    engine = Engine(plan.device, plan.precision, say, bwdif_planes)
    for name, settings in plan.treatments.items():
        treatment = catalog.TREATMENTS[name]
        links.append(Link(name, treatment.radius(settings), treatment.load(settings, engine)))
    result_pixels = plan.output.width * plan.output.height
    context = 2 * sum(link.radius for link in links)
    least, most = CHUNK_FRAMES
    return Chain(
        tuple(links),
        chunk=min(most, max(least, CHUNK_BYTES // (source_pixels * 6) - context)),
        piece=min(most, max(1, PIECE_BYTES // (result_pixels * 6))),
    )


def restored(chain: Chain, clip: Clip, own: Span, shot: ShotPlan) -> Iterator[Clip]:
    """The frames of `own` through all treatments, a few at a time.

    The clip contains `own`, and on both sides the frames of the shot within the chain's radius. Every
    treatment but the last, where frames may be many times larger, treats all frames at once.
    """
    for place, link in enumerate(chain.links[:-1]):
        later = sum(following.radius for following in chain.links[place + 1 :])
        wanted = own.widened(later, Span(clip.index, clip.index + len(clip)))
        clip = replace(_treated(link, clip, wanted, shot), index=wanted.start)
    for start in range(own.start, own.stop, chain.piece):
        piece = Span(start, min(own.stop, start + chain.piece))
        if chain.links:
            yield _treated(chain.links[-1], clip, piece, shot)
        else:
            yield clip.part(piece.start, piece.stop)


def _treated(link: Link, clip: Clip, wanted: Span, shot: ShotPlan) -> Clip:
    """The frames of `wanted` after one treatment; unchanged where their shot has no decision."""
    decision = shot.decisions.get(link.name)
    if decision is None:
        return clip.part(wanted.start, wanted.stop)
    return link.treat(clip, wanted, decision)
