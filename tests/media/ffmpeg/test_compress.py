"""Compression in memory: the artifacts of codecs, and nothing else."""

import numpy as np
import pytest

from restore.media.ffmpeg.compress import PRESETS, compress, compress_color


@pytest.mark.parametrize(
    ("codec", "fine", "coarse"),
    [("h264", 12, 40), ("mpeg2", 2, 24), ("mpeg4", 2, 24), ("jpeg", 2, 24)],
)
def test_codecs_lose_more_at_coarser_quantizers(codec: str, fine: int, coarse: int) -> None:
    """All frames are returned in order and with their size (odd sizes too), without a change of level."""
    rows = np.linspace(40, 200, 33, dtype=np.uint8)[:, None].repeat(45, 1)
    frames = np.stack([np.roll(rows, 5 * t, axis=0) for t in range(6)])
    noisy = frames + np.random.default_rng(1).integers(0, 9, frames.shape, dtype=np.uint8)

    errors = [np.abs(compress(noisy, codec, q).astype(int) - noisy).mean() for q in (fine, coarse)]

    assert frames.shape == compress(noisy, codec, fine).shape
    assert errors[0] < 2.5 < errors[1]
    assert abs(compress(frames, codec, fine).astype(int).mean() - frames.mean()) < 1


def test_a_codec_that_is_not_known_is_an_error() -> None:
    """Unknown codecs and quantizers out of range are refused before anything is encoded."""
    frames = np.zeros((1, 16, 16), np.uint8)
    for codec, quantizer in (("theora", 3), ("h264", 99), ("jpeg", -1)):
        with pytest.raises(ValueError, match="no codec"):
            compress(frames, codec, quantizer)


def test_presets_are_passed_to_the_encoder() -> None:
    """Fast and slow presets of H.264 give different frames; unknown presets are refused."""
    frames = np.random.default_rng(1).integers(60, 190, (5, 32, 48), dtype=np.uint8)
    results = [compress(frames, "h264", 30, preset) for preset in PRESETS]

    assert not np.array_equal(results[0], results[2])
    with pytest.raises(ValueError, match="preset"):
        compress(frames, "h264", 30, "placebo-plus")


@pytest.mark.parametrize("codec", ["h264", "mpeg2", "mpeg4", "jpeg"])
def test_color_comes_back_in_its_planes(codec: str) -> None:
    """Luma, Cb and Cr keep their levels and are not swapped; gray is color with neutral chroma."""
    luma = np.full((3, 17, 21), 120, np.uint8)
    chroma = np.stack([np.full((9, 11), 90, np.uint8), np.full((9, 11), 160, np.uint8)])
    back, sides = compress_color(luma, chroma[None].repeat(3, 0), codec, 3)

    assert back.shape == luma.shape
    assert sides.shape == (3, 2, 9, 11)
    assert abs(back.mean() - 120) < 2
    assert abs(sides[:, 0].mean() - 90) < 2
    assert abs(sides[:, 1].mean() - 160) < 2
    neutral = np.full((3, 2, 9, 11), 128, np.uint8)
    assert np.array_equal(compress(luma, codec, 3), compress_color(luma, neutral, codec, 3)[0])


def combed(seed: int = 1) -> np.ndarray:
    """Frames whose rows belong to two different pictures in turn."""
    pictures = np.random.default_rng(seed).integers(40, 216, (2, 4, 8), dtype=np.uint8)
    large = pictures.repeat(16, 1).repeat(16, 2)
    frame = large[0].copy()
    frame[1::2] = large[1][1::2]
    return np.stack([frame] * 3)


@pytest.mark.parametrize("codec", ["mpeg2", "mpeg4"])
def test_fields_are_encoded_separately(codec: str) -> None:
    """Frames made of two different fields lose less than as one picture, at the same quantizer."""
    frames = combed()
    errors = [
        np.abs(compress(frames, codec, 12, interlaced=interlaced).astype(int) - frames).mean()
        for interlaced in (True, False)
    ]

    assert errors[0] < 0.7 * errors[1]


@pytest.mark.parametrize("codec", ["h264", "jpeg"])
def test_codecs_without_fields_refuse_them(codec: str) -> None:
    """Only MPEG-2 and MPEG-4 are encoded in fields here."""
    with pytest.raises(ValueError, match="fields"):
        compress(combed(), codec, 5, interlaced=True)
