"""A whole shot: what is damage and what belongs to the film, drawn amounts, and compression."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from restore.media.compress import compress
from restore.training.degrade import stock
from restore.training.degrade.amounts import Ageing, Spread, draw
from restore.training.degrade.shot import age
from restore.training.degrade.storage import store, to_codes


def seeded(seed: int = 1) -> torch.Generator:
    """A generator in a known state."""
    return torch.Generator().manual_seed(seed)


def scene(frames: int = 3, height: int = 24, width: int = 32) -> torch.Tensor:
    """Random color frames, smooth enough to be compressed."""
    coarse = torch.rand(frames, 3, height // 8, width // 8, generator=seeded())
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")


def test_no_amounts_only_take_the_color() -> None:
    """With the default amounts an aged shot is its truth, shrunk, and the truth is the luma."""
    shot = age(scene(), Ageing(), 2, seeded())

    assert torch.equal(shot.truth, stock.expose(scene(), stock.REC709))
    torch.testing.assert_close(shot.aged, torch.nn.functional.avg_pool2d(shot.truth, 2))


def test_tone_and_weave_are_in_the_truth_grain_is_not() -> None:
    """The upscaler is asked to take away grain, not the film's own printing or place in the gate."""
    film = Ageing(gamma=1.4, contrast=0.5, black=0.1, vignette=0.3, weave=0.5)

    same = age(scene(), film, 1, seeded())
    grainy = age(scene(), film.model_copy(update={"grain": 0.05}), 1, seeded())

    assert torch.equal(same.truth, same.aged)
    assert torch.equal(same.truth, grainy.truth)
    assert not torch.equal(grainy.truth, grainy.aged)


@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1, 2, 4]))
@settings(max_examples=15, deadline=None)
def test_any_drawn_ageing_gives_finite_frames_of_the_right_size(seed: int, scale: int) -> None:
    """Whatever is drawn: sizes as stated, no NaN, the truth in 0..1, and the same again for the seed."""
    shots = []
    for _ in range(2):
        generator = seeded(seed)
        shots.append(age(scene(), draw(Spread(), generator), scale, generator))

    first, again = shots
    assert (3, 1, 24 // scale, 32 // scale) == first.aged.shape
    assert first.truth.shape == (3, 1, 24, 32)
    assert torch.isfinite(first.aged).all()
    assert 0 <= float(first.truth.min()) <= float(first.truth.max()) <= 1
    assert torch.equal(first.aged, again.aged)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_drawn_amounts_stay_in_their_ranges(seed: int) -> None:
    """Responses are positive and sum to one, every amount lies in its range."""
    spread, amounts = Spread(), draw(Spread(), seeded(seed))

    assert min(amounts.response) >= 0
    assert sum(amounts.response) == pytest.approx(1)
    for name in ("gamma", "contrast", "black", "white", "blur", "grain", "dust", "scratches"):
        low, high = getattr(spread, name)
        assert low <= getattr(amounts, name) <= high, name


def test_chances_of_zero_leave_a_clean_film() -> None:
    """Every damage can be switched off in train.toml."""
    chances = {name: 0.0 for name in Spread.model_fields if name.endswith("_chance")}
    amounts = draw(Spread(**chances, codec_weights=(1, 0, 0, 0)), seeded())

    none = (
        "vignette",
        "weave",
        "halation",
        "blur",
        "edging",
        "grain",
        "flicker",
        "dust",
        "scratches",
    )
    assert [0] * len(none) == [getattr(amounts, name) for name in none]
    assert amounts.codec == "none"


def test_unknown_amounts_are_refused() -> None:
    """A misspelt amount is an error, not a film without it."""
    with pytest.raises(ValidationError, match="grian"):
        Ageing.model_validate({"grian": 0.1})


@pytest.mark.parametrize(
    ("codec", "fine", "coarse"),
    [("h264", 12, 40), ("mpeg2", 2, 24), ("mpeg4", 2, 24), ("jpeg", 2, 24)],
)
def test_codecs_lose_more_at_coarser_quantizers(codec: str, fine: int, coarse: int) -> None:
    """All frames come back in order and size (odd ones too), without a shift in level."""
    rows = np.linspace(40, 200, 33, dtype=np.uint8)[:, None].repeat(45, 1)
    frames = np.stack([np.roll(rows, 5 * t, axis=0) for t in range(6)])
    noisy = frames + np.random.default_rng(1).integers(0, 9, frames.shape, dtype=np.uint8)

    errors = [np.abs(compress(noisy, codec, q).astype(int) - noisy).mean() for q in (fine, coarse)]

    assert frames.shape == compress(noisy, codec, fine).shape
    assert errors[0] < 2.5 < errors[1]
    assert abs(compress(frames, codec, fine).astype(int).mean() - frames.mean()) < 1


def test_a_codec_that_is_not_known_is_an_error() -> None:
    """Names and quantizers outside the list are refused before anything is encoded."""
    frames = np.zeros((1, 16, 16), np.uint8)
    for codec, quantizer in (("theora", 3), ("h264", 99), ("jpeg", -1)):
        with pytest.raises(ValueError, match="no codec"):
            compress(frames, codec, quantizer)


@given(value=st.integers(0, 255))
def test_code_values_survive_the_way_to_and_fro(value: int) -> None:
    """0..1 stands for codes 0..255: storing adds no offset and no scaling of its own."""
    codes = torch.full((1, 1, 2, 2), value, dtype=torch.uint8)
    assert torch.equal(codes, to_codes(codes.float() / 255))
    assert to_codes(store(codes.float() / 255, "jpeg", 2)).float().mean() == pytest.approx(
        value, abs=1
    )


WORN = Ageing(
    weave=0.5, flicker=0.1, flicker_slope=0.05, grain=0.05, dust=0.02, blotches=0.03, hairs=2,
    gate_hairs=1, scratches=2, scratch_breaks=0.3, generations=1,
)  # fmt: skip


def test_masks_mark_exactly_what_local_damages_changed() -> None:
    """Outside the masks not a bit differs from the film without wear, inside every pixel does."""
    none = dict.fromkeys(("dust", "blotches", "hairs", "gate_hairs", "scratches"), 0)
    film = scene(4, 48, 64)

    worn = age(film, WORN, 1, seeded())
    whole = age(film, WORN.model_copy(update=none), 1, seeded())

    changed = worn.aged != whole.aged
    for name in ("dust", "blotches", "hairs", "scratches"):
        assert worn.masks[name].any(), name
        assert not whole.masks[name].any(), name
    assert torch.equal(changed, torch.stack(list(worn.masks.values())).any(0))
    assert torch.equal(changed, to_codes(worn.aged) != to_codes(whole.aged))


def test_what_lasts_goes_on_from_part_to_part() -> None:
    """A shot aged in two parts has the weave, the flicker and the scratches of the whole."""
    film = Ageing(weave=1.0, flicker_drift=0.1, flicker=0.05, scratches=2, gate_hairs=2)
    frames = scene(6, 48, 64)

    whole = age(frames, film, 1, seeded())
    parts = [age(frames[at : at + 3], film, 1, seeded(), first=at) for at in (0, 3)]

    assert torch.equal(whole.aged, torch.cat([part.aged for part in parts]))
    assert torch.equal(whole.truth, torch.cat([part.truth for part in parts]))
