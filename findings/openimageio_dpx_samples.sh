#!/usr/bin/env bash
# OpenImageIO 3.2.2.0 reads rate and timecode of a DPX out of its picture.
#
# The header of a DPX has five parts; the last two, which hold rate and timecode, may be missing. A DPX of ffmpeg 9.0.2 begins
# its picture at byte 1664, before them (the field "offset to image data" says so). OpenImageIO reads them all the same: a black
# picture has the timecode 00:00:00:00, and one whose samples happen to be 0x41900000 has 18 frames a second.
# Expected: no attribute for a field that lies behind the beginning of the picture.
# restore: media/images/dpx.py compares the offset first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'OpenImageIO==3.2.2.0' 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
"$ffmpeg" -v error -f lavfi -i color=black:s=64x48 -frames:v 1 -pix_fmt gbrp10be black.dpx

diff - <(venv/bin/python <<'P'
import struct
import OpenImageIO as oiio

black = open("black.dpx", "rb").read()
rate = bytearray(black)
struct.pack_into(">f", rate, 1724, 18)  # two samples of the first row
open("samples.dpx", "wb").write(rate)
print("OpenImageIO", oiio.VERSION_STRING, "picture at byte", struct.unpack_from(">I", black, 4)[0])
for name in ("black.dpx", "samples.dpx"):
    spec = oiio.ImageInput.open(name).spec()
    print(name, spec.getattribute("dpx:TimeCode"), spec.getattribute("dpx:FrameRate"))
P
) <<'SEEN'
OpenImageIO 3.2.2.0 picture at byte 1664
black.dpx 00:00:00:00 0.0
samples.dpx 00:00:00:00 18.0
SEEN
