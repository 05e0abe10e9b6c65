"""A preview: some frames of a film before and after, as arrays, and as PNG files next to the film."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import OutputError, UsageError
from restore.jobs.before_after import Still, still
from restore.jobs.color_choices import with_chosen_colors
from restore.jobs.png_files import check_free, write_png
from restore.jobs.prepare import cards_for, plan_film, restored_part, survey_film
from restore.jobs.record_files import film_name
from restore.media.container.probe import probe
from restore.plan import measures_needed
from restore.recipe import Recipe, parse_moment
from restore.report import quantities
from restore.run.chain import load_chain
from restore.run.events import ignore_event
from restore.run.frames import Job
from restore.survey.survey import frames_between, survey_around
from restore.timing import Span

if TYPE_CHECKING:
    import numpy as np

    from restore.media.source import Source
    from restore.survey.findings import Survey
    from restore.timing import FrameTable

EVENLY = 6
"""Number of frames in a preview if no time is given."""

SHEET_WIDTH = 960
"""Largest width of one image on the sheet in pixels; the single images keep their size."""


@dataclass(frozen=True)
class PreviewFrame:
    """One frame before and after: 8-bit R'G'B' arrays [H, W, 3], full range.

    `index` is the frame's number in the film, from 0; `seconds` the time from the first frame.
    """

    index: int
    seconds: float
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True)
class PreviewFiles:
    """The files of a preview: the sheet, the images of each frame (before, after), the frames' numbers."""

    sheet: Path
    pictures: tuple[Path, ...]
    indices: tuple[int, ...]


def preview_frames(
    film: Path, recipe: Recipe, at: Sequence[str | float] = (), count: int | None = None
) -> list[PreviewFrame]:
    """The frames at these moments (see `moments`), as the run restores them; in the film's order."""
    source, indices = _chosen(film, recipe, at, count)
    return _restored(source, recipe, indices)


def make_preview(
    film: Path,
    recipe: Recipe,
    at: Sequence[str | float] = (),
    count: int | None = None,
    sheet: Path | None = None,
    *,
    overwrite: bool = False,
) -> PreviewFiles:
    """Write a sheet with the frames before and after (FILM.preview.png), and each of them in full size.

    Raises UsageError and OutputError for names that cannot be used before any frame is decoded.
    """
    folder, stem = film_name(film)
    sheet = sheet or folder / f"{stem}.preview.png"
    if sheet.suffix.lower() != ".png":
        raise UsageError(
            "A preview is a PNG image.",
            f"-o {sheet}",
            "Choose a name that ends with .png.",
            code="preview-not-png",
        )
    if not sheet.parent.is_dir():
        raise OutputError(
            "The folder for the preview does not exist.",
            str(sheet.parent),
            "Create it first.",
            code="folder-missing",
        )
    if not overwrite:
        check_free([sheet])  # before the film is opened; the other names depend on its frames
    source, indices = _chosen(film, recipe, at, count)
    if not overwrite:
        check_free([name for index in indices for name in _image_names(sheet, index)])
    frames = _restored(source, recipe, indices)
    return PreviewFiles(sheet, _write(frames, sheet), tuple(indices))


def moments(
    at: Sequence[str | float],
    count: int | None,
    source: Source,
    part: tuple[Fraction, Fraction] | None = None,
) -> list[Fraction]:
    """Times in seconds from the film's first frame, for each item of `at` and `count` more, evenly spread.

    An item is a number of seconds, a time (`0:12`) or a percentage of the container's duration (`50%`).
    Without any, `EVENLY` moments are spread over the `part` that is restored (None: all of the film).
    Raises UsageError with every item that is not a time within the film, or within that part.
    """
    start, end = source.frames.start, source.frames.end
    whole = source.duration or end - start
    first, last = (Fraction(0), max(whole, end - start))
    if part is not None:
        first, last = (moment - start for moment in part)
    found: list[Fraction] = []
    wrong: list[str] = []
    for item in at:
        try:
            found.append(_seconds(item, whole))
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            wrong.append(f"{item} (write 0:12, or 50%)")
            continue
        if not first <= found[-1] <= last:
            lasts = f"the film ends at {quantities.moment(end - start)}"
            between = f"{quantities.moment(first)} to {quantities.moment(last)} is restored"
            wrong.append(f"{item} ({lasts if part is None else between})")
    if wrong:
        raise UsageError(
            "Not a time within the film.",
            "; ".join(wrong),
            "Choose other times with --at.",
            code="moment-outside-film",
        )
    spread = count or (0 if at else EVENLY)
    length = min(last, end - start) - first
    return found + [first + length * (2 * k + 1) / (2 * spread) for k in range(spread)]


def _seconds(item: str | float, whole: Fraction) -> Fraction:
    """One item of `at` in seconds; raises ValueError for text that is not a time."""
    if not isinstance(item, str):
        return Fraction(item).limit_denominator(1_000_000)
    return Fraction(item[:-1]) / 100 * whole if item.endswith("%") else parse_moment(item)


def _chosen(
    film: Path, recipe: Recipe, at: Sequence[str | float], count: int | None
) -> tuple[Source, list[int]]:
    """The film, and the numbers of its frames at these moments, in the film's order, each once."""
    source = probe(film, recipe.rate, from_zero=not recipe.keep_clock)
    part = restored_part(source, recipe)
    within = Span(0, len(source.frames)) if part is None else frames_between(source, *part)
    times = (source.frames.start + time for time in moments(at, count, source, part))
    indices = {source.frames.index_at(time) for time in times}
    return source, sorted({min(max(index, within.start), within.stop - 1) for index in indices})


def _restored(source: Source, recipe: Recipe, indices: Sequence[int]) -> list[PreviewFrame]:
    """These frames before and after; the whole shots that contain them are surveyed."""
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        thumbnails = Path(folder) / "thumbnails"
        survey = _surveyed(source, recipe, indices, thumbnails)
        plan = plan_film(source, survey, recipe, cards_for(source, recipe), suffix="")
        job = Job(source, survey, plan, thumbnails)
        places = [_place(survey.frames, source.frames, index) for index in indices]
        shown = [plan.frame_map.carrier(place) for place in places]
        plan = with_chosen_colors(job, recipe, None, ignore_event, shown)
        job = replace(job, plan=plan)
        chain = load_chain(plan, source.width * source.height)
        stills = [still(job, chain, place) for place in shown]
    return [_frame(each, source, index) for each, index in zip(stills, indices, strict=True)]


def _surveyed(source: Source, recipe: Recipe, indices: Sequence[int], thumbnails: Path) -> Survey:
    """The whole shots of these frames; all shots if the recipe selects some by number."""
    if any(each.number is not None for each in recipe.shot):
        return survey_film(source, recipe, thumbnails, lambda count: None)
    part = restored_part(source, recipe)
    within = None if part is None else frames_between(source, *part)
    measuring = measures_needed(source, recipe)
    return survey_around(source, indices, thumbnails, within, measuring=measuring)


def _frame(made: Still, source: Source, index: int) -> PreviewFrame:
    seconds = float(source.frames.seconds(index) - source.frames.start)
    return PreviewFrame(index, seconds, made.original, made.restored)


def _place(part: FrameTable, film: FrameTable, index: int) -> int:
    """The index of the film's frame `index` in a table of some of its frames."""
    return part.index_at(film.seconds(index))


def _write(frames: Sequence[PreviewFrame], sheet: Path) -> tuple[Path, ...]:
    """Write the sheet and both images of every frame in full size; returns the images' names."""
    names: list[Path] = []
    for frame in frames:
        own = _image_names(sheet, frame.index)
        for name, picture in zip(own, (frame.before, frame.after), strict=True):
            write_png(name, picture)
        names += own
    write_png(sheet, sheet_of(frames))
    return tuple(names)


def _image_names(sheet: Path, index: int) -> list[Path]:
    """The names of the two images of a frame, original and restored."""
    kinds = ("original", "restored")
    return [sheet.with_name(f"{sheet.stem}-{index:06d}-{kind}.png") for kind in kinds]


def sheet_of(frames: Sequence[PreviewFrame]) -> np.ndarray:
    """One row for each frame: original on the left, restored on the right, both at the same size; RGB."""
    import cv2
    import numpy as np

    height, width = frames[0].after.shape[:2]
    shown = min(width, SHEET_WIDTH)
    size = (shown, max(1, round(height * shown / width)))
    rows = [
        np.hstack(
            [
                cv2.resize(frame.before, size, interpolation=cv2.INTER_CUBIC),
                np.full((size[1], 8, 3), 255, np.uint8),
                cv2.resize(frame.after, size, interpolation=cv2.INTER_AREA),
            ]
        )
        for frame in frames
    ]
    gap = np.full((8, rows[0].shape[1], 3), 255, np.uint8)
    return np.vstack([part for row in rows for part in (row, gap)][:-1])
