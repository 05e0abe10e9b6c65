"""A single picture for its colors: any image file as R'G'B' values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from restore.errors import UsageError
from restore.store import reading_failed


def read_picture(path: Path) -> npt.NDArray[np.float32]:
    """R'G'B' [H, W, 3], 0..1, of an image file, by its orientation; gray is repeated, alpha is ignored.

    Raises UsageError for files that are missing or are not pictures.
    """
    import OpenImageIO as oiio

    try:
        str(path.absolute()).encode()  # OpenImageIO and records take no other names
        with path.open("rb"):
            pass
    except UnicodeEncodeError as error:
        raise _unreadable(path, "its name or folder is not UTF-8 text") from error
    except OSError as error:
        raise _unreadable(path, reading_failed(error)) from error
    as_stored = oiio.ImageSpec()
    as_stored.attribute("oiio:UnassociatedAlpha", 1)  # else colors are multiplied by alpha
    picture = oiio.ImageBuf(str(path), 0, 0, as_stored)
    if not picture.read(convert=oiio.FLOAT) or picture.has_error:
        reasons = picture.geterror().strip().splitlines()
        raise _unreadable(path, reasons[-1] if reasons else "it has no pixels")
    turned = oiio.ImageBufAlgo.reorient(picture)
    samples = np.asarray(turned.get_pixels(oiio.FLOAT), np.float32)
    samples = samples[..., :3] if samples.shape[2] >= 3 else samples[..., :1].repeat(3, 2)
    return np.ascontiguousarray(np.clip(np.nan_to_num(samples), 0, 1))


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(
        "The image cannot be read.",
        f"{path}: {reason}",
        "Give a PNG, TIFF or JPEG file.",
        code="image-unreadable",
    )
