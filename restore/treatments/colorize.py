"""Colorize: likely colors for black-and-white and single-tint shots; luma is not changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
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

FRAMES_AT_ONCE = 8
"""Number of frames that the network processes together: small ones, with far less memory than upscaling."""

ODDEST_ASPECT = 4.0
"""Sample aspects beyond this (or below its inverse) are errors of a header: films have up to 2."""


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


class ColorizeSettings(BaseModel):
    """The network's name or folder, the short side of its input, its readout, the frames that share a color.

    `radius`: how many frames on both sides take part in a frame's color.
    """

    model_config = STRICT

    model: str = "color"
    radius: int = 8
    size: int = 144
    temperature: float = 1.0
    saturation: float = 1.0
    doubt: float = 0.0


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
        shape = (own.luma.shape[0], 2, *_chroma_size(own))
        if decision.mode == "neutral":
            return replace(own, chroma=torch.zeros(shape))
        with torch.inference_mode():
            return replace(own, chroma=_colors(net, clip, span, settings))

    return treat


def _chroma_size(clip: Clip) -> tuple[int, int]:
    """Height and width of the chroma to compute: the film's own, or half of the luma for gray."""
    if clip.chroma is not None:
        return int(clip.chroma.shape[-2]), int(clip.chroma.shape[-1])
    height, width = clip.luma.shape[-2:]
    return -(-height // 2), -(-width // 2)


def _colors(net: nn.Module, clip: Clip, span: Span, settings: ColorizeSettings) -> torch.Tensor:
    """Chroma [T, 2, h, w] of the frames of `span`, in the clip's own matrix."""
    import torch
    from torch.nn import functional

    from restore.filters.joincolor import guided_enlargement, rematrix, steadied, within_gamut
    from restore.filters.resample import luma_at_chroma

    near = clip.part(
        max(clip.index, span.start - settings.radius),
        min(clip.index + len(clip), span.stop + settings.radius),
    )
    first, stop = span.start - near.index, span.stop - near.index
    coarse = _predicted(net, near, settings)
    small = functional.interpolate(near.luma, size=coarse.shape[-2:], mode="area")
    steady = steadied(coarse, small, first, stop, settings.radius)
    own = clip.part(span.start, span.stop)
    placed = replace(own, chroma=torch.zeros(len(own), 2, *_chroma_size(own)))
    # luma at the chroma samples: the guide determines the edges of the color
    guide = luma_at_chroma(placed)
    fine = guided_enlargement(rematrix(steady, clip.color.matrix), guide)
    return within_gamut(fine, guide, clip.color.matrix)


def _input_size(clip: Clip, short: int) -> list[int]:
    """Height and width of the network's input: of the display aspect, in whole blocks."""
    height, width = clip.luma.shape[-2:]
    aspect = min(max(float(clip.sample_aspect), 1 / ODDEST_ASPECT), ODDEST_ASPECT)
    sides = (height, width * aspect)
    shrink = short / min(sides)
    return [max(8, round(side * shrink / 8) * 8) for side in sides]


def _predicted(net: nn.Module, clip: Clip, settings: ColorizeSettings) -> torch.Tensor:
    """The network's BT.709 chroma [T, 2, h, w] for a clip's luma, at a quarter of its input size."""
    from typing import cast

    import torch
    from torch import Tensor
    from torch.nn import functional

    from restore.filters.chroma import read_out

    multiple = cast(int, net.size_multiple)
    size = _input_size(clip, settings.size)
    gray = functional.interpolate(clip.luma, size=size, mode="area").clamp(0, 1)
    low, right = (-side % multiple for side in size)
    padded = functional.pad(gray, [0, right, 0, low], mode="replicate")
    weight = next(net.parameters())
    centres = cast(Tensor, net.centres).float().cpu()
    rows: list[Tensor] = []
    for batch in padded.split(FRAMES_AT_ONCE):
        logits = cast(Tensor, net(batch.to(weight.device, weight.dtype)))
        logits = logits[..., : size[0] // 4, : size[1] // 4].float().cpu()
        point = (settings.temperature, settings.saturation, settings.doubt)
        rows.append(read_out(logits, centres, *point))
    return torch.cat(rows)


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
