#!/usr/bin/env bash
# OpenCV 5.0.0.93: phaseCorrelate multiplies its window into the caller's arrays.
#
# cv2.phaseCorrelate(a, b, window) gives the shift between two arrays. With a window the arrays of the caller are changed: they
# are a * window and b * window afterwards.
# Expected: inputs are not changed (the documentation has them as InputArray).
# restore: works on copies.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'opencv-python-headless==5.0.0.93' 'numpy==2.4.6'

diff - <(venv/bin/python <<'P'
import cv2
import numpy as np

rng = np.random.default_rng(0)
one = rng.random((64, 64)).astype(np.float32)
other = np.roll(one, 3, axis=1)
window = cv2.createHanningWindow((64, 64), cv2.CV_32F)
for with_window in (False, True):
    a, b = one.copy(), other.copy()
    cv2.phaseCorrelate(a, b, window) if with_window else cv2.phaseCorrelate(a, b)
    same = np.array_equal(a, one) and np.array_equal(b, other)
    multiplied = np.allclose(a, one * window) and np.allclose(b, other * window)
    print("window" if with_window else "no window", "unchanged" if same else "changed", "multiplied" if multiplied else "")
P
) <<'SEEN'
no window unchanged 
window changed multiplied
SEEN
