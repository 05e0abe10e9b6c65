"""Compression artifacts: a short shot is encoded and decoded in memory."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]

ENCODERS = {"h264": "libx264", "mpeg2": "mpeg2video", "jpeg": "mjpeg", "mpeg4": "mpeg4"}
PRESETS = ("ultrafast", "veryfast", "medium")
COARSEST = {"h264": 51, "mpeg2": 31, "jpeg": 31, "mpeg4": 31}
"""The greatest quantizer of each codec."""
INTERLACED = ("mpeg2", "mpeg4")
"""Codecs that can encode the two fields of a frame separately."""
_NEUTRAL = 128


def compress(
    frames: Frames,
    codec: str,
    quantizer: int,
    preset: str = "veryfast",
    interlaced: bool = False,
) -> Frames:
    """Encode and decode gray frames [T, H, W] with `codec` at a fixed quality.

    `codec`: h264 (`quantizer` is the CRF, 0-51; `preset` one of PRESETS), mpeg2, mpeg4 (ASP) or jpeg
    (quantizer scale 1-31). `interlaced`: the rows of each frame are two fields of different times, which
    mpeg2 and mpeg4 may code separately. Odd sizes are padded by replication for the encoder and
    cropped afterwards. One thread: the same frames and the same library give the same result.
    """
    count, height, width = frames.shape
    gray = np.full((count, 2, -(-height // 2), -(-width // 2)), _NEUTRAL, np.uint8)
    return compress_color(frames, gray, codec, quantizer, preset, interlaced)[0]


def compress_color(
    luma: Frames,
    chroma: Frames,
    codec: str,
    quantizer: int,
    preset: str = "veryfast",
    interlaced: bool = False,
) -> tuple[Frames, Frames]:
    """Encode and decode luma [T, H, W] and chroma [T, 2, H/2, W/2] (rounded up); see `compress`."""
    if interlaced and codec not in INTERLACED:
        raise ValueError(f"{codec!r} is not encoded in fields")
    if codec not in ENCODERS or preset not in PRESETS or not 0 <= quantizer <= COARSEST[codec]:
        raise ValueError(f"no codec {codec!r} at quantizer {quantizer}, preset {preset!r}")
    count, height, width = luma.shape
    padded = np.pad(luma, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    planar = np.concatenate([padded.reshape(count, -1), chroma.reshape(count, -1)], 1)
    planar = planar.reshape(count, -1, padded.shape[2])
    encoder = _encoder(codec, quantizer, preset, padded.shape[2], padded.shape[1], interlaced)
    decoded = _recoded(planar, codec, encoder)
    if len(decoded) != count:
        raise RuntimeError(f"{codec} gave back {len(decoded)} of {count} frames")
    blue, red = (np.stack([_plane(frame, at) for frame in decoded]) for at in (1, 2))
    rows, columns = chroma.shape[2:]
    sides = np.stack([blue[:, :rows, :columns], red[:, :rows, :columns]], 1)
    return np.stack([_plane(frame, 0)[:height, :width] for frame in decoded]), sides


def _recoded(planar: Frames, codec: str, encoder: Any) -> list[Any]:
    """Encode and decode planar 4:2:0 frames [T, H * 3/2, W]."""
    decoder = _decoder(ENCODERS[codec])
    images = [av.VideoFrame.from_ndarray(frame, format=_format(codec)) for frame in planar]
    packets = [packet for image in images for packet in encoder.encode(image)]
    packets += encoder.encode(None)
    decoded = [frame for packet in packets for frame in decoder.decode(packet)]
    return decoded + decoder.decode(None)


def _encoder(
    codec: str, quantizer: int, preset: str, width: int, height: int, interlaced: bool
) -> Any:
    context: Any = av.CodecContext.create(ENCODERS[codec], "w")
    context.width, context.height = width, height
    context.pix_fmt = _format(codec)
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.thread_count = 1
    if codec == "h264":
        # macroblock-tree rate control reads uninitialized memory when frames are very small:
        # seven runs in 400 differed by a code value; without it 400 of 400 were equal
        fixed = {"x264-params": "mbtree=0"}
        context.options = {"crf": str(quantizer), "preset": preset, **fixed}
    else:
        step = str(max(quantizer, 1))
        flags = {"flags": "+ildct+ilme"} if interlaced else {}
        context.options = {"qmin": step, "qmax": step, **flags}
    return context


def _decoder(encoder: str) -> Any:
    decoder: Any = av.CodecContext.create({"libx264": "h264"}.get(encoder, encoder), "r")
    decoder.thread_count = 1
    return decoder


def _format(codec: str) -> str:
    """The encoder's pixel format: JPEG needs the full-range name; code values are the same."""
    return "yuvj420p" if codec == "jpeg" else "yuv420p"


def _plane(frame: Any, at: int) -> Frames:
    plane = frame.planes[at]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width].copy()
