"""The amounts of every damage: one frozen value for each shot."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from restore.ageing.composite import System
from restore.ageing.shrink import Kernel
from restore.ageing.stock import REC709
from restore.media.ffmpeg.compress import COARSEST

Codec = Literal["none", "h264", "mpeg2", "jpeg", "mpeg4"]
Preset = Literal["ultrafast", "veryfast", "medium"]

LONGEST, MOST = 256, 1000
"""Limits on lengths (pixels) and counts of damages: more would only use memory and time."""

Amount = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=MOST)]
Size = Annotated[float, Field(gt=0)]
Reach = Annotated[float, Field(ge=0, le=LONGEST)]
Length = Annotated[float, Field(gt=0, le=LONGEST)]


_ROUNDING = 1e-3


class Ageing(BaseModel):
    """Every amount for one shot; the defaults only remove the color.

    Lengths are in pixels of the aged (small) picture, strengths in units of the range black to
    white (0..1). An amount of zero is no damage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # the film in the camera
    color: bool = False
    """keep the film's color (the response is not used then)"""
    response: tuple[Amount, Amount, Amount] = REC709
    """sensitivity of the stock to red, green and blue light; sums to 1"""
    halation: Amount = 0.0
    halation_radius: Length = 4.0
    blur: Reach = 0.0
    """sigma"""
    blur_stretch: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """how much wider the blur is along `blur_angle` than across"""
    blur_angle: float = 0.0
    """degrees from the horizontal, clockwise on the screen"""
    defocus: Reach = 0.0
    """radius of the circle of confusion"""

    # the print: the tone is part of the ground truth as well
    gamma: Size = 1.0
    contrast: float = 0.0
    black: float = 0.0
    white: float = 1.0
    vignette: Share = 0.0
    tint: tuple[float, float] = (0.0, 0.0)
    """color of the print's base: Cb and Cr of white"""
    generations: Count = 0
    """generations of prints between the negative and this copy"""
    generation_blur: Reach = 0.4
    generation_contrast: float = 0.12
    generation_grain: Amount = 0.01
    fade: Share = 0.0
    """share of the cyan dye that has faded; the other dyes fade less (color films)"""

    # the gate of the projector
    weave: Reach = 0.0
    """standard deviation of the frame's position"""
    weave_jump: Share = 0.3
    """share of the weave's variance that is new in every frame; the rest drifts"""
    weave_truth: bool = True
    """the ground truth weaves with the film: registration is not part of the task"""
    flicker: Amount = 0.0
    """relative deviation of exposure, new in every frame"""
    flicker_drift: Amount = 0.0
    """relative deviation of exposure that drifts slowly"""
    flicker_slope: Amount = 0.0
    """relative deviation between middle and edge of the picture"""

    # scaling down
    kernel: Kernel = "area"
    second_kernel: Kernel = "bicubic"
    intermediate_scale: Size = 1.0
    """scale down in two steps, with this size in between (1 to the scale; 1: in one step)"""

    # grain and noise
    grain: Amount = 0.0
    """standard deviation in middle gray, at the size at which the grain is added"""
    grain_size: Reach = 0.6
    """sigma of a clump"""
    grain_white: Share = 0.0
    """share of the grain's variance that is white noise"""
    grain_midtone: Share = 0.5
    """how much less grain black and white have"""
    grain_tilt: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """1: proportional to light (multiplicative), -1: to darkness"""
    grain_intermediate: bool = False
    """add the grain at the intermediate size, so that it is scaled with the picture"""
    fixed_noise: Amount = 0.0
    """noise that does not move, the remains of an earlier compression"""
    fixed_noise_frames: Annotated[int, Field(ge=1)] = 12
    """frames until it changes"""
    sharpening: Amount = 0.0
    sharpening_radius: Length = 1.0

    # wear
    dust: Share = 0.0
    dust_size: Length = 1.5
    dust_bright: Share = 0.5
    blotches: Share = 0.0
    blotch_size: Length = 6.0
    hairs: Annotated[float, Field(ge=0, le=MOST)] = 0.0
    """mean number of hairs on a frame"""
    gate_hairs: Count = 0
    """hairs stuck in the gate for the whole shot"""
    scratches: Count = 0
    scratch_strength: Amount = 0.3
    scratch_width: Length = 1.0
    scratch_breaks: Share = 0.0
    """share of a scratch's length that is missing"""

    # television and tape
    bandwidth: Reach = 0.0
    """sigma of the horizontal blur"""
    ringing: Amount = 0.0
    ringing_distance: Length = 2.0
    interlaced: bool = False
    """every second line comes from the next frame"""
    line_noise: Amount = 0.0
    line_jitter: Reach = 0.0
    """standard deviation of the horizontal position of the lines"""
    line_jitter_smooth: Share = 0.3
    """share of its variance that changes slowly from line to line"""
    dropouts: Share = 0.0
    """share of lines with a dropout"""
    head_switching: Count = 0
    """disturbed lines at the bottom"""
    chroma_bleed: Reach = 0.0
    chroma_shift: Annotated[float, Field(ge=-LONGEST, le=LONGEST)] = 0.0
    """pixels to the right"""
    chroma_shift_down: Annotated[float, Field(ge=-LONGEST, le=LONGEST)] = 0.0
    """pixels down"""
    chroma_stairs: bool = False
    """four pixels of a line share their chroma (4:1:1)"""
    chroma_noise: Amount = 0.0
    subsampled: bool = False
    """chroma of half the width and height (4:2:0)"""
    dot_crawl: Amount = 0.0
    """share of the color at its edges that is left in the luma as a pattern of dots"""
    cross_color: Amount = 0.0
    """share of fine luma detail that becomes color (rainbows)"""
    subcarrier: System = "ntsc"
    """the composite system of both"""

    # files
    codec_before: Codec = "none"
    quantizer_before: Count = 20
    codec: Codec = "none"
    quantizer: Count = 20
    preset: Preset = "veryfast"
    """effort of h264"""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse values out of range."""
        if abs(sum(self.response) - 1) > _ROUNDING:
            raise ValueError(
                f"the three parts of the response sum to 1, not {sum(self.response):g}"
            )
        for codec, quantizer in (
            (self.codec, self.quantizer),
            (self.codec_before, self.quantizer_before),
        ):
            if codec != "none" and quantizer > COARSEST[codec]:
                raise ValueError(f"{codec} has quantizers up to {COARSEST[codec]}, not {quantizer}")
        return self
