#!/usr/bin/env bash
# ffmpeg 9.0.2: bwdif returns an interlaced still image with all of its combs; yadif, w3fdif and estdif change it.
#
# An image that was captured from video is a film of one frame. bwdif uses that frame for the ones before and after it, finds that
# nothing moves between them, and takes the missing rows from the other field: the output equals the input, sample for sample, and
# nothing is printed. From a film with a second frame it makes the same first frame without combs.
# Expected: rows that are interpolated from one field, as at the ends of longer films.
# restore: interpolates each of two fields that have no others next to them by itself, and does not call the filter for them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
# Stripes that move by 8 columns from field to field.
drawn='nullsrc=s=160x128:r=50:d=0.08,format=gray,geq=lum=255*lt(mod(X-8*N\,32)\,16),tinterlace=interleave_top,setfield=tff'
"$ffmpeg" -v error -f lavfi -i "$drawn" -c:v ffv1 film.mkv
"$ffmpeg" -v error -i film.mkv -frames:v 1 still.png

first() { "$ffmpeg" -v error "$@" -frames:v 1 -pix_fmt gray -f rawvideo - | sha256sum; }
woven=$(first -i still.png)
diff - <(for filter in yadif bwdif w3fdif estdif; do
  for film in still.png film.mkv; do
    [ "$(first -i "$film" -vf "setfield=tff,$filter")" = "$woven" ] && echo "$filter $film: combs" || echo "$filter $film: changed"
  done
done) <<'SEEN'
yadif still.png: changed
yadif film.mkv: changed
bwdif still.png: combs
bwdif film.mkv: changed
w3fdif still.png: changed
w3fdif film.mkv: changed
estdif still.png: changed
estdif film.mkv: changed
SEEN
