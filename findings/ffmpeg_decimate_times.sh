#!/usr/bin/env bash
# ffmpeg 9.0.2: inverse pulldown with fieldmatch and decimate closes gaps in the times of the frames.
#
# A capture of telecined film has a gap of two seconds (frames were lost, the sound goes on). After `fieldmatch,decimate` the frames
# are numbered at the film's rate: the gap is gone, all frames after it are shown two seconds too early, and the film is shorter than
# its sound. The same happens with `decimate` alone.
# Expected: frames after the gap keep their times, as with `fieldmatch` alone.
# restore: decides which fields belong together, and computes the times from those of the source's frames, between gaps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q 'av==18.1.0' 'imageio-ffmpeg==0.8.1'
ffmpeg=$(venv/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
"$ffmpeg" -v error -f lavfi -i 'mandelbrot=s=160x120:r=24,trim=duration=4' \
  -vf "telecine=pattern=23,setpts='PTS+if(gte(N,60),2/TB,0)',format=yuv420p" -fps_mode passthrough -c:v ffv1 film.mkv
for name in fieldmatch decimate fieldmatch,decimate; do
  "$ffmpeg" -v error -i film.mkv -vf "$name" -fps_mode passthrough -c:v ffv1 "$name.mkv"
done

diff - <(venv/bin/python <<'P'
import av

for name in ("film", "fieldmatch", "decimate", "fieldmatch,decimate"):
    with av.open(f"{name}.mkv") as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    longest = max(later - time for time, later in zip(times, times[1:]))
    print(f"{name}: {len(times)} frames, the last at {times[-1]:.1f} s, the longest step {longest:.2f} s")
P
) <<'SEEN'
film: 120 frames, the last at 6.0 s, the longest step 2.03 s
fieldmatch: 120 frames, the last at 6.0 s, the longest step 2.03 s
decimate: 96 frames, the last at 4.0 s, the longest step 0.04 s
fieldmatch,decimate: 96 frames, the last at 4.0 s, the longest step 0.04 s
SEEN
