"""Drawing a shot's amounts from their ranges."""

import math
from typing import Any, get_args

from torch import Generator

from restore.ageing.amounts import Ageing, Codec, Preset
from restore.ageing.random_streams import Luck
from restore.ageing.ranges import Range, Spread
from restore.ageing.shrink import Kernel
from restore.ageing.stock import ORTHOCHROMATIC, PANCHROMATIC, REC709

__all__ = ["Ageing", "Spread", "draw"]

_KERNELS: tuple[Kernel, ...] = get_args(Kernel)
_PRESETS: tuple[Preset, ...] = get_args(Preset)
_CODECS: tuple[Codec, ...] = get_args(Codec)

Amounts = dict[str, Any]


def draw(spread: Spread, generator: Generator) -> Ageing:
    """One shot's amounts, from the generator alone."""
    luck = Luck(generator)
    chapters = (_print, _optics, _sizes, _grain, _copies, _projector, _wear, _tape, _files)
    amounts = {name: one for chapter in chapters for name, one in chapter(spread, luck).items()}
    film = Ageing.model_validate(amounts)
    return _nearly_clean(film, spread, luck) if luck.happens(spread.clean_chance) else film


def _print(spread: Spread, luck: Luck) -> Amounts:
    return {
        "response": _response(spread, luck),
        "gamma": luck.ratio(spread.gamma),
        "contrast": luck.within(spread.contrast),
        "black": luck.mild(spread.black),
        "white": 1 - luck.mild((1 - spread.white[1], 1 - spread.white[0])),
        "vignette": luck.mild(spread.vignette, spread.vignette_chance),
    }


def _response(spread: Spread, luck: Luck) -> tuple[float, float, float]:
    if luck.happens(spread.plain_stock_chance):
        return REC709
    if luck.happens(spread.mixed_stock_chance):
        parts = [-math.log(max(luck.within((0, 1)), 1e-9)) for _ in range(3)]
    else:
        emulsion = (REC709, PANCHROMATIC, ORTHOCHROMATIC)[luck.choice((1.0, 1.0, 1.5))]
        reach = spread.response_jitter
        parts = [max(0.0, w + luck.within((-1, 1)) * reach * (w + 0.15)) for w in emulsion]
    whole = sum(parts)
    return (parts[0] / whole, parts[1] / whole, parts[2] / whole)


def _optics(spread: Spread, luck: Luck) -> Amounts:
    stretched = luck.happens(spread.stretch_chance)
    return {
        "halation": luck.mild(spread.halation, spread.halation_chance),
        "halation_radius": luck.within(spread.halation_radius),
        "blur": luck.even(spread.blur, spread.blur_chance),
        "blur_stretch": luck.ratio(spread.stretch) if stretched else 1.0,
        "blur_angle": luck.within((0.0, 180.0)),
        "defocus": luck.even(spread.defocus, spread.defocus_chance),
    }


def _sizes(spread: Spread, luck: Luck) -> Amounts:
    twice = luck.happens(spread.between_chance)
    return {
        "kernel": _KERNELS[luck.choice((1.0, 1.0, 1.0, 0.7, 0.5, 0.5))],
        "kernel_after": _KERNELS[luck.choice((0.5, 1.0, 1.0, 0.7, 0.3, 0.3))],
        "between": luck.ratio(spread.between) if twice else 1.0,
        "grain_between": luck.happens(spread.grain_between_chance),
        "edging": luck.mild(spread.edging, spread.edging_chance),
        "edging_radius": luck.within(spread.edging_radius),
    }


def _grain(spread: Spread, luck: Luck) -> Amounts:
    return {
        "grain": luck.mild(spread.grain, spread.grain_chance),
        "grain_size": luck.within(spread.grain_size),
        "grain_white": luck.even(spread.grain_white, spread.grain_white_chance),
        "grain_midtone": luck.within(spread.grain_midtone),
        "grain_tilt": luck.even(spread.grain_tilt, spread.grain_tilt_chance),
    }


def _copies(spread: Spread, luck: Luck) -> Amounts:
    return {
        "generations": round(luck.even(spread.generations, spread.generation_chance)),
        "generation_blur": luck.within(spread.generation_blur),
        "generation_contrast": luck.within(spread.generation_contrast),
        "generation_grain": luck.mild(spread.generation_grain),
        "static_noise": luck.mild(spread.static_noise, spread.static_chance),
        "static_hold": round(luck.within(spread.static_hold)),
    }


def _projector(spread: Spread, luck: Luck) -> Amounts:
    chance = spread.flicker_chance
    return {
        "weave": luck.mild(spread.weave, spread.weave_chance),
        "weave_jump": luck.within(spread.weave_jump),
        "flicker": luck.mild(spread.flicker, chance),
        "flicker_drift": luck.mild(spread.flicker_drift, chance),
        "flicker_slope": luck.mild(spread.flicker_slope, chance / 2),
    }


def _wear(spread: Spread, luck: Luck) -> Amounts:
    return {
        "dust": luck.mild(spread.dust, spread.dust_chance),
        "dust_size": luck.within(spread.dust_size),
        "dust_bright": luck.within((0.0, 1.0)),
        "blotches": luck.mild(spread.blotches, spread.blotch_chance),
        "blotch_size": luck.within(spread.blotch_size),
        "hairs": luck.mild(spread.hairs, spread.hair_chance),
        "gate_hairs": round(luck.even(spread.gate_hairs, spread.gate_hair_chance)),
        "scratches": round(luck.even(spread.scratches, spread.scratch_chance)),
        "scratch_strength": luck.within(spread.scratch_strength),
        "scratch_width": luck.within(spread.scratch_width),
        "scratch_breaks": luck.even(spread.scratch_breaks, 0.5),
    }


def _tape(spread: Spread, luck: Luck) -> Amounts:
    taped = 1.0 if luck.happens(spread.tape_chance) else 0.0
    return {
        "bandwidth": luck.mild(spread.bandwidth, taped),
        "ringing": luck.mild(spread.ringing, taped),
        "ringing_distance": luck.within(spread.ringing_distance),
        "line_noise": luck.mild(spread.line_noise, taped),
        "dropouts": luck.mild(spread.dropouts, taped / 2),
    }


def _files(spread: Spread, luck: Luck) -> Amounts:
    codec = _CODECS[luck.choice(spread.codec_weights)]
    before = _CODECS[luck.choice(spread.codec_weights)]
    twice = luck.happens(spread.twice_chance) and codec != "none"
    return {
        "codec": codec,
        "quantizer": _quantizer(codec, spread, luck),
        "codec_before": before if twice else "none",
        "quantizer_before": _quantizer(before, spread, luck),
        "preset": _PRESETS[luck.choice((0.2, 0.6, 0.2))],
    }


def _quantizer(codec: Codec, spread: Spread, luck: Luck) -> int:
    return round(luck.within(_quantizers(codec, spread)))


def _quantizers(codec: Codec, spread: Spread) -> Range:
    spans = {
        "h264": spread.h264_crf,
        "mpeg2": spread.mpeg_quantizer,
        "mpeg4": spread.mpeg_quantizer,
        "jpeg": spread.jpeg_quantizer,
    }
    return spans.get(codec, (0.0, 0.0))


_LEFT_IN_PART = ("blur", "defocus", "edging", "grain", "halation", "flicker", "flicker_drift")
_GONE = {
    "generations": 0,
    "static_noise": 0.0,
    "flicker_slope": 0.0,
    "weave": 0.0,
    "dust": 0.0,
    "blotches": 0.0,
    "hairs": 0.0,
    "gate_hairs": 0,
    "scratches": 0,
    "bandwidth": 0.0,
    "ringing": 0.0,
    "line_noise": 0.0,
    "dropouts": 0.0,
    "between": 1.0,
    "codec_before": "none",
}


def _nearly_clean(film: Ageing, spread: Spread, luck: Luck) -> Ageing:
    """A film well kept: a share of the softness and grain, no wear, a fine file."""
    share = luck.within(spread.clean_share)
    kept = {name: getattr(film, name) * share for name in _LEFT_IN_PART}
    low, high = _quantizers(film.codec, spread)
    fine = round(low + share * (high - low))
    return film.model_copy(update={**_GONE, **kept, "quantizer": fine})
