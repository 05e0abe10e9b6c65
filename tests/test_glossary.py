"""docs/glossary.md: every term has one meaning and a source, and finished rooms use the terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PLAIN = (
    "restore/errors.py",
    "restore/store.py",
    "restore/filters",
    "restore/media/images",
    "restore/report",
    "restore/media/color",
    "restore/media/ffmpeg",
    "restore/media/names.py",
    "restore/media/source.py",
    "restore/treatments",
    "restore/plan",
    "restore/recipe",
    "restore/survey",
    "docs/errors.md",
    "tests/filters",
    "tests/media/color",
    "tests/media/ffmpeg",
    "tests/report",
    "tests/treatments",
    "tests/plan",
    "tests/recipe",
    "tests/survey",
    "tests/test_plan.py",
    "tests/test_errors.py",
    "tests/test_store.py",
    "tests/test_store_processes.py",
)
"""Files and folders that are written in the glossary's terms; the list only gets longer."""

AVOIDED = (
    r"upright",
    r"numbered pictures?",
    r"\bstamps?\b",
    r"\bprove[dns]?\b|\bproof\b",
    r"\bmend(s|ed|ing)?\b",
    r"taken off",
    r"bears?\b",
    r"suffice",
    r"\btold\b|\btells?\b|\btelling\b|\bheard\b",
    r"\bbesides?\b",
    r"\blet go\b",
    r"\bwish(es)?\b",
    r"\bcrew\b|\blaps\b|\boutlet\b|\bmanner\b|\bluck\b|\bwhereupon\b",
    r"in words\b|by its word",
)
"""The words that are not used, as patterns."""


def rows(page: str, title: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    part = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every line of the files in PLAIN, with its place."""
    for name in PLAIN:
        path = root / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            lines = file.read_text(encoding="utf-8").splitlines()
            yield from ((f"{file.relative_to(root)}:{n}", line) for n, line in enumerate(lines, 1))


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


def test_finished_rooms_use_the_terms(root: Path) -> None:
    """No word that the glossary rules out is left in them."""
    found = [
        f"{place}: {match[0]}"
        for place, line in texts(root)
        for pattern in AVOIDED
        if (match := re.search(pattern, line, re.IGNORECASE))
    ]
    assert found == []
