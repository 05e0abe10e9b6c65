"""Small PNG images of shots for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restore.errors import RestoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def png(luma: NDArray[np.uint8]) -> bytes:
    """Limited-range luma [H, W] as a gray PNG, black at 0 and white at 255."""
    import cv2
    import numpy as np

    full = np.clip((luma.astype(np.float32) - 16) * (255 / 219) + 0.5, 0, 255).astype(np.uint8)
    done, data = cv2.imencode(".png", full)
    if not done:
        raise RestoreError(
            "The PNG image of a shot cannot be encoded.", f"{luma.shape}", code="png-failed"
        )
    return data.tobytes()
