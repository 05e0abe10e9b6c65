"""Comparison of models and baselines on one benchmark: scores, tables, contact sheet."""

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

from restore.ageing.draw import AgeingRanges
from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.evaluation import aged_shots, upscaling
from restore.evaluation.aged_shots import SEED, SHORT_SIDE
from restore.evaluation.benchmark import BenchmarkShot, GrayShot, luma_of
from restore.evaluation.coloring import ColorScore, color_scores
from restore.evaluation.colorizers import Colorizer, baselines
from restore.evaluation.contact_sheet import SheetCell, contact_sheet
from restore.evaluation.data_split import UNLIKE_TRAINING_CLIPS
from restore.evaluation.ffmpeg_ageing import aged_by_ffmpeg, framed
from restore.evaluation.readouts import READOUT_COLUMNS, readout_rows
from restore.evaluation.tables import COLOR_COLUMNS, Row, Table, color_rows, luma_table
from restore.evaluation.upscalers import Upscaler
from restore.evaluation.upscaling import CONTEXT, LumaScore, luma_scores
from restore.treatments.treatment import Engine

AgeingKind = Literal["own", "ffmpeg"]
"""Which ageing: that of `restore/ageing`, which is also used for training, or that of ffmpeg's filters."""

TITLES: dict[AgeingKind, str] = {
    "own": "aged by our own code",
    "ffmpeg": "aged by ffmpeg's filters",
}

Progress = Callable[[str], None]
"""Gets a text about what is being done."""

_FRAMES_OF_STILLS = 2
_DETAIL, _PICTURE = (360, 270), (320, 240)
_SHEET_ROWS = 12


@dataclass(frozen=True)
class EvaluationResult:
    """Tables, all scores as plain values, and a contact sheet R'G'B' [H, W, 3], if there is one."""

    tables: tuple[Table, ...]
    scores: tuple[dict[str, Any], ...] = ()
    sheet: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Benchmark:
    """What is aged and how: `files` are clips or, with `stills`, images; `frames` of a clip are evaluated."""

    files: tuple[Path, ...]
    stills: bool
    kinds: tuple[AgeingKind, ...]
    ageings: int = 1
    frames: int = 8

    def shots(self, kind: AgeingKind, scale: int) -> Iterator[BenchmarkShot]:
        """Every file, aged `ageings` times; always the same shots."""
        count = _FRAMES_OF_STILLS if self.stills else self.frames
        for at, (path, name) in enumerate(_named(self.files)):
            for number in range(self.ageings):
                frames = self._read(path, count + 2 * CONTEXT)
                if kind == "ffmpeg":
                    yield aged_by_ffmpeg(name, frames, at + 5 * number, scale)
                else:
                    yield aged_shots.aged_shot(name, frames, scale, seeded(SEED, at, number))

    def _read(self, path: Path, count: int) -> Tensor:
        read = aged_shots.still_frames if self.stills else aged_shots.clip_frames
        frames = read(path, count)
        aged_shots.check_size((frames.shape[-2], frames.shape[-1]), path)
        return frames

    def check(self) -> None:
        """SourceError for a clip or image that cannot be used, before anything is evaluated."""
        for path in self.files:
            if self.stills:
                aged_shots.check_still(path)
            else:
                aged_shots.check_clip(path, 2 * CONTEXT + 2)


def _named(files: Sequence[Path]) -> list[tuple[Path, str]]:
    return list(zip(files, aged_shots.shot_names(files), strict=True))


def compare_upscalers(
    benchmark: Benchmark, upscalers: Sequence[Upscaler], progress: Progress
) -> EvaluationResult:
    """Every upscaler (all of one scale) on every shot, for each kind of ageing."""
    scale = upscalers[0].scale
    tables: list[Table] = []
    plain: list[dict[str, Any]] = []
    rows: list[list[SheetCell]] = []
    for kind in benchmark.kinds:
        scores: list[LumaScore] = []
        for shot in benchmark.shots(kind, scale):
            progress(f"{shot.name}, {TITLES[kind]}")
            found = list(luma_scores(shot, upscalers))
            scores += found
            if len(rows) < _SHEET_ROWS * len(benchmark.kinds):
                rows.append(_luma_cells(shot, found))
        tables.append(luma_table(f"x{scale}, {TITLES[kind]}", scores, upscalers))
        plain += [_plain(score, kind) for score in scores]
    return EvaluationResult(tuple(tables), tuple(plain), contact_sheet(rows, _DETAIL, whole=False))


def _luma_cells(shot: BenchmarkShot, scores: Sequence[LumaScore]) -> list[SheetCell]:
    cells = [SheetCell(f"{shot.name}: {score.upscaler}", score.shown) for score in scores]
    return [*cells, SheetCell("truth", upscaling.shown(shot.truth))]


def check_color_data(data: Path) -> None:
    """SourceError for clips and images that cannot be used for color, before anything is evaluated.

    A clip may have a single frame. Photographs may have any size: only clips and images lose a margin
    when they are aged.
    """
    for path in aged_shots.clip_files(data):
        aged_shots.check_clip(path, 1)
    for path in aged_shots.still_files(data):
        aged_shots.check_still(path)


def compare_colorizers(
    data: Path,
    kinds: Sequence[AgeingKind],
    models: Sequence[Colorizer],
    count: int | None,
    progress: Progress,
) -> EvaluationResult:
    """Every colorizer on validation photographs, on the clips, and on the images of data/bench.

    Each set is colored from plain gray and from film-like gray; `count` photographs (None: all), the
    default number of frames of a clip. Raises UsageError if there are no images.
    """
    rows: list[Row] = []
    plain: list[dict[str, Any]] = []
    cells: list[list[SheetCell]] = []
    for name, shots in _gray_sets(data, kinds, count):
        progress(name)
        scores = list(color_scores(shots, [*baselines(shots), *models]))
        rows += color_rows(name, scores)
        unlike = [score for score in scores if score.shot in UNLIKE_TRAINING_CLIPS]
        rows += color_rows(f"{name}, unlike the training clips", unlike) if unlike else []
        plain += [_plain(score, name) for score in scores]
        cells += _color_cells(shots, scores, [model.name for model in models])
    if not plain:
        raise no_images(data)
    title = "color with the true luma, at the readout that ships"
    table = Table(title, COLOR_COLUMNS, tuple(rows))
    return EvaluationResult((table,), tuple(plain), contact_sheet(cells, _PICTURE, whole=True))


def no_images(data: Path) -> UsageError:
    """The error of a data folder without images for color."""
    what = "There are no color images for evaluation."
    todo = "Give a folder with --data that contains photos/ or clean color films."
    return UsageError(what, str(data), todo, code="no-evaluation-data")


def _gray_sets(
    data: Path, kinds: Sequence[AgeingKind], count: int | None
) -> Iterator[tuple[str, list[GrayShot]]]:
    photos = [(name, rgb) for name, rgb in aged_shots.photographs(data, count)]
    films, stills = (_named(find(data)) for find in (aged_shots.clip_files, aged_shots.still_files))
    clips = [(name, aged_shots.clip_frames(path, Benchmark.frames)) for path, name in films]
    bench = [(name, aged_shots.still_frames(path, 1)) for path, name in stills]
    sets = (("photographs", photos, 0), ("clips", clips, 4), ("data/bench", bench, 2))
    for name, pictures, scale in sets:
        if not pictures:
            continue
        yield f"{name}, plain gray", [plain_gray(*picture) for picture in pictures]
        if "own" in kinds:
            aged = [
                aged_shots.film_gray(title, frames, AgeingRanges(), at)
                for at, (title, frames) in enumerate(pictures)
            ]
            yield f"{name}, {TITLES['own']}", aged
        if "ffmpeg" in kinds and scale:
            shots = [_ffmpeg_gray(*picture, at, scale) for at, picture in enumerate(pictures)]
            yield f"{name}, {TITLES['ffmpeg']}", shots


def plain_gray(name: str, frames: Tensor) -> GrayShot:
    """Frames [T, 3, H, W], uint8, as their luma, with their colors; large ones are scaled down."""
    rgb = aged_shots.scaled_down(frames, SHORT_SIDE)
    return GrayShot(name, luma_of(rgb), rgb)


def _ffmpeg_gray(name: str, frames: Tensor, number: int, scale: int) -> GrayShot:
    """The film aged by ffmpeg, at its size, with the true colors scaled down to it."""
    rgb = functional.avg_pool2d(framed(frames, scale).float() / 255, scale)
    return GrayShot(name, aged_by_ffmpeg(name, frames, number, scale).aged, rgb)


def _color_cells(
    shots: Sequence[GrayShot], scores: Sequence[ColorScore], names: Sequence[str]
) -> list[list[SheetCell]]:
    """A few of a set's shots: input, outputs, ground truth.

    `scores` are those of shot after shot: two photographs may have the same name.
    """
    rows: list[list[SheetCell]] = []
    each = len(scores) // len(shots)
    for at in range(0, len(shots), max(1, len(shots) // 4))[:4]:
        shot = shots[at]
        middle = len(shot.gray) // 2
        found = [s for s in scores[at * each : (at + 1) * each] if s.colorizer in names]
        gray, truth = (
            side[middle].mul(255).round().clamp(0, 255).to(torch.uint8)
            for side in (shot.gray[:, 0], shot.rgb)
        )
        outputs = [SheetCell(score.colorizer, score.shown) for score in found]
        rows.append([SheetCell(shot.name, gray), *outputs, SheetCell("truth", truth)])
    return rows


def compare_readouts(
    name: str, data: Path, count: int | None, engine: Engine, progress: Progress
) -> EvaluationResult:
    """What each readout of a color model gives on `count` validation photographs (None: all).

    Raises UsageError if there are none.
    """
    tables: list[Table] = []
    photos = list(aged_shots.photographs(data, count))
    if not photos:
        raise no_images(data)
    for title, shots in (
        ("plain gray", [plain_gray(*photo) for photo in photos]),
        (
            "film-like gray",
            [aged_shots.film_gray(*photo, AgeingRanges(), at) for at, photo in enumerate(photos)],
        ),
    ):
        progress(f"{name}, {title}")
        rows = tuple(readout_rows(name, shots, engine))
        tables.append(Table(f"{name}, {title}, {len(shots)} photographs", READOUT_COLUMNS, rows))
    return EvaluationResult(tuple(tables))


def _plain(score: LumaScore | ColorScore, where: str) -> dict[str, Any]:
    """A score as plain values, without its image."""
    return {"set": where, **{k: v for k, v in asdict(score).items() if k != "shown"}}
