"""The rules of CONTRIBUTING.md that a program can check: layers, doors, sizes, docstrings."""

from __future__ import annotations

import ast
import itertools
import statistics
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "restore"
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}

DISTRIBUTIONS = {
    "cv2": "opencv-python-headless",
    "ffmpeg": "ffmpeg-python",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "scenedetect": "scenedetect-headless",
    "pydantic_core": "pydantic",
    "torch.utils.tensorboard.writer": "tensorboard",
}
"""Imports whose distribution has another name."""


def room(path: Path) -> str:
    """The room a file lies in: the folder or module right below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def place(path: Path, node: ast.AST) -> str:
    """A clickable place in the checkout."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every module that a file imports, at its top or inside functions, by its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def outside(names: set[str], allowed: set[str], exception: str = "") -> list[str]:
    """Where a module of `names` is imported in a room that may not; `exception` is one file that may."""
    return [
        f"{place(path, node)} imports {name}"
        for path, tree in MODULES.items()
        if room(path) not in allowed and path.relative_to(PACKAGE).as_posix() != exception
        for name, node in imports(tree)
        if name.partition(".")[0] in names
    ]


@pytest.mark.timeout(60)
def test_imports_point_down_only() -> None:
    """The layers in pyproject.toml hold, and every room has its place in them."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Contracts: 3 kept, 0 broken" in found.stdout


def test_every_layer_is_a_room() -> None:
    """No layer is listed for a room that is gone or was never built."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name.strip(" ()") for layer in layers for name in layer.split("|")}
    assert named == {room(path) for path in FILES} - {"__init__", "__main__"}


def test_ffmpeg_and_processes_only_in_media() -> None:
    """`media` is the only door to ffmpeg, PyAV and other processes.

    One file may start processes, too: a batch's films run in processes of this very program.
    """
    assert outside({"av", "ffmpeg", "imageio_ffmpeg", "pymediainfo"}, {"media"}) == []
    assert outside({"subprocess"}, {"media"}, exception="jobs/batch/processes.py") == []


def test_command_line_libraries_only_in_cli() -> None:
    """Options and terminal output belong to `cli`."""
    assert outside({"typer", "click", "rich"}, {"cli", "__main__"}) == []


def test_printing_and_exiting_only_in_cli() -> None:
    """Nothing but `cli` prints, asks or exits."""
    found = [
        f"{place(path, node)} {ast.unparse(node)[:40]}"
        for path, tree in MODULES.items()
        if room(path) not in {"cli", "__main__"}
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in {"print", "input", "exit", "quit"})
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.exit", "os._exit"})
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"})
    ]
    assert found == []


@pytest.mark.parametrize(
    ("group", "shared"),
    [
        ("treatments", {"treatment", "measure", "film_facts", "option", "network", "measuring"}),
        ("nets", {"layers"}),
    ],
)
def test_treatments_and_nets_do_not_see_each_other(group: str, shared: set[str]) -> None:
    """Each treatment (a file or a folder) and each net stands alone: only the catalog imports it."""
    folder = PACKAGE / group
    found: list[str] = []
    for path in sorted(folder.rglob("*.py")):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        if own in {"catalog", "typed_values", "__init__"}:
            continue
        found += [
            f"{place(path, node)} imports {name}"
            for name, node in imports(MODULES[path])
            if name.startswith(f"restore.{group}.") and name.split(".")[2] not in {own, *shared}
        ]
    assert found == []


def test_classes_stay_flat() -> None:
    """No class is more than one step from object, Exception, Protocol, BaseModel or nn.Module."""
    roots = {
        "Exception",
        "Protocol",
        "BaseModel",
        "nn.Module",
        "Enum",
        "StrEnum",
        "NamedTuple",
        "Generic",
    }
    allowed = roots | {"RestoreError", "TypedDict"}
    found = [
        f"{place(path, node)} {node.name}({ast.unparse(base)})"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if ast.unparse(base).partition("[")[0] not in allowed
    ]
    assert found == []


def test_no_room_for_odds_and_ends() -> None:
    """What a file holds has a name; `utils` is none."""
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    assert [str(path) for path in FILES if vague & set(path.with_suffix("").parts)] == []


def test_one_name_one_file() -> None:
    """No two files share a name; exceptions are the catalogs and the training tasks.

    Catalogs are known by their room, and a training task has the name of the treatment that it is for.
    """
    named = [path for path in FILES if path.name not in ("__init__.py", "catalog.py")]
    names = Counter(path.name for path in named if path.parent.name != "tasks")
    assert [name for name, count in names.items() if count > 1] == []


def test_one_name_one_class() -> None:
    """No two classes share a name, private ones included."""
    names = Counter(
        node.name
        for tree in MODULES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_every_module_says_what_it_holds() -> None:
    """The first line of a file states its content in one sentence."""
    bare = [place(path, tree) for path, tree in MODULES.items() if not ast.get_docstring(tree)]
    assert bare == []


def test_every_public_name_is_documented() -> None:
    """Public functions and classes carry a docstring."""
    bare = [
        f"{place(path, node)} {node.name}"
        for path, tree in MODULES.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert bare == []


def test_every_test_says_its_rule() -> None:
    """A test's docstring is the rule that it checks."""
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in functions(ast.parse(path.read_text(encoding="utf-8")))
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert bare == []


def test_files_are_short() -> None:
    """At most 500 lines a file, and half of the files at most 150."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {str(path): n for path, n in lengths.items() if n > 500} == {}
    assert statistics.median(n for n in lengths.values() if n > 5) <= 150


def test_functions_are_short() -> None:
    """Nine functions in ten have at most 35 lines, 98 in 100 at most 60, none over 100."""
    lengths = {
        f"{place(path, node)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, tree in MODULES.items()
        for node in functions(tree)
    }
    longest = sorted(lengths.items(), key=lambda item: -item[1])
    assert longest[0][1] <= 100, longest[0]
    assert longest[len(longest) // 50][1] <= 60, longest[: len(longest) // 50 + 1]
    assert longest[len(longest) // 10][1] <= 35, longest[: len(longest) // 10 + 1]


def test_dependencies_are_those_declared() -> None:
    """Every import outside the standard library is declared, and nothing declared goes unused."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["train"], *extras["zoo"]]
    declared = {name.partition(">")[0].partition("=")[0] for name in wanted}
    names = {name for tree in MODULES.values() for name, _ in imports(tree)}
    used = {name.partition(".")[0] for name in names} | (names & set(DISTRIBUTIONS))
    used -= sys.stdlib_module_names | {"restore"}
    assert {DISTRIBUTIONS.get(name, name) for name in used} == declared


def test_every_dependency_has_an_upper_bound() -> None:
    """A new major version is tried before it is allowed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = itertools.chain.from_iterable(project["optional-dependencies"].values())
    wanted = [*project["dependencies"], *extras]
    assert [name for name in wanted if "<" not in name and "==" not in name] == []


def test_the_command_line_loads_neither_torch_nor_cv2() -> None:
    """Asking for help must not wait for libraries that only the work needs."""
    heavy = ("torch", "cv2", "av", "scenedetect", "numpy")
    program = f"import sys, restore.cli; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
