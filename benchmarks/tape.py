"""What the repairs of tape damage gain on damaged clips, and what they change in clean ones.

    python benchmarks/tape.py CLIPS... [--frames 16] [--codec mpeg2] [--sheet FOLDER]

Each clip gets each damage of the ageing simulation by itself. Every damaged clip and the clean one are
measured and treated as in a run. A line for each damage has the number of clips in which the repair was
decided, the luma's mean PSNR before and after (whole frames, and damaged pixels alone), its SSIM, and the
CPU-seconds a frame of measure and repair. The truth is the clip with the same bandwidth and codec, without
the damage.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

from restore.ageing import broadcast, tape
from restore.ageing.random_streams import seeded
from restore.ageing.storage import store
from restore.clip import Clip
from restore.evaluation.metrics import ssim
from restore.filters.shift import rows_moved
from restore.media.color.convert import to_clip
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.reduced import ReducedFrame
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.film_facts import Color, Content, FilmFacts
from restore.treatments.measure import BandMeasure
from restore.treatments.treatment import Engine

BANDWIDTH = 1.0
"""The horizontal blur of all clips before the damage: sigma in columns."""

DAMAGES: dict[str, tuple[str, Callable[[Tensor, int], Tensor]]] = {
    "dropouts 1 %": ("dropout", lambda luma, n: tape.dropouts(luma, 0.01, seeded(n))[0]),
    "dropouts 0.2 %": ("dropout", lambda luma, n: tape.dropouts(luma, 0.002, seeded(n))[0]),
    "head switching 8": (
        "dropout",
        lambda luma, n: tape.head_switching(luma, 8, 0, seeded(n), seeded(n + 1))[0],
    ),
    "line jitter 0.5": ("linejitter", lambda luma, n: jittered(luma, 0.5, n)),
    "line jitter 1.0": ("linejitter", lambda luma, n: jittered(luma, 1.0, n)),
    "line jitter 2.0": ("linejitter", lambda luma, n: jittered(luma, 2.0, n)),
    "ringing 0.4": ("halo", lambda luma, n: broadcast.ringing(luma, 0.4, 2.0)),
    "ringing 0.7": ("halo", lambda luma, n: broadcast.ringing(luma, 0.7, 2.5)),
}
"""For each damage the repair and what it does to luma [T, 1, H, W], nominal, with a seed."""

CLEAN = ("dropout", "linejitter", "halo")


@dataclass(frozen=True)
class WholeShot:
    """All frames of a clip."""

    span: Span
    content: Content = "scene"
    color: Color = "color"


@dataclass(frozen=True)
class Score:
    """One damaged clip: dB of whole frames and of damaged pixels, SSIM, share of changed pixels, seconds."""

    decided: bool
    psnr: tuple[float, float]
    inside: tuple[float, float]
    ssim: tuple[float, float]
    changed: float
    measuring: float
    treating: float


def jittered(luma: Tensor, deviation: float, seed: int) -> Tensor:
    """Displaced lines; a third of the variance is smooth from line to line."""
    frames, _, height, _ = luma.shape
    return rows_moved(luma, tape.line_offsets(frames, height, deviation, 0.3, seeded(seed)))


def loaded(path: Path, frames: int) -> Clip:
    """The first frames of a clip, in nominal units."""
    source = probe(path)
    span = Span(0, min(frames, len(source.frames)))
    decoded = list(read_frames(source, source.frames, span))
    return to_clip(decoded, source.format, source.color)


def measured(name: str, luma: Tensor) -> object:
    """What the survey would find in these frames."""
    measure = catalog.TREATMENTS[name].measure
    assert isinstance(measure, BandMeasure)
    observer = measure.start(len(luma))
    codes = (16 + 219 * luma[:, 0]).round().clamp(0, 255).byte().numpy()
    for number, y in enumerate(codes):
        observer.see(ReducedFrame(number, 1, y, y[:0], y[:0]))
    return observer.result()


def treated(name: str, clip: Clip) -> tuple[Clip, bool, float, float]:
    """The clip measured and repaired: the result, whether it was decided, seconds a frame of both."""
    treatment = catalog.TREATMENTS[name]
    began = time.process_time()
    found = measured(name, clip.luma)
    between = time.process_time()
    span = Span(clip.index, clip.index + len(clip))
    film = FilmFacts(clip.luma.shape[-1], clip.luma.shape[-2], recomputed=True)
    shot = WholeShot(span)
    decision = treatment.decide(shot, found, treatment.options(), film)
    result = clip
    if decision is not None:
        result = treatment.load(treatment.settings(), Engine())(clip, span, decision)
    ended = time.process_time()
    times = ((between - began) / len(clip), (ended - between) / len(clip))
    return result, decision is not None, *times


def scored(name: str, worn: Clip, truth: Tensor) -> tuple[Score, Tensor]:
    """The score of a repair of a damaged clip, and the repaired luma."""
    result, decided, measuring, treating = treated(name, worn)
    damage = (worn.luma - truth).abs() > 2 / 219
    pairs = [(each.luma, truth) for each in (worn, result)]
    return (
        Score(
            decided,
            *[(decibel(*pairs[0], where), decibel(*pairs[1], where)) for where in (None, damage)],
            (ssim(*pairs[0]), ssim(*pairs[1])),
            float((result.luma != worn.luma).float().mean()),
            measuring,
            treating,
        ),
        result.luma,
    )


def decibel(luma: Tensor, truth: Tensor, where: Tensor | None) -> float:
    """PSNR of white 1, of all pixels or of some; at most 60."""
    error = (luma - truth) if where is None else (luma - truth)[where]
    return min(60.0, -10 * float(torch.log10(error.square().mean() + 1e-12)))


def stored(luma: Tensor, codec: str) -> Tensor:
    """The luma after a codec."""
    return luma if codec == "none" else store(luma, codec, 4)


def sheet(folder: Path, title: str, planes: list[Tensor]) -> None:
    """Truth, damaged and repaired frame next to each other."""
    import cv2

    middle = [plane[len(plane) // 2, 0] for plane in planes]
    codes = (torch.cat(middle, 1) * 255).round().clamp(0, 255).byte().numpy()
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{title}.png"), codes)


def main() -> None:
    """Print one line per damage, then the repairs that were decided in clean clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--codec", default="none", choices=["none", "mpeg2", "h264"])
    parser.add_argument("--sheet", type=Path)
    chosen = parser.parse_args()
    scores: dict[str, list[Score]] = {name: [] for name in DAMAGES}
    false: list[str] = []
    for number, path in enumerate(chosen.clips):
        clean = loaded(path, chosen.frames)
        for name in CLEAN:
            result, decided, *_ = treated(name, clean)
            if decided:
                share = float((result.luma != clean.luma).float().mean())
                false.append(f"{path.stem}: {name} ({share:.3%} of the pixels change)")
        soft = broadcast.bandwidth(clean.luma, BANDWIDTH)
        truth = stored(soft, chosen.codec)
        for damage, (repair, change) in DAMAGES.items():
            worn = replace(clean, luma=stored(change(soft, number), chosen.codec))
            score, luma = scored(repair, worn, truth)
            scores[damage].append(score)
            if chosen.sheet is not None:
                sheet(chosen.sheet, f"{path.stem} {damage}", [truth, worn.luma, luma])
    for damage, found in scores.items():
        print(line(damage, found))
    print(
        f"clean clips changed: {len(false)} of {len(chosen.clips) * len(CLEAN)}", *false, sep="\n  "
    )


def line(damage: str, found: list[Score]) -> str:
    """A row of the table; figures are means over the clips in which the repair was decided."""
    done = [one for one in found if one.decided]
    row = f"{damage:18} decided {len(done):2}/{len(found)}"
    if not done:
        return row
    before, after = (np.mean([[*one.psnr, *one.inside] for one in done], 0)[k::2] for k in (0, 1))
    alike = [fmean(one.ssim[k] for one in done) for k in (0, 1)]
    worse = sum(one.psnr[1] < one.psnr[0] for one in done)
    seconds = [fmean(getattr(one, key) for one in done) for key in ("measuring", "treating")]
    return (
        f"{row}  frames {before[0]:.1f} > {after[0]:.1f} dB  damage {before[1]:.1f} > {after[1]:.1f} dB  "
        f"SSIM {alike[0]:.4f} > {alike[1]:.4f}  worse {worse}  "
        f"measure {seconds[0]:.3f} s, repair {seconds[1]:.3f} s a frame"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
