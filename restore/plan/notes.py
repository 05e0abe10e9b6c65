"""Notes for the user before the run, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from restore.framemap import FrameMap, described
from restore.media.codecs import IMAGE_CODECS
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.ffmpeg.encoders import marks_fields
from restore.media.images.smpte import labels_fit
from restore.plan.plan import Plan
from restore.plan.requirements import film_facts
from restore.plan.shot_options import about_overrides
from restore.recipe import Recipe
from restore.survey.findings import Shot, Survey
from restore.treatments import catalog
from restore.treatments.treatment import TreatedShot

if TYPE_CHECKING:
    from restore.media.source import Source


def notes(
    source: Source, survey: Survey, recipe: Recipe, plan: Plan, shots: Sequence[Shot]
) -> tuple[str, ...]:
    """All notes about the film, the format of its result, and its treatments.

    `shots` are those of the plan, with their measures.
    """
    return (
        *source.notes,
        *(f"damage outside the frames, copied unchanged: {message}" for message in survey.notes),
        *survey.unmeasured,
        *_about_frames(survey, plan.frame_map),
        *_about_changes(survey),
        *_about_format(source, recipe, plan),
        *_about_treatments(source, shots, recipe, plan),
        *about_overrides(recipe, survey, source.frames),
    )


def _about_changes(survey: Survey) -> Iterator[str]:
    """How frames of another size or format than the first are handled."""
    if survey.changes:
        yield (
            f"later frames of the film are {'; '.join(survey.changes[:3])}: they are converted "
            "to the size and format of the first"
        )


def _about_frames(survey: Survey, frame_map: FrameMap) -> Iterator[str]:
    """How the frames of the result differ from those of the source."""
    if (line := described(frame_map)) is not None:
        yield line
    before, after = survey.frames, frame_map.table(survey.frames)
    if (before.start, before.end) != (after.start, after.end):
        yield (
            f"the frames last {float(after.end - after.start):.3f} instead of "
            f"{float(before.end - before.start):.3f} seconds; sound packets and their times stay as they are"
        )


def _about_format(source: Source, recipe: Recipe, plan: Plan) -> Iterator[str]:
    """How the result's format differs from the source's: size, fields, range, matrix, depth."""
    from restore.media.color.pixels import pixel_format

    output = plan.output
    target = pixel_format(output.pixel_format)
    if output.width % 2 or output.height % 2:
        yield (
            f"odd size {output.width}x{output.height}: chroma is stored in full resolution "
            f"({output.pixel_format}), nothing is cropped"
        )
    if source.color.fields is not None and not plan.deinterlaced:
        yield _about_fields(source, recipe, plan)
    if source.stereo is not None:
        more = "; image files cannot store this" if recipe.codec in IMAGE_CODECS else ""
        yield f"stereoscopic film ({source.stereo}): both views are treated as one frame{more}"
    if recipe.codec in IMAGE_CODECS:
        yield from _about_images(source, plan.frames, recipe, output)
    elif output.color.range != source.color.range:
        yield f"{output.codec} stores {output.color.range} range: values are converted"
    if target.family == "yuv" and source.color.matrix not in ("rgb", output.color.matrix):
        yield f"{output.codec} stores the matrix of BT.709 only: values are converted"
    if target.depth < source.format.depth:
        yield f"{source.format.depth} bits are reduced to {target.depth}, dithered"
    elif target.depth == 8 and plan.treatments:
        yield f"{output.codec} has 8 bits, dithered"


def _about_treatments(
    source: Source, found: Sequence[Shot], recipe: Recipe, plan: Plan
) -> Iterator[str]:
    """The notes of each treatment."""
    film, options = film_facts(source), recipe.treatments
    for name, treatment in catalog.TREATMENTS.items():
        shots: list[TreatedShot[Any, Any]] = [
            TreatedShot(shot, shot.measures.get(name), planned.decisions.get(name))
            for shot, planned in zip(found, plan.shots, strict=True)
        ]
        yield from treatment.describe.notes(shots, options[name], film)


def _about_images(
    source: Source, frames: int, recipe: Recipe, output: VideoFormat
) -> Iterator[str]:
    """The format of the images, and the disk space that they need at most."""
    from restore.media.color.pixels import pixel_format

    target = pixel_format(output.pixel_format)
    size = frames * target.frame_bytes(output.width, output.height) / 1e6
    if recipe.codec == "exr":
        curve = source.color.transfer or "BT.709 (assumed, no tag)"
        yield (
            f"images of linear light in 32-bit floats, with the transfer curve {curve}; they need up to "
            f"{2 * size:,.0f} MB"
        )
    else:
        yield (
            f"images of {target.depth} bits, full range, with the film's transfer function; "
            f"as DPX or TIFF they need up to {size:,.0f} MB"
        )
    if recipe.codec in ("dpx", "exr") and not labels_fit(output.rate):
        yield (
            f"headers cannot store timecodes at {float(output.rate):g} frames a second: the "
            "images have none"
        )
    if source.color.range == "limited":
        yield "values beyond nominal black and white are clipped in images"


def _about_fields(source: Source, recipe: Recipe, plan: Plan) -> str:
    """How the fields of an interlaced film are handled."""
    output = plan.output
    text = f"the source is marked as interlaced ({source.color.fields})"
    if output.color.fields is None:
        return (
            f"{text}: its fields are treated as one frame, which is visible where something "
            f"moves, and the result is no longer interlaced (--deinterlace field makes a frame of each)"
        )
    if plan.treatments.get("upscale") is not None:
        text += ": its fields are treated as one frame, which is visible where something moves"
    if marks_fields(output) and recipe.codec not in IMAGE_CODECS:
        return f"{text}; the result keeps the fields and their order"
    how = f"{text}; the result keeps the fields, but {recipe.codec} cannot mark them"
    if recipe.codec in IMAGE_CODECS:
        return how
    return (
        f"{how}: only its container can, and few players deinterlace it (h264, prores and ffv1 can)"
    )
