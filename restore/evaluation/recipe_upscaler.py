"""A whole recipe as one row of the table: the run itself, from file to file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from torch import Tensor

from restore.clip import Clip, ColorSpec
from restore.errors import UsageError
from restore.evaluation.benchmark import read_luma
from restore.evaluation.upscalers import Upscaler
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.codecs import IMAGE_CODECS
from restore.media.color.convert import from_clip
from restore.media.color.pixels import pixel_format
from restore.media.ffmpeg.encode import PartEncoder, VideoFormat
from restore.recipe import Recipe
from restore.treatments.upscale import UpscaleOptions

_STORED = "yuv420p10le"
"""Ten bits, so that the run gets the same film as the others."""


def recipe_upscaler(name: str, recipe: Recipe) -> Upscaler:
    """The luma of a run with this recipe, including survey, treatments and encoder; its time is the run's.

    Raises UsageError for a recipe whose result is not a film with the same frames at a fixed multiple of
    the film's size.
    """
    _check(name, recipe)

    def restore(aged: Tensor, frames: range) -> Iterator[Tensor]:
        with tempfile.TemporaryDirectory(prefix="restore-evaluate-") as folder:
            film = Path(folder) / "film.mkv"
            _write(aged, film)
            luma = read_luma(restore_film(JobRequest(film, recipe), lambda event: None))
        for frame in frames:
            yield luma[frame : frame + 1]

    return Upscaler(name, recipe.of(UpscaleOptions).upscale or 1, restore)


def _check(name: str, recipe: Recipe) -> None:
    """Raise UsageError for a recipe that cannot be evaluated."""
    todo = ""
    if recipe.of(UpscaleOptions).to or recipe.start or recipe.end:
        todo = (
            "Remove to, start and end: result and ground truth must have the same size and length."
        )
    elif recipe.codec in IMAGE_CODECS:
        todo = f"Choose another codec than {recipe.codec}: image sequences cannot be evaluated."
    elif recipe.rate:
        todo = "Remove rate: the films have their own."
    if todo:
        what = "This recipe cannot be evaluated."
        raise UsageError(what, name, todo, code="recipe-unsuitable")


def _write(luma: Tensor, path: Path) -> None:
    """Write luma [T, 1, h, w] as a lossless film without color."""
    height, width = luma.shape[-2:]
    color = ColorSpec(matrix="bt709", range="limited")
    form = VideoFormat("ffv1", _STORED, width, height, Fraction(25), Fraction(1), color, None, None)
    clip = Clip(luma.float(), None, 0, color)
    with PartEncoder(form, path) as encoder:
        for planes in from_clip(clip, pixel_format(_STORED), color, dither=False):
            encoder.write(planes)
        encoder.finish()
