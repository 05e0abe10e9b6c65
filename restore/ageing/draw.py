"""Drawing a shot's amounts from their ranges."""

import math
from typing import Any, get_args

from torch import Generator

from restore.ageing.amounts import Ageing, Codec, Preset
from restore.ageing.random_streams import RandomDraws
from restore.ageing.ranges import AgeingRanges, Range
from restore.ageing.shrink import Kernel
from restore.ageing.stock import ORTHOCHROMATIC, PANCHROMATIC, REC709

__all__ = ["Ageing", "AgeingRanges", "draw"]

_KERNELS: tuple[Kernel, ...] = get_args(Kernel)
_PRESETS: tuple[Preset, ...] = get_args(Preset)
_CODECS: tuple[Codec, ...] = get_args(Codec)

Amounts = dict[str, Any]


def draw(ranges: AgeingRanges, generator: Generator) -> Ageing:
    """One shot's amounts, from the generator alone."""
    draws = RandomDraws(generator)
    groups = (_print, _optics, _sizes, _grain, _copies, _projector, _wear, _tape, _files)
    amounts = {name: one for group in groups for name, one in group(ranges, draws).items()}
    film = Ageing.model_validate(amounts)
    return _nearly_clean(film, ranges, draws) if draws.happens(ranges.clean_chance) else film


def _print(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    return {
        "response": _response(ranges, draws),
        "gamma": draws.log_uniform(ranges.gamma),
        "contrast": draws.uniform(ranges.contrast),
        "black": draws.skewed(ranges.black),
        "white": 1 - draws.skewed((1 - ranges.white[1], 1 - ranges.white[0])),
        "vignette": draws.skewed(ranges.vignette, ranges.vignette_chance),
    }


def _response(ranges: AgeingRanges, draws: RandomDraws) -> tuple[float, float, float]:
    if draws.happens(ranges.plain_stock_chance):
        return REC709
    if draws.happens(ranges.mixed_stock_chance):
        parts = [-math.log(max(draws.uniform((0, 1)), 1e-9)) for _ in range(3)]
    else:
        emulsion = (REC709, PANCHROMATIC, ORTHOCHROMATIC)[draws.choice((1.0, 1.0, 1.5))]
        reach = ranges.response_jitter
        parts = [max(0.0, w + draws.uniform((-1, 1)) * reach * (w + 0.15)) for w in emulsion]
    whole = sum(parts)
    return (parts[0] / whole, parts[1] / whole, parts[2] / whole)


def _optics(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    stretched = draws.happens(ranges.blur_stretch_chance)
    return {
        "halation": draws.skewed(ranges.halation, ranges.halation_chance),
        "halation_radius": draws.uniform(ranges.halation_radius),
        "blur": draws.uniform_or_zero(ranges.blur, ranges.blur_chance),
        "blur_stretch": draws.log_uniform(ranges.blur_stretch) if stretched else 1.0,
        "blur_angle": draws.uniform((0.0, 180.0)),
        "defocus": draws.uniform_or_zero(ranges.defocus, ranges.defocus_chance),
    }


def _sizes(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    twice = draws.happens(ranges.intermediate_scale_chance)
    return {
        "kernel": _KERNELS[draws.choice((1.0, 1.0, 1.0, 0.7, 0.5, 0.5))],
        "second_kernel": _KERNELS[draws.choice((0.5, 1.0, 1.0, 0.7, 0.3, 0.3))],
        "intermediate_scale": draws.log_uniform(ranges.intermediate_scale) if twice else 1.0,
        "grain_intermediate": draws.happens(ranges.grain_intermediate_chance),
        "sharpening": draws.skewed(ranges.sharpening, ranges.sharpening_chance),
        "sharpening_radius": draws.uniform(ranges.sharpening_radius),
    }


def _grain(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    return {
        "grain": draws.skewed(ranges.grain, ranges.grain_chance),
        "grain_size": draws.uniform(ranges.grain_size),
        "grain_white": draws.uniform_or_zero(ranges.grain_white, ranges.grain_white_chance),
        "grain_midtone": draws.uniform(ranges.grain_midtone),
        "grain_tilt": draws.uniform_or_zero(ranges.grain_tilt, ranges.grain_tilt_chance),
    }


def _copies(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    return {
        "generations": round(draws.uniform_or_zero(ranges.generations, ranges.generation_chance)),
        "generation_blur": draws.uniform(ranges.generation_blur),
        "generation_contrast": draws.uniform(ranges.generation_contrast),
        "generation_grain": draws.skewed(ranges.generation_grain),
        "fixed_noise": draws.skewed(ranges.fixed_noise, ranges.fixed_noise_chance),
        "fixed_noise_frames": round(draws.uniform(ranges.fixed_noise_frames)),
    }


def _projector(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    chance = ranges.flicker_chance
    return {
        "weave": draws.skewed(ranges.weave, ranges.weave_chance),
        "weave_jump": draws.uniform(ranges.weave_jump),
        "flicker": draws.skewed(ranges.flicker, chance),
        "flicker_drift": draws.skewed(ranges.flicker_drift, chance),
        "flicker_slope": draws.skewed(ranges.flicker_slope, chance / 2),
    }


def _wear(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    return {
        "dust": draws.skewed(ranges.dust, ranges.dust_chance),
        "dust_size": draws.uniform(ranges.dust_size),
        "dust_bright": draws.uniform((0.0, 1.0)),
        "blotches": draws.skewed(ranges.blotches, ranges.blotch_chance),
        "blotch_size": draws.uniform(ranges.blotch_size),
        "hairs": draws.skewed(ranges.hairs, ranges.hair_chance),
        "gate_hairs": round(draws.uniform_or_zero(ranges.gate_hairs, ranges.gate_hair_chance)),
        "scratches": round(draws.uniform_or_zero(ranges.scratches, ranges.scratch_chance)),
        "scratch_strength": draws.uniform(ranges.scratch_strength),
        "scratch_width": draws.uniform(ranges.scratch_width),
        "scratch_breaks": draws.uniform_or_zero(ranges.scratch_breaks, 0.5),
    }


def _tape(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    chance = 1.0 if draws.happens(ranges.tape_chance) else 0.0
    return {
        "bandwidth": draws.skewed(ranges.bandwidth, chance),
        "ringing": draws.skewed(ranges.ringing, chance),
        "ringing_distance": draws.uniform(ranges.ringing_distance),
        "line_noise": draws.skewed(ranges.line_noise, chance),
        "dropouts": draws.skewed(ranges.dropouts, chance / 2),
        **_jitter(ranges, draws, chance),
    }


def _jitter(ranges: AgeingRanges, draws: RandomDraws, chance: float) -> Amounts:
    """The displacement of lines, only drawn if its range is not zero: other draws depend on the order."""
    if ranges.line_jitter[1] == 0:
        return {}
    return {"line_jitter": draws.skewed(ranges.line_jitter, chance)}


def _files(ranges: AgeingRanges, draws: RandomDraws) -> Amounts:
    codec = _CODECS[draws.choice(ranges.codec_weights)]
    before = _CODECS[draws.choice(ranges.codec_weights)]
    twice = draws.happens(ranges.recompression_chance) and codec != "none"
    return {
        "codec": codec,
        "quantizer": _quantizer(codec, ranges, draws),
        "codec_before": before if twice else "none",
        "quantizer_before": _quantizer(before, ranges, draws),
        "preset": _PRESETS[draws.choice((0.2, 0.6, 0.2))],
    }


def _quantizer(codec: Codec, ranges: AgeingRanges, draws: RandomDraws) -> int:
    return round(draws.uniform(_quantizers(codec, ranges)))


def _quantizers(codec: Codec, ranges: AgeingRanges) -> Range:
    spans = {
        "h264": ranges.h264_crf,
        "mpeg2": ranges.mpeg_quantizer,
        "mpeg4": ranges.mpeg_quantizer,
        "jpeg": ranges.jpeg_quantizer,
    }
    return spans.get(codec, (0.0, 0.0))


_REDUCED = ("blur", "defocus", "sharpening", "grain", "halation", "flicker", "flicker_drift")
_ABSENT = {
    "generations": 0,
    "fixed_noise": 0.0,
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
    "line_jitter": 0.0,
    "dropouts": 0.0,
    "intermediate_scale": 1.0,
    "codec_before": "none",
}


def _nearly_clean(film: Ageing, ranges: AgeingRanges, draws: RandomDraws) -> Ageing:
    """A well preserved film: a share of the softness and grain, no wear, little compression."""
    share = draws.uniform(ranges.clean_share)
    reduced = {name: getattr(film, name) * share for name in _REDUCED}
    low, high = _quantizers(film.codec, ranges)
    fine = round(low + share * (high - low))
    return film.model_copy(update={**_ABSENT, **reduced, "quantizer": fine})
