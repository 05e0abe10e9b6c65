"""A shot is classified by a few of its samples, the same ones wherever the pass began."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restore.survey.kinds import (
    EXAMINED,
    MOST_SAMPLES,
    Sample,
    classify_shot,
    evenly_spread,
    keep_sample,
)
from restore.timing import Span
from tests.survey.drawn import aged, card, landscape
from tests.survey.moving import flat


def kept_of(length: int) -> list[int]:
    """The numbers of the frames kept of a shot of this length."""
    samples: list[int] = []
    for number in range(length):
        samples = keep_sample(samples, number, number)
        assert len(samples) <= MOST_SAMPLES
    return samples


@given(length=st.integers(1, 3000))
def test_samples_are_few_and_even(length: int) -> None:
    """At most MOST_SAMPLES, from the first frame on, evenly spaced, up to the end of the shot."""
    samples = kept_of(length)
    steps = set(np.diff(samples))
    assert samples[0] == 0
    assert len(steps) <= 1
    assert len(samples) >= min(length, MOST_SAMPLES // 2)
    step = int(next(iter(steps), 1))
    assert length - samples[-1] <= step


@given(count=st.integers(1, 50))
def test_judged_are_spread_from_first_to_last(count: int) -> None:
    """No more than EXAMINED, in order, the first and the last among them."""
    chosen = evenly_spread(range(count))
    assert len(chosen) == min(count, EXAMINED)
    assert chosen == sorted(set(chosen))
    assert (chosen[0], chosen[-1]) == (0, count - 1)


def samples_of(luma: np.ndarray, cb: int = 128, cr: int = 128) -> list[Sample]:
    """Samples of even chroma."""
    return [Sample(y, np.full_like(y, cb), np.full_like(y, cr)) for y in luma]


def test_the_three_contents() -> None:
    """Leader is black, lettering a card, anything else a scene."""
    rng = np.random.default_rng(0)
    pictures = {
        "black": flat(5),
        "card": aged(np.stack([card(rng)] * 5), rng, 0.3),
        "scene": np.stack([landscape(rng).clip(0, 255)] * 5).astype(np.uint8),
    }
    for content, luma in pictures.items():
        assert classify_shot(Span(0, 5), samples_of(luma)).content == content


def test_a_tinted_shot_says_its_tint_in_nominal_units() -> None:
    """20 codes of 224 above the middle are 0.089; other shots have no tint."""
    luma = np.stack([landscape(np.random.default_rng(1)).clip(0, 255)] * 3).astype(np.uint8)
    found = classify_shot(Span(0, 3), samples_of(luma, 148, 118))
    assert found.color == "tint"
    assert found.tint is not None
    assert np.allclose(found.tint, (20 / 224, -10 / 224))
    assert classify_shot(Span(0, 3), samples_of(luma)).tint is None
