"""Inverse pulldown side by side: ours, ffmpeg's fieldmatch and decimate, and VIVTC where it exists.

    python benchmarks/pulldown.py --vapoursynth FOLDER/bin/python --json scores.json [CLIP ...]

`../shared/peers/setup-qtgmc.sh FOLDER` makes an environment with VIVTC. Without clips on the command
line, the test clips are used (`restore/evaluation/data_split.py`), which nothing was tuned on.

Progressive clips are film. Each is brought to video by a pulldown pattern, begins at another field of the
pattern, and has another number of fields, so that the cuts between them lie at every phase, on frames and
between the fields of a frame (where whole frames are repeated, on frames only). The film is stored
losslessly in 8 and 10 bits, with noise, and as MPEG-2.

Counted are film frames of which a top and a bottom field exist: `exact` those that are in the result once,
bit for bit (lossless sources), `similar` those to which exactly one frame of the result is most similar
(where neighboring frames hardly differ, compression may decide that), `extra` frames of the result beyond
one for each film frame. Our frame map also says which fields a frame consists of: `map` counts the frames
that consist of a top and a bottom field of one film frame, once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from field_films import FILM_PATTERNS, shown, woven
from film_files import Frame, Plane, cpu_seconds, decoded, timed, write
from film_files import ffmpeg as run_ffmpeg

from restore.evaluation.data_split import TEST_CLIPS
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import record_path
from restore.jobs.restore_film import restore_film
from restore.media.ffmpeg.process import executable
from restore.recipe import Recipe
from restore.report.record import Record
from restore.run.events import ignore_event

PATTERNS: dict[str, tuple[tuple[int, ...], Fraction, str]] = {
    "3:2": (
        FILM_PATTERNS["3:2"],
        Fraction(30000, 1001),
        "fieldmatch=order={order},decimate=cycle=5",
    ),
    "2:3:3:2": (
        FILM_PATTERNS["2:3:3:2"],
        Fraction(30000, 1001),
        "fieldmatch=order={order},decimate=cycle=5",
    ),
    "2:2 late": (FILM_PATTERNS["psf"], Fraction(25), "fieldmatch=order={order}"),
    "24 to 25, field": (
        FILM_PATTERNS["24>25 field"],
        Fraction(25),
        "fieldmatch=order={order},decimate=cycle=25",
    ),
    "24 to 25, frame": (
        FILM_PATTERNS["24>25 frame"],
        Fraction(25),
        "fieldmatch=order={order},decimate=cycle=25",
    ),
}
"""The fields that frames of film have in turn, the rate of the video, and ffmpeg's filters for it."""

VIVTC = """
import subprocess, sys
import vapoursynth as vs
source, target, ffmpeg, order, cycle = sys.argv[1:6]
clip = vs.core.bs.VideoSource(source, cachemode=0)
eight = vs.core.resize.Point(clip, format=vs.YUV420P8)
clip = vs.core.vivtc.VFM(eight, order=int(order == "tff"))
if int(cycle):
    clip = vs.core.vivtc.VDecimate(clip, cycle=int(cycle))
command = [ffmpeg, "-v", "error", "-y", "-f", "yuv4mpegpipe", "-i", "-", "-c:v", "ffv1", target]
with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
    clip.output(encoder.stdin, y4m=True)
    encoder.stdin.close()
    sys.exit(encoder.wait())
"""

SOURCES: dict[str, tuple[int, float, tuple[str, ...]]] = {
    "8 bits": (8, 0, ("-c:v", "ffv1")),
    "10 bits": (10, 0, ("-c:v", "ffv1")),
    "noise 2": (8, 2, ("-c:v", "ffv1")),
    "noise 4": (8, 4, ("-c:v", "ffv1")),
    "mpeg2": (8, 0, ("-c:v", "mpeg2video", "-q:v", "4", "-flags", "+ildct+ilme")),
}
"""Bits, standard deviation of the noise in code values, and coder of each stored film."""

FRAMES = {"24 to 25, field": 60, "24 to 25, frame": 60}
SHORT, SIZE = 26, (424, 480)
"""Film frames of each clip (of patterns of half a second and more), and their size."""

Method = Callable[[Path, Path, str, str], None]
"""Makes the film from a source: source, result, field order, name of the pattern."""


@dataclass(frozen=True)
class Score:
    """One method on one film."""

    pattern: str
    source: str
    method: str
    frames: int
    by_map: int | None
    similar: int
    exact: int | None
    extra: int
    cpu_seconds: float
    times: str = ""


@dataclass(frozen=True)
class Film:
    """A film in video: its own frames, the frame that each field shows, and the order of its fields."""

    frames: Sequence[Frame]
    shown: Sequence[int]
    order: str

    @property
    def complete(self) -> list[int]:
        """The frames of which both a top and a bottom field exist."""
        parities: dict[int, set[int]] = {}
        for place, frame in enumerate(self.shown):
            parities.setdefault(frame, set()).add(place % 2)
        return [frame for frame, found in parities.items() if len(found) == 2]


def made(clips: Sequence[Path], name: str, bits: int, noise: float, order: str) -> Film:
    """The clips as film in video, cut at every phase of the pattern."""
    generator, pattern = np.random.default_rng(19), PATTERNS[name][0]
    frames: list[Frame] = []
    fields: list[int] = []
    for number, clip in enumerate(clips):
        first, cycle = len(frames), sum(pattern)
        frames += [
            _noisy(frame, bits, noise, generator)
            for frame in decoded(clip, FRAMES.get(name, SHORT), SIZE)
        ]
        own = [first + place for place in shown(len(frames) - first, pattern)]
        skip = (3 * number + 1) % cycle if cycle > 2 else 1
        left = number % 4
        if max(pattern) > 3:  # whole frames are repeated: the film is cut between frames
            skip, left = skip // 2 * 2, left // 2 * 2
        fields += own[skip : len(own) - left]
    return Film(frames, fields[: len(fields) // 2 * 2], order)


def _noisy(frame: Frame, bits: int, noise: float, generator: np.random.Generator) -> Frame:
    y, cb, cr = (_noisy_plane(plane, bits, noise, generator) for plane in frame)
    return y, cb, cr


def _noisy_plane(plane: Plane, bits: int, noise: float, generator: np.random.Generator) -> Plane:
    values = plane.astype(np.float32)
    if noise:
        values += generator.normal(0, noise, plane.shape)
    if bits > 8:  # values that 8 bits do not have
        values = values * 4 + generator.integers(0, 4, plane.shape)
    return values.round().clip(0, 2**bits - 1).astype(np.uint16)


def stored(film: Film, bits: int, rate: Fraction, coder: Sequence[str], path: Path) -> None:
    """Write the video to a file, tagged with its field order."""
    frames = woven((film.frames[number] for number in film.shown), film.order)
    write(frames, path, rate, "-vf", f"setfield={film.order}", *coder, bits=bits)


def ours(source: Path, target: Path, order: str, pattern: str) -> None:
    """The product: survey, plan, run, audit."""
    recipe = Recipe.model_validate({"pulldown": "auto", "codec": "ffv1", "deinterlacer": "bwdif"})
    restore_film(JobRequest(source, recipe, output=target, overwrite=True), ignore_event)


def ffmpeg(source: Path, target: Path, order: str, pattern: str) -> None:
    """The filters of ffmpeg."""
    steps = PATTERNS[pattern][2].format(order=order)
    options = ("-vf", steps, "-fps_mode", "passthrough", "-c:v", "ffv1")
    run_ffmpeg("-i", str(source), *options, str(target))


def vivtc(python: str) -> Method:
    """VFM and VDecimate of VapourSynth's VIVTC; they take 8 bits only."""

    def run(source: Path, target: Path, order: str, pattern: str) -> None:
        cycle = PATTERNS[pattern][2].partition("cycle=")[2] or "0"
        arguments = [python, "-c", VIVTC, str(source), str(target), executable(), order, cycle]
        subprocess.run(arguments, check=True)

    return run


def compared(
    film: Film, bits: int, lossless: bool, path: Path
) -> tuple[int, int | None, int, list[Fraction]]:
    """Right, exact and extra frames of a result, and when its frames are shown."""
    similar: Counter[int] = Counter()
    exact: Counter[int] = Counter()
    times: list[Fraction] = []
    small = [y[::4, ::4].astype(np.float32) for y, *_ in film.frames]
    expected = 0
    for time, frame in timed(path, bits=bits):
        times.append(time)
        luma = frame[0][::4, ::4].astype(np.float32)
        near = range(max(0, expected - 8), min(len(small), expected + 9))
        best = min(near, key=lambda k: float(np.square(small[k] - luma).mean()))
        expected = best
        similar[best] += 1
        pairs = zip(frame, film.frames[best], strict=True)
        exact[best] += all(np.array_equal(one, other) for one, other in pairs)
    complete = film.complete
    right = sum(similar[frame] == 1 for frame in complete)
    equal = sum(exact[frame] == 1 and similar[frame] == 1 for frame in complete)
    alone = len(set(film.shown)) - len(complete)
    extra = max(0, sum(similar.values()) - len(complete) - alone)
    return right, equal if lossless else None, extra, times


def by_map(film: Film, result: Path) -> int:
    """Frames of the result's record that consist of both fields of one complete film frame, each once."""
    record = Record.model_validate_json(record_path(result).read_text())
    assert record.frame_map is not None
    found: Counter[int] = Counter()
    late = 0 if film.order == "tff" else 1
    for index in range(len(record.frame_map)):
        row = record.frame_map.mapped(index)
        if row.top is not None and row.bottom is not None:
            one, other = film.shown[2 * row.top + late], film.shown[2 * row.bottom + 1 - late]
            found[one if one == other else -1] += 1
    return sum(found[frame] == 1 for frame in film.complete)


def _steps(times: Sequence[Fraction]) -> str:
    """The median rate of runs of 13 frames (containers round times to milliseconds)."""
    lengths = sorted(b - a for a, b in zip(times, times[12:], strict=False))
    return f"{float(12 / lengths[len(lengths) // 2]):.2f}"


def scores(
    clips: Sequence[Path],
    methods: dict[str, Method],
    patterns: Sequence[str],
) -> Iterator[Score]:
    """Every method on every pattern and source."""
    for number, (pattern, (_, rate, _)) in enumerate(PATTERNS.items()):
        if pattern not in patterns:
            continue
        for source, (bits, noise, coder) in SOURCES.items():
            order = "bff" if number == 1 and "mpeg2video" not in coder else "tff"
            film = made(clips, pattern, bits, noise, order)
            with tempfile.TemporaryDirectory(prefix="restore-") as folder:
                path = Path(folder) / "film.mkv"
                stored(film, bits, rate, coder, path)
                for method, run in methods.items():
                    target = Path(folder) / f"{method}.mkv"
                    seconds = cpu_seconds(partial(run, path, target, order, pattern))
                    found = compared(film, bits, "ffv1" in coder, target)
                    mapped = by_map(film, target) if method == "ours" else None
                    yield Score(
                        pattern,
                        source,
                        method,
                        len(film.complete),
                        mapped,
                        *found[:3],
                        seconds,
                        _steps(found[3]),
                    )


def main(arguments: Sequence[str]) -> int:
    """Print a line for each score; write all as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/clips"))
    parser.add_argument("--vapoursynth", help="the Python of an environment with VIVTC")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pattern", choices=tuple(PATTERNS), action="append")
    asked = parser.parse_args(arguments)
    clips = asked.clips or [asked.data / f"{name}.mp4" for name in sorted(TEST_CLIPS)]
    methods: dict[str, Method] = {"ours": ours, "fieldmatch": ffmpeg}
    if asked.vapoursynth:
        methods["vivtc"] = vivtc(asked.vapoursynth)
    print("| pattern | source | method | frames | map | similar | exact | extra | rate | CPU-s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    found: list[Score] = []
    for score in scores(clips, methods, asked.pattern or list(PATTERNS)):
        found.append(score)
        exact = "-" if score.exact is None else score.exact
        mapped = "-" if score.by_map is None else score.by_map
        row = (
            score.pattern,
            score.source,
            score.method,
            score.frames,
            mapped,
            score.similar,
            exact,
        )
        row = (*row, score.extra, score.times, f"{score.cpu_seconds:.0f}")
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(score) for score in found], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
