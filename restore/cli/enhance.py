"""`restore enhance`: samples of what a tiny region of a picture may have shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from restore.cli import options
from restore.errors import UsageError

Still = Annotated[Path, typer.Argument(metavar="IMAGE", help="An image file.", show_default=False)]
Box = Annotated[
    str,
    typer.Option(
        "--box",
        metavar="X,Y,W,H",
        help="Left, top, width and height of the region in pixels.",
        show_default=False,
    ),
]
Count = Annotated[int, typer.Option("-n", metavar="N", min=1, max=100, help="Number of samples.")]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, max=2**31, help="Seed of the first sample; the others follow."
    ),
]
Tau = Annotated[
    float,
    typer.Option(
        min=0.1, max=10, help="Above 1 likely values are drawn more often, below 1 less often."
    ),
]
Guidance = Annotated[
    float,
    typer.Option(
        min=0.1,
        max=10,
        help="How much the region counts against what pictures look like in general; 1 as in the paper.",
    ),
]
Model = Annotated[str, typer.Option(metavar="NAME", help="Draw with this model (name or folder).")]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.png",
        help="Name of the sheet (default: IMAGE.enhanced.png); the record adds .json to it.",
    ),
]


def command(
    image: Still,
    box: Box,
    count: Count = 8,
    seed: Seed = 1,
    tau: Tau = 1.1,
    guidance: Guidance = 2.0,
    model: Model = "prsr-general",
    output: Sheet = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Show what a tiny region of an image may have shown: samples, which are inventions.

    The region is reduced to 8x8 pixels. A network draws pictures of 32x32 that it may come from. The sheet
    and its record say that they are invented; they are no evidence of what the image shows.
    """
    from restore.jobs.enhance_still import EnhanceRequest, enhance_still

    request = EnhanceRequest(image, _box(box), count, seed, tau, guidance, model, output, overwrite)
    enhance_still(request)
    if as_json:
        print(json.dumps({"sheet": str(request.sheet), "record": str(request.record)}))
    else:
        drawn = "one invention" if count == 1 else f"{count} inventions"
        print(f"{request.sheet}: {drawn}; nothing but 8x8 pixels is known")
    return 0


def _box(text: str) -> tuple[int, int, int, int]:
    """Four numbers; UsageError for anything else."""
    try:
        left, top, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        todo = "Give four whole numbers: left, top, width, height."
        what = "The region is not understood."
        raise UsageError(what, f"--box {text}", todo, code="box-invalid") from error
    return left, top, width, height
