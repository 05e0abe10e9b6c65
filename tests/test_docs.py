"""The documents: links and anchors resolve, no page is left out of the lists, old names are listed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest

from restore.ageing.renamed_amounts import RENAMED_AMOUNTS
from restore.jobs.batch.state import OLD_KEYS
from restore.models import card
from restore.training import training_log

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
"""A link or an image in Markdown, with its target."""


def documents(root: Path) -> list[Path]:
    """All pages that people read: in the root, in docs/, findings/ and models/."""
    folders = ("docs", "docs/decisions", "findings", "models", "models/*")
    return [path for folder in (".", *folders) for path in sorted(root.glob(f"{folder}/*.md"))]


def without_code(text: str) -> str:
    """The text without its code, in which brackets are no links and `#` begins a comment."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^(?: {4}|\t).*$", "", text, flags=re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#{1,6} +(.*?)\s*$", without_code(text), re.MULTILINE)
    return {anchor(title) for title in titles}


def anchor(title: str) -> str:
    """A heading in small letters, with hyphens for spaces and without other signs."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def targets(text: str) -> Iterator[str]:
    """The targets of the links in a page, without those to other sites."""
    for target in LINK.findall(re.sub(r"`[^`\n]*`", "", without_code(text))):
        if not re.match(r"[a-z]+:", target):
            yield target


def broken(page: Path) -> Iterator[str]:
    """The links of a page whose file or anchor does not exist."""
    text = page.read_text(encoding="utf-8")
    for target in targets(text):
        name, _, place = target.partition("#")
        file = page.parent / unquote(name) if name else page
        if not file.exists() or (place and place not in anchors(file.read_text(encoding="utf-8"))):
            yield target


def test_links_and_anchors_resolve(root: Path) -> None:
    """Every relative link in a page names a file that exists, and a heading that is in it."""
    pages = documents(root)
    assert len(pages) > 30
    assert {
        str(page.relative_to(root)): list(broken(page)) for page in pages if [*broken(page)]
    } == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("[a](other.md#two-words)", []),
        ("[a](other.md#no-such-place)", ["other.md#no-such-place"]),
        ("[a](missing.md)", ["missing.md"]),
        ("![a](missing.png)", ["missing.png"]),
        ("[a](https://example.org/missing.md#place)", []),
        ("    code [a](missing.md)", []),
        ("`[a](missing.md)`", []),
        ("[a](#here)", []),
        ("[a](#not-here)", ["#not-here"]),
    ],
)
def test_broken_links_are_found(line: str, found: list[str], tmp_path: Path) -> None:
    """The test above sees missing files and anchors, and ignores code and other sites."""
    (tmp_path / "other.md").write_text("# One\n\n## Two, words!\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n\n{line}\n", encoding="utf-8")
    assert list(broken(page)) == found


def test_every_page_is_listed(root: Path) -> None:
    """docs/README.md has a link to each page of docs/, and the README to docs/README.md."""
    listed = set(targets((root / "docs" / "README.md").read_text(encoding="utf-8")))
    pages = {path.name for path in (root / "docs").glob("*.md")} - {"README.md"}
    assert pages - listed == set()
    assert "docs/README.md" in targets((root / "README.md").read_text(encoding="utf-8"))


def test_every_decision_is_listed(root: Path) -> None:
    """docs/decisions/README.md has a link to each decision."""
    folder = root / "docs" / "decisions"
    listed = set(targets((folder / "README.md").read_text(encoding="utf-8")))
    assert {path.name for path in folder.glob("*.md")} - {"README.md"} - listed == set()


def test_old_names_are_listed(root: Path) -> None:
    """docs/old-names.md has each key and amount that is read under an old name, with its new one."""
    page = (root / "docs" / "old-names.md").read_text(encoding="utf-8")
    renamed: list[Mapping[str, str]] = [
        RENAMED_AMOUNTS,
        OLD_KEYS,
        card._RENAMED,
        training_log._RENAMED,
    ]
    pairs = [pair for table in renamed for pair in table.items()]
    missing = [old for old, new in pairs if f"| `{old}` | `{new}` |" not in page]
    assert missing == []


def test_every_dependency_has_a_reason(root: Path) -> None:
    """CONTRIBUTING.md has a row for each package in pyproject.toml, and no row for another one."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[\[<>=]", one)[0] for one in declared}
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("| package | reason |\n|---|---|\n")[2].partition("\n\n")[0]
    cells = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()]
    listed = {name for cell in cells for name in cell.partition(" (")[0].split(", ")}
    assert listed == names
