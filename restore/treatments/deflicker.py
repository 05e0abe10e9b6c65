"""Deflicker: frames whose light jumps are brought back to the light of their shot."""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.treatment import Decisions, Engine, Treat, Treatment, curve


class DeflickerSettings(BaseModel):
    """Nothing to set: how each frame's light is changed is decided for its shot.

    Decisions: `first`, the shot's first frame; `gain` and `offset`, one a frame from there on. Without
    them nothing changes.
    """

    model_config = ConfigDict(frozen=True)


def load(settings: DeflickerSettings, engine: Engine) -> Treat:
    """The treatment; there is nothing to load."""
    return treat


def treat(clip: Clip, span: Span, decisions: Decisions) -> Clip:
    """The frames of `span` in their shot's light; their chroma grows and shrinks with the gain."""
    import torch

    from restore.filters.relight import relit

    own = clip.part(span.start, span.stop)
    if "gain" not in decisions:
        return own
    gain, offset = (torch.tensor(curve(decisions, key, span)) for key in ("gain", "offset"))
    chroma = None if own.chroma is None else own.chroma * gain.view(-1, 1, 1, 1)
    return replace(own, luma=relit(own.luma, gain, offset), chroma=chroma)


DEFLICKER = Treatment(
    name="deflicker",
    settings=DeflickerSettings,
    radius=lambda settings: 0,
    load=load,
    neutral=(DeflickerSettings(), {}),
)
