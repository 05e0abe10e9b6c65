"""`restore age`: a modern clip made to look like an old film."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.errors import UsageError
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.age_film import Tell
    from restore.media.ffmpeg.encode import Codec

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
        "--set", metavar="AMOUNT=VALUE", help="Change one amount, as grain=0.05 (repeat for more)."
    ),
]
Amounts = Annotated[
    Path | None,
    typer.Option(metavar="FILE.toml", help="Change amounts by a file; --set comes before it."),
]
Shrink = Annotated[
    int, typer.Option(metavar="1|2|4", help="Make the picture 1, 2 or 4 times smaller.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Number that decides what is random.")]
Truth = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the film as a perfect restoration would give it, too."
    ),
]
Masks = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the places of dust, hairs and scratches, too."),
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
    """Make an old film of a modern clip: grain, dust, scratches, flicker, weave, tape.

    Frames, time stamps and sound stay. The amounts used are written beside the result
    (FILE.age.json).
    """
    from restore.ageing.chosen_look import look_for_shots, read_changes
    from restore.jobs.age_film import AgeRequest, age_film
    from restore.jobs.record_files import film_name

    if shrink not in (1, 2, 4):
        where = f"--shrink {shrink}"
        raise UsageError("A picture is shrunk 1, 2 or 4 times.", where, code="invalid-command-line")
    folder, name = film_name(clip)
    request = AgeRequest(
        clip=clip,
        aged=output or folder / f"{name}.aged.mkv",
        truth=truth,
        masks=masks,
        choose=look_for_shots(look, read_changes(amounts, set_ or []), seed),
        seed=seed,
        shrink=shrink,
        codec=_codec(codec),
        overwrite=overwrite,
    )
    with _progress(clip.name or name) as tell:
        shots = age_film(request, tell)
    counts = f"{quantities.counted(shots[-1].span.stop, 'frame')}, {quantities.counted(len(shots), 'shot')}"
    print(f"{request.aged}: {counts}, look {look} (amounts: {request.record.name})")
    return 0


def _codec(word: str | None) -> Codec | None:
    from restore.media.ffmpeg.encoders import ENCODERS

    if word is not None and word not in ENCODERS:
        todo = f"Choose {', '.join(ENCODERS)}."
        raise UsageError(f"There is no codec {word!r}.", "--codec", todo, code="unknown-codec")
    return word


@contextmanager
def _progress(clip: str) -> Generator[Tell]:
    """A progress bar on a terminal while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(24), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(clip, total=None)

        def tell(what: str, done: int, count: int) -> None:
            bar.update(task, description=f"{clip}: {what}", completed=done, total=count)

        yield tell
