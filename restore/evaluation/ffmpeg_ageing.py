"""A second, independent ageing for evaluation only: old films simulated by ffmpeg's filters and codecs.

It shares no code with the ageing that models are trained on, and no model may be trained on it: what a
model gains here, it gains on films that were aged in another way.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from torch import Tensor

from restore.evaluation.benchmark import BenchmarkShot, read_luma
from restore.media.ffmpeg.render import render_film

MARGIN = 8
"""Pixels on every side of the sharp picture into which gate weave may move."""

_EXACT = {"vcodec": "ffv1", "pix_fmt": "yuv420p", "color_range": "tv", "colorspace": "bt709"}
"""How the ground truth is stored: lossless except for the rounding to 8 bits."""


def _coder(vcodec: str, **options: str | int) -> Mapping[str, str | int]:
    tags: dict[str, str | int] = {"pix_fmt": "yuv420p", "color_range": "tv", "colorspace": "bt709"}
    return MappingProxyType({"vcodec": vcodec, **tags, **options})


def _x264(crf: int, preset: str = "medium") -> Mapping[str, str | int]:
    # macroblock-tree rate control is not reproducible on tiny pictures
    return _coder("libx264", crf=crf, preset=preset, **{"x264-params": "mbtree=0"})


@dataclass(frozen=True)
class FfmpegAgeing:
    """How one film is aged, as options of ffmpeg's filters.

    tone     response to red, green, blue, tone curve and vignette: in the ground truth as well
    weave    gate weave: crop's x and y in quarters of a small pixel; the ground truth does not weave
    blur     sigma of a Gaussian blur of the sharp picture, in pixels of the small one
    box      half width of a box blur instead
    flags    scaler that makes the picture smaller (libswscale's flags)
    wear     damage of the small picture: grain, flicker, scratches, dust, sharpening
    coder    encoder and quality; the film is decoded as its tags say, as any film
    """

    tone: str
    flags: str
    wear: str
    coder: Mapping[str, str | int]
    blur: float = 0.0
    box: float = 0.0
    weave: tuple[str, str] | None = None
    suffix: str = field(default=".mkv")


def _stock(red: float, green: float, blue: float) -> str:
    row = f"{red}:{green}:{blue}:0"
    return f"colorchannelmixer={row}:{row}:{row}"


def _noise(strength: int, kind: str, seed: int) -> str:
    return f"noise=c0_seed={seed}:c0_strength={strength}:c0_flags={kind}"


def _scratches(*places: tuple[float, float]) -> str:
    """Vertical lines at a share of the width, in code values; they drift slowly."""
    lines = "".join(
        f"+{depth}*lt(abs(X-W*{place}-1.5*sin(N/3+{place}*9)),0.6)" for place, depth in places
    )
    return f"geq=lum='clip(lum(X,Y){lines},0,255)':cb=128:cr=128"


def _dust(share: float) -> str:
    return (
        f"geq=lum='if(lt(random(1),{share}),if(lt(random(1),0.5),235,16),lum(X,Y))':cb=128:cr=128"
    )


AGEINGS = (
    FfmpegAgeing(
        tone=f"{_stock(0.30, 0.59, 0.11)},curves=all='0/0.03 0.5/0.48 1/0.95'",
        blur=0.6,
        flags="area",
        wear=_noise(14, "t", 11),
        coder=_x264(23),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.05, 0.45, 0.50)},curves=all='0/0 0.3/0.22 0.7/0.78 1/1'",
        box=0.5,
        flags="bicubic",
        wear=f"{_noise(22, 't+u', 12)},gblur=sigma=0.5",
        coder=_coder("mpeg2video", **{"q:v": 4, "g": 12}),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.33, 0.40, 0.27)},curves=all='0/0.08 0.5/0.52 1/0.9'",
        blur=0.4,
        flags="bilinear",
        wear=(
            f"{_noise(12, 't', 13)},eq=brightness='0.025*sin(n*2.3)+0.015*sin(n*5.1)':eval=frame,"
            f"{_scratches((0.31, 45), (0.72, -35))}"
        ),
        coder=_x264(20),
        weave=("3*sin(n*1.9)", "3*sin(n*2.7+1)"),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.2126, 0.7152, 0.0722)},vignette=angle=PI/5:dither=0",
        blur=0.8,
        flags="lanczos",
        wear=f"{_noise(9, 't', 14)},unsharp=5:5:0.7",
        coder=_x264(27, "veryfast"),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.15, 0.50, 0.35)},curves=all='0/0.02 0.4/0.5 1/0.97'",
        flags="neighbor",
        wear=f"gblur=sigma=0.6,{_noise(26, 't', 15)},gblur=sigma=0.4",
        coder=_coder("mpeg4", **{"q:v": 4, "g": 24}),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.30, 0.59, 0.11)},curves=all='0/0.05 0.25/0.18 0.75/0.8 1/0.98'",
        box=0.75,
        flags="bicubic",
        wear=(
            f"{_dust(0.0012)},gblur=sigma=0.6,{_noise(16, 't', 16)},"
            f"eq=contrast='1+0.05*sin(n*1.7)':brightness='0.02*sin(n*3.3)':eval=frame,"
            f"{_scratches((0.55, 60))}"
        ),
        coder=_coder("mpeg2video", **{"q:v": 3, "g": 12}),
        weave=("2*sin(n*2.2)+1.5*sin(n*0.7)", "4*sin(n*1.3)"),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.40, 0.40, 0.20)},curves=all='0/0 0.5/0.56 1/1'",
        blur=1,
        flags="area",
        wear=_noise(6, "t+u", 17),
        coder=_x264(18),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.02, 0.55, 0.43)},curves=all='0/0.1 0.5/0.5 1/0.88',vignette=angle=PI/6:dither=0",
        blur=0.5,
        flags="bilinear",
        wear=f"{_noise(30, 't', 18)},gblur=sigma=0.7",
        coder=_coder("mjpeg", pix_fmt="yuvj420p", color_range="pc", **{"q:v": 4}),
        suffix=".avi",
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.25, 0.60, 0.15)},curves=all='0/0.04 0.5/0.44 1/0.96'",
        blur=0.7,
        flags="area",
        wear=(
            f"{_noise(10, 't', 19)},eq=brightness='0.03*sin(n*4.1)':eval=frame,"
            f"{_scratches((0.12, -50), (0.47, 30), (0.88, 55))}"
        ),
        coder=_x264(25),
        weave=("4*sin(n*0.9)", "2*sin(n*3.1)+2*sin(n*1.1)"),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.30, 0.59, 0.11)},eq=gamma=0.8",
        blur=0.3,
        flags="spline",
        wear=f"{_noise(18, 't', 20)},unsharp=3:3:0.5",
        coder=_x264(30, "fast"),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.34, 0.40, 0.26)},curves=all='0/0.02 0.5/0.6 1/1'",
        blur=0.55,
        flags="bicublin",
        wear=_noise(4, "t", 21),
        coder=_coder("mpeg4", **{"q:v": 7, "g": 24}),
    ),
    FfmpegAgeing(
        tone=f"{_stock(0.10, 0.55, 0.35)},curves=all='0/0.06 0.5/0.5 1/0.93'",
        box=0.5,
        flags="sinc",
        wear=(
            f"{_dust(0.0008)},gblur=sigma=0.5,{_noise(20, 't', 22)},"
            "eq=brightness='0.03*sin(n*1.3)+0.02*sin(n*4.7)':eval=frame"
        ),
        coder=_coder("mpeg2video", **{"q:v": 6, "g": 12}),
        weave=("3*sin(n*2.9)", "3*sin(n*1.7+2)"),
    ),
)
"""Twelve, fixed; the third, sixth, ninth and last have weave, flicker and wear."""


def aged_by_ffmpeg(name: str, frames: Tensor, number: int, scale: int) -> BenchmarkShot:
    """Frames [T, 3, H, W], uint8, full range, aged in the `number`th way (modulo their count).

    The ground truth is the film's luma: same stock, curve and vignette, sharp, clean and without weave.
    It shows the part that `framed` gives.
    """
    film = AGEINGS[number % len(AGEINGS)]
    height, width = framed(frames, scale).shape[-2:]
    pictures = [frame.permute(1, 2, 0).numpy() for frame in frames]
    fixed = f"crop={width}:{height}:{MARGIN}:{MARGIN}"
    into_luma = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    with tempfile.TemporaryDirectory(prefix="restore-aged-") as folder:
        truth, aged = Path(folder) / "truth.mkv", Path(folder) / f"aged{film.suffix}"
        render_film(pictures, f"{film.tone},{fixed},{into_luma}", _EXACT, truth)
        x, y = (f"{MARGIN}+({shift})*{scale}/4" for shift in film.weave or ("0", "0"))
        moved = f"crop={width}:{height}:'{x}':'{y}':exact=1"
        small = f"scale={width // scale}:{height // scale}:flags={film.flags}+accurate_rnd"
        full = film.coder["color_range"] == "pc"
        last = "scale=out_range=pc,format=yuvj420p" if full else "format=yuv420p"
        chain = f"{film.tone},{moved},{into_luma},{_soft(film, scale)},{small},{film.wear},{last}"
        render_film(pictures, chain, film.coder, aged)
        return BenchmarkShot(name, read_luma(aged), read_luma(truth), film.weave is None)


def _soft(film: FfmpegAgeing, scale: int) -> str:
    """The filter that blurs the sharp picture before it is scaled down by `scale`."""
    if film.box:
        return f"avgblur=sizeX={round(film.box * scale)}" if film.box * scale >= 1 else "null"
    return f"gblur=sigma={film.blur * scale:g}" if film.blur else "null"


def framed(frames: Tensor, scale: int) -> Tensor:
    """The part of frames [T, 3, H, W] that the aged film shows: without margin, even when scaled down."""
    step = 2 * scale
    height, width = ((side - 2 * MARGIN) // step * step for side in frames.shape[-2:])
    return frames[..., MARGIN : MARGIN + height, MARGIN : MARGIN + width]
