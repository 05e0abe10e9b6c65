"""Single frames as a run restores them: the same plan, the same treatments, the same code values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from restore.run.chain import Chain, restored
from restore.run.executor import code_values
from restore.run.frames import Chunk, Job, load_chunks
from restore.timing import Span

if TYPE_CHECKING:
    import numpy as np

    from restore.clip import Clip


@dataclass(frozen=True)
class Still:
    """One frame before and after: 8-bit RGB images [H, W, 3], and the code values for the encoder."""

    index: int
    original: np.ndarray
    restored: np.ndarray
    planes: tuple[np.ndarray, ...]


def still(job: Job, chain: Chain, index: int) -> Still:
    """The result frame `index` of the job's frame map, as the run restores it.

    The original consists of the same fields as the result frame.
    """
    from restore.media.color.convert import to_clip
    from restore.media.color.pixels import DecodedFrame, pixel_format

    shot = job.plan.shot_at(index)
    own = Span(index, index + 1)
    chunk = Chunk(own, own.widened(chain.radius, shot.span), 0, job.plan.shots.index(shot))
    loaded = next(load_chunks(job, [chunk]))
    (clip,) = restored(chain, loaded.clip, own, shot)
    (planes,) = code_values(job, clip)
    output = job.plan.output
    shown = to_clip([DecodedFrame(index, planes)], pixel_format(output.pixel_format), output.color)
    return Still(index, _as_rgb(loaded.clip.part(index, index + 1)), _as_rgb(shown), planes)


def _as_rgb(clip: Clip) -> np.ndarray:
    """The only frame of a clip as 8-bit RGB [H, W, 3]."""
    from restore.filters.rgb import to_rgb

    picture = to_rgb(clip)[0].permute(1, 2, 0).mul(255).round()
    return picture.byte().numpy()
