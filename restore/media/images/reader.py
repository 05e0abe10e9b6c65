"""Image files whose samples OpenImageIO reads: EXR, and the TIFFs that ffmpeg reads wrongly (`tiff.py`)."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from restore.errors import SourceError
from restore.media.color.linear import to_codes
from restore.media.color.pixels import PixelFormat, Plane, RawFrame

Flip = Literal["", "hflip", "vflip", "hflip,vflip"]
"""How stored rows and columns are reversed, as ffmpeg's filter chain."""

TURNS: dict[int, tuple[Flip, int]] = {
    1: ("", 0),
    2: ("hflip", 0),
    3: ("hflip,vflip", 0),
    4: ("vflip", 0),
    5: ("hflip", 90),
    6: ("", 270),
    7: ("hflip", 270),
    8: ("", 90),
}
"""The transformation for each orientation (EXIF numbers): a flip, then degrees counter-clockwise."""

_WORKERS = 2
"""Files that are read at the same time, and how many are read ahead."""

Samples = list[npt.NDArray[Any]]


def read_samples(path: Path, pixels: PixelFormat) -> Samples:
    """The stored channels [h, w] of an image: green, blue, red; or gray.

    Raises ValueError with the reason if it cannot be read.

    """
    import OpenImageIO as oiio

    hints = oiio.ImageSpec()
    hints.attribute("oiio:UnassociatedAlpha", 1)  # otherwise colors are multiplied by alpha
    image = oiio.ImageInput.open(str(path), hints)
    if image is None:
        raise ValueError(_last_line(oiio.geterror()))
    try:
        spec = image.spec()
        names = list(spec.channelnames)
        wanted = ["G", "B", "R"] if pixels.family == "rgb" else ["Y" if "Y" in names else names[0]]
        places = [names.index(name) for name in wanted]
        first, stop = min(places), max(places) + 1
        found = image.read_image(0, 0, first, stop, spec.channelformat(first))
        if found is None:
            raise ValueError(_last_line(image.geterror()))
        bits = spec.get_int_attribute("oiio:BitsPerSample", 0)
    finally:
        image.close()
    if found.dtype.kind == "u" and 0 < bits < 8 * found.itemsize:
        found >>= 8 * found.itemsize - bits  # OpenImageIO scales up to whole bytes
    return [np.ascontiguousarray(found[..., place - first]) for place in places]


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "OpenImageIO gives no reason"


class ImageReader:
    """The frames of an image sequence in order, with PTS from the file numbers.

    Linear light is converted to code values; an image outside their range raises SourceError. An image that
    cannot be read is left out, and a message has the reason.

    """

    def __init__(
        self, files: Sequence[tuple[int, Path]], pixels: PixelFormat, flip: Flip = ""
    ) -> None:
        """`files` are PTS and path of each."""
        self._files = files
        self._pixels = pixels
        self._flip: Flip = flip
        self._said: list[str] = []

    def __iter__(self) -> Iterator[RawFrame]:
        pool = ThreadPoolExecutor(_WORKERS, "images")
        pending: deque[tuple[int, Path, Future[tuple[Plane, ...]]]] = deque()
        files = iter(self._files)
        try:
            while True:
                for pts, path in itertools.islice(files, 1 + _WORKERS - len(pending)):
                    pending.append((pts, path, pool.submit(self._read, path)))
                if not pending:
                    return
                pts, path, planes = pending.popleft()
                try:
                    yield RawFrame(pts, planes.result())
                except ValueError as error:
                    self._said.append(f"{path.name}: {error}")
        finally:
            pool.shutdown(cancel_futures=True)

    def _read(self, path: Path) -> tuple[Plane, ...]:
        samples = read_samples(path, self._pixels)
        try:
            planes = [to_codes(each) if each.dtype.kind == "f" else each for each in samples]
        except ValueError as error:
            raise _beyond(path, error) from error
        rows = slice(None, None, -1 if "vflip" in self._flip else 1)
        columns = slice(None, None, -1 if "hflip" in self._flip else 1)
        return tuple(cast(Plane, np.ascontiguousarray(plane[rows, columns])) for plane in planes)

    def wait(self) -> int:
        """The exit status of a decoder without an error."""
        return 0

    def messages(self) -> tuple[str, ...]:
        """The images that could not be read so far, a line each."""
        return tuple(self._said)

    def close(self) -> None:
        """Nothing to do: no file is open between two images."""


def _beyond(path: Path, error: ValueError) -> SourceError:
    """The error for an image whose light is outside the range of code values."""
    return SourceError(
        f"An image contains {error}.",
        str(path),
        "Scale all images to the range 0 to 1 first, for instance with one gain: oiiotool --mulc 0.5",
        code="exr-out-of-range",
    )
