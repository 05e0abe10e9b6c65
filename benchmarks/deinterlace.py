"""Deinterlacers side by side: ours, bwdif, w3fdif, estdif, and QTGMC where its environment exists.

    python benchmarks/deinterlace.py --qtgmc FOLDER/bin/python --json scores.json

The environment is made by `../shared/peers/setup-qtgmc.sh FOLDER`. Without clips on the command line, the
test clips are used (`restore/evaluation/data_split.py`), which never train a model.

Every clip is progressive. Frames 0, 2, 4 ... give the top rows of interlaced frames, frames 1, 3, 5 ... the
bottom rows, so that the clip itself is the ground truth of every field. The interlaced film is stored twice:
losslessly ("clean") and as MPEG-2 at quality 4. Every method reads the same file and writes FFV1. Compared is
the luma at the field rate, without the first and last two frames and without 8 samples at each edge: the mean
of the frames' PSNR and SSIM. CPU-seconds a field are those of all threads and child processes, without the
start of the program: QTGMC's is measured with a film of two frames, and our model is loaded before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from field_films import woven
from film_files import Frame, Plane, cpu_seconds, decoded, ffmpeg, write
from numpy.typing import NDArray

from restore.evaluation.data_split import TEST_CLIPS
from restore.evaluation.metrics import ssim
from restore.media.ffmpeg.process import executable
from restore.nets.deinterlace import DeinterlaceNet
from restore.recipe import Recipe
from restore.run.engine import resolve_engine
from restore.treatments.deinterlace.interpolate import interpolate
from restore.treatments.network import load_network
from restore.treatments.treatment import Engine

FILTERS = {
    "bwdif": "bwdif=mode=send_field:deint=all",
    "w3fdif": "w3fdif=mode=field:deint=all",
    "estdif": "estdif=mode=field:deint=all",
}
SOURCES = {
    "clean": ("-c:v", "ffv1"),
    "mpeg2": ("-c:v", "mpeg2video", "-q:v", "4", "-flags", "+ildct+ilme"),
}
ENDS, EDGE = 2, 8
"""Frames at both ends, and samples at each edge, that are not compared."""

_GRID = 4
"""Clips are cropped to multiples of this: chroma at half size has the rows of both fields."""

_CHROMA_ZERO = 128 / 255


@dataclass(frozen=True)
class Score:
    """One method on one interlaced film."""

    clip: str
    source: str
    method: str
    psnr: float
    ssim: float
    cpu_seconds_per_field: float


@dataclass(frozen=True)
class Film:
    """An interlaced film on disk, and the number of its frames."""

    path: Path
    frames: int


Method = Callable[[Film, Path], None]
"""Deinterlaces a film into an FFV1 file at the field rate."""


def main() -> None:
    """Compare the methods on all clips; print a table, and write the scores as JSON."""
    asked = arguments()
    chosen = methods(asked)
    scores: list[Score] = []
    for clip in asked.clips:
        found = decoded(clip, asked.frames)
        truth = [cropped(frame) for frame in found[: len(found) // 2 * 2]]
        for source in asked.sources:
            with tempfile.TemporaryDirectory() as folder:
                scores += compared(clip.stem, truth, source, chosen, Path(folder), asked.order)
            show(scores[-len(chosen) :])
        if asked.json:
            asked.json.write_text(json.dumps([asdict(score) for score in scores], indent=1))
    print("\n" + table(scores))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "clips", nargs="*", type=Path, help="progressive clips (default: the test clips)"
    )
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data/clips"), help="folder of the test clips"
    )
    parser.add_argument("--model", default="deinterlace", help="name or folder of our model")
    parser.add_argument("--device", default="auto", help="as for restore")
    parser.add_argument("--precision", default="auto", help="as for restore")
    parser.add_argument("--frames", type=int, default=48, help="frames of each clip")
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--bff", action="store_true", help="bottom field first")
    parser.add_argument("--skip", nargs="*", default=[], help="methods to leave out")
    parser.add_argument("--qtgmc", type=Path, help="Python of the environment that has vsjetpack")
    parser.add_argument("--qtgmc-script", type=Path, default=Path("../shared/peers/qtgmc.py"))
    parser.add_argument("--json", type=Path, help="file for the scores")
    asked = parser.parse_args()
    asked.clips = asked.clips or [asked.data / f"{name}.mp4" for name in TEST_CLIPS]
    asked.order = "bff" if asked.bff else "tff"
    return asked


def methods(asked: argparse.Namespace) -> dict[str, Method]:
    """The methods by name, ours first."""
    found: dict[str, Method] = {"ours": our_method(asked)}
    found |= {name: filter_method(chain, asked.order) for name, chain in FILTERS.items()}
    if asked.qtgmc:
        found["qtgmc"] = qtgmc_method(asked.qtgmc, asked.qtgmc_script, asked.order)
    return {name: method for name, method in found.items() if name not in asked.skip}


# Films.


def cropped(frame: Frame) -> Frame:
    """A frame without the last rows and columns beyond the grid."""
    y, cb, cr = frame
    height, width = (side // _GRID * _GRID for side in y.shape)
    half = slice(height // 2), slice(width // 2)
    return y[:height, :width], cb[half], cr[half]


def interlaced(truth: Sequence[Frame], source: str, path: Path, order: str) -> Film:
    """The clip as an interlaced film: two of its frames are the fields of one."""
    write(woven(truth, order), path, Fraction(25), "-vf", f"setfield={order}", *SOURCES[source])
    return Film(path, len(truth) // 2)


# Methods.


def filter_method(chain: str, order: str) -> Method:
    """One of ffmpeg's filters."""

    def deinterlace(film: Film, target: Path) -> None:
        options = ("-vf", f"setfield={order},{chain}", "-fps_mode", "passthrough", "-c:v", "ffv1")
        ffmpeg("-i", str(film.path), *options, str(target))

    return deinterlace


def qtgmc_method(python: Path, script: Path, order: str) -> Method:
    """QTGMC of vsjetpack, in its own environment."""

    def deinterlace(film: Film, target: Path) -> None:
        command = [str(python), str(script), str(film.path), str(target), executable(), order]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return deinterlace


def our_method(asked: argparse.Namespace) -> Method:
    """Our network, with luma and chroma, on the device and in the precision that `restore` would use."""
    device, precision = resolve_engine(Recipe(device=asked.device, precision=asked.precision))
    net, order = load_network(asked.model, Engine(device, precision)), asked.order
    if not isinstance(net, DeinterlaceNet):
        raise SystemExit(f"{asked.model} is not a model for deinterlacing")
    print(f"ours: {asked.model} on {device} in {precision}")

    def deinterlace(film: Film, target: Path) -> None:
        frames = decoded(film.path)
        rows = [torch.from_numpy(one)[None] for one in fields([y for y, *_ in frames], order)]
        chroma = [np.stack(both) for _, *both in frames]
        sides = [torch.from_numpy(one) for one in fields(chroma, order)]
        values, colors = interpolate(
            net,
            [one.to(device).float() / 255 for one in rows],
            [one.to(device).float() / 255 - _CHROMA_ZERO for one in sides],
            order == "tff",
            range(len(rows)),
        )
        assert colors is not None
        planes = zip(codes(values[:, 0]), codes(colors + _CHROMA_ZERO), strict=True)
        made = ((y, both[0], both[1]) for y, both in planes)
        write(made, target, Fraction(50), "-c:v", "ffv1")

    return deinterlace


def fields(planes: Sequence[Plane], order: str) -> list[Plane]:
    """The fields of interlaced planes [..., H, W] in display order."""
    parities = (0, 1) if order == "tff" else (1, 0)
    return [plane[..., parity::2, :] for plane in planes for parity in parities]


def codes(values: torch.Tensor) -> NDArray[np.uint8]:
    """0..1 as 8-bit code values."""
    return values.mul(255).round().clamp(0, 255).byte().cpu().numpy()


# Scores.


def compared(
    clip: str,
    truth: Sequence[Frame],
    source: str,
    chosen: dict[str, Method],
    folder: Path,
    order: str,
) -> list[Score]:
    """The scores of all methods on one clip, stored in one way."""
    film = interlaced(truth, source, folder / "interlaced.mkv", order)
    short = interlaced(truth[:4], source, folder / "short.mkv", order)
    scores: list[Score] = []
    for name, method in chosen.items():
        target = folder / f"{name}.mkv"
        begin = partial(method, short, folder / "start.mkv")
        start = cpu_seconds(begin) if name == "qtgmc" else 0.0
        counted = 2 * (film.frames - short.frames) if name == "qtgmc" else 2 * film.frames
        seconds = (cpu_seconds(partial(method, film, target)) - start) / counted
        quality = similarity(decoded(target), truth)
        scores.append(Score(clip, source, name, *quality, seconds))
    return scores


def similarity(result: Sequence[Frame], truth: Sequence[Frame]) -> tuple[float, float]:
    """The frames' mean PSNR in dB and mean SSIM; a filter may leave out the last field."""
    pairs = list(zip(result, truth, strict=False))[ENDS : len(truth) - ENDS]
    inside = slice(EDGE, -EDGE)
    found = [
        tuple(
            torch.from_numpy(y[inside, inside].copy()).float()[None, None] / 255 for y, *_ in pair
        )
        for pair in pairs
    ]
    psnrs = [-10 * np.log10(max(float((a - b).square().mean()), 1e-8)) for a, b in found]
    return float(fmean(psnrs)), fmean(ssim(a, b) for a, b in found)


# Output.


def show(scores: Iterable[Score]) -> None:
    """One line for each score, at once."""
    for one in scores:
        cpu = f"{one.cpu_seconds_per_field:.3f} CPU-s a field"
        print(
            f"{one.clip} {one.source} {one.method}: {one.psnr:.2f} dB, SSIM {one.ssim:.4f}, {cpu}"
        )
    sys.stdout.flush()


def table(scores: Sequence[Score]) -> str:
    """For each source a Markdown table: rows for the clips and their mean, columns for the methods."""
    return "\n\n".join(
        _table(source, [one for one in scores if one.source == source])
        for source in dict.fromkeys(one.source for one in scores)
    )


def _table(source: str, scores: Sequence[Score]) -> str:
    names = list(dict.fromkeys(one.method for one in scores))
    clips = list(dict.fromkeys(one.clip for one in scores))
    by = {(one.clip, one.method): one for one in scores}

    def row(title: str, of: Sequence[str]) -> str:
        cells = [_cell([by[clip, name] for clip in of]) for name in names]
        return f"| {title} | {' | '.join(cells)} |"

    head = [f"| {source} | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    return "\n".join([*head, *(row(clip, [clip]) for clip in clips), row("mean", clips)])


def _cell(scores: Sequence[Score]) -> str:
    """PSNR / SSIM / CPU-seconds a field, the means of these scores."""
    quality = f"{fmean(s.psnr for s in scores):.2f} / {fmean(s.ssim for s in scores):.4f}"
    return f"{quality} / {fmean(s.cpu_seconds_per_field for s in scores):.3f}"


if __name__ == "__main__":
    main()
