"""Looks: the amounts of typical old films, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from restore.ageing.amounts import Ageing
from restore.ageing.stock import ORTHOCHROMATIC, PANCHROMATIC

LINES = 480
"""The height for which the looks were designed: on larger pictures, lengths scale with it."""

_LENGTHS = (
    *("halation_radius", "blur", "defocus", "generation_blur", "weave", "grain_size"),
    *("sharpening_radius", "dust_size", "blotch_size", "scratch_width"),
    *("bandwidth", "ringing_distance", "chroma_bleed", "chroma_shift", "chroma_shift_down"),
)

LOOKS: Mapping[str, Ageing] = MappingProxyType(
    {
        # 35 mm, orthochromatic, a worn second-generation print, hand-cranked
        "silent": Ageing(
            response=ORTHOCHROMATIC,
            gamma=0.95,
            contrast=0.6,
            black=0.04,
            white=0.96,
            vignette=0.3,
            halation=0.2,
            halation_radius=5.0,
            blur=0.9,
            generations=1,
            weave=0.6,
            flicker=0.035,
            flicker_drift=0.03,
            flicker_slope=0.03,
            grain=0.035,
            grain_size=0.8,
            dust=0.002,
            dust_size=1.2,
            blotches=0.001,
            hairs=0.15,
            scratches=3,
            scratch_strength=0.25,
            scratch_breaks=0.3,
        ),
        # 35 mm panchromatic sound film of the 1930s, a fair print
        "talkie": Ageing(
            response=PANCHROMATIC,
            contrast=0.35,
            black=0.03,
            vignette=0.15,
            halation=0.15,
            halation_radius=6.0,
            blur=0.7,
            weave=0.15,
            flicker=0.008,
            flicker_drift=0.01,
            grain=0.022,
            grain_size=0.7,
            dust=0.0004,
            dust_size=1.0,
            scratches=1,
            scratch_strength=0.12,
        ),
        # 16 mm reversal, blown up and duplicated, over-sharpened by the transfer
        "newsreel": Ageing(
            response=PANCHROMATIC,
            gamma=1.1,
            contrast=0.9,
            white=0.98,
            vignette=0.2,
            blur=1.1,
            blur_stretch=1.2,
            generations=2,
            generation_blur=0.45,
            sharpening=0.35,
            weave=0.4,
            weave_jump=0.5,
            flicker=0.02,
            grain=0.04,
            grain_size=0.9,
            dust=0.003,
            dust_size=1.6,
            dust_bright=0.8,
            hairs=0.1,
            gate_hairs=1,
            scratches=2,
            scratch_strength=0.3,
            scratch_breaks=0.5,
        ),
        # 8 mm color home movie with faded cyan
        "home": Ageing(
            color=True,
            contrast=0.4,
            vignette=0.35,
            fade=0.3,
            halation=0.2,
            blur=1.3,
            weave=0.8,
            weave_jump=0.5,
            flicker=0.02,
            flicker_drift=0.03,
            grain=0.035,
            grain_size=1.1,
            chroma_noise=0.012,
            dust=0.002,
            dust_size=1.8,
            hairs=0.2,
            gate_hairs=2,
            scratches=1,
        ),
        # video tape of a broadcast of the 1990s
        "tv": Ageing(
            color=True,
            contrast=0.2,
            black=0.05,
            white=0.95,
            bandwidth=1.6,
            ringing=0.7,
            ringing_distance=2.5,
            interlaced=True,
            line_noise=0.02,
            dropouts=0.002,
            head_switching=6,
            chroma_bleed=5.0,
            chroma_shift=2.0,
            chroma_noise=0.025,
            subsampled=True,
            codec="mpeg2",
            quantizer=5,
        ),
    }
)


def sized(look: Ageing, lines: int) -> Ageing:
    """The look for a picture of that many lines: lengths in pixels scale up with it, never down."""
    factor = max(1.0, lines / LINES)
    lengths = {name: getattr(look, name) * factor for name in _LENGTHS}
    switching = round(look.head_switching * factor)
    return look.model_copy(update={**lengths, "head_switching": switching})
