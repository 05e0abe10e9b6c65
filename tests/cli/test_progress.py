"""A run's events at a terminal."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TextColumn

from restore.cli.progress import Bar
from restore.run.events import Finished, Noted, PartDone, Progressed, Started
from restore.timing import Span


def drawn(*, verbose: bool) -> str:
    """What a terminal shows for a short run."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    with Progress(TextColumn("{task.fields[detail]}"), console=console) as progress:
        bar = Bar(progress, "film.mp4", verbose=verbose)
        bar(Noted("8 bits [bold], dithered"))
        bar(Started(120, 50, "cpu", "fp32"))
        bar(Progressed(71, 120, 1, 2))
        progress.refresh()
        bar(PartDone("part-000001", Span(70, 120), 5.0))
        bar(Finished(Path("o.mp4"), 120, 61.2))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_bar_has_frames_pace_and_shot() -> None:
    """A person sees frames done, the pace, and the shot; notes stand above the bar as they are."""
    text = drawn(verbose=False)
    assert "71/120 frames" in text
    assert "shot 2/2" in text
    assert "8 bits [bold], dithered" in text
    assert "o.mp4: 120 frames in 1:01" in text
    assert "part-000001" not in text


def test_verbose_names_every_part() -> None:
    """With -v, finished parts get a line, too."""
    assert "part-000001" in drawn(verbose=True)
