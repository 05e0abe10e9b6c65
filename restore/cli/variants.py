"""`restore variants`: contact sheets of colors, and a colors file to choose with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.cli.recipe_options import NOTHING, Asked
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.film_variants import Variants

Shots = Annotated[
    list[int] | None,
    typer.Option("--shot", metavar="N", min=1, help="Only this shot (repeat for more)."),
]
Count = Annotated[
    int,
    typer.Option("-n", metavar="N", min=1, max=48, help="Number of variants of each shot."),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder for the sheets and colors.toml (default: FILM.variants next to the film).",
    ),
]


def command(
    film: options.Film,
    shot: Shots = None,
    count: Count = 6,
    output: Folder = None,
    asked: Asked = NOTHING,
    recipe: options.RecipeFile = None,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Show several colorings of every black-and-white shot, to choose from.

    Writes a contact sheet for each shot, its color frame as a still to draw over, and colors.toml, in which
    the choice is made. `restore FILM --colorize --colors colors.toml` then uses it. An edited colors.toml
    is never replaced.
    """
    from restore.jobs.film_variants import VariantsRequest, make_variants
    from restore.recipe import load_recipe

    wanted = load_recipe(recipe, {"colorize": True, **asked})
    made = make_variants(VariantsRequest(film, wanted, tuple(shot or ()), count, output))
    if as_json:
        print(json.dumps(as_record(made)))
    else:
        print("\n".join(as_lines(made)))
    return 0


def as_record(made: Variants) -> dict[str, object]:
    """The result as plain values."""
    return {
        "folder": str(made.folder),
        "colors": str(made.colors),
        "edited": made.edited,
        "shots": [
            {
                "shot": each.number,
                "frame": each.frame,
                "seconds": each.seconds,
                "sheet": str(each.sheet),
                "still": str(each.still),
                "likelihoods": list(each.likelihoods),
                "alike": each.alike,
            }
            for each in made.shots
        ],
    }


def as_lines(made: Variants) -> list[str]:
    """The same as text."""
    count = quantities.counted(len(made.shots), "shot")
    lines = [f"{made.folder}: sheets of {count}", f"choose in {made.colors}"]
    if made.edited:
        lines.append("the colors file that was there was edited, and is unchanged")
    return lines
