"""What the survey finds about the fields of made films whose truth is known.

    python benchmarks/diagnosis.py --json diagnosis.json

Progressive clips become films of every kind: progressive (worn, with stripes, scrolling titles, animation on
twos), interlaced video, film in video by every pulldown, with cuts at every phase, repeated frames, mixed
fields, exchanged fields, lettering over film, random holds. Each is written to a file (FFV1, or MPEG-2), with
right, wrong or no tags, and surveyed like any film. Without `--training` the clips are the test clips
(restore/evaluation/data_split.py), by which no limit was chosen.

A shot is right if at least 95 % of its fields have the true kind, order and pattern, and its traits are
found. A false treatment is a progressive shot any field of which is called video or film. A phase error is a
field of film that is put into another moment.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from field_films import (
    FILM_PATTERNS,
    Shot,
    at_rate,
    blended,
    film,
    held,
    noisy,
    progressive,
    repeated,
    resized,
    still,
    stripes,
    swapped,
    titles,
    video,
    with_progressive_chroma,
    with_video_titles,
    worn,
)
from film_files import Frame, decoded, write

from restore.evaluation.data_split import TEST_CLIPS
from restore.media.container.probe import probe
from restore.survey.survey import survey
from restore.treatments.deinterlace.shot_fields import ShotFields, moments

RIGHT = 0.95
"""The least share of a shot's fields that must be right."""

TRAITS = ("soft", "swapped", "mixed", "unsettled", "progressive_chroma")
"""The flags of ShotFields that are compared."""

REPEATING = {"squirrel_eat", "face_outdoor", "face_indoor", "forest_brook", "sauce_pour"}
"""Clips that repeat frames or move unevenly themselves: only used as they are."""

MOST = 64
"""Frames of each clip that are used."""

Clip = Callable[[], list[Frame]]


@dataclass(frozen=True)
class Made:
    """A film to be made: its shots, and how its file is written.

    tag        the field order in the file: tff, bff, or None for progressive
    durations  of the frames in turn, in sixtieths of a second
    """

    name: str
    shots: Callable[[], list[Shot]]
    codec: str = "ffv1"
    tag: str | None = None
    depth: int = 8
    durations: tuple[int, ...] = (2,)


@dataclass(frozen=True)
class Outcome:
    """What was found in one shot of a film."""

    film: str
    truth: str
    found: str
    right: bool
    false_treatment: bool
    phase_errors: int
    fields: int
    missing: tuple[str, ...]


def main() -> None:
    """Make the films, survey them, print the table, and write the outcomes as JSON."""
    asked = arguments()
    outcomes: list[Outcome] = []
    started = time.process_time()
    for made in films(asked.clips, asked.seed):
        if asked.only and asked.only not in made.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = examined(made, Path(folder))
        outcomes += found
        for each in found:
            if not each.right or each.phase_errors:
                print(
                    f"{each.film}: {each.truth} -> {each.found}, {each.phase_errors} phase errors",
                    flush=True,
                )
        if asked.json:
            asked.json.write_text(json.dumps([asdict(each) for each in outcomes], indent=1))
    print("\n" + table(outcomes))
    print(f"{time.process_time() - started:.0f} CPU-seconds without ffmpeg's")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("clips", nargs="*", type=Path, help="progressive clips")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/clips"))
    parser.add_argument("--training", action="store_true", help="use all other clips of the folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="only films with this in their name")
    parser.add_argument("--json", type=Path, help="file for the outcomes")
    asked = parser.parse_args()
    if not asked.clips:
        every = sorted(asked.data.glob("*.mp4"))
        asked.clips = [each for each in every if (each.stem in TEST_CLIPS) != asked.training]
    return asked


# The films.


def films(clips: Sequence[Path], seed: int) -> Iterator[Made]:
    """All films, in an order that uses every clip."""
    rng = np.random.default_rng(seed)
    yield from _progressive(clips)
    moving = [clip for clip in clips if clip.stem not in REPEATING]
    turn = _Turn(moving, rng)
    yield from _worn(turn)
    yield from _video(turn)
    yield from _film(turn)
    yield from _repeats(turn)
    yield from _others(turn)
    yield from _irregular(turn)


class _Turn:
    """The clips one after the other, and random numbers."""

    def __init__(self, clips: Sequence[Path], rng: np.random.Generator) -> None:
        self._clips = clips
        self._count = 0
        self.rng = rng

    def clip(self, size: tuple[int, int] | None = None) -> Clip:
        """The next clip."""
        path = self._clips[self._count % len(self._clips)]
        self._count += 1

        def read() -> list[Frame]:
            frames = decoded(path, MOST)
            return resized(frames, *size) if size else frames

        return read

    def number(self, stop: int) -> int:
        """A random number from 0."""
        return int(self.rng.integers(stop))


def _progressive(clips: Sequence[Path]) -> Iterator[Made]:
    for path in clips:
        yield Made(f"progressive {path.stem}", lambda path=path: [progressive(decoded(path, MOST))])
        yield Made(
            f"progressive mpeg2 {path.stem}",
            lambda path=path: [progressive(decoded(path, MOST))],
            codec="mpeg2",
            tag="tff",
        )


def _worn(turn: _Turn) -> Iterator[Made]:
    """Progressive films that are hard to tell from others."""
    for number in range(3):
        clip, seed = turn.clip(), turn.number(1000)
        yield Made(f"worn {number}", lambda c=clip, s=seed: [progressive(worn(c()[:40], s))])
    for sigma in (2, 4):
        clip = turn.clip()
        yield Made(
            f"noise {sigma}",
            lambda c=clip, n=sigma: [noisy(progressive(c()[:40]), n, n)],
            tag="tff",
        )
    for period, speed in ((2, 0), (4, 0.5), (6, 1.0)):
        clip = turn.clip()
        yield Made(
            f"stripes {period} {speed}",
            lambda c=clip, p=period, v=speed: [progressive(stripes(c()[:40], p, v))],
        )
    for speed in (1, 2, 3):
        clip = turn.clip()
        yield Made(f"titles {speed}", lambda c=clip, v=speed: [progressive(titles(c()[:40], v, v))])
    for times in (2, 3):
        clip = turn.clip()
        yield Made(f"animation {times}", lambda c=clip, n=times: [repeated(c()[:16], [n])])


def _video(turn: _Turn) -> Iterator[Made]:
    kinds: list[tuple[str, str, str | None, str, int, float, tuple[int, int] | None]] = [
        ("tagged", "tff", "tff", "ffv1", 8, 0, None),
        ("tagged", "bff", "bff", "ffv1", 8, 0, (720, 576)),
        ("wrong tag", "tff", "bff", "ffv1", 8, 0, None),
        ("wrong tag", "bff", "tff", "ffv1", 8, 0, None),
        ("no tag", "tff", None, "ffv1", 8, 0, None),
        ("noise 2", "tff", "tff", "ffv1", 8, 2, None),
        ("noise 4", "bff", "bff", "ffv1", 8, 4, (720, 480)),
        ("mpeg2", "tff", "tff", "mpeg2", 8, 0, (720, 576)),
        ("mpeg2", "bff", "bff", "mpeg2", 8, 0, (720, 480)),
        ("mpeg2 noise", "tff", "tff", "mpeg2", 8, 3, (720, 576)),
        ("10 bit", "tff", "tff", "ffv1", 10, 0, None),
        ("odd height", "tff", "tff", "ffv1", 8, 0, (640, 479)),
        ("tiny", "tff", "tff", "ffv1", 8, 0, (96, 72)),
        ("large", "tff", "tff", "ffv1", 8, 0, (1920, 1080)),
    ]
    for name, order, tag, codec, depth, sigma, size in kinds:
        clip = turn.clip(size)

        def shots(c: Clip = clip, o: str = order, n: float = sigma) -> list[Shot]:
            made = video(c()[:48], o)
            return [noisy(made, n, 1) if n else made]

        yield Made(f"video {order} {name}", shots, codec, tag, depth)
    for order in ("tff", "bff"):
        first, second, third = turn.clip((720, 480)), turn.clip((720, 480)), turn.clip((720, 480))

        def cut(a: Clip = first, b: Clip = second, c: Clip = third, o: str = order) -> list[Shot]:
            return [video(a()[:36], o), still(b()[0], 14), video(c()[:36], o)]

        yield Made(f"video {order} with still", cut, tag="tff")
    clip = turn.clip()
    yield Made("video titles", lambda c=clip: [video(titles(c()[:48], 1, 5), "tff")], tag="tff")


def _film(turn: _Turn) -> Iterator[Made]:
    """Every pulldown in one shot, and with twelve cuts at all phases."""
    for name, pattern in FILM_PATTERNS.items():
        for order, codec, sigma, depth in (
            ("tff", "ffv1", 0, 8),
            ("bff", "ffv1", 2, 10),
            ("tff", "ffv1", 4, 8),
            ("bff", "mpeg2", 0, 8),
        ):
            clips = [turn.clip((720, 480)) for _ in range(12)]
            phases = [turn.number(sum(pattern)) for _ in clips]
            starts = [turn.number(12) for _ in clips]

            def shots(
                c: list[Clip] = clips, n: str = name, o: str = order, v: float = sigma,
                p: list[int] = phases, s: list[int] = starts,
            ) -> list[Shot]:  # fmt: skip
                longest = 64 if n.startswith("24") else 20
                made = [
                    film(one()[start : start + longest], n, o, phase)
                    for one, phase, start in zip(c, p, s, strict=True)
                ]
                return [noisy(each, v, 2) if v else each for each in made]

            yield Made(f"{name} {order} {codec} noise {sigma}", shots, codec, order, depth)


def _repeats(turn: _Turn) -> Iterator[Made]:
    for rate, shown in (
        (16, 24),
        (18, 24),
        (20, 24),
        (16, 25),
        (18, 25),
        (20, 25),
        (16, 30),
        (18, 30),
    ):
        clip = turn.clip()
        yield Made(f"{rate} in {shown}", lambda c=clip, r=rate, s=shown: [at_rate(c()[:36], r, s)])
    clip = turn.clip((720, 480))
    yield Made(
        "18 in 25 mpeg2 noise",
        lambda c=clip: [noisy(at_rate(c()[:36], 18, 25), 2, 3)],
        codec="mpeg2",
    )


def _others(turn: _Turn) -> Iterator[Made]:
    for number in range(2):
        clip = turn.clip()
        yield Made(
            f"soft {number}",
            lambda c=clip: [_flagged(progressive(c()[:40]), "soft")],
            durations=(3, 2),
        )
        clip = turn.clip()
        yield Made(f"exchanged {number}", lambda c=clip: [swapped(progressive(c()[:40]))])
        clip = turn.clip()
        yield Made(
            f"progressive chroma {number}",
            lambda c=clip, o=("tff", "bff")[number]: [with_progressive_chroma(c()[:48], o)],
            tag=("tff", "bff")[number],
        )
        clip = turn.clip()
        yield Made(
            f"mixed {number}",
            lambda c=clip, o=("tff", "bff")[number]: [with_video_titles(c()[:36], o, 3, 7)],
            tag=("tff", "bff")[number],
        )
        clip = turn.clip()
        yield Made(f"blended {number}", lambda c=clip: [blended(c(), 1.2, "tff")], tag="tff")
    for number in range(3):
        clip = turn.clip()
        yield Made(
            f"still {number}", lambda c=clip: [still(c()[0], 40)], tag=(None, "tff", "bff")[number]
        )
    clip = turn.clip()
    yield Made("still noise", lambda c=clip: [noisy(still(c()[0], 40), 3, 4)], tag="tff")
    clip = turn.clip()
    yield Made("still mpeg2", lambda c=clip: [noisy(still(c()[0], 40), 2, 4)], "mpeg2", "tff")


def _irregular(turn: _Turn) -> Iterator[Made]:
    for order, codec in (("tff", "ffv1"), ("bff", "ffv1"), ("tff", "mpeg2")):
        for times in ((1, 2), (1, 2, 3, 4)):
            clip, seed = turn.clip(), turn.number(1000)
            yield Made(
                f"held {times} {order} {codec}",
                lambda c=clip, t=times, o=order, s=seed: [held(c()[:40], t, o, s)],
                codec,
                order,
            )


def _flagged(shot: Shot, flag: str) -> Shot:
    return Shot(shot.frames, shot.kind, shot.order, shot.pattern, shot.moments, (flag,))


# Files.


def stored(made: Made, shots: Sequence[Shot], path: Path) -> None:
    """Write the shots as one file."""
    filters = [f"setfield={made.tag or 'prog'}"]
    if made.depth == 10:
        filters.append("format=yuv420p10le")
    clock: tuple[str, ...] = ()
    if len(set(made.durations)) > 1:
        cycle, half = sum(made.durations), made.durations[0]
        clock = ("-enc_time_base", "1:60")
        filters.append(rf"settb=1/60,setpts=floor(N/2)*{cycle}+mod(N\,2)*{half}")
    codec = {
        "ffv1": ("-c:v", "ffv1"),
        "mpeg2": ("-c:v", "mpeg2video", "-q:v", "4", "-bf", "2", "-g", "15"),
    }[made.codec]
    if made.tag and made.codec == "mpeg2":
        codec = (*codec, "-flags", "+ildct+ilme")
    frames = (frame for shot in shots for frame in shot.frames)
    options = ("-vf", ",".join(filters), "-fps_mode", "passthrough", *clock, *codec)
    write(frames, path, Fraction(30), *options)


# Outcomes.


@dataclass(frozen=True)
class Labels:
    """What was found about every field of a film."""

    labels: list[str]
    starts: set[int]
    traits: list[set[str]]
    repeats: set[int]


def examined(made: Made, folder: Path) -> list[Outcome]:
    """Make a film, survey it, and compare."""
    shots = made.shots()
    path = folder / "film.mkv"
    stored(made, shots, path)
    found = survey(probe(path), folder / "thumbnails", measuring=["deinterlace"])
    labels = labels_of(
        [(shot.span.start, shot.measures.get("deinterlace")) for shot in found.shots]
    )
    outcomes: list[Outcome] = []
    start = 0
    for shot in shots:
        outcomes.append(compared(made.name, shot, labels, start, len(shots) > 1))
        start += len(shot.frames)
    return outcomes


def labels_of(found: Sequence[tuple[int, ShotFields | None]]) -> Labels:
    """The kind, order and pattern of each field, and where moments start."""
    result = Labels([], set(), [], set())
    for first, measure in found:
        if measure is None:
            continue
        traits = {name for name in TRAITS if getattr(measure, name)}
        result.repeats.update(first + frame for frame in measure.repeats)
        for stretch in measure.stretches:
            count = stretch.stop - stretch.start
            label = label_of(stretch.kind, stretch.order, stretch.pattern)
            result.labels.extend([label] * count)
            result.traits.extend([traits] * count)
            result.starts.update(2 * first + moment.start for moment in moments(stretch))
    return result


def label_of(kind: str, order: str | None, pattern: Sequence[int]) -> str:
    """One word for a kind with its order, film with its pattern."""
    if kind in ("progressive", "unknown", "still"):
        return kind
    if kind == "blended":
        return kind
    name = next((n for n, each in FILM_PATTERNS.items() if each == tuple(pattern)), "video")
    return f"{name} {order}" if order else name


def compared(name: str, shot: Shot, found: Labels, start: int, neighbors: bool) -> Outcome:
    """The outcome of a shot that begins with the frame `start`."""
    first, count = 2 * start, 2 * len(shot.frames)
    truth = label_of(shot.kind, shot.order, shot.pattern)
    labels = found.labels[first : first + count]
    most = Counter(labels).most_common(1)[0][0] if labels else "none"
    missing = list(missing_traits(shot, found, first, start))
    errors = 0
    if shot.kind == "film":
        starts = {n for n in range(1, count) if shot.moments[n] != shot.moments[n - 1]}
        shown = {n - first for n in found.starts if first < n < first + count}
        errors = len(starts ^ shown)
    accepted = {truth}
    if shot.kind == "still":
        accepted = {"unknown", *(found.labels if neighbors else ())}
    share = sum(label in accepted for label in labels) / count
    film_of_24 = truth == "24>25 frame" and most == "progressive"
    if film_of_24:  # too few repeated frames for a pattern: they are told one by one
        repeats = {
            n for n in range(1, len(shot.frames)) if shot.moments[2 * n] == shot.moments[2 * n - 1]
        }
        share = float(
            {n - start for n in found.repeats if 0 < n - start < len(shot.frames)} == repeats
        )
        errors = 0
    treated = any(label not in ("progressive", "unknown", "blended") for label in labels)
    return Outcome(
        name,
        " ".join([truth, *shot.flags]),
        most,
        share >= RIGHT and not missing,
        treated and shot.kind in ("progressive", "still") and not neighbors,
        errors,
        count,
        tuple(missing),
    )


def missing_traits(shot: Shot, found: Labels, first: int, start: int) -> Iterator[str]:
    """Traits that were not found, or found although they are not there."""
    count = 2 * len(shot.frames)
    traits = found.traits[first : first + count]
    for name in TRAITS:
        seen = sum(name in each for each in traits) > count / 2
        if seen != (name in shot.flags):
            yield name if not seen else f"no {name}"
    if shot.repeats is not None:
        shown = {n - start for n in found.repeats if 0 < n - start < len(shot.frames)}
        if len(shown ^ set(shot.repeats)) > 0.05 * len(shot.frames):
            yield "repeats"


def table(outcomes: Sequence[Outcome]) -> str:
    """The confusion table, by truth, and the totals."""
    lines = [f"{'truth':<34} {'shots':>6} {'right':>6}  found instead; traits"]
    for truth in dict.fromkeys(each.truth for each in outcomes):
        those = [each for each in outcomes if each.truth == truth]
        wrong = Counter(
            f"{each.found} ({', '.join(each.missing)})" if each.missing else each.found
            for each in those
            if not each.right
        )
        told = ", ".join(f"{count} {name}" for name, count in wrong.most_common())
        lines.append(f"{truth:<34} {len(those):>6} {sum(e.right for e in those):>6}  {told}")
    right, fields = sum(each.right for each in outcomes), sum(each.fields for each in outcomes)
    lines.append(
        f"\n{len({each.film for each in outcomes})} films, {right} of {len(outcomes)} shots right "
        f"({100 * right / max(len(outcomes), 1):.1f} %), "
        f"{sum(each.false_treatment for each in outcomes)} false treatments, "
        f"{sum(each.phase_errors for each in outcomes)} phase errors in {fields} fields"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
