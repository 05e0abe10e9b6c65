"""Linear light and code values: exact both ways, the same for halves and floats, nothing cut off unsaid."""

from __future__ import annotations

import numpy as np
import pytest

from restore.errors import UsageError
from restore.media.color.linear import CURVES, check_curve, to_codes, to_light

EVERY = np.arange(1 << 16, dtype=np.uint16)[None]
"""All code values of 16 bits."""


def bt709(light: np.ndarray) -> np.ndarray:
    """BT.709's curve in double precision, written down apart from the code."""
    bent = 1.09929682680944 * np.maximum(light, 0) ** 0.45 - 0.09929682680944
    return np.where(light < 0.018053968510807, 4.5 * light, bent)


@pytest.mark.parametrize("transfer", list(CURVES))
def test_every_code_value_comes_back(transfer: str | None) -> None:
    """Light rises with every code value from 0 to 1, and leads back to it."""
    light = to_light(EVERY, transfer)
    assert light.dtype == np.float32
    assert (light[0, 0], light[0, -1]) == (0, 1)
    assert (np.diff(light[0]) > 0).all()
    assert (to_codes(light, transfer) == EVERY).all()


def test_light_goes_to_the_nearest_code_value() -> None:
    """By BT.709's curve, within half a code value (and float32's own step), dark or bright."""
    rng = np.random.default_rng(0)
    light = np.concatenate([rng.random(100_000), rng.random(100_000) ** 6]).astype(np.float32)
    codes = to_codes(light[None])[0]
    assert np.abs(codes - bt709(light.astype(float)) * 65535).max() <= 0.503
    assert to_codes(np.float32([[0.018, 0.18]])).tolist() == [[5308, 26794]]


def test_halves_are_read_as_the_floats_that_they_are() -> None:
    """Every 16-bit float between black and white."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    inside = every[(every >= 0) & (every <= 1)][None]
    assert inside.size > 15_000
    assert (to_codes(inside) == to_codes(inside.astype(np.float32))).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    ("value", "words"),
    [(1.25, "to 1.25, beyond"), (-0.5, "from -0.5 to"), (np.nan, "NaN"), (np.inf, "infinity")],
)
def test_what_has_no_code_value_is_refused(dtype: type, value: float, words: str) -> None:
    """One sample is enough; less than half a code value beyond the ends is rounding."""
    light = np.full((4, 4), 0.5, dtype)
    light[2, 1] = value
    with pytest.raises(ValueError, match=words):
        to_codes(light)
    assert to_codes(np.float32([[-1e-6, 1 + 1e-5]])).tolist() == [[0, 65535]]
    for beyond in (-2e-6, 1 + 2e-5):
        with pytest.raises(ValueError, match="beyond black"):
            to_codes(np.float32([[beyond]]))


def test_a_curve_without_a_formula_is_refused() -> None:
    """Light is not guessed; the message names pictures that need none."""
    check_curve("bt709")
    check_curve(None)
    for transfer in ("log100", "film densities", "smpte2084"):
        with pytest.raises(UsageError) as caught:
            check_curve(transfer)
        assert caught.value.code == "transfer-unsupported"
        assert ".tif" in caught.value.what_to_do
