#!/usr/bin/env bash
# pymediainfo 7.0.1 reports FFV1's own sample aspect as that of a Matroska file that has none.
#
# FFV1 stores a sample aspect in its stream; players use that of the container, and Matroska's elements DisplayWidth and DisplayHeight
# are absent here (removed from a file of ffmpeg's). MediaInfo gives the display aspect of the codec, without a sign that the
# container has none.
# Expected: the container's aspect (square pixels), or both.
# restore: reads Matroska's own elements as well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'pymediainfo==7.0.1' 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
"$ffmpeg" -v error -f lavfi -i testsrc2=s=96x64:r=25:d=0.2,setsar=2 -c:v ffv1 -fflags +bitexact film.mkv

diff - <(venv/bin/python <<'P'
from pymediainfo import MediaInfo

# DisplayWidth is element 54 B0, DisplayHeight 54 BA; each becomes a Void element (EC) of the same length
data = bytearray(open("film.mkv", "rb").read())
removed = 0
for name in (b"\x54\xb0", b"\x54\xba"):
    at = data.find(name, 0, 2000)
    while at >= 0 and data[at + 2] in (0x81, 0x82):
        size = data[at + 2] & 0x7F
        data[at : at + 3 + size] = b"\xec" + bytes([0x80 | (1 + size)]) + bytes(1 + size)
        removed += 1
        at = data.find(name, at, 2000)
open("none.mkv", "wb").write(data)
print("elements removed:", removed)
for name in ("film.mkv", "none.mkv"):
    (video,) = MediaInfo.parse(name).video_tracks
    print(name, video.format, video.width, video.height, "display aspect", video.display_aspect_ratio)
P
) <<'SEEN'
elements removed: 2
film.mkv FFV1 96 64 display aspect 3.000
none.mkv FFV1 96 64 display aspect 3.000
SEEN
