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
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
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

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Luma [T, H, W] and chroma [T, 2, H/2, W/2]."""


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
    """An interlaced film on disk, and its size."""

    path: Path
    frames: int
    height: int
    width: int


Method = Callable[[Film, Path], None]
"""Deinterlaces a film into an FFV1 file at the field rate."""


def main() -> None:
    """Compare the methods on all clips; print a table, and write the scores as JSON."""
    asked = arguments()
    chosen = methods(asked)
    scores: list[Score] = []
    for clip in asked.clips:
        truth = progressive(clip, asked.frames)
        for source in asked.sources:
            with tempfile.TemporaryDirectory() as folder:
                scores += compared(clip.stem, truth, source, chosen, Path(folder), asked.bff)
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
    return asked


def methods(asked: argparse.Namespace) -> dict[str, Method]:
    """The methods by name, ours first."""
    found: dict[str, Method] = {"ours": our_method(asked)}
    found |= {name: filter_method(chain, asked.bff) for name, chain in FILTERS.items()}
    if asked.qtgmc:
        found["qtgmc"] = qtgmc_method(asked.qtgmc, asked.qtgmc_script, asked.bff)
    return {name: method for name, method in found.items() if name not in asked.skip}


# Films.


def progressive(clip: Path, frames: int) -> Planes:
    """The first frames of a clip, an even number, cropped to the grid."""
    shape = size_of(clip)
    luma, chroma = decoded(clip, *shape, frames)
    count, height, width = len(luma) // 2 * 2, shape[0] // _GRID * _GRID, shape[1] // _GRID * _GRID
    sides = chroma[:count, :, : height // 2, : width // 2]
    return luma[:count, :height, :width], sides


def size_of(clip: Path) -> tuple[int, int]:
    """Height and width."""
    from restore.media.container.probe import probe

    source = probe(clip)
    return source.height, source.width


def decoded(film: Path, height: int, width: int, frames: int | None = None) -> Planes:
    """The frames of a file as 8-bit 4:2:0."""
    limit = () if frames is None else ("-frames:v", str(frames))
    raw = run(
        "-i",
        str(film),
        *limit,
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-fps_mode",
        "passthrough",
        "-",
    )
    rows, columns = (height + 1) // 2, (width + 1) // 2
    each = np.frombuffer(bytearray(raw), np.uint8).reshape(-1, height * width + 2 * rows * columns)
    luma, chroma = each[:, : height * width], each[:, height * width :]
    return luma.reshape(-1, height, width), chroma.reshape(-1, 2, rows, columns)


def interlaced(truth: Planes, source: str, path: Path, bff: bool) -> Film:
    """The clip as an interlaced film: two of its frames are the fields of one."""
    luma, chroma = (woven(planes, bff) for planes in truth)
    count, height, width = luma.shape
    raw = b"".join(one.tobytes() + two.tobytes() for one, two in zip(luma, chroma, strict=True))
    size = ("-s", f"{width}x{height}", "-r", "25")
    order = "setfield=bff" if bff else "setfield=tff"
    run(*("-f", "rawvideo", "-pix_fmt", "yuv420p", *size, "-i", "-", "-vf", order),
        *SOURCES[source], str(path), data=raw)  # fmt: skip
    return Film(path, count, height, width)


def woven(planes: NDArray[np.uint8], bff: bool) -> NDArray[np.uint8]:
    """Pictures of successive instants [T, ..., H, W] -> interlaced frames [T/2, ..., H, W]."""
    frames, second = planes[0::2].copy(), 0 if bff else 1
    frames[..., second::2, :] = planes[1::2, ..., second::2, :]
    return frames


def run(*options: str, data: bytes | None = None) -> bytes:
    """What ffmpeg writes to its output."""
    command = [executable(), "-hide_banner", "-loglevel", "error", "-y", *options]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


# Methods.


def filter_method(chain: str, bff: bool) -> Method:
    """One of ffmpeg's filters."""
    order = "setfield=bff" if bff else "setfield=tff"

    def deinterlace(film: Film, target: Path) -> None:
        run("-i", str(film.path), "-vf", f"{order},{chain}", "-fps_mode", "passthrough",
            "-c:v", "ffv1", str(target))  # fmt: skip

    return deinterlace


def qtgmc_method(python: Path, script: Path, bff: bool) -> Method:
    """QTGMC of vsjetpack, in its own environment."""

    def deinterlace(film: Film, target: Path) -> None:
        order = "bff" if bff else "tff"
        command = [str(python), str(script), str(film.path), str(target), executable(), order]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return deinterlace


def our_method(asked: argparse.Namespace) -> Method:
    """Our network, with luma and chroma, on the device and in the precision that `restore` would use."""
    device, precision = resolve_engine(Recipe(device=asked.device, precision=asked.precision))
    net, bff = load_network(asked.model, Engine(device, precision)), asked.bff
    if not isinstance(net, DeinterlaceNet):
        raise SystemExit(f"{asked.model} is not a model for deinterlacing")
    print(f"ours: {asked.model} on {device} in {precision}")

    def deinterlace(film: Film, target: Path) -> None:
        luma, chroma = decoded(film.path, film.height, film.width)
        rows = [torch.from_numpy(one)[None] for one in fields(luma, bff)]
        sides = [torch.from_numpy(one) for one in fields(chroma, bff)]
        values, colors = interpolate(
            net,
            [one.to(device).float() / 255 for one in rows],
            [one.to(device).float() / 255 - _CHROMA_ZERO for one in sides],
            not bff,
            range(len(rows)),
        )
        assert colors is not None
        planes = codes(values[:, 0]), codes(colors + _CHROMA_ZERO)
        raw = b"".join(one.tobytes() + two.tobytes() for one, two in zip(*planes, strict=True))
        size = ("-s", f"{film.width}x{film.height}", "-r", "50")
        run("-f", "rawvideo", "-pix_fmt", "yuv420p", *size, "-i", "-",
            "-c:v", "ffv1", str(target), data=raw)  # fmt: skip

    return deinterlace


def fields(planes: NDArray[np.uint8], bff: bool) -> list[NDArray[np.uint8]]:
    """The fields of interlaced frames [T, ..., H, W] in display order."""
    order = (1, 0) if bff else (0, 1)
    return [frame[..., parity::2, :] for frame in planes for parity in order]


def codes(values: torch.Tensor) -> NDArray[np.uint8]:
    """0..1 as 8-bit code values."""
    return values.mul(255).round().clamp(0, 255).byte().cpu().numpy()


# Scores.


def compared(
    clip: str,
    truth: Planes,
    source: str,
    chosen: dict[str, Method],
    folder: Path,
    bff: bool,
) -> list[Score]:
    """The scores of all methods on one clip, stored in one way."""
    film = interlaced(truth, source, folder / "interlaced.mkv", bff)
    short = interlaced((truth[0][:4], truth[1][:4]), source, folder / "short.mkv", bff)
    scores: list[Score] = []
    for name, method in chosen.items():
        target = folder / f"{name}.mkv"
        start = cpu_seconds(method, short, folder / "start.mkv") if name == "qtgmc" else 0.0
        counted = 2 * (film.frames - short.frames) if name == "qtgmc" else 2 * film.frames
        seconds = (cpu_seconds(method, film, target) - start) / counted
        result = decoded(target, film.height, film.width)[0]
        quality = similarity(result, truth[0])
        scores.append(Score(clip, source, name, *quality, seconds))
    return scores


def cpu_seconds(method: Method, film: Film, target: Path) -> float:
    """CPU time of the method, of this process and of its children."""
    before = _used()
    method(film, target)
    return _used() - before


def _used() -> float:
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def similarity(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> tuple[float, float]:
    """The frames' mean PSNR in dB and mean SSIM; a filter may leave out the last field."""
    pairs = list(zip(result, truth, strict=False))[ENDS : len(truth) - ENDS]
    inside = slice(EDGE, -EDGE)
    found = [
        tuple(
            torch.from_numpy(one[inside, inside].copy()).float()[None, None] / 255 for one in pair
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
