"""Films of squares whose colors are known, black-and-white on the disk, and results as R'G'B'."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from restore.clip import ColorSpec
from restore.filters.flow import Plane
from restore.media.color.pixels import pixel_format
from tests.media.films import encode, video_format
from tests.treatments.colored_square import Scene, rgb

HD = ColorSpec(
    "bt709", "limited", primaries="bt709", transfer="bt709", matrix_tag="bt709", siting="left"
)


def gray_film(path: Path, scenes: Sequence[Scene]) -> Path:
    """The scenes, one shot each, as a lossless film of 25 frames a second without color."""
    height, width = scenes[0].luma[0].shape
    gray = np.full((height // 2, width // 2), 128, np.uint8)
    planes = [
        (np.rint(16 + 219 * luma).astype(np.uint8), gray, gray)
        for scene in scenes
        for luma in scene.luma
    ]
    return encode(path, video_format(pixel_format("yuv420p"), width, height, HD), planes)


def write_still(path: Path, scene: Scene, frame: int) -> Path:
    """A frame in its true colors as a PNG."""
    picture = np.rint(255 * rgb(scene.luma[frame], scene.chroma[frame])).astype(np.uint8)
    assert cv2.imwrite(str(path), picture[..., ::-1])
    return path


def frames_of(path: Path) -> list[Plane]:
    """The frames of a result as R'G'B' [H, W, 3], 0..1."""
    found: list[Plane] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            shown = frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU709)
            found.append(np.float32(shown.to_ndarray()) / 255)
    return found
