"""Chroma of tape: clips in color are aged, measured and treated.

    python benchmarks/chroma.py CLIP... [--shifts] [--show FOLDER]

The tables: what is found in the clean clips (nothing must be); the errors of chroma before and after the
treatment, as decided from the measure of the aged shot; with `--shifts` the shift that is measured, over a
grid of true shifts with noise; dot crawl. "Plain" is the aged chroma as it is, which resampling alone shows.
RMSE is taken at the chroma's own size, CIEDE2000 of frames with the true luma. The chroma of the clips lies
in the middle of its luma samples, whatever their tags say; shifts are compared with the clean clip's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from restore.ageing.aged_planes import FilmPlanes, joined
from restore.ageing.amounts import Ageing
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.ageing.tape_chroma import halved
from restore.clip import Clip
from restore.filters.resample import chroma_grid, luma_axis, resample
from restore.media.color.convert import to_clip
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.survey.frame_pass import places_in
from restore.timing import Span
from restore.treatments import chroma, crosscolor
from restore.treatments.chroma.chroma_faults import ChromaFaults
from restore.treatments.chroma.fault_observer import ChromaObserver
from restore.treatments.crosscolor.composite_faults import CompositeFaults
from restore.treatments.crosscolor.find_subcarrier import CrosstalkObserver

TAPE: dict[str, Ageing] = {
    "vhs": Ageing(
        color=True, subsampled=True, bandwidth=1.6, ringing=0.5, line_noise=0.02, chroma_bleed=5,
        chroma_shift=2, chroma_noise=0.025, codec="mpeg2", quantizer=5,
    ),
    "mild": Ageing(
        color=True, subsampled=True, bandwidth=0.8, line_noise=0.01, chroma_bleed=3,
        chroma_shift=-1.5, chroma_shift_down=1, chroma_noise=0.012,
    ),
    "dv": Ageing(
        color=True, subsampled=True, line_noise=0.005, chroma_stairs=True, chroma_shift=1,
        chroma_noise=0.008, codec="mpeg2", quantizer=3,
    ),
}  # fmt: skip
"""Kinds of tape: VHS, a good analog tape, and 4:1:1 that was converted to 4:2:0."""

SHIFTS = ((-4.0, 0.0), (-1.5, 1.0), (0.0, -2.0), (0.75, 0.0), (2.0, 1.5), (3.25, -1.0), (6.0, 0.0))
"""Luma pixels to the right and down."""

DOTS: dict[str, Ageing] = {
    "ntsc": Ageing(color=True, dot_crawl=0.6, cross_color=0.3),
    "pal": Ageing(color=True, dot_crawl=0.6, cross_color=0.3, subcarrier="pal"),
}

Shot = list[Clip]
"""A few clips of consecutive frames."""


def shot_of(path: Path) -> Shot:
    """The clips that the survey sees of a film with one shot."""
    source = probe(path)
    shot: Shot = []
    for span in places_in(Span(0, len(source.frames))):
        clip = to_clip(list(read_frames(source, source.frames, span)), source.format, source.color)
        shot.append(replace(clip, color=replace(clip.color, siting="center")))
    return shot


def aged(clip: Clip, amounts: Ageing, seed: int) -> Clip:
    """The clip with these damages, in 4:2:0."""
    rgb = joined(FilmPlanes(clip.luma, full_size(clip)))
    made = age(rgb, amounts, 1, seeded("chroma", seed), first=clip.index)
    assert made.chroma is not None
    return replace(clip, luma=made.aged, chroma=halved(made.chroma))


def full_size(clip: Clip) -> Tensor:
    """Chroma at the size of luma."""
    assert clip.chroma is not None
    height, width = clip.luma.shape[-2:]
    return resample(clip.chroma, chroma_grid(clip), (luma_axis(width), luma_axis(height)))


def faults(shot: Shot) -> ChromaFaults:
    """What is measured in a shot, faulty or not."""
    observer = ChromaObserver()
    for clip in shot:
        observer.see(clip)
    found = observer.faults()
    assert found is not None
    return found


def pattern(shot: Shot) -> CompositeFaults | None:
    """The pattern that is found in a shot."""
    observer = CrosstalkObserver()
    for clip in shot:
        observer.see(clip)
    return observer.result()


def rmse(one: Tensor, other: Tensor) -> float:
    """Root of the mean squared difference."""
    return float((one - other).square().mean().sqrt())


def lab(frame: Clip, color: Tensor) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of every second pixel, of a frame's luma with this chroma of BT.709."""
    planes = FilmPlanes(frame.luma[..., ::2, ::2], color[..., ::2, ::2])
    rgb = joined(planes).clamp(0, 1)[0].permute(1, 2, 0).double().numpy()
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = light @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean color difference (CIE 142-2001; formulas of Sharma, Wu and Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    gain = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(gain * a1, b1), np.hypot(gain * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, gain * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    gray = c1 * c2 == 0
    hue = np.where(gray, h1 + h2, (h1 + turn / 2) % 360)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(np.where(gray, 0, turn)) / 2)
    lightness, chroma_mean = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma_mean, 1 + 0.015 * chroma_mean * t
    swing = np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))
    rotation = -2 * np.sqrt(chroma_mean**7 / (chroma_mean**7 + 25.0**7)) * np.sin(swing)
    light, colorful, hues = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    squared = light**2 + colorful**2 + hues**2 + rotation * colorful * hues
    return float(np.sqrt(np.maximum(squared, 0)).mean())


def tape_table(names: Sequence[str], shots: Sequence[Shot], show: Path | None) -> None:
    """The errors of chroma for every kind of tape, plain and treated."""
    for kind, amounts in TAPE.items():
        ratios: list[tuple[float, float, float]] = []
        print(f"\n{kind}: RMSE (1/1000) and CIEDE2000, plain -> treated")
        for name, shot in zip(names, shots, strict=True):
            damaged = [aged(clip, amounts, number) for number, clip in enumerate(shot)]
            found = faults(damaged)
            middle = len(shot) // 2
            clip, true = damaged[middle], shot[middle]
            span = Span(clip.index + 1, clip.index + 4)
            begin = time.process_time()
            treated = chroma.treat(clip, span, chroma.decision_for(found)) if found.faulty else None
            spent = (time.process_time() - begin) / len(span)
            plain, right = (each.part(span.start, span.stop) for each in (clip, true))
            result = treated or plain
            errors = [errors_of(each, right) for each in (plain, result)]
            ratios.append((errors[1][0] / errors[0][0], errors[1][1] / errors[0][1], spent))
            print(
                f"  {name:18s} {1e3 * errors[0][0]:6.2f} -> {1e3 * errors[1][0]:5.2f} "
                f"({ratios[-1][0] - 1:+.0%})  {errors[0][1]:5.2f} -> {errors[1][1]:5.2f} "
                f"({ratios[-1][1] - 1:+.0%})  {described(found)}",
                flush=True,
            )
            if show is not None:
                write_sheet(show / f"{name}-{kind}.png", (plain, result, right))
        means = [fmean(column) for column in zip(*ratios, strict=True)]
        worst = [max(column) for column in zip(*ratios, strict=True)]
        print(
            f"  mean {means[0] - 1:+.0%} RMSE, {means[1] - 1:+.0%} CIEDE2000; worst {worst[0] - 1:+.0%}, "
            f"{worst[1] - 1:+.0%}; {means[2]:.3f} CPU-seconds a frame"
        )


def errors_of(clip: Clip, true: Clip) -> tuple[float, float]:
    """RMSE of chroma, and CIEDE2000 of the middle frame with its true luma."""
    assert clip.chroma is not None
    assert true.chroma is not None
    middle = [each.part(true.index + 1, true.index + 2) for each in (clip, true)]
    colors = [lab(middle[1], full_size(each)) for each in middle]
    return rmse(clip.chroma, true.chroma), ciede2000(*colors)


def described(found: ChromaFaults) -> str:
    """What was measured, in a few words."""
    shift = "unknown" if found.known is None else "{:+.2f} {:+.2f}".format(*found.known)
    stairs = ", stairs" if found.stairs is not None else ""
    return f"shift {shift}, noise {1e3 * found.noise:.1f}, bleed {found.bleed:.1f}{stairs}"


def write_sheet(path: Path, clips: Sequence[Clip]) -> None:
    """The middle frames with their own luma: plain, treated and true, side by side."""
    frames: list[NDArray[np.uint8]] = []
    for clip in clips:
        rgb = joined(FilmPlanes(clip.luma[1:2], full_size(clip)[1:2]))[0].permute(1, 2, 0)
        frames.append((rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy()[..., ::-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.concatenate(frames, 1))


def clean_table(names: Sequence[str], shots: Sequence[Shot]) -> None:
    """What is found in the clean clips."""
    false = 0
    print("clean clips")
    for name, shot in zip(names, shots, strict=True):
        begin = time.process_time()
        found, dots = faults(shot), pattern(shot)
        spent = time.process_time() - begin
        false += found.faulty or dots is not None
        verdict = "TREATED" if found.faulty or dots else "left"
        print(f"  {name:18s} {verdict:7s} {described(found)}; {spent:.1f} CPU-seconds a shot")
    print(f"  {false} false treatments in {len(shots)} clips")


def shift_table(names: Sequence[str], shots: Sequence[Shot]) -> None:
    """The error of the measured shift."""
    own = [faults(shot).known for shot in shots]
    for right, down in SHIFTS:
        for bleed, noise in ((0.0, 0.0), (3.0, 0.012), (5.0, 0.025)):
            amounts = Ageing(
                color=True, subsampled=True, chroma_shift=right, chroma_shift_down=down,
                chroma_bleed=bleed, chroma_noise=noise,
            )  # fmt: skip
            errors: list[float] = []
            for shot, base in zip(shots, own, strict=True):
                found = faults([aged(clip, amounts, n) for n, clip in enumerate(shot)]).known
                if found is not None and base is not None:
                    pairs = zip(found, base, (right, down), strict=True)
                    errors.append(max(abs(one - zero - true) for one, zero, true in pairs))
            text = f"median {np.median(errors):.2f}, largest {max(errors):.2f}" if errors else ""
            late = sum(error > 0.25 for error in errors)
            print(
                f"  true {right:+.2f} {down:+.2f}, bleed {bleed:.0f}, noise {noise:.3f}: known in "
                f"{len(errors)} of {len(names)} clips; error {text}; {late} above 0.25",
                flush=True,
            )


def dots_table(names: Sequence[str], shots: Sequence[Shot]) -> None:
    """Dot crawl and rainbows, in 8 bit: found in how many clips, and what is left of the added error.

    Still parts have the same luma in all frames of a clip, but for one code value or two.
    """
    for kind, amounts in DOTS.items():
        known, sums, ratios = 0, np.zeros((2, 4)), list[float]()
        print(f"\n{kind}: RMSE (1/1000), plain -> treated: luma, still luma, chroma, still chroma")
        for number, (name, shot) in enumerate(zip(names, shots, strict=True)):
            damaged = [coded(aged(clip, amounts, number)) for clip in shot]
            found = pattern(damaged)
            known += found is not None
            clip, true = damaged[len(shot) // 2], coded(shot[len(shot) // 2])
            span = Span(clip.index + 2, clip.index + 3)
            plain, right = (each.part(span.start, span.stop) for each in (clip, true))
            begin = time.process_time()
            result = (
                crosscolor.treat(clip, span, crosscolor.decision_for(found)) if found else plain
            )
            spent = time.process_time() - begin
            still = (true.luma.amax(0) - true.luma.amin(0) < 0.012)[None]
            errors = np.array([squares(each, right, still) for each in (plain, result)])
            sums += errors
            before, after = np.sqrt(errors)
            ratios.append(after[0] / before[0] - 1)
            figures = ", ".join(
                f"{1e3 * one:.2f} -> {1e3 * other:.2f}"
                for one, other in zip(before, after, strict=True)
            )
            text = (
                f"{found.system} crawl {found.crawl:.2f} rainbows {found.rainbows:.2f}"
                if found
                else "-"
            )
            print(f"  {name:18s} {figures}; {text}; {spent:.3f} CPU-seconds", flush=True)
        gains = ", ".join(f"{gain - 1:+.0%}" for gain in np.sqrt(sums[1] / sums[0]))
        print(f"  found in {known} of {len(names)} clips; all clips {gains}")
        print(f"  luma: mean of the clips {fmean(ratios):+.0%}, worst {max(ratios):+.0%}")


def coded(clip: Clip) -> Clip:
    """The clip with values of 8 bit."""
    assert clip.chroma is not None
    luma, chroma = (clip.luma * 219).round() / 219, (clip.chroma * 224).round() / 224
    return replace(clip, luma=luma, chroma=chroma)


def squares(clip: Clip, true: Clip, still: Tensor) -> list[float]:
    """The mean squared errors of luma and chroma, each of the frame and of its still part."""
    assert clip.chroma is not None
    assert true.chroma is not None
    found: list[float] = []
    for one, other in ((clip.luma, true.luma), (clip.chroma, true.chroma)):
        error = (one - other).square()
        where = torch.nn.functional.interpolate(still.float(), one.shape[-2:]) > 0.5
        found += [
            float(error.mean()),
            float((error * where).sum() / (where.sum() * len(error[0]) + 1)),
        ]
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--shifts", action="store_true", help="only the table of shifts")
    parser.add_argument("--dots", action="store_true", help="only dot crawl and rainbows")
    parser.add_argument("--clean", action="store_true", help="only the clean clips")
    parser.add_argument("--show", type=Path, help="folder for pictures: plain, treated, true")
    asked = parser.parse_args()
    names = [path.stem for path in asked.clips]
    shots = [shot_of(path) for path in asked.clips]
    if asked.shifts:
        shift_table(names, shots)
        return
    if asked.dots:
        dots_table(names, shots)
        return
    clean_table(names, shots)
    if not asked.clean:
        tape_table(names, shots, asked.show)
        dots_table(names, shots)


if __name__ == "__main__":
    main()
