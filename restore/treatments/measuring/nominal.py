"""Code values of the survey's frames as nominal luma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def nominal(y: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma of 8 bits in limited range as nominal values: 0 is black, 1 is white."""
    return (y.astype(np.float32) - np.float32(16)) / np.float32(219)
