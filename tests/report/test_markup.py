"""HTML from values: text is escaped once, markup is not."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.report.markup import Markup, cell, element, joined, lines, listing, table, text

ANY_TEXT = st.text(max_size=30)


def shown(markup: Markup) -> str:
    """The text that a browser shows, without tags."""
    parts: list[str] = []

    class Reader(HTMLParser):
        """Collects text."""

        def handle_data(self, data: str) -> None:
            """Take text."""
            parts.append(data)

    reader = Reader()
    reader.feed(markup.html)
    reader.close()
    return "".join(parts)


@given(ANY_TEXT)
def test_printable_text_is_shown_as_it_is_and_the_rest_as_its_escape(value: str) -> None:
    """Letters of any language stay; line breaks, control characters and lone surrogates are spelled out."""
    expected = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    assert html.unescape(text(value)) == expected
    assert shown(element("p", value)) == expected
    assert text(value).isprintable()


@given(ANY_TEXT)
def test_text_is_escaped_once(value: str) -> None:
    """Markup inside markup is not escaped again, so entities are not shown."""
    once = element("b", value)
    assert element("p", once).html == f"<p>{once.html}</p>"
    assert text(once) == once.html
    assert joined([once, once]).html == 2 * once.html


@pytest.mark.parametrize("value", ["<", ">", "&", '"', "'", "</p>", "&lt;", "<!--"])
def test_no_character_of_html_survives(value: str) -> None:
    """Nor in classes and separators, which are text as well."""
    escaped = html.escape(value, quote=True)
    assert escaped != value
    assert text(value) == escaped
    assert element("p", kind=value).html == f'<p class="{escaped}"></p>'
    assert joined(["a", "b"], value).html == f"a{escaped}b"


def test_numbers_are_shown_as_python_writes_them() -> None:
    """Integers and floats need no formatting of their own."""
    assert element("p", 7, " of ", 1.5).html == "<p>7 of 1.5</p>"


def test_a_table_has_a_heading_cell_in_every_row() -> None:
    """The first cell of a row is its heading; a cell with a class of its own stays as it is."""
    made = table(["", "A"], [["x", 1], [cell("y", kind="soft"), cell("z", kind="mark ok")]])
    assert made.html == (
        "<table><thead><tr><th></th><th>A</th></tr></thead><tbody>"
        "<tr><th>x</th><td>1</td></tr>"
        '<tr><td class="soft">y</td><td class="mark ok">z</td></tr>'
        "</tbody></table>"
    )


def test_a_table_without_headings_has_no_head() -> None:
    """And one without rows is still a table."""
    assert table([], [], kind="facts").html == '<table class="facts"><tbody></tbody></table>'
    assert "<thead>" not in table([], [["a", "b"]]).html


@given(st.lists(ANY_TEXT, max_size=4))
def test_a_list_has_one_bullet_for_each_item(items: list[str]) -> None:
    """Whatever the items contain."""
    made = listing(items).html
    assert made.count("<li>") == made.count("</li>") == len(items)


def test_preformatted_lines_keep_their_breaks() -> None:
    """Line breaks are kept between lines; other control characters are not; nothing is nothing."""
    assert lines("a <b>\n\nc\td").html == "<pre>a &lt;b&gt;\n\nc\\td</pre>"
    assert lines("").html == "<pre></pre>"
