"""The rate at which a film was shot, if it was stored at a higher one by repeating frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from restore.survey.findings import Shot, Survey
from restore.timing import FrameTable
from restore.treatments.deinterlace.describe_fields import main_stretch
from restore.treatments.deinterlace.repeat_pattern import NOTHING, distinct_share, fit
from restore.treatments.deinterlace.shot_fields import ShotFields

USUAL = tuple(Fraction(rate) for rate in ("16", "50/3", "18", "20", "22", "24", "25", "30"))
"""Usual rates of film and video, in frames a second."""

HELD = (Fraction(1, 2), Fraction(1, 3))
"""Shares of distinct frames of animation on twos and on threes: drawings that are held, no other rate."""

LEAST = 8
"""The least number of repeated frames that show a rate."""

MOST = 0.8
"""The least share of the film's progressive frames whose repeats have a pattern."""

LENGTH = 0.02
"""How much the length of the film may differ at its own rate, apart from one frame."""

STEADY = 0.002
"""How much a stored rate may differ from a standard one: times are rounded."""


@dataclass(frozen=True)
class OwnRate:
    """What is known about repeated frames.

    repeated  the number of repeated frames
    frames    the number of frames
    stored    the rate of the file, in frames a second
    rate      the rate of the film without repeated frames; None: it is not a usual one
    """

    repeated: int
    frames: int
    stored: Fraction
    rate: Fraction | None

    @property
    def seconds(self) -> Fraction | None:
        """How long the film lasts at its own rate."""
        return None if self.rate is None else (self.frames - self.repeated) / self.rate


def own_rate(survey: Survey) -> OwnRate | None:
    """The film's own rate; None if its frames do not repeat regularly, or only as held drawings do."""
    shots = [(fields, len(shot.span)) for shot in survey.shots if (fields := _whole(shot))]
    count = len(survey.frames)
    repeated = sum(len(fields.repeats) for fields, _ in shots)
    if repeated < LEAST:
        return None
    stored = _standard(survey.frames)
    share = None if stored is None else _usual_share(shots, stored)
    if stored is not None and share is not None:
        found = OwnRate(repeated, count, stored, stored * share)
        longer = abs((found.seconds or 0) - count / stored)
        if longer <= (LENGTH * count + 1) / stored:
            return found
    if _patterned(shots):
        return OwnRate(repeated, count, stored or survey.frames.rate, None)
    return None


def _whole(shot: Shot) -> ShotFields | None:
    """The fields of a shot whose frames are progressive."""
    fields: ShotFields | None = shot.measures.get("deinterlace")
    progressive = fields is not None and main_stretch(fields).kind == "progressive"
    return fields if progressive else None


def _usual_share(shots: Sequence[tuple[ShotFields, int]], stored: Fraction) -> Fraction | None:
    """The share of distinct frames that belongs to a usual rate, if the repeats of all shots follow it."""
    nominal = Fraction(round(stored))
    shares = [
        *HELD,
        *(rate / nominal for rate in USUAL if rate < nominal and rate / nominal not in HELD),
    ]
    held = {share for share in HELD if share * nominal not in USUAL}
    fits = {
        share: sum((fit(fields.repeats, frames, share) for fields, frames in shots), NOTHING)
        for share in shares
    }
    best = max(shares, key=lambda share: fits[share].score)
    return best if fits[best].good and best not in held else None


def _patterned(shots: Sequence[tuple[ShotFields, int]]) -> bool:
    """Whether frames repeat regularly in most of the film, and more seldom than those of held drawings."""
    shares = [(distinct_share(fields.repeats, frames), frames) for fields, frames in shots]
    regular = sum(frames for share, frames in shares if share is not None and share > max(HELD))
    return regular >= MOST * sum(frames for _, frames in shares)


def _standard(frames: FrameTable) -> Fraction | None:
    """The standard rate of the file; None if frames last differently, or if it is no standard one."""
    durations = frames.durations[:-1]
    if not durations or 2 * max(durations) > 3 * min(durations):
        return None
    whole = Fraction(round(frames.rate))
    nearest = min((whole, whole * 1000 / 1001), key=lambda rate: abs(rate - frames.rate))
    return nearest if nearest and abs(frames.rate / nearest - 1) <= STEADY else None
