"""The options that several commands share, except the recipe's (see recipe_options.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from restore import __version__
from restore.treatments.option import JOB, RESULT

OUTPUT = "Output"
"""The panel for options about the output."""


@dataclass(frozen=True)
class More:
    """What the table of options in docs/ has in addition to the help text."""

    text: str


FLAG = ""
"""What the help page shows for a flag instead of <bool>."""

LOSSES = (
    *("audio", "subtitles", "captions", "afd", "data"),
    *("stereo", "facts", "attachments", "chapters", "pictures", "marks", "tags"),
)
"""The kinds of --allow-loss (restore/media/container/losses.py)."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"restore {__version__}")
        raise typer.Exit


def choices(*values: str) -> Any:
    """Completion of these values by the shell."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


Films = Annotated[
    list[Path], typer.Argument(metavar="FILM", help="The films to restore.", show_default=False)
]
Film = Annotated[Path, typer.Argument(metavar="FILM", help="The film.", show_default=False)]

RecipeFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        help="Read options from a TOML file; options on the command line take precedence.",
        rich_help_panel=JOB,
    ),
    More(
        "`--to` also replaces `upscale` of the file, and `--upscale` replaces `to` "
        "([recipes](run.md#a-recipe))."
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Name of the result, or a folder (default: FILM.restored.EXT next to the film).",
        rich_help_panel=RESULT,
    ),
    More(
        "With `name.*` the container is chosen automatically. A folder is one that exists, or ends with "
        "`/`; several films need one."
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace a file that already exists.",
        metavar=FLAG,
        rich_help_panel=RESULT,
    ),
]
AllowDamaged = Annotated[
    bool,
    typer.Option(
        "--allow-damaged",
        help="Give the result of a damaged film its final name.",
        metavar=FLAG,
        rich_help_panel=RESULT,
    ),
]
AllowLoss = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        help="Drop what the result cannot hold: audio, subtitles, captions, afd, data, stereo, facts, "
        "attachments, chapters, pictures, marks or tags (repeat for more).",
        autocompletion=choices(*LOSSES),
        show_default=False,
        rich_help_panel=RESULT,
    ),
    More(
        "Without this option such a run stops before it starts "
        "([what the result cannot hold](audit.md#what-the-result-cannot-hold))."
    ),
]
WorkDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder for unfinished parts (default: .restore next to the result).",
        rich_help_panel=JOB,
    ),
]
KeepWork = Annotated[
    bool,
    typer.Option(
        "--keep-work",
        help="Keep the parts after success.",
        metavar=FLAG,
        rich_help_panel=JOB,
    ),
]
Restart = Annotated[
    bool,
    typer.Option(
        "--restart", help="Discard the parts of an earlier run.", metavar=FLAG, rich_help_panel=JOB
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only print the plan, with an estimate of time and disk space.",
        metavar=FLAG,
        rich_help_panel=JOB,
    ),
    More("The estimate comes from a short trial."),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print JSON on stdout.", metavar=FLAG, rich_help_panel=OUTPUT),
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Print more; -vv shows tracebacks.",
        metavar=FLAG,
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print only errors.", metavar=FLAG, rich_help_panel=OUTPUT),
]
Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version.",
        metavar=FLAG,
        rich_help_panel=OUTPUT,
    ),
]
