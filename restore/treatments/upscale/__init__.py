"""Upscale: luma cleaned and enlarged by a network, chroma resampled to the same size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, with_config

from restore.clip import Clip, ColorSpec
from restore.errors import UsageError
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.option import MACHINE, REPAIR, SIZE, Option, Share
from restore.treatments.treatment import (
    STRICT,
    Description,
    Engine,
    Example,
    Invents,
    Network,
    Treat,
    Treatment,
)
from restore.treatments.upscale.size import Geometry, geometry, named_size

if TYPE_CHECKING:
    import torch

    from restore.models import Card


def _number(value: Any) -> Any:
    """A number that was given as text on the command line."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _size(value: Any) -> Any:
    return value if value is None else named_size(str(value)) and str(value).lower()


class UpscaleOptions(BaseModel):
    """The result's size, how much is cleaned, and by which network."""

    model_config = STRICT

    upscale: Annotated[
        Literal[2, 4] | None,
        BeforeValidator(_number),
        Option(
            "Enlarge the stored frames exactly 2 or 4 times.",
            SIZE,
            "2|4",
            choices=("2", "4"),
            excludes=("to",),
            more="The sample aspect stays.",
        ),
    ] = None
    to: Annotated[
        str | None,
        BeforeValidator(_size),
        Option(
            "Fit inside 4k, 1440p, 1080p or WxH, with square pixels.",
            SIZE,
            "SIZE",
            choices=("4k", "1440p", "1080p"),
            excludes=("upscale",),
            more="The display aspect stays. Films that players rotate are fitted as they are shown.",
        ),
    ] = None
    clean: Annotated[
        Share,
        Option(
            "How much grain, dust and wear is removed: 1 all (default when enlarging), 0 none.",
            REPAIR,
            "0..1",
            per_shot=True,
            more="Without `--upscale` or `--to` the film keeps its size and is only cleaned.",
        ),
    ] = None
    model: Annotated[
        str | None,
        Option(
            "Enlarge and clean with this model (a name, a folder or a checkpoint).",
            MACHINE,
            "NAME",
            more="Names are those of `restore models list`; checkpoints are `.pth` or `.safetensors`.",
        ),
    ] = None


class UpscaleSettings(BaseModel):
    """How luma is enlarged: the network's name or folder (None: resampling alone) and the resulting size.

    `factor` is the network's own; a `width` x `height` other than factor times the source's is resampled
    from the network's result. `None` sizes mean exactly factor times the source's.
    """

    model_config = STRICT

    model: str | None = "film-x2"
    factor: int = 2
    radius: int = 2
    width: int | None = None
    height: int | None = None
    tile: int | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class UpscaleDecision:
    """The share of what the network removes (grain, dust, wear) that stays removed: 1 all, 0 nothing."""

    clean: float = 1.0


def result_size(options: UpscaleOptions, film: FilmFacts) -> Geometry:
    """The size of the result; UsageError if no codec supports it."""
    stored = (film.width, film.height)
    return geometry(stored, film.sar, film.rotation, options.upscale, options.to)


def _model(options: UpscaleOptions, film: FilmFacts) -> str | None:
    factor = result_size(options, film).factor
    usual = f"film-x{factor}" if factor > 1 or options.clean else None
    return options.model or usual


def _possible(options: UpscaleOptions, film: FilmFacts) -> tuple[str, ...]:
    if options.model:
        return (options.model,)
    if not (options.to or options.upscale or options.clean):
        return ()
    factors = (1, 2, 4) if options.to else (options.upscale or 1,)
    return tuple(f"film-x{factor}" for factor in factors)


def _resizes(options: UpscaleOptions, film: FilmFacts) -> bool:
    size = result_size(options, film)
    return (size.width, size.height) != (film.width, film.height)


def _renews(options: UpscaleOptions, film: FilmFacts) -> bool:
    return options.clean != 0 and _model(options, film) is not None


def _decide(
    shot: ShotKind, measure: None, options: UpscaleOptions, film: FilmFacts
) -> UpscaleDecision | None:
    """Without a new size only shots that are cleaned are changed."""
    usual = 1.0 if _model(options, film) else 0.0
    clean = usual if options.clean is None else options.clean
    return UpscaleDecision(clean) if clean or _resizes(options, film) else None


def _settle(options: UpscaleOptions, film: FilmFacts, card: Card | None) -> UpscaleSettings:
    size = result_size(options, film)
    if card is None:
        return UpscaleSettings(model=None, factor=1, width=size.width, height=size.height)
    if card.task != "upscale" or card.scale < size.factor:
        raise UsageError(
            f"The model {card.full_name} does not enlarge {size.factor} times.",
            f"It is made for: {card.task} x{card.scale}.",
            "restore models list shows the models.",
            code="model-scale",
        )
    named = options.model is not None and Path(options.model) == card.place
    return UpscaleSettings(
        model=options.model if named else card.full_name,
        factor=card.scale,
        radius=card.frames // 2,
        width=size.width,
        height=size.height,
    )


def _load(settings: UpscaleSettings, engine: Engine) -> Treat[UpscaleDecision]:
    """The treatment, ready to use; UsageError for weights that are missing or damaged."""
    from restore.filters.resample import put_back
    from restore.treatments.upscale.enlarge import enlarger

    enlarge = None
    if settings.model:
        net = (settings.model, settings.factor, settings.radius)
        enlarge = enlarger(*net, settings.tile, engine)

    def treat(clip: Clip, span: Span, decision: UpscaleDecision) -> Clip:
        own = clip.part(span.start, span.stop)
        height, width = own.luma.shape[-2:]
        factor = settings.factor
        size = (settings.width or width * factor, settings.height or height * factor)
        luma = own.luma
        if enlarge is not None and (decision.clean or factor > 1):
            luma = enlarge(clip, span)
            if decision.clean < 1:
                luma = put_back(luma, own.luma, 1 - decision.clean)
        placed = {"luma": _fitted(luma, size), "chroma": _chroma(own, size)}
        aspect = own.sample_aspect * Fraction(width, size[0]) * Fraction(size[1], height)
        return replace(own, **placed, color=_color(own, size), sample_aspect=aspect)

    return treat


def _fitted(luma: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Luma at exactly `size` (width, height)."""
    from restore.filters.resample import luma_axis, resample

    height, width = luma.shape[-2:]
    return resample(
        luma, (luma_axis(width), luma_axis(height)), (luma_axis(size[0]), luma_axis(size[1]))
    )


def _chroma(own: Clip, size: tuple[int, int]) -> torch.Tensor | None:
    """The clip's chroma on the same kind of grid in a frame of `size`."""
    from restore.filters.resample import resample_chroma, subsampling

    return None if own.chroma is None else resample_chroma(own, size, *subsampling(own))


def _color(own: Clip, size: tuple[int, int]) -> ColorSpec:
    """The clip's color description; a frame with another height no longer has fields."""
    same = size[1] == own.luma.shape[-2]
    return own.color if same else replace(own.color, fields=None)


def _done(decision: UpscaleDecision) -> str:
    if not decision.clean:
        return "grain kept"
    return "cleaned" if decision.clean == 1 else f"cleaned by {decision.clean:.0%}"


def _whole(settings: UpscaleSettings, film: FilmFacts) -> str:
    width = settings.width or settings.factor * film.width
    height = settings.height or settings.factor * film.height
    if (width, height) == (film.width, film.height):
        return "cleaned"
    return "enlarged" if width * height > film.width * film.height else "made smaller"


UPSCALE = Treatment(
    name="upscale",
    title="size, grain and wear",
    order=90,
    options=UpscaleOptions,
    settings=UpscaleSettings,
    decision=UpscaleDecision,
    requested=lambda options, film: bool(_model(options, film)) or _resizes(options, film),
    decide=_decide,
    settle=_settle,
    radius=lambda settings: settings.radius if settings.model else 0,
    load=_load,
    describe=Description(
        done=_done,
        whole=_whole,
        invents=Invents(
            "detail",
            lambda settings, decision: settings.model is not None,
            "the network {network} cleaned and enlarged the luma. Detail that is finer than the source's "
            "pixels is invented. Grain, dust and wear that it removed are not in the "
            "result. Use the source as evidence.",
        ),
    ),
    example=Example(UpscaleSettings(), lambda clip: UpscaleDecision()),
    network=Network("model", _model, _possible),
    recomputes=_renews,
    resizes=_resizes,
)
