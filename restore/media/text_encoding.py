"""Text of containers that say no encoding (AVI, MPEG, old tags): UTF-8 where it is valid, else Windows-1252.

Windows-1252 is ISO 8859-1 with letters in place of its second set of control codes. A title is too short for
guessing at more: of ten letters, statistics make Turkish or Cyrillic as easily as French.
"""

from __future__ import annotations

from typing import Any

RAW = "surrogateescape"
"""How PyAV must read text for `settle_texts`: bytes that are no UTF-8 stay as they are."""

_ENCODINGS = ("cp1252", "latin-1")
"""What is tried in turn; ISO 8859-1 gives every byte a meaning."""


def readable(text: str) -> str:
    """Text that PyAV read with `RAW`, in the encoding that it is in."""
    data = text.encode("utf-8", RAW)
    for encoding in ("utf-8", *_ENCODINGS):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("ISO 8859-1 decodes everything")


def make_readable(container: Any) -> tuple[str, ...]:
    """Make all tags of a container that PyAV opened with `RAW` readable; returns the names of changed ones.

    Chapters are read anew each time (see `readable_chapters`): here their names only count.
    """
    changed: dict[str, None] = {}
    for tags in (container.metadata, *(stream.metadata for stream in container.streams)):
        for name, value in list(tags.items()):
            decoded = readable(name), readable(value)
            if decoded != (name, value):
                del tags[name]
                tags[decoded[0]] = decoded[1]
                changed[decoded[0]] = None
    if container.chapters() != readable_chapters(container):
        changed["chapters"] = None
    return tuple(changed)


def readable_chapters(container: Any) -> list[Any]:
    """A container's chapters with their tags made readable."""
    return [
        {**chapter, "metadata": {readable(n): readable(v) for n, v in chapter["metadata"].items()}}
        for chapter in container.chapters()
    ]
