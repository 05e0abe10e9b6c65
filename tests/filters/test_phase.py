"""Phase correlation: the shift is found, and the pictures stay what they are."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from restore.filters.phase import phase_shift


@pytest.mark.parametrize(
    "size", [(192, 256), (120, 160), (97, 131)], ids=["256x192", "160x120", "padded by OpenCV"]
)
def test_the_pictures_are_not_changed(size: tuple[int, int]) -> None:
    """OpenCV 5.0.0.93 multiplies its window into both arrays unless it pads them: not into ours."""
    rng = np.random.default_rng(1)
    a, b = (rng.random(size, np.float32) for _ in range(2))
    before = a.copy(), b.copy()
    phase_shift(a, b)
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])


def test_a_shift_is_found() -> None:
    """Noise rolled by 12 pixels to the right and 7 up, to a fifth of a pixel, with a clear peak."""
    a = np.random.default_rng(2).random((192, 256), np.float32)
    (right, down), peak = phase_shift(a, np.roll(a, (-7, 12), (0, 1)))
    assert (right, down) == pytest.approx((12, -7), abs=0.2)
    assert peak > 0.5


def test_opencv_correlates_in_one_place_only(root: Path) -> None:
    """Other callers of cv2.phaseCorrelate would get their arrays multiplied by its window."""
    package = root / "restore"
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "phaseCorrelate"
    }
    assert callers - {"training/wires.py"} == {"filters/phase.py"}
