"""Text of containers that store no encoding (AVI, MPEG, old tags): UTF-8 if valid, else Windows-1252.

Windows-1252 is ISO 8859-1 with letters in place of its second set of control codes. A title is too short to
detect more encodings: for ten letters, statistics suggest Turkish or Cyrillic as easily as French.
"""

from __future__ import annotations

from typing import Any

RAW = "surrogateescape"
"""How PyAV must read text for `make_readable`: bytes that are not UTF-8 are kept."""

_ENCODINGS = ("cp1252", "latin-1")
"""The encodings that are tried in turn; ISO 8859-1 decodes every byte."""


def readable(text: str) -> str:
    """Text that PyAV read with `RAW`, decoded with the right encoding."""
    data = text.encode("utf-8", RAW)
    for encoding in ("utf-8", *_ENCODINGS):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("ISO 8859-1 decodes everything")


def make_readable(container: Any) -> tuple[str, ...]:
    """Make all tags of a container that PyAV opened with `RAW` readable; returns the names of changed ones.

    Chapters are read again each time (see `readable_chapters`): here only their names are returned.
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
