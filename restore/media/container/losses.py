"""Losses: parts of a film that a result cannot store, found before the run and always reported."""

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
"""The kinds of loss that the user can allow."""

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

    `why` is the muxer's message, if there is one.
    """

    kind: Kind
    stream: int | None
    what: str
    why: str = ""


def unallowed(losses: Sequence[Loss], allowed: Collection[str]) -> tuple[Loss, ...]:
    """The losses that the user did not allow."""
    return tuple(loss for loss in losses if loss.kind not in allowed)
