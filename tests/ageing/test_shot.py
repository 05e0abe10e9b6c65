"""A whole shot: what is damage and what is in the ground truth, drawn amounts, compression."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from restore.ageing import stock
from restore.ageing.draw import Ageing, AgeingRanges, draw
from restore.ageing.shot import age
from restore.ageing.storage import store, to_codes


def seeded(seed: int = 1) -> torch.Generator:
    """A generator in a known state."""
    return torch.Generator().manual_seed(seed)


def scene(frames: int = 3, height: int = 24, width: int = 32) -> torch.Tensor:
    """Random color frames, smooth enough to be compressed."""
    coarse = torch.rand(frames, 3, height // 8, width // 8, generator=seeded())
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")


def test_no_amounts_only_remove_the_color() -> None:
    """With the default amounts an aged shot is its truth, shrunk, and the truth is the luma."""
    shot = age(scene(), Ageing(), 2, seeded())

    assert torch.equal(shot.truth, stock.expose(scene(), stock.REC709))
    torch.testing.assert_close(shot.aged, torch.nn.functional.avg_pool2d(shot.truth, 2))


def test_tone_and_weave_are_in_the_truth_grain_is_not() -> None:
    """The upscaler is asked to remove grain, not the film's own tone or position in the gate."""
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
        shots.append(age(scene(), draw(AgeingRanges(), generator), scale, generator))

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
    spread, amounts = AgeingRanges(), draw(AgeingRanges(), seeded(seed))

    assert min(amounts.response) >= 0
    assert sum(amounts.response) == pytest.approx(1)
    for name in ("gamma", "contrast", "black", "white", "blur", "grain", "dust", "scratches"):
        low, high = getattr(spread, name)
        assert low <= getattr(amounts, name) <= high, name


def test_chances_of_zero_leave_a_clean_film() -> None:
    """Every damage can be switched off in train.toml."""
    chances = {name: 0.0 for name in AgeingRanges.model_fields if name.endswith("_chance")}
    amounts = draw(AgeingRanges(**chances, codec_weights=(1, 0, 0, 0)), seeded())

    none = (
        "vignette",
        "weave",
        "halation",
        "blur",
        "sharpening",
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


@given(value=st.integers(0, 255))
def test_code_values_survive_a_round_trip(value: int) -> None:
    """0..1 represents codes 0..255: storing adds no offset and no scaling."""
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
    """Outside the masks the film equals the one without wear bit for bit; inside, every pixel differs."""
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


def test_lasting_damage_continues_from_part_to_part() -> None:
    """A shot aged in two parts has the weave, the flicker and the scratches of the whole."""
    film = Ageing(weave=1.0, flicker_drift=0.1, flicker=0.05, scratches=2, gate_hairs=2)
    frames = scene(6, 48, 64)

    whole = age(frames, film, 1, seeded())
    parts = [age(frames[at : at + 3], film, 1, seeded(), first=at) for at in (0, 3)]

    assert torch.equal(whole.aged, torch.cat([part.aged for part in parts]))
    assert torch.equal(whole.truth, torch.cat([part.truth for part in parts]))


@given(seed=st.integers(0, 1000))
@settings(max_examples=8, deadline=None)
def test_masks_of_any_film_are_exact(seed: int) -> None:
    """However a film was drawn: without codec and tape, what wear changed is what is marked."""
    drawn = draw(AgeingRanges(clean_chance=0, tape_chance=0, codec_weights=(1.0,)), seeded(seed))
    film = drawn.model_copy(update={"dust": 0.02, "hairs": 1.0, "scratches": 2})
    gone = {"dust": 0.0, "blotches": 0.0, "hairs": 0.0, "gate_hairs": 0, "scratches": 0}

    worn = age(scene(2, 48, 64), film, 2, seeded())
    whole = age(scene(2, 48, 64), film.model_copy(update=gone), 2, seeded())

    assert torch.equal(worn.aged != whole.aged, torch.stack(list(worn.masks.values())).any(0))


def test_damages_do_not_change_each_other() -> None:
    """With and without scratches a film has the same grain, dust and flicker."""
    film = Ageing(grain=0.05, dust=0.02, flicker=0.05)
    plain, more = (
        age(scene(), amounts, 1, seeded())
        for amounts in (film, film.model_copy(update={"scratches": 1, "vignette": 0.0}))
    )

    assert torch.equal(plain.masks["dust"] & ~more.masks["scratches"], more.masks["dust"])


def test_the_truth_can_be_without_weave() -> None:
    """With `weave_truth` off, the ground truth does not weave, while the film does."""
    still = age(scene(), Ageing(weave=1.0, weave_truth=False), 2, seeded())
    moving = age(scene(), Ageing(weave=1.0), 2, seeded())

    assert torch.equal(still.truth, stock.expose(scene(), stock.REC709))
    assert not torch.equal(moving.truth, still.truth)
    assert torch.equal(moving.aged, still.aged)


def test_a_film_in_color_keeps_it() -> None:
    """Chroma gets the same size, weave and blur as the luma; gray films have none."""
    film = Ageing(color=True, weave=1.0, blur=0.5)
    shot = age(scene(), film, 2, seeded())
    tape = age(scene(), film.model_copy(update={"chroma_bleed": 3.0, "fade": 0.4}), 2, seeded())

    assert shot.chroma is not None
    assert shot.true_chroma is not None
    assert tape.chroma is not None
    assert tape.true_chroma is not None
    assert shot.chroma.shape == (3, 2, 12, 16)
    rough = torch.nn.functional.avg_pool2d(shot.true_chroma, 2)
    assert float((shot.chroma - rough).abs().mean()) < 0.02
    assert not torch.equal(shot.chroma, tape.chroma)
    assert torch.equal(shot.true_chroma, tape.true_chroma)
    assert age(scene(), Ageing(), 2, seeded()).chroma is None


def test_generations_add_contrast_and_blur() -> None:
    """Each generation adds contrast, to film and ground truth, and blur, to the film only."""
    film = Ageing(generations=3, generation_contrast=0.2, generation_grain=0)
    once, thrice = age(scene(), Ageing(), 1, seeded()), age(scene(), film, 1, seeded())

    assert float(thrice.truth.std()) > 1.1 * float(once.truth.std())
    sharp, soft = (float(p.diff(dim=-1).abs().max()) for p in (thrice.truth, thrice.aged))
    assert soft < sharp


@pytest.mark.parametrize("codec", ["h264", "mpeg2", "mpeg4", "jpeg"])
def test_codecs_keep_color(codec: str) -> None:
    """Chroma keeps its position and level, at odd sizes too."""
    film = Ageing.model_validate({"color": True, "codec": codec, "quantizer": 3})
    frames = scene()[..., :23, :31]
    stored, plain = (age(frames, one, 1, seeded()) for one in (film, Ageing(color=True)))

    assert stored.chroma is not None
    assert plain.chroma is not None
    assert float((stored.chroma - plain.chroma).abs().mean()) < 0.02
    assert abs(float((stored.chroma - plain.chroma).mean())) < 0.004


def test_impossible_amounts_are_refused() -> None:
    """Quantizers that a codec does not have, responses that do not sum to 1, negative strengths."""
    for wrong in (
        {"codec": "mpeg2", "quantizer": 40},
        {"response": (0.5, 0.5, 0.5)},
        {"grain": -0.1},
        {"blur": float("nan")},
    ):
        with pytest.raises(ValidationError):
            Ageing.model_validate(wrong)


def test_nearly_clean_films_are_drawn_too() -> None:
    """At a chance of one, every film is nearly clean: no wear, little grain, little compression."""
    for seed in range(20):
        film = draw(AgeingRanges(clean_chance=1), seeded(seed))
        assert film.grain <= 0.3 * 0.08
        assert film.scratches == film.dust == film.hairs == film.generations == 0
        assert film.codec != "h264" or film.quantizer <= 19


def test_fewer_codec_weights_are_allowed() -> None:
    """Settings with four weights draw from those four codecs."""
    spread = AgeingRanges(codec_weights=(0.0, 0.0, 0.0, 1.0))

    assert {draw(spread, seeded(seed)).codec for seed in range(10)} == {"jpeg"}


def test_masks_of_tape_mark_exactly_what_it_changed() -> None:
    """Dropouts and head switching come after the noise of broadcast: outside the masks nothing differs."""
    film, tape = scene(4, 48, 64), Ageing(line_noise=0.02, dropouts=0.3, head_switching=5)
    torn = age(film, tape, 1, seeded())
    whole = age(film, tape.model_copy(update={"dropouts": 0, "head_switching": 0}), 1, seeded())
    assert set(torn.masks) >= {"dropouts", "head_switching"}
    assert bool(torn.masks["dropouts"].any())
    assert not torn.masks["head_switching"][..., : 48 - 5, :].any()
    assert torch.equal(torn.aged != whole.aged, torch.stack(list(torn.masks.values())).any(0))


@pytest.mark.parametrize("intermediate", [0.5, 1.0, 1.7, 9.0])
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_size_in_between_changes_neither_size_nor_tone(intermediate: float, scale: int) -> None:
    """By way of any size (limited to the scale) the film has its own, and a flat field its level."""
    film = Ageing(intermediate_scale=intermediate, kernel="lanczos", second_kernel="bilinear")
    flat = torch.full((2, 3, 24, 32), 0.4)
    shot = age(flat, film, scale, seeded())
    assert shot.aged.shape == (2, 1, 24 // scale, 32 // scale)
    torch.testing.assert_close(shot.aged, torch.full_like(shot.aged, 0.4), atol=1e-4, rtol=0)


def test_grain_at_the_larger_size_is_averaged_when_it_is_scaled_down() -> None:
    """White grain at twice the size has half the deviation in the film; without that size it keeps it."""
    flat = torch.full((2, 3, 128, 128), 0.5)
    film = Ageing(grain=0.05, grain_size=0, grain_midtone=0, second_kernel="area")

    def deviation(intermediate: float, at_intermediate: bool) -> float:
        changes = {"intermediate_scale": intermediate, "grain_intermediate": at_intermediate}
        return float(age(flat, film.model_copy(update=changes), 2, seeded()).aged.std())

    assert deviation(1.0, False) == pytest.approx(0.05, rel=0.05)
    assert deviation(1.0, True) == pytest.approx(0.05, rel=0.05)
    assert deviation(2.0, False) == pytest.approx(0.05, rel=0.05)
    assert deviation(2.0, True) == pytest.approx(0.025, rel=0.05)


@pytest.mark.parametrize("first", [0, 2, 3, 5])
def test_fixed_noise_goes_on_in_the_next_part(first: int) -> None:
    """A part that begins anywhere within a pattern has the pattern of the whole shot."""
    film = Ageing(fixed_noise=0.05, fixed_noise_frames=3)
    whole = age(scene(8), film, 1, seeded())
    part = age(scene(8)[first:], film, 1, seeded(), first=first)
    assert torch.equal(part.aged, whole.aged[first:])


def test_print_belongs_to_the_truth_of_color_films_as_well() -> None:
    """Tint and vignette are in the ground truth's chroma; bleeding and subsampling are not."""
    film = Ageing(color=True, tint=(0.1, -0.05), vignette=0.5)
    tape = film.model_copy(update={"chroma_bleed": 4.0, "subsampled": True})
    shot, worn = age(scene(), film, 1, seeded()), age(scene(), tape, 1, seeded())
    plain = age(scene(), Ageing(color=True), 1, seeded())
    for one in (shot, worn):
        assert one.true_chroma is not None
        assert shot.true_chroma is not None
        assert torch.equal(one.true_chroma, shot.true_chroma)
    assert plain.true_chroma is not None
    assert shot.true_chroma is not None
    assert worn.chroma is not None
    assert torch.equal(shot.true_chroma, shot.chroma)  # type: ignore[arg-type]
    assert not torch.equal(shot.true_chroma, plain.true_chroma)
    assert not torch.equal(worn.chroma, shot.true_chroma)


def test_fields_of_a_color_film_are_exchanged_in_all_planes() -> None:
    """Odd lines of luma and chroma come from the next frame; the ground truth has whole frames."""
    film = Ageing(color=True, interlaced=True)
    shot, whole = age(scene(), film, 1, seeded()), age(scene(), Ageing(color=True), 1, seeded())
    for torn, plain in ((shot.aged, whole.aged), (shot.chroma, whole.chroma)):
        assert torn is not None
        assert plain is not None
        assert torch.equal(torn[:, :, ::2], plain[:, :, ::2])
        assert torch.equal(torn[:-1, :, 1::2], plain[1:, :, 1::2])
    assert torch.equal(shot.truth, whole.truth)


def test_two_damages_that_cancel_out_are_not_marked() -> None:
    """Where dust and scratches overlap, a mask still marks only what differs in the result."""
    film = Ageing(dust=0.5, dust_size=2, scratches=4, scratch_strength=0.5)
    shot = age(scene(2, 48, 64), film, 1, seeded())
    clean = age(scene(2, 48, 64), Ageing(), 1, seeded())
    for mask in shot.masks.values():
        assert bool((shot.aged != clean.aged)[mask].all())


def test_displaced_lines_move_luma_and_chroma_together() -> None:
    """A row of a film whose luma is its red difference stays so; other rows move by other distances."""
    film = scene(2, 48, 64)
    plain = age(film, Ageing(color=True), 1, seeded())
    torn = age(film, Ageing(color=True, line_jitter=2.0), 1, seeded())
    assert plain.chroma is not None
    assert torn.chroma is not None
    for before, after in ((plain.aged, torn.aged), (plain.chroma, torn.chroma)):
        assert not torch.equal(before, after)
        assert float((before.mean((1, 3)) - after.mean((1, 3))).abs().max()) < 0.05
    assert torch.equal(torn.truth, plain.truth)


def test_displaced_lines_are_drawn_only_if_their_range_is_not_zero() -> None:
    """The amounts that older settings draw do not change; a range adds this amount alone."""
    usual = AgeingRanges(tape_chance=1.0, clean_chance=0.0)
    wide = usual.model_copy(update={"line_jitter": (1.0, 2.0)})
    assert draw(usual, seeded()).line_jitter == 0
    assert 1 <= draw(wide, seeded()).line_jitter <= 2
