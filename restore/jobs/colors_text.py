"""The colors file that `restore variants` writes: every shot of a film, ready to edit, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.jobs.own_files import own_name
from restore.report import quantities
from restore.store import digest_bytes, write_atomic
from restore.timing import Span

MARK = "# unedited: "
"""The beginning of the line with the digest of the other lines: a file that was edited has another one."""

_DIGITS = 16
"""Digits of that digest."""


@dataclass(frozen=True)
class ShotLine:
    """A shot: its number from 1, its time, its frames, its sheet, and the earlier shot that looks alike."""

    number: int
    seconds: float
    frames: Span
    colored: bool
    sheet: str | None
    alike: int | None


def colors_text(film: str, count: int, shots: Sequence[ShotLine]) -> str:
    """The content of the file."""
    name = "".join(each if each.isprintable() else "?" for each in film)
    head = [
        f"# Colors of {name}. Choose for each shot, then: restore FILM --colorize --colors THIS_FILE",
        f"#   variant = 3               a picture of the sheet (1 to {count}; larger numbers are others)",
        '#   reference = "still.png"   the colors of a still that you colored, or of a photograph',
        "#   saturation = 0.8          0 to 3, 1: as it is",
        "#   warmth = 0.2              -1 (colder) to 1 (warmer)",
        "#   none = true               no color",
        "# Without any of these a shot gets the most likely colors (`default` on its sheet).",
    ]
    return "\n".join([*head, *(_table(each, count) for each in shots), ""])


def _table(shot: ShotLine, count: int) -> str:
    first, last = shot.frames.start, shot.frames.stop - 1
    about = f"{quantities.moment(shot.seconds)}, frames {first}-{last}"
    lines = ["", "[[shot]]", f"number = {shot.number}  # {about}"]
    if not shot.colored:
        return "\n".join([*lines, "# not colored"])
    if shot.sheet is not None:
        lines.append(f"# sheet: {shot.sheet}")
    if shot.alike is not None:
        lines.append(
            f"# looks like shot {shot.alike}: with the same variant it gets the same colors"
        )
    return "\n".join([*lines, f"# variant = 1  # to {count}"])


def write_colors(path: Path, text: str) -> tuple[Path, bool]:
    """Write the file; if an edited one exists it is kept, and the new one gets another name.

    Returns the name that was written, and whether an edited file was kept.
    """
    data = f"{MARK}{digest_bytes(text.encode())[:_DIGITS]}\n{text}".encode()
    place = own_name(path, _is_unedited)
    write_atomic(place, data)
    return place, place != path


def _is_unedited(data: bytes) -> bool:
    """Whether the content of a file is as it was written."""
    first, _, rest = data.partition(b"\n")
    return first == f"{MARK}{digest_bytes(rest)[:_DIGITS]}".encode()
