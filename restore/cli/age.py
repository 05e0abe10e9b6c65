"""`restore age`: make a modern clip look like an old film."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.age_film import AgeProgress

Clip = Annotated[Path, typer.Argument(metavar="CLIP", help="The clip.", show_default=False)]
Aged = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The aged film (default: CLIP.aged.mkv)."),
]
Look = Annotated[
    str,
    typer.Option(metavar="NAME", help="silent, talkie, newsreel, home, tv, or random."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="AMOUNT=VALUE",
        help="Change one amount, such as grain=0.05 (may be repeated).",
    ),
]
Amounts = Annotated[
    Path | None,
    typer.Option(metavar="FILE.toml", help="Change amounts from a file; --set takes precedence."),
]
Shrink = Annotated[
    int, typer.Option(metavar="1|2|4", help="Make the frames this many times smaller.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Seed of all random numbers.")]
Truth = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also write the ground truth: the film without damage."),
]
Masks = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also write masks of dust, hairs and scratches."),
]

AgedCodec = Annotated[
    str | None,
    typer.Option("--codec", metavar="NAME", help="h264, hevc, av1, prores, dnxhr or ffv1."),
]


def command(
    clip: Clip,
    output: Aged = None,
    look: Look = "silent",
    set_: Set = None,
    amounts: Amounts = None,
    shrink: Shrink = 1,
    seed: Seed = 1,
    truth: Truth = None,
    masks: Masks = None,
    codec: AgedCodec = None,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = 0,
) -> int:
    """Make a modern clip look like an old film: grain, dust, scratches, flicker, weave, tape.

    Frames, time stamps and sound are kept. The amounts are written to FILE.age.json next to the result.
    """
    from restore.ageing.chosen_look import read_changes
    from restore.jobs.age_film import age_film, age_request

    def warn(text: str) -> None:
        print(f"restore: {text}", file=sys.stderr)

    changes = read_changes(amounts, set_ or [], warn)
    request = age_request(
        clip,
        output,
        look=look,
        changes=changes,
        seed=seed,
        shrink=shrink,
        truth=truth,
        masks=masks,
        codec=codec,
        overwrite=overwrite,
    )
    with _progress(request.name) as progress:
        shots = age_film(request, progress)
    frames = quantities.counted(shots[-1].span.stop, "frame")
    counts = f"{frames}, {quantities.counted(len(shots), 'shot')}"
    print(f"{request.aged}: {counts}, look {look} (amounts: {request.record.name})")
    return 0


@contextmanager
def _progress(clip: str) -> Generator[AgeProgress]:
    """A progress bar on a terminal during the block; nothing otherwise."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(24), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(clip, total=None)

        def progress(what: str, done: int, count: int) -> None:
            bar.update(task, description=f"{clip}: {what}", completed=done, total=count)

        yield progress
