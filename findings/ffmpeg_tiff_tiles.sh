#!/usr/bin/env bash
# ffmpeg 9.0.2 decodes tiled TIFF as black, 16-bit CMYK as RGB with alpha, and 12-bit gray wrongly, without an error.
#
# The files are made by OpenImageIO, which reads them back as they were written, and for CMYK byte by byte. CMYK of 8 bit is right
# within one value.
# Expected: the stored values, or an error.
# restore: media/images/tiff.py has OpenImageIO read these.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'OpenImageIO==3.2.2.0' 'imageio-ffmpeg==0.8.1' 'numpy==2.4.6'

diff - <(venv/bin/python <<'P'
import struct
import subprocess
import imageio_ffmpeg
import numpy as np
import OpenImageIO as oiio

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()

def write(name, samples, tile=0, bits=0):
    spec = oiio.ImageSpec(64, 48, samples.shape[2], oiio.UINT16)
    spec.tile_width = spec.tile_height = tile
    if bits:
        spec.attribute("oiio:BitsPerSample", bits)
    output = oiio.ImageOutput.create(name)
    assert output.open(name, spec)
    if tile:
        assert output.write_tiles(0, 64, 0, 48, 0, 1, samples)
    else:
        assert output.write_image(samples)
    output.close()
    image = oiio.ImageInput.open(name)
    assert np.array_equal(image.read_image("uint16") >> (16 - (bits or 16)), samples >> (16 - (bits or 16)))

def decode(name, pixels, dtype):
    words = [FFMPEG, "-v", "error", "-i", name, "-f", "rawvideo", "-pix_fmt", pixels, "pipe:1"]
    done = subprocess.run(words, capture_output=True)
    return done.returncode, done.stderr.decode(), np.frombuffer(done.stdout, dtype)

rng = np.random.default_rng(0)
color = rng.integers(0, 65536, (48, 64, 3)).astype(np.uint16)

write("tiles.tif", color, tile=16)
status, said, found = decode("tiles.tif", "rgb48le", "<u2")
print("tiles: exit", status, "message", repr(said), "largest value", found.max())

write("gray12.tif", color[..., :1], bits=12)
status, said, found = decode("gray12.tif", "gray12le", "<u2")
print("12-bit gray: exit", status, "message", repr(said), "equal", np.array_equal(found, (color[..., 0] >> 4).ravel()))

ink = np.zeros((48, 64, 4), np.uint16)
ink[..., 0] = 65535
at = 8 + ink.nbytes
tags = {256: 64, 257: 48, 259: 1, 262: 5, 273: 8, 277: 4, 278: 48, 279: ink.nbytes}
rows = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()]
rows.insert(2, struct.pack("<HHII", 258, 3, 4, at))
ifd = struct.pack("<H", len(rows)) + b"".join(rows) + bytes(4)
bits = struct.pack("<4H", 16, 16, 16, 16)
open("cyan.tif", "wb").write(b"II*\0" + struct.pack("<I", at + 8) + ink.tobytes() + bits + ifd)
print("cyan by OpenImageIO:", oiio.ImageInput.open("cyan.tif").read_image("uint16")[0, 0].tolist())
status, said, found = decode("cyan.tif", "rgb48le", "<u2")
print("cyan by ffmpeg: exit", status, "message", repr(said), found[:3].tolist())
P
) <<'SEEN'
tiles: exit 0 message '' largest value 0
12-bit gray: exit 0 message '' equal False
cyan by OpenImageIO: [0, 65535, 65535]
cyan by ffmpeg: exit 0 message '' [65535, 0, 0]
SEEN
