"""A whole shot aged: the damages in the order in which they befall a film, and the truth."""

from dataclasses import dataclass

from torch import Generator, Tensor

from restore.training.degrade import motion, optics, stock, storage, tone, wear
from restore.training.degrade.amounts import Ageing
from restore.training.degrade.grain import grain
from restore.training.degrade.shrink import shrink


@dataclass(frozen=True)
class AgedShot:
    """An aged shot and what a perfect restoration would give back, both nominal 0..1."""

    aged: Tensor
    """[T, 1, H/scale, W/scale]"""
    truth: Tensor
    """[T, 1, H, W]: the same stock, tone, fading, vignette and weave, but sharp and clean"""


def age(rgb: Tensor, amounts: Ageing, scale: int, generator: Generator) -> AgedShot:
    """Age color frames [T, 3, H, W] (0..1, gamma-coded, H and W multiples of `scale`).

    What belongs to the film as it was shot and printed (stock, tone, vignette, the place in the
    gate) is in the truth as well: an upscaler is not asked to undo it. Blur, grain, flicker, wear
    and compression are damage.
    """
    luma = stock.expose(rgb, amounts.response)
    luma = tone.print_tone(luma, amounts.gamma, amounts.contrast, amounts.black, amounts.white)
    luma = tone.vignette(luma, amounts.vignette)
    truth = motion.weave(luma, round(amounts.weave * scale), generator)
    aged = optics.halation(truth, amounts.halation, amounts.halation_radius * scale)
    aged = optics.blur(aged, amounts.blur * scale)
    aged = shrink(aged, scale, amounts.kernel)
    aged = optics.edging(aged, amounts.edging, amounts.edging_radius)
    aged = grain(aged, amounts.grain, amounts.grain_size, amounts.grain_midtone, generator)
    aged = motion.flicker(aged, amounts.flicker, generator)
    aged = wear.dust(aged, amounts.dust, amounts.dust_size, generator)
    aged = wear.scratches(aged, amounts.scratches, amounts.scratch_strength, generator)
    return AgedShot(aged=storage.store(aged, amounts.codec, amounts.quantizer), truth=truth)
