"""Inspect a film, preview it, and restore one of its shots: cells for an editor or a notebook.

Each `# %%` begins a cell (VS Code, PyCharm, Spyder and Jupytext support them). As a program:

    python examples/notebook.py [FILM [FOLDER]]
"""

# %% The film, and a folder for the results
import sys
from pathlib import Path

import cv2
import numpy as np

import restore

film = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/reel.mp4")
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")

# %% The properties of the file, and its shots
found = restore.inspect(film)
print(f"{found.source.width}x{found.source.height}, {found.frames} frames, {found.seconds:.2f} s")
for number, shot in enumerate(found.shots, start=1):
    frames = f"frames {shot.span.start}-{shot.span.stop - 1}"
    print(f"shot {number}: {frames}, {shot.content}, {shot.color}")

# %% One frame of each scene, before and after
scenes = [shot for shot in found.shots if shot.content == "scene"]
start = found.survey.frames.start
middles = [
    float(found.survey.frames.seconds((shot.span.start + shot.span.stop) // 2) - start)
    for shot in scenes
]
pairs = restore.preview(film, at=middles, upscale=2, colorize=True, model="film-x2-fast")
for pair in pairs:
    print(f"frame {pair.index} at {pair.seconds:.2f} s: {pair.before.shape} -> {pair.after.shape}")

# %% Restore the shortest scene, with sound
scene = min(scenes, key=lambda shot: len(shot.span))
begin = float(found.survey.frames.seconds(scene.span.start) - start)
end = begin + len(scene.span) / float(found.survey.frames.rate)
result = restore.film(
    film,
    output=folder / "scene.mp4",
    start=begin,
    end=end,
    upscale=2,
    colorize=True,
    model="film-x2-fast",
)
print(f"{result.path}: {result.frames} frames, invented: {', '.join(result.synthetic)}")
print(f"audit: {', '.join(check.name for check in result.checks)} are ok")

# %% Before and after, side by side
rows = []
for pair in pairs:
    height, width = pair.after.shape[:2]
    before = cv2.resize(pair.before, (width, height), interpolation=cv2.INTER_CUBIC)
    rows.append(np.hstack([before, pair.after]))
sheet = folder / "before-after.png"
cv2.imwrite(str(sheet), np.vstack(rows)[..., ::-1])
print(sheet)
