"""Code values as nominal luma."""

from __future__ import annotations

import numpy as np

from restore.treatments.measuring.nominal import nominal


def test_black_and_white_are_0_and_1() -> None:
    """Values outside the nominal range survive."""
    found = nominal(np.array([[16, 235], [0, 255]], np.uint8))
    assert found.dtype == np.float32
    assert found[0].tolist() == [0.0, 1.0]
    assert found[1, 0] < 0
    assert found[1, 1] > 1
