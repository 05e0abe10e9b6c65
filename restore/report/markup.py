"""HTML from plain values: everything is escaped, nothing is executed or loaded."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is HTML already; everything else that reaches a page is escaped."""

    html: str


Value = str | int | float | Markup


def text(value: Value) -> str:
    """A value as HTML; characters that cannot be printed (a newline in a file's name) are shown escaped."""
    if isinstance(value, Markup):
        return value.html
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )
    return html.escape(shown)


def element(tag: str, *inside: Value, kind: str = "") -> Markup:
    """`<tag class="kind">...</tag>` around values."""
    classes = f' class="{html.escape(kind)}"' if kind else ""
    return Markup(f"<{tag}{classes}>{''.join(map(text, inside))}</{tag}>")


def joined(parts: Iterable[Value], between: str = "") -> Markup:
    """Concatenate values."""
    return Markup(html.escape(between).join(map(text, parts)))


def table(head: Sequence[Value], rows: Iterable[Sequence[Value]], kind: str = "") -> Markup:
    """A table whose rows begin with a heading cell; values may be whole cells (see `cell`)."""
    top = joined(element("th", name) for name in head)
    body = joined(element("tr", *_cells(row)) for row in rows)
    heading = element("thead", element("tr", top)) if head else Markup("")
    return element("table", heading, element("tbody", body), kind=kind)


def _cells(row: Sequence[Value]) -> list[Markup]:
    tags = ["th", *["td"] * (len(row) - 1)]
    return [_cell(value, tag) for value, tag in zip(row, tags, strict=True)]


def _cell(value: Value, tag: str) -> Markup:
    if isinstance(value, Markup) and value.html.startswith("<td"):
        return value
    return element(tag, value)


def cell(*inside: Value, kind: str) -> Markup:
    """A table cell with a class."""
    return element("td", *inside, kind=kind)


def listing(items: Iterable[Value]) -> Markup:
    """A list with bullets."""
    return element("ul", *(element("li", item) for item in items))


def lines(content: str) -> Markup:
    """Preformatted lines."""
    return element("pre", joined(content.split("\n"), "\n") if content else "")
