"""The most likely sequence of hypotheses, one for every field (Viterbi's algorithm).

A hypothesis is followed by that of the next field of its pattern. Jumps to others are breaks of the cadence.
They are cheap where a cut may be. A moment may end early at a jump, or continue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.treatments.deinterlace.cadence.hypotheses import (
    AFTER,
    BEFORE,
    BETWEEN,
    CADENCES,
    SAME,
    all_hypotheses,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.treatments.deinterlace.cadence.likelihood import Likelihood

    Figures = NDArray[np.floating[Any]]
    Indices = NDArray[np.int64]

CONTINUED, FLIPPED, AFTER_CUT = 0, 1, 2
"""How a hypothesis was reached: whether a moment starts is as the pattern says, or the reverse (only at a
jump), or a cut comes before."""

BREAK, BREAK_CADENCE = 9.0, 14.0
"""What a break costs: to the same cadence, and to another."""

CUT, CUT_CADENCE = 2.5, 5.0
"""The same at a cut."""

WITHIN_FRAME = 1.0
"""What a break between the two fields of a frame costs more: tape is edited by frames."""

WINDOW = 4096
"""Fields after which the path to a field does not change any more."""

REPEAT = 2.0
"""What a repeated frame of a progressive film costs."""

_OWN = np.array([[SAME, BEFORE], [AFTER, BETWEEN]])
"""The prediction by whether a moment starts with the field, and with the next."""


@dataclass(frozen=True, slots=True)
class Path:
    """The most likely hypotheses.

    hypothesis  of each field
    reached     how each was reached: CONTINUED, FLIPPED or AFTER_CUT
    jumped      whether the pattern is interrupted before the field
    """

    hypothesis: Indices
    reached: Indices
    jumped: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the path predicts of each field: its order, and `own` BEFORE, BETWEEN, AFTER or SAME."""

    order: Indices
    own: Indices


def predictions(path: Path) -> Predictions:
    """The predictions of all fields; of the last one as if a moment started after it."""
    hypotheses = all_hypotheses()
    cut = path.reached == AFTER_CUT
    starts = (hypotheses.starts[path.hypothesis] ^ (path.reached == FLIPPED)) | cut
    then = np.append(starts[1:], True)
    own = _OWN[starts.astype(int), then.astype(int)]
    own[cut] = AFTER
    own[:-1][cut[1:]] = BEFORE
    return Predictions(hypotheses.order[path.hypothesis], own)


class _Steps:
    """The scores of all hypotheses while the fields pass; [hypothesis, how it was reached]."""

    def __init__(self, found: Likelihood, start: int, *, across: bool) -> None:
        """`across`: breaks may lead to other cadences."""
        self._all = all_hypotheses()
        self._found = found
        self._across = across
        every = np.arange(len(self._all))
        starts = np.stack([self._all.starts, ~self._all.starts, np.ones(len(every), bool)], axis=1)
        self._starts = starts.astype(int)
        after = self._starts[self._all.following, CONTINUED]
        self._stay = self._codes(np.repeat(after[:, None], 3, axis=1))
        self._ends = self._codes(np.ones_like(self._starts))
        self._goes_on = self._codes(np.zeros_like(self._starts))
        self._loose = np.array([c.progressive for c in CADENCES])[self._all.cadence]
        self._loose &= self._all.starts
        self._before = np.empty(len(every), int)
        self._before[self._all.following] = every
        self.score = np.full((len(every), 3), -np.inf)
        self.score[:, CONTINUED] = self._other(start)
        if start and found.cut[:, start - 1].all():
            self.score[:, AFTER_CUT] = self.score[:, CONTINUED]

    def _codes(self, then: Indices) -> Indices:
        """The predictions of each hypothesis, if this is whether a moment starts with the next field."""
        codes = _OWN[self._starts, then]
        codes[:, AFTER_CUT] = AFTER
        return codes

    def _other(self, field: int) -> Figures:
        """What the other order's triples say of a field; -inf where a hypothesis cannot be true."""
        hypotheses = self._all
        parity = field % 2
        found = self._found.other[hypotheses.order, field, hypotheses.other[parity]]
        return np.where(hypotheses.valid[parity], found, -np.inf)

    def step(self, field: int) -> NDArray[np.int16]:
        """Score the field after `field`; where its hypotheses come from, as 3 * hypothesis + reached."""
        own = self._found.own[self._all.order, field]
        rows = np.arange(len(self._all))[:, None]
        stay = self.score + own[rows, self._stay]
        source = stay.argmax(axis=1)
        new = np.full_like(self.score, -np.inf)
        came = np.zeros(self.score.shape, np.int16)
        new[:, CONTINUED] = stay[np.arange(len(source)), source][self._before]
        came[:, CONTINUED] = (3 * np.arange(len(source)) + source)[self._before]
        self._repeated(own, new, came)
        self._breaks(field, own, new, came)
        self.score = new + self._other(field + 1)[:, None]
        return came

    def _repeated(self, own: Figures, new: Figures, came: NDArray[np.int16]) -> None:
        """A frame of a progressive film may repeat the one before."""
        at = np.flatnonzero(self._loose)
        last = self._before[at]
        rows = last[:, None]
        score = self.score[last] + own[rows, self._goes_on[last]]
        best = score.argmax(axis=1)
        new[at, FLIPPED] = score[np.arange(len(at)), best] - REPEAT
        came[at, FLIPPED] = 3 * last + best

    def _breaks(self, field: int, own: Figures, new: Figures, came: NDArray[np.int16]) -> None:
        """Jumps from every hypothesis to every other."""
        rows = np.arange(len(self._all))[:, None]
        extra = WITHIN_FRAME * (field % 2 == 0)
        starts = self._all.starts
        for then, codes in ((1, self._ends), (0, self._goes_on)):
            best, where = self._best(self.score + own[rows, codes], BREAK, BREAK_CADENCE)
            reached = np.where(starts == then, CONTINUED, FLIPPED)
            _improve(new, came, reached, best - extra, where)
        at_cut = self._found.cut[self._all.order, field]
        if at_cut.any():
            score = self.score + own[:, BEFORE][:, None]
            score[~at_cut] = -np.inf
            best, where = self._best(score, CUT, CUT_CADENCE)
            _improve(new, came, np.full(len(best), AFTER_CUT), best - extra, where)

    def _best(self, score: Figures, same: float, another: float) -> tuple[Figures, Indices]:
        """For each hypothesis the best score from which a jump leads to it, and its source."""
        flat = score.max(axis=1)
        reached = score.argmax(axis=1)
        first = self._all.first
        tops = np.maximum.reduceat(flat, first)
        edges = [*first, len(flat)]
        places = np.array([a + flat[a:b].argmax() for a, b in pairwise(edges)])
        best = tops[self._all.cadence] - same
        where = places[self._all.cadence]
        if self._across:
            top = int(flat.argmax())
            better = flat[top] - another > best
            best, where = np.where(better, flat[top] - another, best), np.where(better, top, where)
        return best, 3 * where + reached[where]


def _improve(
    new: Figures, came: NDArray[np.int16], reached: Indices, best: Figures, where: Indices
) -> None:
    """Take over the jumps that are better than what was found so far."""
    rows = np.arange(len(new))
    better = best > new[rows, reached]
    new[rows[better], reached[better]] = best[better]
    came[rows[better], reached[better]] = where[better]


def best_path(found: Likelihood) -> Path:
    """The most likely sequence of hypotheses for all fields."""
    steps = _Steps(found, 0, across=True)
    came: list[NDArray[np.int16]] = []
    states: list[int] = []
    for field in range(found.own.shape[1] - 1):
        came.append(steps.step(field))
        if len(came) == 2 * WINDOW:
            states += _traced(came, int(steps.score.argmax()))[:WINDOW]
            del came[:WINDOW]
    states += _traced(came, int(steps.score.argmax()))
    hypothesis, reached = np.divmod(np.array(states), 3)
    return Path(hypothesis, reached, _jumps(hypothesis, reached))


def _traced(came: Sequence[NDArray[np.int16]], last: int) -> list[int]:
    """The states from the first of these steps to the last one."""
    states = [last]
    for each in reversed(came):
        states.append(int(each.reshape(-1)[states[-1]]))
    return states[::-1]


def _jumps(hypothesis: Indices, reached: Indices) -> NDArray[np.bool_]:
    """Before which fields the pattern is interrupted; repeated progressive frames do not."""
    following = all_hypotheses().following[hypothesis[:-1]]
    jumped = (hypothesis[1:] != following) | (reached[1:] == AFTER_CUT)
    return np.concatenate([[False], jumped])


def cadence_scores(found: Likelihood, start: int, stop: int) -> Figures:
    """The score of each cadence for these fields alone, with breaks but without changes of cadence."""
    steps = _Steps(found, start, across=False)
    for field in range(start, stop - 1):
        steps.step(field)
    return np.maximum.reduceat(steps.score.max(axis=1), all_hypotheses().first)
