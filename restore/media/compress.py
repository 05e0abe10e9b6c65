"""Compression losses in memory: a short grey shot is encoded and decoded again."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]

ENCODERS = {"h264": "libx264", "mpeg2": "mpeg2video", "jpeg": "mjpeg"}
_COARSEST = {"h264": 51, "mpeg2": 31, "jpeg": 31}


def compress(frames: Frames, codec: str, quantizer: int) -> Frames:
    """Grey frames [T, H, W] as `codec` gives them back at a fixed quality.

    `codec`: h264 (`quantizer` is the CRF, 0-51), mpeg2 or jpeg (quantizer scale 1-31). Sizes that
    are not even are padded by replication for the encoder and cropped again. One thread: the same
    frames and the same library give the same result.
    """
    if codec not in ENCODERS or not 0 <= quantizer <= _COARSEST[codec]:
        raise ValueError(f"no codec {codec!r} at quantizer {quantizer}")
    count, height, width = frames.shape
    padded = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    encoder = _encoder(codec, quantizer, padded.shape[2], padded.shape[1])
    decoder = _decoder(ENCODERS[codec])
    packets = [
        packet for frame in padded for packet in encoder.encode(_grey_frame(frame, _format(codec)))
    ]
    packets += encoder.encode(None)
    decoded = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(
        None
    )
    if len(decoded) != count:
        raise RuntimeError(f"{codec} gave back {len(decoded)} of {count} frames")
    return np.stack([_luma(frame)[:height, :width] for frame in decoded])


def _encoder(codec: str, quantizer: int, width: int, height: int) -> Any:
    context: Any = av.CodecContext.create(ENCODERS[codec], "w")
    context.width, context.height = width, height
    context.pix_fmt = _format(codec)
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.thread_count = 1
    if codec == "h264":
        # macroblock-tree rate control reads memory that it did not write when pictures are tiny:
        # seven runs in 400 differed by a code value; without it 400 of 400 were equal
        fixed = {"x264-params": "mbtree=0"}
        context.options = {"crf": str(quantizer), "preset": "veryfast", **fixed}
    else:
        step = str(max(quantizer, 1))
        context.options = {"qmin": step, "qmax": step}
    return context


def _decoder(encoder: str) -> Any:
    decoder: Any = av.CodecContext.create({"libx264": "h264"}.get(encoder, encoder), "r")
    decoder.thread_count = 1
    return decoder


def _format(codec: str) -> str:
    """JPEG wants its full-range name; code values pass unchanged under either."""
    return "yuvj420p" if codec == "jpeg" else "yuv420p"


def _grey_frame(plane: Frames, pixel_format: str) -> Any:
    height, width = plane.shape
    neutral = np.full((height // 2, width), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([plane, neutral]), format=pixel_format)


def _luma(frame: Any) -> Frames:
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width].copy()
