"""The codes of errors: one meaning each, all of them in docs/errors.md."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from restore import errors
from restore.errors import (
    OutputError,
    RestoreError,
    UsageError,
    is_out_of_memory,
    requested_memory,
)

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, RestoreError)
}


@dataclass(frozen=True)
class Site:
    """A place in the code that makes an error, and the codes it may give."""

    place: str
    exit_code: int
    codes: tuple[str, ...]


def sites(root: Path) -> Iterator[Site]:
    """Every call of an error class in the package."""
    for path in sorted((root / "restore").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        listed = tuple(_listed(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CLASSES:
                if _forwarded(node):
                    continue
                kind = CLASSES[ast.unparse(node.func)]
                place = f"{path.relative_to(root / 'restore').as_posix()}:{node.lineno}"
                yield Site(place, kind.exit_code, tuple(_codes(node, listed)))


def _codes(call: ast.Call, listed: tuple[str, ...]) -> Iterator[str]:
    """The literals of `code=`; where it is a variable, the file's lists of codes and their fallback."""
    for keyword in call.keywords:
        if keyword.arg == "code":
            literals = [n.value for n in ast.walk(keyword.value) if isinstance(n, ast.Constant)]
            yield from (str(each) for each in literals) if literals else listed


def _forwarded(call: ast.Call) -> bool:
    """Whether an error takes the code of another one (`code=error.code`)."""
    return any(
        keyword.arg == "code" and ast.unparse(keyword.value).endswith(".code")
        for keyword in call.keywords
    )


def _listed(tree: ast.Module) -> Iterator[str]:
    """The values of a file's constants `..._ERROR_CODES`, and what `..._ERROR_CODES.get` falls back to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_ERROR_CODES"):
            assert isinstance(node.value, ast.Dict)
            yield from (ast.literal_eval(value) for value in node.value.values)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_ERROR_CODES.get"):
            yield ast.literal_eval(node.args[1])


def documented(root: Path) -> dict[str, int]:
    """The exit code of every code in docs/errors.md."""
    page = (root / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (\d+) \| \S", page, re.MULTILINE)
    codes = [code for code, _ in rows]
    misplaced = [b for a, b in itertools.pairwise(codes) if a >= b]
    assert not misplaced, f"sort the table of docs/errors.md by code, each once: {misplaced}"
    return {code: int(number) for code, number in rows}


def test_every_code_is_documented(root: Path) -> None:
    """docs/errors.md has a row for each code that the program can give, and for no other."""
    used = {kind.default_code: kind.exit_code for kind in CLASSES.values()}
    for site in sites(root):
        for code in site.codes:
            assert used.setdefault(code, site.exit_code) == site.exit_code, (
                f"{site.place}: {code} has exit code {used[code]} elsewhere"
            )
    page = documented(root)
    missing = {code: number for code, number in used.items() if code not in page}
    assert not missing, f"add rows to docs/errors.md: {missing}"
    assert page == used


def test_codes_are_short_words(root: Path) -> None:
    """A code is two or more characters of small letters, digits and hyphens, easy to search and to type."""
    codes = {code for site in sites(root) for code in site.codes}
    assert "output-exists" in codes
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


def test_every_error_has_a_code_of_its_own(root: Path) -> None:
    """Where an error is made it says its code; the class's default is for the library's users."""
    assert [site.place for site in sites(root) if not site.codes] == []


def test_an_error_has_the_code_of_its_class_or_its_own() -> None:
    """Programs can distinguish errors of one class."""
    assert UsageError("It is wrong.").code == "usage-error"
    assert OutputError("It exists.", code="output-exists").code == "output-exists"
    assert OutputError("It exists.", code="output-exists").exit_code == 4


def test_a_message_has_no_code_in_it() -> None:
    """People read what, where and what to do, each on its line; parts without text take none."""
    error = OutputError("It exists.", "", "Choose another name.", code="output-exists")
    assert str(error) == "It exists.\nChoose another name."


@pytest.mark.parametrize(
    ("error", "amount"),
    [
        (MemoryError("Unable to allocate 7.45 GiB for an array"), "7.45 GiB"),
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."), "20.00 MiB"),
        (RuntimeError("can't allocate memory: you tried to allocate 8000 bytes."), "8000 bytes"),
    ],
)
def test_exceptions_of_full_memory_are_recognized(error: Exception, amount: str) -> None:
    """Python, numpy and torch word it differently; the amount is quoted."""
    assert is_out_of_memory(error)
    assert requested_memory(error) == f"{amount} could not be allocated"


def test_other_exceptions_are_not_about_memory() -> None:
    """A wrong shape is no lack of memory."""
    error = RuntimeError("shape '[3, 4]' is invalid for input of size 9")
    assert not is_out_of_memory(error)
    assert requested_memory(error) == ""
