"""docs/glossary.md: every term has one meaning and a source, and documents, code and tests use the terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

READ_BY_USERS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs",
    "examples",
    "findings",
    "models",
    "restore",
)
"""Files and folders that users and contributors read: documents, and all code with its messages."""

PLAIN = ("tests",)
"""Other folders that are written in the glossary's terms."""

AVOIDED = (
    r"upright",
    r"numbered pictures?",
    r"(?<!time )\bstamps?\b",
    r"\bprove[dns]?\b|\bproof\b",
    r"\bmend(s|ed|ing)?\b",
    r"taken off",
    r"bears?\b",
    r"suffice",
    r"\btold\b|(?<!\.)\btells?\b|\btelling\b|\bheard\b",  # `.tell` is a method of files and of Optuna
    r"\bbesides?\b",
    r"\blet go\b",
    r"\bwish(es)?\b",
    r"\bcrew\b|\blaps\b|\boutlet\b|\bmanner\b|\bluck\b|\bwhereupon\b",
    r"(?<!for word )in words\b|by its word",
    r"\banew\b|\bafresh\b|\bunasked\b|\bof ours\b",
    r"\botherwise than\b|\breads? \S+ (\S+ )?otherwise\b",
    r"\bno (UTF-8|Matroska) (text|file)\b",
    r"\b(container|stream|picture)s?'?s? (own )?words?\b",
    r"\bwhat of (a|an|the)\b",
)
"""The words that are not used, as patterns."""

AVOIDED_IN_DOCUMENTS = (
    r"without a word",
    r"ha(s|ve) no place|no place for|without a place",
    r"\b(before|during|after) the work\b(?! folder)",
    r"\b(held|holds?) still\b|\bheld-still\b",
    r"\bstands? (at|on|there|here|behind)\b|\bstands? in the\b",
    r"\blets? (it|them|these) go\b|\bgo(es)? (by|out)\b",
    r"\bas (it|they) must be\b",
    r"\brecognis(e|ed|es|ing)\b",
)
"""The same for READ_BY_USERS alone."""


def rows(page: str, title: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    part = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


SUFFIXES = (".py", ".md", ".sh", ".service", ".toml")
"""The files of a folder that people read."""


def texts(root: Path, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every line of these files and folders, with its place; without old names that are still read."""
    for name in names:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in (each for each in found if each.suffix in SUFFIXES and each != Path(__file__)):
            for number, line in enumerate(own_words(file).splitlines(), 1):
                if not line.startswith("OLD_KEYS = "):
                    yield f"{file.relative_to(root)}:{number}", line


def own_words(file: Path) -> str:
    """The text of a file without its list of words that are not used.

    In Markdown also without code and targets of links: these contain names, for instance old ones.
    """
    text = file.read_text(encoding="utf-8").partition("\n## Words that are not used\n")[0]
    return re.sub(r"`[^`\n]*`|\]\([^)\n]*\)", "", text) if file.suffix == ".md" else text


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """The glossary."""
    return (root / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_every_term_has_a_meaning_and_a_source(page: str) -> None:
    """Tables are sorted, no term has two meanings, and each source is in the list of sources."""
    sources = {name for cell in rows(page, "Sources") for name in re.split(r", (?=\w)", cell[0])}
    titles: list[str] = re.findall(r"^## (.*)$", page, re.MULTILINE)
    seen: set[str] = set()
    for title in titles[: titles.index("Sources")]:
        table = rows(page, title)
        assert table, title
        assert table == sorted(table, key=lambda row: row[0].lower())
        for term, meaning, source in table:
            assert meaning
            assert source.partition(" (")[0] in sources, term
            assert term not in seen, term
            seen.add(term)


def avoided(root: Path, names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The places at which a pattern is found."""
    return [
        f"{place}: {match[0]}"
        for place, line in texts(root, names)
        for pattern in patterns
        if (match := re.search(pattern, line, re.IGNORECASE))
    ]


def test_tests_use_the_terms(root: Path) -> None:
    """No word that the glossary rules out is left in them."""
    assert avoided(root, PLAIN, AVOIDED) == []


def test_documents_and_commands_use_the_terms(root: Path) -> None:
    """No such word is left in what users read, and none of some more."""
    assert avoided(root, READ_BY_USERS, [*AVOIDED, *AVOIDED_IN_DOCUMENTS]) == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("page.md", "It is told so.", ["page.md:1: told"]),
        ("page.md", "The key `told` is old.", []),
        ("page.md", "See [the page](told.md).", []),
        ("page.md", "One.\n\n## Words that are not used\n\ntold\n", []),
        ("page.md", "One time stamp.", []),
        ("page.md", "One stamp.", ["page.md:1: stamp"]),
        ("code.py", "told = `1`", ["code.py:1: told"]),
        ("image.png", "told", []),
    ],
)
def test_where_words_are_searched(name: str, text: str, found: list[str], tmp_path: Path) -> None:
    """In all text, but in Markdown not in code, links and the list of the words themselves."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / name).write_text(text, encoding="utf-8")
    assert [one.removeprefix("folder/") for one in avoided(tmp_path, ["folder"], AVOIDED)] == found
