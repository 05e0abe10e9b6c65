"""`restore age`: a modern clip made to look like an old film."""

from __future__ import annotations

import tomllib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from restore.cli import options
from restore.errors import UsageError
from restore.report import quantities
from restore.store import reading_failed

if TYPE_CHECKING:
    from restore.jobs.age_film import Choose, Tell
    from restore.media.ffmpeg.encode import Codec

RANDOM = "random"
"""The look that is drawn anew for every shot, as for training."""

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
    typer.Option(metavar="FILE.toml", help="Change amounts by a file; --set goes before it."),
]
Shrink = Annotated[
    int, typer.Option(metavar="1|2|4", help="Make the picture so many times smaller.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Another number, another film.")]
Truth = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write what a perfect restoration would give, too."),
]
Masks = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write where dust, hairs and scratches are, too."),
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
    codec: options.Codec = None,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = 0,
) -> int:
    """Make an old film of a modern clip: grain, dust, scratches, flicker, weave, tape.

    Frames, time stamps and sound stay. The amounts used are written beside the result
    (FILE.age.json).
    """
    from restore.jobs.age_film import AgeRequest, age_film
    from restore.jobs.record_files import film_name

    if shrink not in (1, 2, 4):
        raise UsageError("A picture is shrunk 1, 2 or 4 times.", f"--shrink {shrink}")
    folder, name = film_name(clip)
    order = AgeRequest(
        clip=clip,
        aged=output or folder / f"{name}.aged.mkv",
        truth=truth,
        masks=masks,
        choose=chooser(look, _changes(amounts, set_ or []), seed),
        seed=seed,
        shrink=shrink,
        codec=_codec(codec),
        overwrite=overwrite,
    )
    with _telling(clip.name or name) as tell:
        shots = age_film(order, tell)
    counts = f"{quantities.counted(shots[-1].span.stop, 'frame')}, {quantities.counted(len(shots), 'shot')}"
    print(f"{order.aged}: {counts}, look {look} (amounts: {order.record.name})")
    return 0


def chooser(look: str, changes: dict[str, Any], seed: int) -> Choose:
    """Each shot's amounts: a look (or luck, by seed and shot), and the changes to it.

    Raises UsageError for a look that there is not, and for impossible changes.
    """
    from restore.ageing.amounts import Ageing
    from restore.ageing.draw import Spread, draw
    from restore.ageing.looks import LOOKS, sized
    from restore.ageing.random_streams import seeded

    if look != RANDOM and look not in LOOKS:
        raise UsageError(f"There is no look {look!r}.", f"--look {look}", _known(LOOKS))
    _changed(LOOKS.get(look, Ageing()), changes)

    def choose(shot: int, lines: int) -> Ageing:
        if look == RANDOM:
            return _changed(draw(Spread(), seeded(seed, "draw", shot)), changes)
        return _changed(sized(LOOKS[look], lines), changes)

    return choose


def _known(looks: Any) -> str:
    return f"Choose one of {', '.join([*looks, RANDOM])}."


def _changed(amounts: Any, changes: dict[str, Any]) -> Any:
    """The amounts with some of them replaced; UsageError names every mistake."""
    from pydantic import ValidationError

    from restore.ageing.amounts import Ageing

    try:
        return Ageing.model_validate({**amounts.model_dump(), **changes})
    except ValidationError as error:
        mistakes = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        where = "; ".join(f"{name}: {said}" if name else said for name, said in mistakes)
        raise UsageError("Wrong amounts.", where, "docs/age.md lists them.") from error


def _changes(file: Path | None, words: Sequence[str]) -> dict[str, Any]:
    """Amounts from a TOML file and from NAME=VALUE words, the latter before the former."""
    changes: dict[str, Any] = {}
    if file is not None:
        try:
            changes |= tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"Cannot read the amounts: {error.strerror}.", str(file)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"Not TOML: {reading_failed(error)}.", str(file)) from error
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise UsageError("An amount is changed by NAME=VALUE.", f"--set {word}")
        changes[name.strip()] = _value(value)
    return changes


def _value(word: str) -> Any:
    """A TOML value; what is none is a word."""
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except tomllib.TOMLDecodeError:
        return word.strip()


def _codec(word: str | None) -> Codec | None:
    from restore.media.ffmpeg.encoders import ENCODERS

    if word is not None and word not in ENCODERS:
        raise UsageError(
            f"There is no codec {word!r}.", "--codec", f"Choose {', '.join(ENCODERS)}."
        )
    return word


@contextmanager
def _telling(clip: str) -> Generator[Tell]:
    """A bar on the terminal while the block runs; nothing where nobody looks."""
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
