#!/usr/bin/env bash
# OpenImageIO 3.2.2.0 inverts "white is zero" TIFFs of 8 bit, but not of 16.
#
# In a TIFF with photometric interpretation 0 the value 0 is white. Of 8 bits OpenImageIO gives inverted values, so that 0 is
# black as in all other images; of 16 bits it gives the stored ones. ffmpeg 9.0.2 inverts both.
# Expected: the same for both depths.
# restore: ffmpeg decodes such files in strips; in tiles, which only OpenImageIO reads, 16 bit are refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'OpenImageIO==3.2.2.0' 'numpy==2.4.6'

diff - <(venv/bin/python <<'P'
import struct
import numpy as np
import OpenImageIO as oiio

for dtype in (np.uint8, np.uint16):
    pixels = np.arange(64, dtype=dtype).reshape(8, 8)
    bits = 8 * pixels.itemsize
    tags = {256: 8, 257: 8, 258: bits, 259: 1, 262: 0, 273: 8, 277: 1, 278: 8, 279: pixels.nbytes}
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<I", 8 + pixels.nbytes)
    ifd = struct.pack("<H", len(tags)) + rows + bytes(4)
    open("x.tif", "wb").write(head + pixels.tobytes() + ifd)
    image = oiio.ImageInput.open("x.tif")
    found = image.read_image(image.spec().format)[..., 0]
    top = np.iinfo(dtype).max
    print(bits, "bit:", "inverted" if np.array_equal(found, top - pixels) else "as stored" if np.array_equal(found, pixels) else "other")
P
) <<'SEEN'
8 bit: inverted
16 bit: as stored
SEEN
