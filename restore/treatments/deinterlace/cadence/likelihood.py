"""How well the predictions agree with the signs, as log-likelihoods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.treatments.deinterlace.cadence.hypotheses import SAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.timing import Span
    from restore.treatments.deinterlace.cadence.signs import Signs

    Figures = NDArray[np.floating[Any]]

MODEL = 0.35
"""The deviation of `nearer` from what is predicted that motion itself causes."""

WORST = -4.0
"""The least log-likelihood that a single field gives."""

UNPLACED = -0.3
"""The log-likelihood of a field that is predicted to show the same moment as both others."""

USUAL = 60
"""The percentile of the changes around a field that is the usual one: above repeated frames."""

CHUNK = 4096
"""Fields that are computed together."""

AROUND = 8
"""Frames on each side that show how much the film moves."""

NEAR = 6
"""Fields on each side that show how much a new moment changes the film."""

STILL = 0.3
"""Energy in squared codes that compression and rounding cause."""

REPEATED, MOVED = 0.06, 0.35
"""A repeated field changes by less than this share of the usual energy; a new one by more."""

CUT = 3.0
"""A cut changes the fields by this many times the usual energy."""

CUT_LEAST = 15.0
"""The least energy of a cut, in squared codes."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Log-likelihoods of predictions, [order, field, prediction].

    own    of what the field's own order predicts: BEFORE, BETWEEN, AFTER, SAME
    other  of what is predicted of the other order's field (without SAME: that is in `own`), also of
           EARLIER and LATER
    cut    [order, field]: a cut may be between the field and the next
    """

    own: Figures
    other: Figures
    cut: NDArray[np.bool_]

    def where(self, fields: NDArray[np.bool_], other: Likelihood) -> Likelihood:
        """These, with those of some fields taken from another."""
        mask = fields[None, :, None]
        return Likelihood(
            np.where(mask, other.own, self.own), np.where(mask, other.other, self.other), self.cut
        )


def likelihoods(
    signs: Signs, shots: Sequence[Span], bands: NDArray[np.float32] | None = None
) -> Likelihood:
    """The log-likelihood of every prediction.

    Cuts may be where a shot begins or a field next to that, and where the fields change suddenly. With
    `bands` (see Evidence) every band of the frame that moves has the same weight, so that a few of them with
    other motion (lettering) do not decide.
    """
    usual = usual_energy(signs.energy)
    cut = _cuts(signs.energy, usual)
    for shot in shots[1:]:
        cut[:, max(0, 2 * shot.start - 2) : 2 * shot.start + 1] = True
    trust = signs.energy / (signs.energy + 0.05 * usual + STILL + signs.noise)
    trust[~np.isfinite(signs.nearer)] = 0
    if bands is None:
        position = of_position(np.nan_to_num(signs.nearer), np.nan_to_num(signs.variance))
        change = _of_change(signs.energy, _expected_change(signs.energy), signs.noise)
        change[~np.isfinite(signs.nearer)] = 0
    else:
        position = _of_bands(bands)
        change = np.zeros((*signs.energy.shape, 2))
        change[..., 1] = UNPLACED
    position *= trust[:, :, None]
    moved, same = change[:, :, 0], change[:, :, 1]
    own = np.concatenate([position[:, :, :3] + moved[:, :, None], same[:, :, None]], axis=2)
    other = position.copy()
    near = cut.copy()
    for step in range(1, 4):
        near[:, step:] |= cut[:, :-step]
        near[:, :-step] |= cut[:, step:]
    other[near] = 0
    return Likelihood(own.astype(np.float32), other[::-1].astype(np.float32), cut)


def usual_energy(energy: Figures) -> Figures:
    """How much the film changes around each field, in a frame that is not a repetition: [order, field]."""
    both = np.sort(energy, axis=0).mean(axis=0)
    reach = 2 * AROUND
    padded = np.pad(both, reach, mode="reflect" if len(both) > reach else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    parts = [windows[at : at + CHUNK] for at in range(0, len(windows), CHUNK)]
    usual = np.concatenate([np.percentile(part, USUAL, axis=1) for part in parts])
    return np.broadcast_to(usual, energy.shape)


def of_position(nearer: Figures, variance: Figures) -> Figures:
    """Log-likelihoods of BEFORE, BETWEEN, AFTER, SAME (a guess), EARLIER, LATER, as the last axis."""
    off = np.stack(
        [
            np.maximum(nearer + 1, 0),
            np.abs(nearer),
            np.maximum(1 - nearer, 0),
            np.zeros_like(nearer),
            np.maximum(nearer, 0),
            np.maximum(-nearer, 0),
        ],
        axis=-1,
    )
    found = np.maximum(-(off**2) / (2 * (variance + MODEL**2))[..., None], WORST)
    found[..., SAME] = UNPLACED
    return found


def _of_bands(bands: NDArray[np.float32]) -> Figures:
    """The mean log-likelihoods of the bands that move."""
    nearer, variance = bands.astype(np.float64)
    moving = (variance < 1) & (variance > 0)
    scores = of_position(nearer, np.where(moving, variance, 1)) * moving[..., None]
    return scores.sum(axis=2) / np.maximum(moving.sum(axis=2), 1)[..., None]


def _expected_change(energy: Figures) -> Figures:
    """How much a new moment changes the film: as much as shortly before, and shortly after, each field.

    At the ends of the film one of both counts.
    """
    padded = np.pad(energy.mean(axis=0), NEAR, constant_values=np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, NEAR).max(axis=1)
    count = energy.shape[1]
    expected = np.minimum(windows[:count], windows[NEAR + 1 : NEAR + 1 + count])
    return np.where(np.isfinite(expected), expected, 0)[None]


def _of_change(energy: Figures, usual: Figures, noise: Figures) -> Figures:
    """Log-likelihoods of (a new moment, the same moment) for the fields before and after each."""
    share = np.log((energy + 0.02 * usual + 1e-3) / (usual + 1e-3))
    moved = np.minimum(share - np.log(MOVED), 0)
    same = np.maximum(share - np.log(REPEATED), 0)
    found = np.stack([moved, same], axis=2)
    trust = usual / (usual + STILL + noise)
    return np.maximum(-(found**2) / 2, WORST) * trust[:, :, None]


def _cuts(energy: Figures, usual: Figures) -> NDArray[np.bool_]:
    """Where both changes across a boundary between fields are much larger than usual."""
    found = np.zeros(energy.shape, bool)
    found[:, :-1] = np.minimum(energy[:, :-1], energy[:, 1:]) > CUT * usual[:, :-1] + CUT_LEAST
    return found
