#!/usr/bin/env bash
# ffmpeg 9.0.2 writes MXF in which B-frames have PTS = DTS when they are read again.
#
# H.264 with B-frames goes into MXF and, for comparison, into MOV. From MOV the packets come with PTS that differ from DTS; from MXF
# every packet has PTS = DTS, although the frames are stored in decoding order: shown by these PTS they come in the wrong order.
# Expected: the same PTS from both.
# restore: where a codec with reordered frames has PTS = DTS throughout, frames are numbered at the edit rate, with a note.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'av==18.1.0' 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
"$ffmpeg" -v error -f lavfi -i testsrc2=s=320x240:r=25:d=0.4 -c:v libx264 -bf 2 -b_strategy 0 -g 12 film.mov
"$ffmpeg" -v error -i film.mov -c copy film.mxf

diff - <(venv/bin/python <<'P'
import av

for name in ("film.mov", "film.mxf"):
    with av.open(name) as container:
        (stream,) = container.streams.video
        unit = 1 / (stream.average_rate * stream.time_base)
        packets = [packet for packet in container.demux(stream) if packet.size]
        first = packets[0].dts
        print(name, "PTS:", *(round((packet.pts - first) / unit) for packet in packets))
        print(name, "DTS:", *(round((packet.dts - first) / unit) for packet in packets))
P
) <<'SEEN'
film.mov PTS: 2 5 3 4 8 6 7 11 9 10
film.mov DTS: 0 1 2 3 4 5 6 7 8 9
film.mxf PTS: 0 1 2 3 4 5 6 7 8 9
film.mxf DTS: 0 1 2 3 4 5 6 7 8 9
SEEN
