#!/usr/bin/env bash
# OpenImageIO 3.2.2.0 writes other orientations into DPX than it is given.
#
# "Orientation" is EXIF's number from 1 to 8. Reading DPX, OpenImageIO translates SMPTE ST 268's codes rightly. Writing, it stores
# the number less one, which is another order: 3 (half turn) becomes 2 (bottom to top), 4 becomes 3, 7 becomes 6, 8 becomes 7.
# Expected: the orientation that was written is read back.
# restore: never writes an orientation, and reads it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'OpenImageIO==3.2.2.0' 'numpy==2.4.6'

diff - <(venv/bin/python <<'P'
import numpy as np
import OpenImageIO as oiio

for orientation in range(1, 9):
    spec = oiio.ImageSpec(16, 8, 3, oiio.UINT16)
    spec.attribute("Orientation", orientation)
    output = oiio.ImageOutput.create("x.dpx")
    output.open("x.dpx", spec)
    output.write_image(np.zeros((8, 16, 3), np.uint16))
    output.close()
    code = open("x.dpx", "rb").read()[768:770]
    code = int.from_bytes(code, "big" if open("x.dpx", "rb").read(4) == b"SDPX" else "little")
    found = oiio.ImageInput.open("x.dpx").spec().getattribute("Orientation")
    print(f"given {orientation}, stored {code}, read back {found}")
P
) <<'SEEN'
given 1, stored 0, read back 1
given 2, stored 1, read back 2
given 3, stored 2, read back 4
given 4, stored 3, read back 3
given 5, stored 4, read back 5
given 6, stored 5, read back 6
given 7, stored 6, read back 8
given 8, stored 7, read back 7
SEEN
