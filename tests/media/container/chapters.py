"""Matroska films with chapters that ffmpeg cannot write: editions, nested chapters, titles in languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av

from restore.media.container.chapter_copy import room_for, write_chapters
from restore.media.container.ebml import make_element, make_unsigned


def title(text: str, *languages: str) -> bytes:
    """A ChapterDisplay."""
    said = b"".join(make_element(0x437C, language.encode()) for language in languages)
    return make_element(0x80, make_element(0x85, text.encode()) + said)


def atom(uid: int, start: int, end: int | None, *inside: bytes) -> bytes:
    """A ChapterAtom from one millisecond to another."""
    times = make_unsigned(0x91, start * 1_000_000)
    times += b"" if end is None else make_unsigned(0x92, end * 1_000_000)
    return make_element(0xB6, make_unsigned(0x73C4, uid) + times + b"".join(inside))


def edition(*atoms: bytes, default: bool = False) -> bytes:
    """An EditionEntry."""
    return make_element(0x45B9, make_unsigned(0x45DB, default) + b"".join(atoms))


NESTED = edition(
    atom(
        *(11, 0, 480, title("Act one", "eng"), title("Erster Akt", "ger")),
        atom(111, 0, 200, title("Scene one", "eng")),
        atom(112, 200, 480, title("Scene two", "eng")),
    ),
    atom(12, 480, 1000, title("Act two", "eng"), title("Zweiter Akt", "ger")),
    default=True,
)
"""Two acts of a film of one second, the first with two scenes, the acts' titles in two languages."""

SECOND = edition(
    atom(21, 0, 300, title("Reel 1")), atom(22, 300, 700, title("Reel 2")), atom(23, 700, None)
)
"""An edition by reels."""


def with_chapters(source: Path, target: Path, editions: Sequence[bytes]) -> Path:
    """A copy of a film in Matroska with these editions."""
    content = b"".join(editions)
    with av.open(str(source)) as origin, av.open(str(target), "w") as output:
        copies: dict[int, Any] = {
            stream.index: output.add_stream_from_template(stream) for stream in origin.streams
        }
        output.set_chapters([room_for(content)])
        for packet in origin.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    write_chapters(target, content)
    return target
