"""Compression of an aged film: sizes, order of qualities, and color that survives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.storage import store, store_frame, to_codes

CODECS = {"h264": (18, 34, 48), "mpeg2": (2, 10, 31), "mpeg4": (2, 10, 31), "jpeg": (2, 10, 31)}
"""Quantizers from fine to coarse."""


def film(height: int = 48, width: int = 64, frames: int = 3) -> Tensor:
    """A soft picture that moves by a column a frame, with a little grain."""
    drawn = torch.Generator().manual_seed(1)
    small = torch.rand(1, 1, 7, 9, generator=drawn)
    wide = torch.nn.functional.interpolate(small, (height, width + frames), mode="bicubic")
    moved = torch.cat([wide[..., at : at + width] for at in range(frames)])
    return (moved + 0.02 * torch.randn(moved.shape, generator=drawn)).clamp(0, 1)


def error(found: Tensor, truth: Tensor) -> float:
    """The RMS difference."""
    return float((found - truth).square().mean().sqrt())


@pytest.mark.parametrize("codec", CODECS)
def test_coarser_quantizers_lose_more(codec: str) -> None:
    """Each codec has its own scale, on which a larger number is worse; the finest is nearly the film."""
    luma = film()
    errors = [error(store(luma, codec, quantizer), luma) for quantizer in CODECS[codec]]
    assert errors[0] < 0.03
    assert errors == sorted(errors)
    assert errors[2] > 1.2 * errors[0]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (16, 16)])
def test_any_size_comes_back(codec: str, size: tuple[int, int]) -> None:
    """Codecs store blocks of 16; what comes back has the size, type and number of frames of the film."""
    luma = film(*size).double()
    found = store(luma, codec, CODECS[codec][0])
    assert found.shape == luma.shape
    assert found.dtype == torch.float64
    assert torch.equal(found * 255, (found * 255).round())


@pytest.mark.parametrize("codec", CODECS)
def test_frames_keep_their_order(codec: str) -> None:
    """Each frame is nearest to itself: no frame is delayed, dropped or exchanged by the codec."""
    levels = torch.tensor([0.1, 0.9, 0.4, 0.6, 0.2]).view(-1, 1, 1, 1).expand(-1, 1, 32, 32)
    found = store(levels.contiguous(), codec, CODECS[codec][0]).mean((1, 2, 3))
    assert found.tolist() == pytest.approx([0.1, 0.9, 0.4, 0.6, 0.2], abs=0.02)


def test_the_same_film_is_compressed_to_the_same_bits() -> None:
    """Encoders run with one thread's result: twice the same film, twice the same frames."""
    for codec, (quantizer, *_) in CODECS.items():
        assert torch.equal(store(film(), codec, quantizer), store(film(), codec, quantizer))


@pytest.mark.parametrize("codec", CODECS)
def test_neutral_chroma_stays_neutral(codec: str) -> None:
    """A gray film that is stored in color has no tint afterwards, at an odd size."""
    luma = film(33, 47)
    gray = FilmPlanes(luma, torch.zeros(len(luma), 2, 33, 47))
    found = store_frame(gray, codec, CODECS[codec][0], "veryfast")
    assert found.chroma is not None
    assert found.chroma.shape == gray.chroma.shape  # type: ignore[union-attr]
    assert float(found.chroma.abs().max()) <= 1.5 / 255


def test_no_codec_changes_nothing() -> None:
    """Not even the rounding to 8 bits, for films with and without color."""
    for picture in (FilmPlanes(film()), FilmPlanes(film(), torch.rand(3, 2, 48, 64))):
        assert store_frame(picture, "none", 20, "veryfast") == picture


def test_code_values_are_clipped() -> None:
    """What is brighter than white or darker than black is stored as white or black."""
    assert to_codes(torch.tensor([-0.3, 0.0, 0.5, 1.0, 1.7])).tolist() == [0, 0, 128, 255, 255]
