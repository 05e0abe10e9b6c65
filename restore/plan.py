"""What will be done, decided once: shots with their decisions, stages, segments and the result's format.

A pure function of the survey, the recipe and the models' cards; as JSON it is the job's plan on disk,
and its digest is the job key: the same key means the same frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter

from restore.clip import ColorSpec
from restore.errors import UsageError
from restore.media.encode import VideoFormat, output_pixel_format
from restore.media.encoders import Codec, marks_fields
from restore.media.hardware import HARDWARE, hardware_encoder
from restore.media.labels import labels_fit
from restore.media.picturefiles import picture_format
from restore.media.timecode import nominal_rate
from restore.recipe import LARGEST_SIDE, PICTURES, Recipe, named_size
from restore.recipe import Codec as RecipeCodec
from restore.store import digest_bytes
from restore.survey.film import Color, Content, Shot, Survey
from restore.timing import Span, cut_evenly

if TYPE_CHECKING:
    from restore.media.probe import Source
    from restore.models import Card

FRAME_CODE = 4
"""Version of the code that makes frames; a change of any frame's values raises it."""

SEGMENT_FRAMES = 96
"""The most frames of a segment: what a kill -9 can cost, and four seconds of film at 24 fps."""

Decision = dict[str, str | float | tuple[float, ...]]

Moves = tuple[tuple[Span, Decision], ...]
"""The shots that are held still, each with what was decided for it (restore/stages/stabilize.py)."""


@dataclass(frozen=True)
class Step:
    """One stage of the chain, with its settings as plain values."""

    stage: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class ShotPlan:
    """One shot: its frames, what it is, and what each stage does with it."""

    span: Span
    content: Content
    color: Color
    decisions: dict[str, Decision]


@dataclass(frozen=True)
class Geometry:
    """The result's size in stored pixels, its sample aspect, and the net's factor that leads there."""

    width: int
    height: int
    sar: Fraction
    factor: int


@dataclass(frozen=True)
class Plan:
    """Everything that decides the result's frames.

    `film` identifies the source (its survey's digest and its own: another encoding of the same film is
    another job), `weights` are pairs of model name and SHA-256, `device` is torch's name for it.
    """

    code: int
    film: str
    frames: int
    shots: tuple[ShotPlan, ...]
    segments: tuple[Span, ...]
    steps: tuple[Step, ...]
    weights: tuple[tuple[str, str], ...]
    output: VideoFormat
    suffix: str
    device: str
    precision: str
    notes: tuple[str, ...]

    @cached_property
    def key(self) -> str:
        """The job key: SHA-256 over everything in the plan that decides the parts' frames."""
        return digest_bytes(plan_to_json(replace(self, suffix="", notes=())))

    @property
    def moves(self) -> Moves:
        """The shots that this plan holds still."""
        return moves_of((shot.span, shot.decisions) for shot in self.shots)

    def shot_at(self, index: int) -> ShotPlan:
        """The shot that a frame lies in; raises IndexError outside the film."""
        for shot in self.shots:
            if index in shot.span:
                return shot
        raise IndexError(f"no frame {index}")


def moves_of(shots: Iterable[tuple[Span, Mapping[str, Decision]]]) -> Moves:
    """Of shots with their decisions for every stage those that are held still."""
    return tuple((span, told["stabilize"]) for span, told in shots if "stabilize" in told)


def plan_to_json(plan: Plan) -> bytes:
    """The plan as JSON text (UTF-8), the same for the same plan."""
    return TypeAdapter(Plan).dump_json(plan, indent=1)


def plan_from_json(data: bytes) -> Plan:
    """The plan that `plan_to_json` wrote; raises ValueError where it is not one."""
    return TypeAdapter(Plan).validate_json(data)


def make_plan(
    source: Source,
    survey: Survey,
    recipe: Recipe,
    cards: Mapping[str, Card],
    engine: tuple[str, str],
    suffix: str,
    source_sha256: str = "",
) -> Plan:
    """The plan of a film.

    `cards` holds the models the recipe needs (see `models_needed`) by task, `engine` the device and
    precision that `auto` was resolved to, `suffix` the result's container, `source_sha256` the file's
    hash (a plan that is only looked at may do without: its key means nothing then). Raises UsageError for
    sizes and models that do not fit together.
    """
    size = geometry(source.width, source.height, source.sar, recipe, source.rotation)
    held = strengths(source, recipe)
    shots = tuple(_shot_plan(shot, recipe, held) for shot in survey.shots)
    colored = any(shot.decisions.get("colorize", {}).get("mode") == "color" for shot in shots)
    odd = bool(size.width % 2 or size.height % 2)
    codec = film_codec(recipe.codec)
    if recipe.codec in PICTURES:
        pixel_format = picture_format(recipe.codec, source.format, colored, recipe.depth)
    else:
        pixel_format = output_pixel_format(codec, source.format, colored, odd, recipe.depth)
    output = VideoFormat(
        codec=codec,
        pixel_format=pixel_format,
        width=size.width,
        height=size.height,
        rate=nominal_rate(source).limit_denominator(10_000),
        sar=size.sar,
        color=output_color(source, size.height, recipe.codec, pixel_format),
        crf=recipe.crf,
        preset=recipe.preset,
        hardware=_hardware(recipe),
    )
    return Plan(
        code=FRAME_CODE,
        film=digest_bytes(f"{survey.digest} {source_sha256}".encode()),
        frames=len(survey.frames),
        shots=shots,
        segments=pack_segments([shot.span for shot in survey.shots], SEGMENT_FRAMES),
        steps=(*_mending(shots, held), *_steps(recipe, size, source, cards, colored=colored)),
        weights=tuple((card.full_name, card.sha256) for card in cards.values()),
        output=output,
        suffix=suffix,
        device=engine[0],
        precision=engine[1],
        notes=_notes(source, survey, recipe, output, colored=colored),
    )


def film_codec(codec: RecipeCodec) -> Codec:
    """The codec of the film that a recipe makes: pictures come from a lossless one."""
    if codec == "dpx" or codec == "tiff" or codec == "png" or codec == "exr":
        return "ffv1"
    return codec


def models_needed(source: Source, recipe: Recipe) -> dict[str, str]:
    """Which models the recipe asks for: task -> name or folder."""
    factor = geometry(source.width, source.height, source.sar, recipe, source.rotation).factor
    needed = {"colorize": recipe.color_model or "color"} if recipe.colors else {}
    if recipe.model:
        return {**needed, "upscale": recipe.model}
    wanted = factor > 1 or recipe.cleans
    return {**needed, "upscale": f"film-x{factor}"} if wanted else needed


class Strengths(NamedTuple):
    """How much of scratches, flicker and weave is to go, 0..1."""

    descratch: float
    deflicker: float
    stabilize: float


def strengths(source: Source, recipe: Recipe) -> Strengths:
    """All of what is measured over whole shots goes where the picture is made anew, unless somebody says.

    An interlaced film is not moved: its rows would come into the other field.
    """
    renewed = "upscale" in models_needed(source, recipe) and recipe.clean != 0
    usual = 1.0 if renewed else 0.0
    asked = (recipe.descratch, recipe.deflicker, recipe.stabilize)
    found = Strengths(*(usual if each is None else each for each in asked))
    return found if source.color.fields is None else found._replace(stabilize=0.0)


def looks_for_unrest(source: Source, recipe: Recipe) -> bool:
    """Whether the survey has to measure flicker and weave."""
    wanted = strengths(source, recipe)
    return bool(wanted.deflicker or wanted.stabilize)


def looks_for_scratches(source: Source, recipe: Recipe) -> bool:
    """Whether the survey has to look at the film once more, for scratches."""
    return bool(strengths(source, recipe).descratch)


def geometry(width: int, height: int, sar: Fraction, recipe: Recipe, rotation: int = 0) -> Geometry:
    """The result's size.

    `upscale` multiplies the stored size and keeps the sample aspect; `to` fits inside a frame with the
    display aspect kept and square pixels, through the smallest net factor that reaches the size. Of a film
    that players turn by `rotation` degrees, the picture as it is shown fits.
    """
    if recipe.to is None:
        factor = recipe.upscale or 1
        if max(width, height) * factor > LARGEST_SIDE:
            raise UsageError(
                f"--upscale {factor} would give {width * factor}x{height * factor} pixels.",
                f"No side of a result may exceed {LARGEST_SIDE}.",
                "Use --to to name the size that you want.",
            )
        return Geometry(width * factor, height * factor, sar, factor)
    box_width, box_height = named_size(recipe.to)
    if rotation % 180 == 90:  # the frame as it lies over the stored picture
        box_width, box_height = box_height, box_width
    aspect = Fraction(width, height) * sar
    fitted_width = min(Fraction(box_width), box_height * aspect)
    target = (_even(fitted_width, box_width), _even(fitted_width / aspect, box_height))
    factor = next((f for f in (1, 2) if width * f >= target[0] and height * f >= target[1]), 4)
    return Geometry(*target, Fraction(1), factor)


def _even(length: Fraction, most: int) -> int:
    """The nearest even length of at most `most`, so that chroma of half the size fits."""
    return max(2, min(2 * round(length / 2), most // 2 * 2))


def pack_segments(shots: Sequence[Span], bound: int) -> tuple[Span, ...]:
    """Segments of at most `bound` frames that cover the shots: long ones cut evenly, short ones packed."""
    segments: list[Span] = []
    for shot in shots:
        for piece in cut_evenly(shot, bound):
            last = segments[-1] if segments else None
            if last and piece.stop - last.start <= bound:
                segments[-1] = Span(last.start, piece.stop)
            else:
                segments.append(piece)
    return tuple(segments)


def output_color(source: Source, height: int, codec: str, pixel_format: str) -> ColorSpec:
    """The color description of a result of so many rows: the film's own, where the codec can carry it.

    RGB that goes out as YUV becomes BT.709, limited range; ProRes knows only limited range, DNxHR (as
    ffmpeg writes it) besides only BT.709, and chroma at the left. Pictures are full range, in RGB or gray.
    Fields are fields no longer where rows of both went into every new one.
    """
    color = source.color if height == source.height else replace(source.color, fields=None)
    if codec in PICTURES:
        matrix = "rgb" if pixel_format.startswith("gbr") else color.matrix
        return replace(color, matrix=matrix, range="full")
    if color.matrix == "rgb" and not pixel_format.startswith("gbr"):
        return replace(color, matrix="bt709", range="limited", siting="left")
    if codec == "dnxhr":
        return replace(color, matrix="bt709", range="limited", siting="left")
    return replace(color, range="limited") if codec == "prores" else color


def _hardware(recipe: Recipe) -> str | None:
    """The hardware encoder that the recipe asks for, by its own name or its family's."""
    if recipe.encoder is None or recipe.encoder in HARDWARE:
        return recipe.encoder
    return hardware_encoder(recipe.encoder, recipe.codec)


def _shot_plan(shot: Shot, recipe: Recipe, held: Strengths) -> ShotPlan:
    """What each stage does with one shot."""
    decisions: dict[str, Decision] = {"upscale": {}}
    first = shot.span.start
    if shot.scratches and held.descratch:
        decisions["descratch"] = told = Decision()
        for number, scratch in enumerate(shot.scratches, start=1):
            told[f"scratch {number}"] = (float(first + scratch.first), *map(float, scratch.columns))
            told[f"profile {number}"] = scratch.profile
    if shot.flicker and held.deflicker:
        gain = tuple(1 + (value - 1) * held.deflicker for value in shot.flicker.gain)
        offset = tuple(value * held.deflicker for value in shot.flicker.offset)
        decisions["deflicker"] = {"first": float(first), "gain": gain, "offset": offset}
    if shot.weave and held.stabilize:
        down, right = (
            tuple(value * held.stabilize for value in side)
            for side in (shot.weave.down, shot.weave.right)
        )
        path: Decision = {"down": down, "right": right, "bars": shot.weave.bars}
        decisions["stabilize"] = {"first": float(first), **path}
    if recipe.colors:
        decisions["colorize"] = {"mode": _color_mode(shot, recipe)}
    return ShotPlan(shot.span, shot.content, shot.color, decisions)


def _color_mode(shot: Shot, recipe: Recipe) -> str:
    """Color is kept where there is some, made where there is none, and lettering stays neutral."""
    if shot.color == "color" and not recipe.recolor:
        return "keep"
    return "color" if shot.content == "scene" else "neutral"


def _mending(shots: Sequence[ShotPlan], held: Strengths) -> tuple[Step, ...]:
    """The stages that take off scratches and bring back light and place, where any shot needs them."""
    stages = {"descratch": {"strength": held.descratch}, "deflicker": {}, "stabilize": {}}
    needed = {stage for shot in shots for stage in shot.decisions}
    return tuple(Step(stage, settings) for stage, settings in stages.items() if stage in needed)


def _steps(
    recipe: Recipe, size: Geometry, source: Source, cards: Mapping[str, Card], *, colored: bool
) -> tuple[Step, ...]:
    """The chain of stages, in the catalog's order; stages that would change nothing are left out."""
    steps: list[Step] = []
    if colored and (card := cards.get("colorize")) is not None:
        readout = card.readout.model_dump() if card.readout else {}
        steps.append(Step("colorize", {"model": _reference(recipe.color_model, card), **readout}))
    if (card := cards.get("upscale")) is not None:
        _check_upscaler(card, size)
        model = _reference(recipe.model, card)
        net = {"model": model, "factor": card.scale, "radius": card.frames // 2}
        clean = 1.0 if recipe.clean is None else recipe.clean
        sides = {"width": size.width, "height": size.height}
        steps.append(Step("upscale", {**net, **sides, "clean": clean}))
    elif (size.width, size.height) != (source.width, source.height):
        sides = {"width": size.width, "height": size.height}
        steps.append(Step("upscale", {"model": None, "factor": 1, **sides}))
    return tuple(steps)


def _reference(words: str | None, card: Card) -> str:
    """What finds the card again: its full name, or the folder or checkpoint that the user gave."""
    return words if words and Path(words) == card.place else card.full_name


def _check_upscaler(card: Card, size: Geometry) -> None:
    """A net may reach further than needed (its result is resampled), but not less far."""
    if card.task != "upscale" or card.scale < size.factor:
        raise UsageError(
            f"The model {card.full_name} does not enlarge {size.factor} times.",
            f"It is made for: {card.task} x{card.scale}.",
            "restore models list shows what there is.",
        )


def _notes(
    source: Source, survey: Survey, recipe: Recipe, output: VideoFormat, *, colored: bool
) -> tuple[str, ...]:
    """What the user should know before the work, one line each."""
    from restore.media.pixels import pixel_format

    notes = list(source.notes)
    notes += [f"beside the film, copied as it is: {complaint}" for complaint in survey.notes]
    if survey.changes:
        notes.append(
            f"later pictures of the film are {'; '.join(survey.changes[:3])}: they are brought to "
            "the size and format of the first"
        )
    target = pixel_format(output.pixel_format)
    if output.width % 2 or output.height % 2:
        notes.append(
            f"odd size {output.width}x{output.height}: chroma goes out in full resolution "
            f"({output.pixel_format}), nothing is cropped"
        )
    if source.color.fields is not None:
        notes.append(_about_fields(source, recipe, output))
    if recipe.codec in PICTURES:
        notes.append(_about_pictures(source, len(survey.frames), recipe, output))
        if recipe.codec in ("dpx", "exr") and not labels_fit(output.rate):
            notes.append(
                f"headers have no room for timecodes of {float(output.rate):g} frames a second: the "
                "pictures say none"
            )
        if source.color.range == "limited":
            notes.append("what lies beyond nominal black and white has no place in pictures")
    elif output.color.range != source.color.range:
        notes.append(f"{output.codec} stores {output.color.range} range: values are converted")
    if target.family == "yuv" and source.color.matrix not in ("rgb", output.color.matrix):
        notes.append(f"{output.codec} goes out by the matrix of BT.709: values are converted")
    if target.depth < source.format.depth:
        notes.append(f"{source.format.depth} bits go out as {target.depth}, dithered")
    elif target.depth == 8 and (recipe.colors or recipe.upscale or recipe.to):
        notes.append(f"{output.codec} goes out with 8 bits, dithered")
    notes += _about_unrest(source, survey, recipe)
    if recipe.colors and not colored:
        reason = "is in color already (--recolor forces new colors)"
        if all(shot.content != "scene" for shot in survey.shots):
            reason = "shows only title cards or black, which stay neutral"
        notes.append(f"nothing to colorize: the film {reason}")
    return tuple(notes)


def _about_unrest(source: Source, survey: Survey, recipe: Recipe) -> list[str]:
    """What is scratched, flickers and weaves and is mended, and what is left because it is interlaced."""
    descratch, deflicker, stabilize = strengths(source, recipe)
    notes: list[str] = []
    lines = [len(shot.scratches) for shot in survey.shots if shot.scratches]
    if lines and descratch:
        notes.append(
            f"upright scratches run through {_shots_of(lines, survey)}: they are taken off "
            "(--descratch 0 leaves them)"
        )
    depths = [shot.flicker.depth for shot in survey.shots if shot.flicker]
    if depths and deflicker:
        notes.append(
            f"the light flickers in {_shots_of(depths, survey)} ({max(depths):.1%} of white in the worst): "
            "it is evened out (--deflicker 0 leaves it)"
        )
    reaches = [
        shot.weave.pixels(source.width, source.height) for shot in survey.shots if shot.weave
    ]
    if reaches and stabilize:
        notes.append(
            f"the picture weaves in {_shots_of(reaches, survey)} ({max(reaches):.1f} pixels in the worst): "
            "it is held still (--stabilize 0 leaves it)"
        )
    if recipe.stabilize and source.color.fields is not None:
        notes.append("interlaced pictures are not stabilized; deinterlace the film first")
    return notes


def _shots_of(found: Sequence[float], survey: Survey) -> str:
    return f"{len(found)} of {len(survey.shots)} shots"


def _about_pictures(source: Source, frames: int, recipe: Recipe, output: VideoFormat) -> str:
    """What the pictures of a film will hold, and how much disk they take at most."""
    from restore.media.pixels import pixel_format

    target = pixel_format(output.pixel_format)
    size = frames * target.frame_bytes(output.width, output.height) / 1e6
    if recipe.codec != "exr":
        return (
            f"pictures of {target.depth} bits, full range, in the film's own transfer; as DPX or TIFF "
            f"they take up to {size:,.0f} MB"
        )
    curve = source.color.transfer or "BT.709 (assumed, because no tag says it)"
    return (
        f"pictures of linear light in 32-bit floats, by the transfer curve {curve}; they take up to "
        f"{2 * size:,.0f} MB"
    )


def _about_fields(source: Source, recipe: Recipe, output: VideoFormat) -> str:
    """What becomes of an interlaced film's fields."""
    told = f"the source says that it is interlaced ({source.color.fields})"
    if output.color.fields is None:
        return (
            f"{told}: its fields are treated as one picture, which shows where things move, and the "
            "result is not interlaced any more; deinterlace it first"
        )
    if recipe.cleans or recipe.model:
        told += ": its fields are treated as one picture, which shows where things move"
    if marks_fields(output) and recipe.codec not in PICTURES:
        return f"{told}; the result keeps the fields and their order"
    return (
        f"{told}; the result keeps the fields, but {recipe.codec} cannot say so: players will not "
        "deinterlace it (h264, prores and ffv1 can)"
    )
