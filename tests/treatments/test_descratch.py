"""Descratch: the frames that a scratch runs through lose it, and no others change."""

from __future__ import annotations

import torch

from restore.clip import Clip, ColorSpec
from restore.timing import Span
from restore.treatments.descratch import DescratchDecision, treat
from restore.treatments.descratch.scratch import Scratch

SD = ColorSpec(matrix="bt601", range="limited")
PROFILE = (0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0)
SCRATCHES = (Scratch(11, (20, 22), PROFILE), Scratch(12, (40,), PROFILE))
"""Frames 11 and 12 have the first, frame 12 the second as well."""


def _film() -> tuple[Clip, Clip]:
    """Frames 10 to 13, clean and scratched."""
    luma = torch.linspace(0.3, 0.6, 64).expand(4, 1, 48, 64).contiguous()
    chroma = torch.rand(4, 2, 24, 32, generator=torch.Generator().manual_seed(1)) - 0.5
    worn = luma.clone()
    for frame, column in ((1, 20), (2, 22), (2, 40)):
        worn[frame, 0, :, column] += 0.2
    return Clip(luma, chroma, 10, SD), Clip(worn, chroma, 10, SD)


def _treated(clip: Clip, strength: float = 1.0) -> Clip:
    return treat(clip, Span(10, 14), DescratchDecision(SCRATCHES, strength))


def test_scratches_go_frame_by_frame() -> None:
    """Each scratch where it is in that frame; colors are not its work."""
    clean, worn = _film()
    result = _treated(worn)
    torch.testing.assert_close(result.luma, clean.luma, atol=1e-3, rtol=0)
    assert result.chroma is worn.chroma or torch.equal(result.chroma, worn.chroma)  # type: ignore[arg-type]


def test_frames_without_a_scratch_keep_every_value() -> None:
    """Neither before it begins nor behind its end."""
    _, worn = _film()
    result = _treated(worn)
    for frame in (0, 3):
        assert torch.equal(result.luma[frame], worn.luma[frame])


def test_half_the_strength_leaves_half_of_it() -> None:
    """A person may want to see that the film is old."""
    clean, worn = _film()
    middle = (clean.luma + worn.luma) / 2
    torch.testing.assert_close(_treated(worn, 0.5).luma, middle, atol=1e-3, rtol=0)


def test_columns_that_no_such_film_has_do_no_harm() -> None:
    """A plan is a file, and files may be wrong."""
    _, worn = _film()
    result = treat(worn, Span(11, 13), DescratchDecision((Scratch(11, (-5, 4000), PROFILE),)))
    assert torch.equal(result.luma, worn.luma[1:3])
