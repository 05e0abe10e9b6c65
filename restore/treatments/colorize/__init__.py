"""Colorize: likely colors for black-and-white and single-tint shots; luma is not changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, with_config

from restore.clip import Clip
from restore.errors import UsageError
from restore.timing import Span
from restore.treatments.colorize.chosen import STEP, ColorChoice, chosen_colors
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
    import torch
    from torch import nn

    from restore.models import Card


def _names(value: Any) -> Any:
    """One name as a list of names."""
    return (value,) if isinstance(value, str) else value


class ColorizeOptions(BaseModel):
    """The shots that are colored, the networks, and the colors that a person chose."""

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

    variant: Annotated[
        int | None,
        Field(ge=1, le=2**31 - 1),
        Option(
            "Color with this variant of `restore variants` (default: the most likely color).",
            COLOR,
            "N",
            per_shot=True,
            more="The number is the seed of the sample ([choosing colors](variants.md)).",
        ),
    ] = None
    reference: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(_names),
        Option(
            "Take the colors of this image: a colored still of the shot, or a photograph.",
            COLOR,
            "IMAGE",
            per_shot=True,
            more="In a file, a list of stills gives the frames between them colors of both "
            "([stills](variants.md#draw-the-colors-yourself)).",
        ),
    ] = None
    saturation: Annotated[
        float,
        Field(ge=0, le=3),
        Option(
            "Factor for the saturation of colors that are made: 0 gray, 1 as they are (default).",
            COLOR,
            "0..3",
            per_shot=True,
        ),
    ] = 1.0
    warmth: Annotated[
        float,
        Field(ge=-1, le=1),
        Option(
            "Warmer light for colors that are made: 1 lamp light, 0 as they are, -1 colder.",
            COLOR,
            "-1..1",
            per_shot=True,
        ),
    ] = 0.0
    color_bible: Annotated[
        str | None,
        Option(
            "Use and extend this file of chosen colors: shots that look alike get the same.",
            COLOR,
            "FILE",
            more="For the films of a series ([the color bible](variants.md#keep-colors-over-a-series)).",
        ),
    ] = None
    color_sampler: Annotated[
        str | None,
        Option(
            "Sample variants with this model (a name or a folder).",
            MACHINE,
            "NAME",
        ),
    ] = None

    @property
    def choice(self) -> ColorChoice | None:
        """The colors that a person chose; None: the network decides."""
        if self.variant is None and not self.reference:
            return None
        return ColorChoice(self.variant, self.reference or ())

    @property
    def colors(self) -> bool:
        """Whether a shot may be colored: `recolor` implies `colorize`."""
        return self.colorize or self.recolor


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ColorizeDecision:
    """`color` (made), `neutral` (no color at all) or `keep` (the source's own chroma).

    saturation  factor on the chroma that is made
    warmth      from -1 (colder light) to 1 (warmer)
    choice      the colors that a person chose; None: the network decides
    """

    mode: Literal["color", "neutral", "keep"]
    saturation: float = 1.0
    warmth: float = 0.0
    choice: ColorChoice | None = None


def _decide(
    shot: ShotKind, measure: None, options: ColorizeOptions, film: FilmFacts
) -> ColorizeDecision | None:
    """Existing color is kept, and shots without color are colored; title cards stay neutral."""
    if not options.colors:
        return None
    if shot.color == "color" and not options.recolor:
        return ColorizeDecision("keep")
    if shot.content != "scene":
        return ColorizeDecision("neutral")
    return ColorizeDecision("color", options.saturation, options.warmth, options.choice)


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

    from restore.filters.resample import luma_at_chroma
    from restore.filters.warmth import warmed

    net = load_network(settings.model, engine)

    def treat(clip: Clip, span: Span, decision: ColorizeDecision) -> Clip:
        own = clip.part(span.start, span.stop)
        if decision.mode == "keep":
            return own
        shape = (own.luma.shape[0], 2, *chroma_size(own))
        if decision.mode == "neutral":
            return replace(own, chroma=torch.zeros(shape))
        with torch.inference_mode():
            chroma = _made(net, clip, span, settings, decision)
        if decision.warmth:
            guide = luma_at_chroma(replace(own, chroma=chroma))
            chroma = warmed(chroma, guide, decision.warmth, clip.color.matrix)
        return replace(own, chroma=chroma)

    return treat


def _made(
    net: nn.Module, clip: Clip, span: Span, settings: ColorizeSettings, decision: ColorizeDecision
) -> torch.Tensor:
    """Chroma [T, 2, h, w] of the frames of `span`: chosen, or predicted by the network."""
    factor, choice = decision.saturation, decision.choice
    if choice is None:
        more = settings.model_copy(update={"saturation": settings.saturation * factor})
        return predicted_colors(net, clip, span, more)
    if choice.colors is None:
        raise UsageError(
            "The plan has no colors for a shot whose colors were to be chosen.",
            choice.text,
            "Use restore.film, restore.preview or the command line: they choose before they plan.",
            code="colors-not-chosen",
        )
    return chosen_colors(clip, span, choice.colors, factor)


_DONE = {"color": "colored", "keep": "color kept", "neutral": "left without color"}


def _done(decision: ColorizeDecision) -> str:
    """`colored (variant 3, saturation 0.8)`."""
    said = [] if decision.choice is None else [decision.choice.text]
    said += [f"saturation {decision.saturation:g}"] if decision.saturation != 1 else []
    said += [f"warmth {decision.warmth:+g}"] if decision.warmth else []
    return _DONE[decision.mode] + (f" ({', '.join(said)})" if said else "")


def _summary(decision: ColorizeDecision) -> Sequence[str]:
    chosen = decision.choice is not None
    return ["colored as chosen" if chosen else _DONE[decision.mode]]


def _recorded(decision: ColorizeDecision) -> ColorizeDecision:
    """The decision without the chroma of the anchors."""
    if decision.choice is None:
        return decision
    return replace(decision, choice=decision.choice.recorded)


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
    unset = ColorizeOptions()
    for key in _NEED_COLOR if not any(options.colors for options in every) else ():
        if getattr(every[0], key) != getattr(unset, key):
            yield key, "has no meaning without colorize or recolor"
    if any(options.variant is not None and options.reference for options in every):
        yield "variant", "cannot be combined with reference: give one of the two"


_NEED_COLOR = (
    *("color_model", "color_sampler", "color_bible"),
    *("variant", "reference", "saturation", "warmth"),
)


def _override(options: ColorizeOptions, values: Mapping[str, Any]) -> ColorizeOptions:
    """A shot with `colorize` off is not colored, even if the film is recolored.

    A shot's own variant replaces the reference of the film, and the other way round.
    """
    off = {"recolor": False} if values.get("colorize") is False else {}
    if values.get("variant") is not None and values.get("reference") is None:
        off |= {"reference": None}
    elif values.get("reference") is not None and values.get("variant") is None:
        off |= {"variant": None}
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
    radius=lambda settings: max(settings.radius, STEP),
    load=_load,
    describe=Description(
        done=_done,
        whole=lambda settings, film: "colored",
        notes=_notes,
        invents=Invents(
            "color",
            lambda settings, decision: decision.mode == "color",
            "a guess of the network {network}, likely but not certain, or colors that a person chose. The "
            "source has no information about these colors. The luma is not from this network.",
        ),
        summary=_summary,
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
    recorded=_recorded,
)
