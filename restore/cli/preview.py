"""`restore preview`: a few frames before and after, as the run would make them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.errors import OutputError, UsageError
from restore.report import quantities

if TYPE_CHECKING:
    import numpy as np

    from restore.jobs.before_after import Still
    from restore.media.source import Source
    from restore.recipe import Recipe
    from restore.timing import FrameTable

SHEET_WIDTH = 960
"""Pixels that one picture is wide on the sheet, at most; the stills beside it keep their size."""

At = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="TIME|N%", help="A moment, as 0:12 or 50% (repeat it for more)."),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n", metavar="N", min=1, max=100, help="So many moments, evenly spread (default 6)."
    ),
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.png",
        help="The sheet's name; stills get names like it (default: FILM.preview.png).",
    ),
]


def command(
    context: typer.Context,
    film: options.Film,
    at: At = None,
    count: Count = None,
    output: Sheet = None,
    upscale: options.Upscale = None,
    to: options.To = None,
    clean: options.Clean = None,
    descratch: options.Descratch = None,
    deflicker: options.Deflicker = None,
    stabilize: options.Stabilize = None,
    colorize: options.Colorize = None,
    recolor: options.Recolor = None,
    model: options.Model = None,
    color_model: options.ColorModel = None,
    device: options.Device = None,
    precision: options.Precision = None,
    codec: options.Codec = None,
    recipe: options.RecipeFile = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Show frames of a film before and after, without restoring all of it.

    Writes a sheet with original and restored side by side, and both as single pictures in full size.
    What is decided once a shot is decided as the run does: the whole shots around the moments are
    looked at.
    """
    from restore.jobs.record_files import film_name
    from restore.recipe import load_recipe

    folder, stem = film_name(film)
    sheet = output or folder / f"{stem}.preview.png"
    if sheet.suffix.lower() != ".png":
        raise UsageError(
            "A preview is a PNG picture.", f"-o {sheet}", "Let the name end with .png."
        )
    if not sheet.parent.is_dir():
        raise OutputError(
            "The folder for the preview does not exist.", str(sheet.parent), "Make it first."
        )
    if not overwrite:
        _check_free([sheet])  # before the film is looked for; its pictures' names need its frames
    wanted = load_recipe(recipe, options.overrides(context))
    source, indices = chosen(film, wanted, at or [], count)
    if not overwrite:
        _check_free([name for index in indices for name in still_names(sheet, index)])
    stills = make_stills(source, wanted, indices)
    names = write_pictures(stills, sheet)
    if as_json:
        frames = [{"frame": still.index} for still in stills]
        print(
            json.dumps({"sheet": str(sheet), "stills": [str(n) for n in names], "frames": frames})
        )
    else:
        print(f"{sheet}: {quantities.counted(len(stills), 'moment')}, original and restored")
    return 0


def moments(words: Sequence[str], count: int | None, source: Source) -> list[Fraction]:
    """Seconds from the film's first frame for each word, and `count` more, evenly spread.

    A percentage is of the container's duration. Raises UsageError naming every word that is no moment
    of the film.
    """
    from restore.recipe import parse_moment

    length = source.frames.end - source.frames.start
    whole = source.duration or length
    found: list[Fraction] = []
    wrong: list[str] = []
    for word in words:
        try:
            share = Fraction(word[:-1]) / 100 if word.endswith("%") else None
            found.append(parse_moment(word) if share is None else share * whole)
        except (ValueError, ZeroDivisionError):
            wrong.append(f"{word} (write 0:12, or 50%)")
            continue
        if not 0 <= found[-1] <= max(whole, length):
            wrong.append(f"{word} (the film lasts {quantities.moment(length)})")
    if wrong:
        raise UsageError("Not a moment of the film.", "; ".join(wrong), "Choose others with --at.")
    spread = count or (0 if words else 6)
    return found + [length * (2 * k + 1) / (2 * spread) for k in range(spread)]


def chosen(
    film: Path, recipe: Recipe, words: Sequence[str], count: int | None
) -> tuple[Source, list[int]]:
    """The film, and which of its frames stand at these moments, in film order, each once."""
    from restore.media.container.probe import probe

    source = probe(film, recipe.rate)
    times = moments(words, count, source)
    return source, sorted({source.frames.index_at(source.frames.start + time) for time in times})


def make_stills(source: Source, recipe: Recipe, indices: Sequence[int]) -> list[Still]:
    """These frames, as the run restores them; their `index` counts in the whole film."""
    from restore.jobs.before_after import still
    from restore.jobs.prepare import cards_for, plan_film
    from restore.plan import looks_for_scratches, looks_for_unrest
    from restore.run.chain import load_chain
    from restore.run.frames import Job
    from restore.survey.survey import survey_around
    from restore.treatments.treatment import Engine

    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        thumbnails = Path(folder) / "thumbnails"
        unrest, scratches = looks_for_unrest(source, recipe), looks_for_scratches(source, recipe)
        survey = survey_around(source, indices, thumbnails, unrest=unrest, scratches=scratches)
        plan = plan_film(source, survey, recipe, cards_for(source, recipe), suffix="")
        job = Job(source, survey, plan, thumbnails)
        engine = Engine(plan.device, plan.precision)
        chain = load_chain(plan, source.width * source.height, engine)
        places = [_place(survey.frames, source.frames, index) for index in indices]
        stills = [still(job, chain, place) for place in places]
    return [replace(one, index=index) for one, index in zip(stills, indices, strict=True)]


def _place(part: FrameTable, film: FrameTable, index: int) -> int:
    """Where the film's frame `index` stands in a table of some of its frames."""
    return part.index_at(film.seconds(index))


def write_pictures(stills: Sequence[Still], sheet: Path) -> list[Path]:
    """The sheet, and both pictures of every still in full size; returns the stills' names."""
    names: list[Path] = []
    for still in stills:
        own = still_names(sheet, still.index)
        for name, picture in zip(own, (still.original, still.restored), strict=True):
            _write_png(name, picture)
        names += own
    _write_png(sheet, sheet_of(stills))
    return names


def still_names(sheet: Path, index: int) -> list[Path]:
    """What the two pictures of a frame are called, original and restored."""
    kinds = ("original", "restored")
    return [sheet.with_name(f"{sheet.stem}-{index:06d}-{kind}.png") for kind in kinds]


def _check_free(names: Sequence[Path]) -> None:
    """Raise OutputError if anything stands under one of these names, even a link to nothing."""
    if taken := [str(name) for name in names if os.path.lexists(name)]:
        todo = "Choose another name with -o, or replace it with --overwrite."
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise OutputError("There is a file under the preview's name.", f"{taken[0]}{more}", todo)


def sheet_of(stills: Sequence[Still]) -> np.ndarray:
    """One row a still: original on the left, restored on the right, both at the same size; RGB."""
    import cv2
    import numpy as np

    height, width = stills[0].restored.shape[:2]
    shown = min(width, SHEET_WIDTH)
    size = (shown, max(1, round(height * shown / width)))
    rows = [
        np.hstack(
            [
                cv2.resize(still.original, size, interpolation=cv2.INTER_CUBIC),
                np.full((size[1], 8, 3), 255, np.uint8),
                cv2.resize(still.restored, size, interpolation=cv2.INTER_AREA),
            ]
        )
        for still in stills
    ]
    gap = np.full((8, rows[0].shape[1], 3), 255, np.uint8)
    return np.vstack([part for row in rows for part in (row, gap)][:-1])


def _write_png(path: Path, picture: np.ndarray) -> None:
    """An RGB picture [H, W, 3] as PNG; raises OutputError where that is not possible."""
    import cv2

    from restore.store import write_atomic

    done, data = cv2.imencode(".png", picture[..., ::-1])
    if not done:
        raise OutputError("The picture could not be written as PNG.", str(path))
    write_atomic(path, data.tobytes())
