#!/usr/bin/env bash
# ffmpeg 9.0.2 decodes gray EXR in DWA compression to other values.
#
# A slope from 0.1 to 0.74 is written by OpenImageIO 3.2.2 (OpenEXR) as one channel Y, DWAA. OpenEXR reads it back within the
# compression's error, ffmpeg gives something else; color in DWAA it decodes rightly.
# Expected: the slope, within a hundredth.
# restore: OpenImageIO reads EXR.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'OpenImageIO==3.2.2.0' 'imageio-ffmpeg==0.8.1' 'numpy==2.4.6'

diff - <(venv/bin/python <<'P'
import subprocess
import imageio_ffmpeg
import numpy as np
import OpenImageIO as oiio

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
slope = (0.1 + np.arange(128, dtype=np.float32) / 200) * np.ones((96, 1), np.float32)

for names in ("Y", "RGB"):
    spec = oiio.ImageSpec(128, 96, len(names), oiio.FLOAT)
    spec.channelnames = tuple(names)
    spec.attribute("compression", "dwaa")
    output = oiio.ImageOutput.create("x.exr")
    assert output.open("x.exr", spec)
    output.write_image(np.repeat(slope[..., None], len(names), 2))
    output.close()
    image = oiio.ImageInput.open("x.exr")
    error = np.abs(image.read_image("float")[..., 0] - slope).max()
    print(names, "by OpenImageIO:", "right" if error < 0.01 else "wrong")
    pixels = "grayf32le" if names == "Y" else "gbrpf32le"
    words = [FFMPEG, "-v", "error", "-i", "x.exr", "-f", "rawvideo", "-pix_fmt", pixels, "pipe:1"]
    done = subprocess.run(words, capture_output=True)
    found = np.frombuffer(done.stdout, "<f4")[: slope.size].reshape(slope.shape)
    right = np.abs(found - slope).max() < 0.01
    print(names, "by ffmpeg:", "exit", done.returncode, "right" if right else "wrong")
P
) <<'SEEN'
Y by OpenImageIO: right
Y by ffmpeg: exit 0 wrong
RGB by OpenImageIO: right
RGB by ffmpeg: exit 0 right
SEEN
