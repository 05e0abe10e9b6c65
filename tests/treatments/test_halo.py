"""Halo: overshoot along the lines is measured and removed; sharp edges and lines of the picture are kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from restore.ageing import broadcast, optics
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts
from restore.treatments.halo import HALO, HaloDecision, HaloOptions, treat
from restore.treatments.halo.edge_profiles import REACH, edge_profiles
from restore.treatments.halo.halo_observer import Halo, HaloObserver, halo_of
from restore.treatments.halo.ring_fit import fitted
from tests.made import made_shot
from tests.treatments.tape_pictures import Values, clip_of, seen

FILM = FilmFacts(320, 240)
CLEANED = FilmFacts(320, 240, recomputed=True)
MEASURE = Halo(0.6, 2.0, -0.24, 4, 0.08)


def blocks(frames: int = 4, height: int = 240, width: int = 320, soft: float = 1.0) -> Values:
    """Rectangles of several gray values with soft edges, slightly grainy: nominal luma [T, H, W]."""
    rng = np.random.default_rng(5)
    plane = np.full((height, width), 0.5, np.float32)
    for _ in range(40):
        row, column = int(rng.integers(0, height - 50)), int(rng.integers(0, width - 60))
        plane[row : row + 50, column : column + 60] = rng.choice([0.2, 0.35, 0.65, 0.8])
    wide = torch.from_numpy(plane).expand(frames, 1, height, width)
    grain = 0.003 * rng.standard_normal((frames, height, width))
    return np.asarray(optics.blur(wide, soft)[:, 0].numpy() + grain, np.float32)


def enhanced(luma: Values, amount: float, distance: float) -> Values:
    """The frames with the edge enhancement of the ageing."""
    return broadcast.ringing(torch.from_numpy(luma)[:, None], amount, distance)[:, 0].numpy()


def measured(luma: Values) -> Halo | None:
    """What the survey finds in a shot of these frames."""
    observer = HaloObserver(len(luma))
    for frame in seen(luma):
        observer.see(frame)
    return observer.result()


def test_profiles_go_from_zero_to_one_and_cross_the_middle_at_their_center() -> None:
    """Whether the edge is rising or falling."""
    profiles = edge_profiles(blocks()[0])
    assert len(profiles) > 100
    typical = np.median(profiles, 0)
    np.testing.assert_allclose(typical[[0, REACH, -1]], [0, 0.5, 1], atol=0.02)
    assert bool((np.diff(typical) > -0.01).all())


def test_flat_and_narrow_planes_have_no_edges() -> None:
    """Neither do the borders of the frame count."""
    framed = np.full((64, 200), 0.1, np.float32)
    framed[:, 6:-6] = 0.7
    for plane in (framed, blocks()[0][:, :30], np.zeros((64, 200), np.float32)):
        assert len(edge_profiles(plane)) == 0


def test_the_enhancement_of_a_profile_is_found() -> None:
    """Amount, distance, echo and delay of a profile that was made with them."""
    places = torch.arange(-REACH, REACH + 1, dtype=torch.float64)
    clean = torch.sigmoid(2 * places)
    worn = broadcast.ringing(clean.view(1, 1, 1, -1), 0.5, 2.0).flatten()
    found, error = fitted(worn.numpy(), clean.numpy())
    assert (found.amount, found.distance) == pytest.approx((0.5, 2.0), abs=0.1)
    assert (found.echo, found.delay) == (pytest.approx(-0.2, abs=0.05), 4)
    assert error < 0.005


@pytest.mark.parametrize(("amount", "distance"), [(0.6, 2.0), (0.8, 2.4)])
def test_halos_are_measured(amount: float, distance: float) -> None:
    """The enhancement that made them, and the overshoot.

    A larger amount at a smaller distance is nearly the same filter, so that both have wide tolerances.
    """
    found = measured(enhanced(blocks(), amount, distance))
    assert found is not None
    assert found.amount == pytest.approx(amount, rel=0.6)
    assert found.distance == pytest.approx(distance, abs=0.8)
    assert found.overshoot > 0.05


def test_a_clean_shot_has_no_measure() -> None:
    """Sharp or soft; sharpened alike in both directions; with light lines next to its edges."""
    sharp = blocks(soft=0.6)
    both = torch.from_numpy(blocks())[:, None]
    both = optics.sharpen(both, 0.8, 2.0)[:, 0].numpy()
    for luma in (sharp, blocks(soft=2.0), both, np.full((4, 240, 320), 0.5, np.float32)):
        assert measured(luma) is None


def test_one_sided_overshoot_is_a_shape_of_the_picture() -> None:
    """A bright rim on one side of the edges is light on an object."""
    places = np.arange(-REACH, REACH + 1)
    clean = 1 / (1 + np.exp(-2.0 * places))
    rim = clean + 0.2 * np.exp(-0.5 * ((places - 4) / 1.5) ** 2)
    assert halo_of(rim, clean) is None


def test_halos_are_removed() -> None:
    """The error that the enhancement made falls to a quarter; chroma stays."""
    clean = blocks(2)
    worn = enhanced(clean, 0.6, 2.0)
    found = measured(np.concatenate([worn, worn]))
    assert found is not None
    clip = clip_of(worn, 10)
    decision = HaloDecision(found.amount, found.distance, found.echo, found.delay)
    result = treat(clip, Span(10, 12), decision)
    before, after = (
        np.sqrt(np.mean((each - clean) ** 2)) for each in (worn, result.luma[:, 0].numpy())
    )
    assert after < before / 4
    assert result.chroma is not None
    assert clip.chroma is not None
    assert torch.equal(result.chroma, clip.chroma)


def test_half_the_strength_leaves_half_of_the_halo() -> None:
    """Every value is in the middle between the untouched and the repaired one."""
    clip = clip_of(enhanced(blocks(1), 0.6, 2.0))
    half, full = (
        treat(clip, Span(0, 1), HaloDecision(0.6, 2.0, -0.24, 4, share)).luma
        for share in (0.5, 1.0)
    )
    torch.testing.assert_close(half, (clip.luma + full) / 2)


@pytest.mark.parametrize(
    ("measure", "asked", "film", "expected"),
    [
        (MEASURE, None, CLEANED, HaloDecision(0.6, 2.0, -0.24, 4)),
        (MEASURE, 0.5, FILM, HaloDecision(0.6, 2.0, -0.24, 4, 0.5)),
        (MEASURE, None, FILM, None),
        (MEASURE, 0.0, CLEANED, None),
        (None, 1.0, CLEANED, None),
    ],
)
def test_decisions_follow_measure_option_and_film(
    measure: Halo | None, asked: float | None, film: FilmFacts, expected: HaloDecision | None
) -> None:
    """By default only where a network computes the luma; nothing without a measure or at 0."""
    assert (
        HALO.decide(made_shot(0, 24, color="color"), measure, HaloOptions(halo=asked), film)
        == expected
    )
