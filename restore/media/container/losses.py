"""What of a film has no place in a result, as values: found before the work, never silently lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "audio",
    "subtitles",
    "captions",
    "afd",
    "data",
    "stereo",
    "facts",
    "attachments",
    "chapters",
    "pictures",
    "marks",
    "tags",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What the user can allow to lose."""

OF_STREAMS: dict[str, Kind] = {
    "audio": "audio",
    "subtitle": "subtitles",
    "attachment": "attachments",
    "video": "pictures",
    "data": "data",
}
"""The kind of loss that a stream of each type is."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that cannot be stored: its kind, its stream in the source (None: the film's own), what it is.

    `why` is what the muxer said, where it was asked.
    """

    kind: Kind
    stream: int | None
    what: str
    why: str = ""


def unallowed(losses: Sequence[Loss], allowed: Collection[str]) -> tuple[Loss, ...]:
    """The losses that nobody allowed."""
    return tuple(loss for loss in losses if loss.kind not in allowed)
