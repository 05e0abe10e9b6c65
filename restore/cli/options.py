"""The options that commands share, each with its help text; what they mean is checked by the recipe.

Their values stay words here, so that all mistakes of a command line and its recipe file are found
together, in one place (`restore.recipe.load_recipe`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from restore import __version__

SIZE, COLOR, MACHINE = "Size", "Color", "Models and machine"
OUTPUT, JOB, TALK = "Result", "The job", "What it tells"
"""The panels of the help page."""

FLAG = ""
"""What the help page shows where it would otherwise say that a flag is a <bool>."""

LOSSES = (
    *("audio", "subtitles", "captions", "afd", "data"),
    *("attachments", "pictures", "marks", "tags"),
)
"""What --allow-loss knows (restore/media/container/losses.py)."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"restore {__version__}")
        raise typer.Exit


def _choices(*values: str) -> Any:
    """Words for the shell to complete."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


Films = Annotated[
    list[Path], typer.Argument(metavar="FILM", help="The films to restore.", show_default=False)
]
Film = Annotated[Path, typer.Argument(metavar="FILM", help="The film.", show_default=False)]

Upscale = Annotated[
    str | None,
    typer.Option(
        metavar="2|4",
        help="Enlarge the stored picture exactly 2 or 4 times.",
        autocompletion=_choices("2", "4"),
        rich_help_panel=SIZE,
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Fit inside 4k, 1440p, 1080p or WxH, with square pixels.",
        autocompletion=_choices("4k", "1440p", "1080p"),
        rich_help_panel=SIZE,
    ),
]
Clean = Annotated[
    str | None,
    typer.Option(
        metavar="0..1",
        help="How much grain, dust and wear goes: 1 all (default when enlarging), 0 none.",
        rich_help_panel=SIZE,
    ),
]
Descratch = Annotated[
    str | None,
    typer.Option(
        metavar="0..1",
        help="How much of upright scratches goes: 1 all (default where --clean cleans), 0 none.",
        rich_help_panel=SIZE,
    ),
]
Deflicker = Annotated[
    str | None,
    typer.Option(
        metavar="0..1",
        help="How much flicker of the light goes: 1 all (default where --clean cleans), 0 none.",
        rich_help_panel=SIZE,
    ),
]
Stabilize = Annotated[
    str | None,
    typer.Option(
        metavar="0..1",
        help="How much weave in the gate goes: 1 all (default where --clean cleans), 0 none.",
        rich_help_panel=SIZE,
    ),
]
Colorize = Annotated[
    bool | None,
    typer.Option(
        "--colorize",
        help="Color black-and-white and tinted shots.",
        metavar=FLAG,
        rich_help_panel=COLOR,
    ),
]
Recolor = Annotated[
    bool | None,
    typer.Option(
        "--recolor",
        help="Give new colors to shots in color, too.",
        metavar=FLAG,
        rich_help_panel=COLOR,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Enlarge with this model (a name, a folder or a checkpoint).",
        rich_help_panel=MACHINE,
    ),
]
ColorModel = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Color with this model.", rich_help_panel=MACHINE),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="auto (a GPU if there is one), cpu, cuda or cuda:N.",
        autocompletion=_choices("auto", "cpu", "cuda"),
        rich_help_panel=MACHINE,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="auto (the quickest that is good), fp32, bf16 or fp16.",
        autocompletion=_choices("auto", "fp32", "bf16", "fp16"),
        rich_help_panel=MACHINE,
    ),
]
Codec = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="h264 (default), hevc, av1, prores, dnxhr, ffv1 (lossless); pictures: dpx, tiff, png, exr.",
        autocompletion=_choices(
            *("h264", "hevc", "av1", "prores", "dnxhr", "ffv1", "dpx", "tiff", "png", "exr")
        ),
        rich_help_panel=OUTPUT,
    ),
]
Depth = Annotated[
    str | None,
    typer.Option(
        metavar="BITS",
        help="Bits a sample: 8, 10, 12 or 16, as the codec has them (default: the source's).",
        autocompletion=_choices("8", "10", "12", "16"),
        rich_help_panel=OUTPUT,
    ),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="nvenc, qsv, vaapi or videotoolbox if that works here, else software (the default).",
        autocompletion=_choices("software", "nvenc", "qsv", "vaapi", "videotoolbox"),
        rich_help_panel=OUTPUT,
    ),
]
Crf = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="Quality of h264, hevc and av1: smaller is finer (default 16, 18, 24).",
        rich_help_panel=OUTPUT,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Effort of the encoder: slower makes smaller files (default medium; av1 0 to 13, 6).",
        rich_help_panel=OUTPUT,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Only from here on: 12.5, 1:02 or 1:02:03.",
        rich_help_panel=JOB,
    ),
]
End = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only up to here.", rich_help_panel=JOB),
]
Rate = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="Numbered pictures a second: 16, 24, 30000/1001 (default: their headers, else 24).",
        rich_help_panel=JOB,
    ),
]
KeepClock = Annotated[
    bool | None,
    typer.Option(
        "--keep-clock",
        help="Keep the clock of MPEG streams (default: the first picture is at 0).",
        metavar=FLAG,
        rich_help_panel=JOB,
    ),
]
RecipeFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        help="Read options from a file; the command line goes before it.",
        rich_help_panel=JOB,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="The result's name, or a folder (default: FILM.restored.EXT beside the film).",
        rich_help_panel=OUTPUT,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace a file that bears the result's name.",
        metavar=FLAG,
        rich_help_panel=OUTPUT,
    ),
]
AllowDamaged = Annotated[
    bool,
    typer.Option(
        "--allow-damaged",
        help="Give what decodes of a damaged film the final name.",
        metavar=FLAG,
        rich_help_panel=OUTPUT,
    ),
]
AllowLoss = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        help="Let go what has no place in the result: audio, subtitles, captions, afd, data, "
        "attachments, pictures, marks or tags (several times for several).",
        autocompletion=_choices(*LOSSES),
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
WorkDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Keep unfinished parts here (default: .restore beside the result).",
        rich_help_panel=JOB,
    ),
]
KeepWork = Annotated[
    bool,
    typer.Option(
        "--keep-work",
        help="Keep the parts after the film is done.",
        metavar=FLAG,
        rich_help_panel=JOB,
    ),
]
Restart = Annotated[
    bool,
    typer.Option(
        "--restart", help="Give up the parts of an earlier run.", metavar=FLAG, rich_help_panel=JOB
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only say what would be done, and how long it would take.",
        metavar=FLAG,
        rich_help_panel=JOB,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Tell it as JSON on stdout.", metavar=FLAG, rich_help_panel=TALK),
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Tell more; -vv shows tracebacks.",
        metavar=FLAG,
        rich_help_panel=TALK,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Tell only what went wrong.", metavar=FLAG, rich_help_panel=TALK
    ),
]
Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version.",
        metavar=FLAG,
        rich_help_panel=TALK,
    ),
]

RECIPE_OPTIONS = (
    *(
        "upscale",
        "to",
        "clean",
        "descratch",
        "deflicker",
        "stabilize",
        "colorize",
        "recolor",
        "model",
        "color_model",
    ),
    *("device", "precision"),
    *("codec", "depth", "encoder", "crf", "preset", "start", "end", "rate", "keep_clock"),
)
"""The options that are fields of the recipe, by their names there."""


def overrides(context: typer.Context) -> dict[str, object]:
    """What the command line says about the recipe; options that were not given are left out.

    Whole numbers become numbers where the recipe expects some; anything else is left for the recipe to
    refuse.
    """
    given = {key: context.params.get(key) for key in RECIPE_OPTIONS}
    for key in ("upscale", "crf", "depth"):
        word = given[key]
        if isinstance(word, str) and word.lstrip("-").isdecimal():
            given[key] = int(word)
    return {key: value for key, value in given.items() if value is not None}
