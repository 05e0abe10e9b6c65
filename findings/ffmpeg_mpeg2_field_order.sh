#!/usr/bin/env bash
# ffmpeg 9.0.2: MPEG-2 that is encoded with `-field_order tt` is written as bottom field first.
#
# `-field_order tt` marks the stream as top field first, and a container such as MOV can store it. The MPEG-2 encoder ignores it: the
# flag top_field_first of each picture comes from the frames alone. Frames without this flag become bottom field first, so that
# players show the fields of interlaced video in the wrong order. With `setfield=tff` before the encoder the flag is right.
# Expected: the field order of the option, or an error.
# restore: finds the field order from the pixels, whatever the tags say, and names wrong tags.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
scene='testsrc2=s=160x128:r=25:d=0.4'
"$ffmpeg" -v error -f lavfi -i "$scene" -c:v mpeg2video -flags +ildct+ilme -field_order tt option.mpg
"$ffmpeg" -v error -f lavfi -i "$scene,setfield=tff" -c:v mpeg2video -flags +ildct+ilme filter.mpg

diff - <(for name in option filter; do
  echo "$name: $("$ffmpeg" -i "$name.mpg" -vf showinfo -frames:v 1 -f null - 2>&1 | grep -o 'i:[PTB?] ' | head -1)"
done) <<'SEEN'
option: i:B 
filter: i:T 
SEEN
