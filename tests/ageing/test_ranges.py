"""Ranges of amounts: what may not be written into train.toml, and what drawing makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from restore.ageing.amounts import Ageing
from restore.ageing.draw import AgeingRanges, draw
from restore.ageing.random_streams import seeded
from restore.media.ffmpeg.compress import COARSEST

WRONG = {
    "empty": {"grain": (0.2, 0.1)},
    "negative": {"dust": (-0.1, 0.1)},
    "share above 1": {"blotches": (0.0, 1.5)},
    "share of clean films above 1": {"clean_share": (0.0, 1.2)},
    "chance above 1": {"dust_chance": 1.1},
    "negative chance": {"dust_chance": -0.1},
    "not finite": {"blur": (0.0, float("inf"))},
    "not a number": {"blur": (float("nan"), 1.0)},
    "quantizer that the codec lacks": {"mpeg_quantizer": (2.0, 40.0)},
    "negative quantizer": {"h264_crf": (-1.0, 20.0)},
    "no codec": {"codec_weights": (0.0, 0.0)},
    "negative weight": {"codec_weights": (1.0, -1.0)},
    "more codecs than there are": {"codec_weights": (1.0,) * 6},
    "no weights": {"codec_weights": ()},
    "logarithm of zero": {"gamma": (0.0, 1.0)},
    "no frame": {"fixed_noise_frames": (0.0, 4.0)},
    "three ends": {"grain": (0.0, 0.1, 0.2)},
    "unknown": {"grian": (0.0, 0.1)},
}


@pytest.mark.parametrize("values", WRONG.values(), ids=WRONG.keys())
def test_impossible_ranges_are_refused(values: dict[str, object]) -> None:
    """Before anything is drawn: no shot of a run may fail because of its amounts."""
    with pytest.raises(ValidationError):
        AgeingRanges.model_validate(values)


@pytest.mark.parametrize("name", ["h264_crf", "mpeg_quantizer", "jpeg_quantizer"])
def test_quantizers_reach_to_the_coarsest(name: str) -> None:
    """The last quantizer of a codec is allowed, the one after it is not."""
    codec = {"h264_crf": "h264", "mpeg_quantizer": "mpeg2", "jpeg_quantizer": "jpeg"}[name]
    AgeingRanges.model_validate({name: (0, COARSEST[codec])})
    with pytest.raises(ValidationError):
        AgeingRanges.model_validate({name: (0, COARSEST[codec] + 1)})


@given(
    amount=st.sampled_from(["grain", "blur", "dust", "weave", "scratch_strength", "contrast"]),
    ends=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)).map(sorted),
    seed=st.integers(0, 500),
)
def test_a_film_has_its_amounts_from_the_ranges(amount: str, ends: list[float], seed: int) -> None:
    """Any range is respected; with a chance of one the amount is drawn for every film."""
    chance = {f"{amount}_chance": 1.0} if f"{amount}_chance" in AgeingRanges.model_fields else {}
    ranges = AgeingRanges.model_validate({amount: ends, "clean_chance": 0, **chance})
    value = getattr(draw(ranges, seeded(seed)), amount)
    assert ends[0] - 1e-6 <= value <= ends[1] + 1e-6


@given(seed=st.integers(0, 2000))
def test_every_drawn_film_is_possible(seed: int) -> None:
    """Whatever is drawn from the default ranges, `Ageing` accepts it, and drawing again gives the same."""
    film = draw(AgeingRanges(), seeded(seed))
    assert Ageing.model_validate(film.model_dump()) == film
    assert draw(AgeingRanges(), seeded(seed)) == film


def test_tape_and_compression_happen_together_with_their_parts() -> None:
    """A film that was on tape has all of its damage; one that was not has none of it."""
    always = AgeingRanges(tape_chance=1, clean_chance=0)
    never = AgeingRanges(tape_chance=0, clean_chance=0)
    for seed in range(20):
        tape, film = draw(always, seeded(seed)), draw(never, seeded(seed))
        assert min(tape.bandwidth, tape.ringing, tape.line_noise) > 0
        assert film.bandwidth == film.ringing == film.line_noise == film.dropouts == 0


def test_a_film_that_is_not_compressed_was_not_compressed_before() -> None:
    """Recompression is of compressed films: with weight on none alone, both codecs are none."""
    for seed in range(20):
        film = draw(AgeingRanges(codec_weights=(1.0,), recompression_chance=1), seeded(seed))
        assert (film.codec, film.codec_before) == ("none", "none")
    twice = AgeingRanges(codec_weights=(0.0, 1.0), recompression_chance=1, clean_chance=0)
    assert draw(twice, seeded(1)).codec_before == "h264"
