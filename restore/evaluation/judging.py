"""Judging: models and baselines on one benchmark, by their scores; what `restore evaluate` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from restore.ageing.draw import Spread
from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.evaluation import aged_shots as benchmark
from restore.evaluation import upscaling
from restore.evaluation.aged_shots import SEED
from restore.evaluation.benchmark import BenchmarkShot, GreyShot, luma_of
from restore.evaluation.coloring import ColorScore, score_shots
from restore.evaluation.colorists import Colorist, baselines
from restore.evaluation.oldfilms import framed, old_film
from restore.evaluation.readouts import READOUT_COLUMNS, readout_rows
from restore.evaluation.sheet import Cell, contact_sheet
from restore.evaluation.tables import COLOR_COLUMNS, Row, Table, color_rows, luma_table
from restore.evaluation.upscalers import Upscaler
from restore.evaluation.upscaling import CONTEXT, LumaScore, score_shot
from restore.treatments.treatment import Engine

Kind = Literal["own", "ffmpeg"]
"""Who ages: the code that ages for training, or ffmpeg's filters."""

TITLES = {"own": "aged by our own code", "ffmpeg": "aged by ffmpeg's filters"}

Tell = Callable[[str], None]
"""Takes a word on what is being done now."""

_STILL_JUDGED = 2
_DETAIL, _PICTURE = (360, 270), (320, 240)
_SHEET_ROWS = 12


@dataclass(frozen=True)
class Verdict:
    """Tables, every single score as plain values, and the contact sheet R'G'B' [H, W, 3], if any."""

    tables: tuple[Table, ...]
    scores: tuple[dict[str, Any], ...] = ()
    sheet: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Benchmark:
    """What is aged, and how: `files` are clips, or pictures (`stills`); `frames` of a clip are judged."""

    files: tuple[Path, ...]
    stills: bool
    kinds: tuple[Kind, ...]
    ageings: int = 1
    frames: int = 8

    def shots(self, kind: Kind, scale: int) -> Iterator[BenchmarkShot]:
        """Every file, aged as often as wanted; the same ones each time."""
        judged = _STILL_JUDGED if self.stills else self.frames
        for at, (path, name) in enumerate(_named(self.files)):
            for number in range(self.ageings):
                frames = self._read(path, judged + 2 * CONTEXT)
                if kind == "ffmpeg":
                    yield old_film(name, frames, at + 5 * number, scale)
                else:
                    luck = seeded(SEED, at, number)
                    yield benchmark.aged_shot(name, frames, scale, luck)

    def _read(self, path: Path, count: int) -> Tensor:
        read = benchmark.still_frames if self.stills else benchmark.clip_frames
        frames = read(path, count)
        benchmark.check_size((frames.shape[-2], frames.shape[-1]), path)
        return frames

    def check(self) -> None:
        """SourceError or UsageError, before anything is judged, for a clip or a picture that cannot be."""
        for path in self.files:
            if self.stills:
                benchmark.check_still(path)
            else:
                benchmark.check_clip(path, 2 * CONTEXT + 2)


def _named(files: Sequence[Path]) -> list[tuple[Path, str]]:
    return list(zip(files, benchmark.shot_names(files), strict=True))


def judge_upscalers(bench: Benchmark, upscalers: Sequence[Upscaler], tell: Tell) -> Verdict:
    """Every upscaler (all of one scale) on every shot, ageing by ageing."""
    scale = upscalers[0].scale
    tables: list[Table] = []
    plain: list[dict[str, Any]] = []
    rows: list[list[Cell]] = []
    for kind in bench.kinds:
        scores: list[LumaScore] = []
        for shot in bench.shots(kind, scale):
            tell(f"{shot.name}, {TITLES[kind]}")
            found = list(score_shot(shot, upscalers))
            scores += found
            if len(rows) < _SHEET_ROWS * len(bench.kinds):
                rows.append(_luma_cells(shot, found))
        tables.append(luma_table(f"x{scale}, {TITLES[kind]}", scores, upscalers))
        plain += [_plain(score, kind) for score in scores]
    return Verdict(tuple(tables), tuple(plain), contact_sheet(rows, _DETAIL, whole=False))


def _luma_cells(shot: BenchmarkShot, scores: Sequence[LumaScore]) -> list[Cell]:
    cells = [Cell(f"{shot.name}: {score.upscaler}", score.shown) for score in scores]
    return [*cells, Cell("truth", upscaling.shown(shot.truth))]


def check_colors(data: Path) -> None:
    """SourceError or UsageError, before anything is judged, for what colors cannot be judged by.

    A clip may be as short as one frame. Photographs of any size will do: only clips and pictures lose a
    margin when they are aged.
    """
    for path in benchmark.clip_files(data):
        benchmark.check_clip(path, 1)
    for path in benchmark.still_files(data):
        benchmark.check_still(path)


def judge_colorists(
    data: Path, kinds: Sequence[Kind], models: Sequence[Colorist], count: int | None, tell: Tell
) -> Verdict:
    """Every colorist on photographs kept aside, on the clips and on the pictures of data/bench.

    Each set is judged from plain grey and from film-like grey; `count` photographs (None:
    all), frames of a clip as in `Bench`. Raises UsageError where there are no pictures at all.
    """
    rows: list[Row] = []
    plain: list[dict[str, Any]] = []
    cells: list[list[Cell]] = []
    for name, shots in _grey_sets(data, kinds, count):
        tell(name)
        scores = list(score_shots(shots, [*baselines(shots), *models]))
        rows += color_rows(name, scores)
        plain += [_plain(score, name) for score in scores]
        cells += _color_cells(shots, scores, [model.name for model in models])
    if not plain:
        raise _nothing_to_judge(data)
    title = "color under the true luma, at the operating point that ships"
    table = Table(title, COLOR_COLUMNS, tuple(rows))
    return Verdict((table,), tuple(plain), contact_sheet(cells, _PICTURE, whole=True))


def _nothing_to_judge(data: Path) -> UsageError:
    todo = "Name a folder with --data that has photos/, with clean color films for the rest."
    return UsageError("There are no color pictures to judge by.", str(data), todo)


def _grey_sets(
    data: Path, kinds: Sequence[Kind], count: int | None
) -> Iterator[tuple[str, list[GreyShot]]]:
    photos = [(name, rgb) for name, rgb in benchmark.photographs(data, count)]
    films, stills = (_named(find(data)) for find in (benchmark.clip_files, benchmark.still_files))
    clips = [(name, benchmark.clip_frames(path, Benchmark.frames)) for path, name in films]
    bench = [(name, benchmark.still_frames(path, 1)) for path, name in stills]
    sets = (("photographs", photos, 0), ("clips", clips, 4), ("data/bench", bench, 2))
    for name, pictures, scale in sets:
        if not pictures:
            continue
        yield f"{name}, plain grey", [_plain_grey(*picture) for picture in pictures]
        if "own" in kinds:
            aged = [
                benchmark.film_grey(title, frames, Spread(), at)
                for at, (title, frames) in enumerate(pictures)
            ]
            yield f"{name}, {TITLES['own']}", aged
        if "ffmpeg" in kinds and scale:
            shots = [_old_grey(*picture, at, scale) for at, picture in enumerate(pictures)]
            yield f"{name}, {TITLES['ffmpeg']}", shots


def _plain_grey(name: str, frames: Tensor) -> GreyShot:
    rgb = benchmark.shrunk(frames, benchmark.SHORT)
    return GreyShot(name, luma_of(rgb), rgb)


def _old_grey(name: str, frames: Tensor, number: int, scale: int) -> GreyShot:
    """As small as the old film is, with the true colors averaged down to it."""
    rgb = functional.avg_pool2d(framed(frames, scale).float() / 255, scale)
    return GreyShot(name, old_film(name, frames, number, scale).aged, rgb)


def _color_cells(
    shots: Sequence[GreyShot], scores: Sequence[ColorScore], names: Sequence[str]
) -> list[list[Cell]]:
    """A few of a set's shots: what was seen, what came out, what is true.

    `scores` are those of shot after shot: two photographs may bear one name.
    """
    rows: list[list[Cell]] = []
    each = len(scores) // len(shots)
    for at in range(0, len(shots), max(1, len(shots) // 4))[:4]:
        shot = shots[at]
        middle = len(shot.grey) // 2
        found = [s for s in scores[at * each : (at + 1) * each] if s.colorist in names]
        seen, truth = (
            side[middle].mul(255).round().clamp(0, 255).to(torch.uint8)
            for side in (shot.grey[:, 0], shot.rgb)
        )
        shown = [Cell(score.colorist, score.shown) for score in found]
        rows.append([Cell(shot.name, seen), *shown, Cell("truth", truth)])
    return rows


def judge_readouts(name: str, data: Path, count: int | None, engine: Engine, tell: Tell) -> Verdict:
    """What every readout of a color model gives on `count` photographs kept aside (None: all).

    Raises UsageError where there are none.
    """
    tables: list[Table] = []
    photos = list(benchmark.photographs(data, count))
    if not photos:
        raise _nothing_to_judge(data)
    for title, shots in (
        ("plain grey", [_plain_grey(*photo) for photo in photos]),
        (
            "film-like grey",
            [benchmark.film_grey(*photo, Spread(), at) for at, photo in enumerate(photos)],
        ),
    ):
        tell(f"{name}, {title}")
        rows = tuple(readout_rows(name, shots, engine))
        tables.append(Table(f"{name}, {title}, {len(shots)} photographs", READOUT_COLUMNS, rows))
    return Verdict(tuple(tables))


def _plain(score: LumaScore | ColorScore, where: str) -> dict[str, Any]:
    """A score without its picture."""
    return {"set": where, **{k: v for k, v in asdict(score).items() if k != "shown"}}
