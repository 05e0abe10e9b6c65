"""Colorize: likely colors for black-and-white and single-tint shots; luma is not changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.colorize.predicted import ColorizeSettings, chroma_size, predicted_colors
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.network import load_network
from restore.treatments.option import COLOR, MACHINE, Option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Engine,
    Example,
    Invents,
    Network,
    Treat,
    TreatedShot,
    Treatment,
)

if TYPE_CHECKING:
    from restore.models import Card


class ColorizeOptions(BaseModel):
    """The shots that are colored, and the network."""

    model_config = STRICT

    colorize: Annotated[
        bool,
        Option(
            "Color black-and-white and tinted shots.",
            COLOR,
            per_shot=True,
            more="Title cards, leader and black frames stay neutral.",
        ),
    ] = False
    recolor: Annotated[
        bool,
        Option("Give new colors to shots that are in color, too.", COLOR, per_shot=True),
    ] = False
    color_model: Annotated[
        str | None,
        Option(
            "Color with this model (a name or a folder).",
            MACHINE,
            "NAME",
            more="Names are those of `restore models list`.",
        ),
    ] = None

    @property
    def colors(self) -> bool:
        """Whether a shot may be colored: `recolor` implies `colorize`."""
        return self.colorize or self.recolor


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ColorizeDecision:
    """`color` (the network decides), `neutral` (no color at all) or `keep` (the source's own chroma)."""

    mode: Literal["color", "neutral", "keep"]


def _decide(
    shot: ShotKind, measure: None, options: ColorizeOptions, film: FilmFacts
) -> ColorizeDecision | None:
    """Existing color is kept, and shots without color are colored; title cards stay neutral."""
    if not options.colors:
        return None
    if shot.color == "color" and not options.recolor:
        return ColorizeDecision("keep")
    return ColorizeDecision("color" if shot.content == "scene" else "neutral")


def _settle(
    options: ColorizeOptions, film: FilmFacts, card: Card | None
) -> ColorizeSettings | None:
    if card is None:
        return None
    readout = card.readout.model_dump() if card.readout else {}
    named = options.color_model is not None and Path(options.color_model) == card.place
    model = options.color_model if named else card.full_name
    return ColorizeSettings.model_validate({"model": model, **readout})


def _load(settings: ColorizeSettings, engine: Engine) -> Treat[ColorizeDecision]:
    """The treatment, ready to use; UsageError for weights that are missing or damaged."""
    import torch

    net = load_network(settings.model, engine)

    def treat(clip: Clip, span: Span, decision: ColorizeDecision) -> Clip:
        own = clip.part(span.start, span.stop)
        if decision.mode == "keep":
            return own
        shape = (own.luma.shape[0], 2, *chroma_size(own))
        if decision.mode == "neutral":
            return replace(own, chroma=torch.zeros(shape))
        with torch.inference_mode():
            return replace(own, chroma=predicted_colors(net, clip, span, settings))

    return treat


_DONE = {"color": "colored", "keep": "color kept", "neutral": "left without color"}


def _notes(
    shots: Sequence[TreatedShot[None, ColorizeDecision]],
    options: ColorizeOptions,
    film: FilmFacts,
) -> Iterator[str]:
    """The reason why a film is not colored although this was requested."""
    asked = [each for each in shots if each.decision]
    if not asked or any(each.decision and each.decision.mode == "color" for each in asked):
        return
    reason = "is in color already (--recolor forces new colors)"
    if all(each.shot.content != "scene" for each in asked):
        reason = "shows only title cards or black, which stay neutral"
    yield f"nothing to colorize: the film {reason}"


def _conflicts(every: Sequence[ColorizeOptions]) -> Iterator[tuple[str, str]]:
    if every[0].color_model is not None and not any(options.colors for options in every):
        yield "color_model", "has no meaning without colorize or recolor"


def _override(options: ColorizeOptions, values: Mapping[str, Any]) -> ColorizeOptions:
    """A shot with `colorize` off is not colored, even if the film is recolored."""
    off = {"recolor": False} if values.get("colorize") is False else {}
    return options.model_copy(update={**off, **values})


COLORIZE = Treatment(
    name="colorize",
    title="color",
    order=80,
    options=ColorizeOptions,
    settings=ColorizeSettings,
    decision=ColorizeDecision,
    requested=lambda options, film: options.colors,
    decide=_decide,
    settle=_settle,
    radius=lambda settings: settings.radius,
    load=_load,
    describe=Description(
        done=lambda decision: _DONE[decision.mode],
        whole=lambda settings, film: "colored",
        notes=_notes,
        invents=Invents(
            "color",
            lambda settings, decision: decision.mode == "color",
            "a guess of the network {network}, likely but not certain. The source has no information about "
            "these colors. The luma is not from this network.",
        ),
    ),
    example=Example(ColorizeSettings(), lambda clip: ColorizeDecision("color")),
    network=Network(
        "color_model",
        lambda options, film: (options.color_model or "color") if options.colors else None,
        lambda options, film: (options.color_model or "color",) if options.colors else (),
    ),
    acts=lambda decision: decision.mode == "color",
    conflicts=_conflicts,
    override=_override,
)
