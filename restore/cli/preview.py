"""`restore preview`: a few frames before and after, restored as in a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from restore.cli import options
from restore.cli.recipe_options import NOTHING, Asked
from restore.report import quantities

At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="TIME|N%",
        help="Time of a frame, for instance 0:12 or 50% (repeat for more).",
    ),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n", metavar="N", min=1, max=100, help="Number of frames, evenly spread (default 6)."
    ),
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.png",
        help="Name of the sheet; the single images get similar names (default: FILM.preview.png).",
    ),
]


def command(
    film: options.Film,
    at: At = None,
    count: Count = None,
    output: Sheet = None,
    asked: Asked = NOTHING,
    recipe: options.RecipeFile = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Show frames of a film before and after, without restoring all of it.

    Writes a contact sheet with original and restored side by side, and both as PNG images in full size.
    The whole shots that contain the frames are surveyed, so that each frame is restored as in a run.
    """
    from restore.jobs.film_preview import make_preview
    from restore.recipe import load_recipe

    wanted = load_recipe(recipe, asked)
    made = make_preview(film, wanted, at or [], count, output, overwrite=overwrite)
    if as_json:
        pictures = [str(name) for name in made.pictures]
        frames = [{"frame": index} for index in made.indices]
        print(json.dumps({"sheet": str(made.sheet), "stills": pictures, "frames": frames}))
    else:
        count_of_frames = quantities.counted(len(made.indices), "frame")
        print(f"{made.sheet}: {count_of_frames}, original and restored")
    return 0
