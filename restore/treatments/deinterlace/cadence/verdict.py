"""From the most likely path to the fields of each shot: what is certain, what follows its neighbors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.clip import Fields
from restore.treatments.deinterlace.cadence.hypotheses import (
    CADENCES,
    TFF,
    Cadence,
    all_hypotheses,
)
from restore.treatments.deinterlace.cadence.likelihood import Likelihood, likelihoods
from restore.treatments.deinterlace.cadence.path import (
    FLIPPED,
    Path,
    Predictions,
    best_path,
    cadence_scores,
    predictions,
)
from restore.treatments.deinterlace.cadence.traits import (
    has_progressive_chroma,
    is_blended,
    is_mixed,
    is_soft,
    is_video_in_few_bands,
    repeated_frames,
)
from restore.treatments.deinterlace.cadence.unsettled import unsettled, video_order
from restore.treatments.deinterlace.shot_fields import FieldKind, ShotFields, Stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.timing import Span
    from restore.treatments.deinterlace.cadence.evidence import Evidence
    from restore.treatments.deinterlace.cadence.signs import Signs

    Figures = NDArray[np.floating[Any]]

CERTAIN = 12.0
"""The least log-likelihood by which a cadence must exceed every other one."""

CERTAINLY_PROGRESSIVE = 6.0
"""The same for progressive frames, which need no treatment."""

FAINT = 1.0
"""The least margin of a run that is not without evidence."""

LONG = 10
"""Cadences with more fields than this in a cycle look like shorter ones for a while; they are no rivals."""

NAMES: tuple[Fields, Fields] = ("tff", "bff")


@dataclass(frozen=True, slots=True)
class CadenceRun:
    """Consecutive fields in which the pattern is not interrupted.

    cadence  index in CADENCES; None: unknown
    place    how many fields of the pattern have passed before the first
    """

    start: int
    stop: int
    cadence: int | None
    place: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The runs of the whole film, the path that they are from, what it predicts, and how well that fits.

    `found` is of whole frames, also where bands decided.
    """

    runs: list[CadenceRun]
    path: Path
    expected: Predictions
    found: Likelihood
    progressive_chroma: bool


def judged(evidence: Evidence, shots: Sequence[Span]) -> Verdict:
    """The runs of the whole film; uncertain cadences follow those on both sides, or are unknown.

    Where the frames as a whole give no certain cadence, their bands are examined separately.
    """
    whole = found = likelihoods(evidence.signs, shots)
    path = best_path(found)
    runs, sure = _examined(path, found, shots)
    by_bands = likelihoods(evidence.signs, shots, evidence.bands)
    doubtful = np.zeros(len(path.hypothesis), bool)
    for run, certain in zip(runs, sure, strict=True):
        doubtful[run.start : run.stop] = not certain or _is_lettering(run, evidence, by_bands)
    if (doubtful & (evidence.signs.energy[TFF] > 0)).any():
        path = _replaced(path, best_path(by_bands), doubtful)
        found = found.where(doubtful, by_bands)
        runs, sure = _examined(path, found, shots)
    settled = _settled(runs, sure)
    expected = predictions(path)
    woven = [
        (run.start, run.stop)
        for run in settled
        if run.cadence is not None and not CADENCES[run.cadence].progressive
    ]
    chroma = has_progressive_chroma(evidence, expected, woven)
    return Verdict(settled, path, expected, whole, chroma)


def _is_lettering(run: CadenceRun, evidence: Evidence, by_bands: Likelihood) -> bool:
    """Whether only lettering is video, and most bands are certainly film."""
    if run.cadence is None or CADENCES[run.cadence].pattern != (1,):
        return False
    order = CADENCES[run.cadence].order
    if not is_video_in_few_bands(evidence, order, run.start, run.stop):
        return False
    scores = cadence_scores(by_bands, run.start, run.stop)
    best = int(scores.argmax())
    return CADENCES[best].pattern != (1,) and _margin(best, scores) >= _needed(best)


def _replaced(path: Path, other: Path, where: NDArray[np.bool_]) -> Path:
    """The path, with some fields taken from another."""
    seams = np.append(False, where[1:] != where[:-1])
    return Path(
        np.where(where, other.hypothesis, path.hypothesis),
        np.where(where, other.reached, path.reached),
        np.where(where, other.jumped, path.jumped) | seams,
    )


def _examined(
    path: Path, found: Likelihood, shots: Sequence[Span]
) -> tuple[list[CadenceRun], list[bool]]:
    """The runs of a path, and whether each is certain.

    Consecutive ones of one cadence share their evidence; but one that has none of its own is not certain,
    and none is if no run has the whole pattern.
    """
    runs = _runs(path, shots)
    sure: list[bool] = []
    for cadence, grouped in groupby(runs, key=lambda run: run.cadence or 0):
        group = [*grouped]
        scores = [cadence_scores(found, run.start, run.stop) for run in group]
        longest = max(run.stop - run.start for run in group)
        certain = longest >= sum(CADENCES[cadence].pattern)
        certain &= _margin(cadence, sum(scores, np.zeros(len(CADENCES)))) >= _needed(cadence)
        sure += [certain and _margin(cadence, each) >= FAINT for each in scores]
    return runs, sure


def _margin(cadence: int, scores: Figures) -> float:
    """By how much a cadence exceeds all others that could be meant."""
    own = CADENCES[cadence]
    rivals = [
        scores[number]
        for number, each in enumerate(CADENCES)
        if number != cadence and (sum(each.pattern) <= LONG or sum(own.pattern) > LONG)
    ]
    return float(scores[cadence] - max(rivals))


def _needed(cadence: int) -> float:
    """The margin with which a cadence is certain."""
    return CERTAINLY_PROGRESSIVE if CADENCES[cadence].progressive else CERTAIN


def _settled(runs: Sequence[CadenceRun], sure: Sequence[bool]) -> list[CadenceRun]:
    """The runs, those that are uncertain with the cadence of their neighbors, or unknown."""
    return [
        run if sure[number] else _with_cadence(run, _followed(runs, sure, number))
        for number, run in enumerate(runs)
    ]


def _runs(path: Path, shots: Sequence[Span]) -> list[CadenceRun]:
    """The path as runs; those of cadences without a phase end at cuts."""
    hypotheses = all_hypotheses()
    cadence = hypotheses.cadence[path.hypothesis]
    simple = np.array([len(set(each.pattern)) == 1 for each in CADENCES])[cadence]
    changed = path.jumped | np.append(False, cadence[1:] != cadence[:-1])
    for shot in shots[1:]:
        first = 2 * shot.start
        changed[first] |= simple[first] and not changed[first - 1 : first + 2].any()
    changed[0] = False
    edges = [0, *(int(each) for each in np.flatnonzero(changed)), len(cadence)]
    place = hypotheses.place[path.hypothesis]
    return [CadenceRun(a, b, int(cadence[a]), int(place[a])) for a, b in pairwise(edges)]


def _followed(runs: Sequence[CadenceRun], sure: Sequence[bool], number: int) -> int | None:
    """The cadence that an uncertain run has because its neighbors have it; None: unknown."""
    before = next((runs[n].cadence for n in range(number - 1, -1, -1) if sure[n]), None)
    after = next((runs[n].cadence for n in range(number + 1, len(runs)) if sure[n]), None)
    near = {each for each in (before, after) if each is not None}
    if len(near) != 1:
        return None
    (cadence,) = near
    simple = len(set(CADENCES[cadence].pattern)) == 1  # others have phases that are not known
    return cadence if simple or cadence == runs[number].cadence else None


def _with_cadence(run: CadenceRun, cadence: int | None) -> CadenceRun:
    """The run with another cadence, its place by the parity of its first field."""
    if cadence == run.cadence:
        return run
    pattern = CADENCES[cadence] if cadence is not None else CADENCES[0]
    late = pattern.aligned is False
    place = (run.start + late) % sum(pattern.pattern)
    return CadenceRun(run.start, run.stop, cadence, place)


def in_shot(verdict: Verdict, evidence: Evidence, shot: Span) -> ShotFields:
    """The fields of one shot."""
    start, stop = 2 * shot.start, 2 * shot.stop
    path, signs = verdict.path, evidence.signs
    parts = [run for run in verdict.runs if run.start < stop and run.stop > start]
    stretches = _merged(_stretch(run, evidence, start, stop) for run in parts)
    mixed = any(
        is_mixed(evidence, verdict.expected, start + s.start, start + s.stop)
        for s in stretches
        if s.kind == "film"
    )
    regular = stretches
    if not mixed:
        stretches = _with_video(stretches, verdict, evidence, start)
    moving = any(each.kind in ("film", "video") for each in stretches)
    likely = _likely_repeats(parts, path, start, stop) if stretches == regular else []
    repeats = repeated_frames(signs, likely, shot.start, shot.stop)
    first, last = stretches[0].order, stretches[-1].order
    return ShotFields(
        tuple(stretches),
        repeats=tuple(int(frame) - shot.start for frame in repeats),
        soft=is_soft(evidence.durations[shot.start : shot.stop]) and not moving,
        swapped=evidence.exchanged,
        mixed=mixed,
        unsettled=stretches != regular,
        progressive_chroma=verdict.progressive_chroma and moving,
        lead=_cut_within(signs, _index(first, evidence), start) == 1,
        tail=_cut_within(signs, _index(last, evidence), stop) == -1,
    )


def _with_video(
    stretches: list[Stretch], verdict: Verdict, evidence: Evidence, start: int
) -> list[Stretch]:
    """The stretches of a shot; those without a regular cadence, if any, are video."""

    def video(first: int, last: int) -> Stretch:
        order = video_order(verdict.found, start + first, start + last)
        return Stretch(first, last, "video", NAMES[order ^ evidence.exchanged], (1,))

    wrong = unsettled(verdict.found, verdict.expected, start, stretches)
    if all(wrong):
        return [video(0, stretches[-1].stop)]
    return _merged(
        video(each.start, each.stop) if bad else each
        for each, bad in zip(stretches, wrong, strict=True)
    )


def _index(order: Fields | None, evidence: Evidence) -> int | None:
    """The order in arrays: that of the fields after they were exchanged back."""
    return None if order is None else NAMES.index(order) ^ evidence.exchanged


def _stretch(run: CadenceRun, evidence: Evidence, start: int, stop: int) -> Stretch:
    """The part of a run that is in a shot."""
    first, last = max(run.start, start), min(run.stop, stop)
    cadence = CADENCES[run.cadence if run.cadence is not None else 0]
    phase = (run.place + first - run.start) % sum(cadence.pattern)
    kind = "unknown" if run.cadence is None else _kind(cadence)
    if kind == "video" and is_blended(evidence.signs, cadence.order, first, last):
        kind = "blended"
    known = kind != "unknown" and not cadence.progressive
    order = NAMES[int((cadence.order != TFF) != evidence.exchanged)] if known else None
    return Stretch(first - start, last - start, kind, order, cadence.pattern, phase)


def _kind(cadence: Cadence) -> FieldKind:
    if cadence.progressive:
        return "progressive"
    return "video" if cadence.pattern == (1,) else "film"


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The stretches, those joined that continue each other."""
    joined: list[Stretch] = []
    for each in stretches:
        if joined and _continues(joined[-1], each):
            joined[-1] = replace(joined[-1], stop=each.stop)
        else:
            joined.append(each)
    return joined


def _continues(a: Stretch, b: Stretch) -> bool:
    same = (a.kind, a.order, a.pattern) == (b.kind, b.order, b.pattern)
    return same and (a.phase + b.start - a.start) % sum(a.pattern) == b.phase


def _likely_repeats(parts: Sequence[CadenceRun], path: Path, start: int, stop: int) -> list[int]:
    """Frames, counted from the film's first, that repeat the one before by the path."""
    own = all_hypotheses()
    starts = own.starts[path.hypothesis] & (path.reached != FLIPPED)
    frames: list[int] = []
    for run in parts:
        if run.cadence is not None and CADENCES[run.cadence].progressive:
            first, last = max(run.start, start + 2), min(run.stop, stop)
            fields = np.flatnonzero(~starts[first:last]) + first
            frames += [int(field) // 2 for field in fields if field % 2 == 0]
    return frames


def _cut_within(signs: Signs, order: int | None, field: int) -> int:
    """Where the cut at the border of a shot really is: -1 or 1 field next to it, or 0 (also: not known)."""
    if order is None or not 2 <= field <= signs.fields - 3:
        return 0
    energy = signs.energy[order]
    steps = (0, -1, 1)
    change = [min(energy[field + step - 1], energy[field + step]) for step in steps]
    return steps[int(np.argmax(change))] if max(change) > 1.5 * change[0] else 0
