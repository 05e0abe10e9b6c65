#!/usr/bin/env bash
# ffmpeg 9.0.2 and PyAV 18.1.0 move a Matroska track that ends before 0 to 0.
#
# A recording that was cut before its first key frame has sound before its first frame. In Matroska a track that begins at -0.4 s is
# stored with negative block times. A track of 1 s is read with its times. A track of 0.3 s, all of it before 0, is stored the same
# way, but is read from 0 on, at the same time as the first frames: it is 0.4 s late.
# Expected: -0.4 s for both.
# restore: the audit of Matroska results compares such a track on its own clock.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'av==18.1.0' 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
for seconds in 1 0.3; do
    "$ffmpeg" -v error -f lavfi -i testsrc2=s=64x48:r=25:d=1 -itsoffset -0.4 -f lavfi -i "sine=r=48000:d=$seconds" -map 0 -map 1 \
        -c:v ffv1 -c:a pcm_s16le -avoid_negative_ts disabled "$seconds.mkv"
done

diff - <(venv/bin/python <<'P'
import av

for name in ("1.mkv", "0.3.mkv"):
    data = open(name, "rb").read()
    cluster = data.index(b"\x1f\x43\xb6\x75")
    block = data.index(b"\xa3", cluster + 12)
    size = 1 if data[block + 1] & 0x80 else 2 if data[block + 1] & 0x40 else 3
    stored = int.from_bytes(data[block + size + 2 : block + size + 4], "big", signed=True)
    with av.open(name) as container:
        (stream,) = container.streams.audio
        first = next(packet for packet in container.demux(stream) if packet.size)
        print(f"{name}: stored at {stored} ms, read at {float(first.pts * first.time_base):g} s")
P
) <<'SEEN'
1.mkv: stored at -400 ms, read at -0.4 s
0.3.mkv: stored at -400 ms, read at 0 s
SEEN
