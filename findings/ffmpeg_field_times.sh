#!/usr/bin/env bash
# ffmpeg 9.0.2: yadif, bwdif and w3fdif give both fields of a film of one frame the same time; estdif does not.
#
# With a frame for each field (`mode=send_field`) the second field of a frame is shown half way to the next frame. The last frame of a
# film has no next one: the three filters repeat the step before it, and in a film of one frame there is no such step, so that its two
# fields have one PTS. The duration of the frame (0.04 s) is known. estdif uses it. In a film of variable rate, therefore, the last
# field is shown 0.1 s after the one before it by the three filters, and after 0.02 s by estdif.
# Expected: half of the frame's duration, in all four.
# restore: computes the times of the fields from the times and durations of the frames; bwdif only computes rows.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
"$ffmpeg" -v error -f lavfi -i 'testsrc2=s=160x128:r=25:d=0.04,setfield=tff' -c:v ffv1 one.mkv
"$ffmpeg" -v error -f lavfi -i 'testsrc2=s=160x128:r=25:d=0.16,setfield=tff,setpts=N*N*0.04/TB' -fps_mode passthrough -c:v ffv1 four.mkv

diff - <(for film in one four; do
  for filter in yadif=mode=send_field bwdif=mode=send_field w3fdif=mode=field estdif=mode=field; do
    echo "$film ${filter%%=*}:" $("$ffmpeg" -i "$film.mkv" -vf "$filter,showinfo" -fps_mode passthrough -f null - 2>&1 |
      grep -o 'pts_time:[0-9.]*' | cut -d: -f2 | tail -2)
  done
done) <<'SEEN'
one yadif: 0 0
one bwdif: 0 0
one w3fdif: 0 0
one estdif: 0 0.02
four yadif: 0.36 0.46
four bwdif: 0.36 0.46
four w3fdif: 0.36 0.46
four estdif: 0.36 0.38
SEEN
