"""The audit table: every made source restored and audited, a line each.

python -m tests.audit.table [NAME...]     # exit code 1 if anything is wrong
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.cli.app import main
from restore.media.container.probe import probe
from tests.audit.sources import SOURCES, build


@dataclass(frozen=True)
class Row:
    """What became of one source."""

    name: str
    result: str
    frames: str
    checks: tuple[dict[str, Any], ...]

    def named(self, verdict: str) -> list[str]:
        """The checks of that verdict."""
        return [check["name"] for check in self.checks if check["verdict"] == verdict]

    @property
    def remarks(self) -> list[str]:
        """Details that a reader should know in addition to the verdicts."""
        notable = ("samples", "cannot store", "tick", "in the source")
        return [
            f"{check['name']}: {check['detail']}"
            for check in self.checks
            if any(text in check["detail"] for text in notable)
        ]


def row(name: str, folder: Path) -> Row:
    """Restore a source under its default name, then audit the two files, both by the command line."""
    recipe = SOURCES[name]
    source = build(folder / "source", name)
    allow = [word for kind in recipe.lost for word in ("--allow-loss", kind)]
    quick = ["--preset", "ultrafast"] if recipe.codec in ("h264", "hevc") else []
    target = folder / name
    words = ["run", str(source), "--codec", recipe.codec, *quick, *allow, "-o", f"{target}/", "-q"]
    code = main(words)
    if code:
        raise RuntimeError(f"{name}: the run ended with code {code}")
    (result,) = (path for path in target.iterdir() if path.suffix not in (".json", ".html"))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(["audit", str(source), str(result), "--json"])
    checks = tuple(json.loads(out.getvalue())["checks"])
    return Row(
        name=name,
        result=f"{source.suffix} {probe(source).codec} -> {result.suffix} {recipe.codec}",
        frames=next(check["detail"] for check in checks if check["name"] == "frames"),
        checks=checks,
    )


def show(line: str) -> None:
    """Print a line of the table at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def print_table(names: list[str]) -> int:
    """Print a line for each source; returns how many have something wrong."""
    wrong = 0
    show(f"{'source':20} {'':34} {'frames':>9} {'ok':>3} {'lost':>4} {'wrong':>5}  remarks")
    with tempfile.TemporaryDirectory(prefix="restore-table-") as folder:
        for name in names:
            found = row(name, Path(folder))
            good, lost, bad = (found.named(verdict) for verdict in ("ok", "lost", "wrong"))
            wrong += bool(bad)
            remarks = "; ".join(
                [*bad, *(f"{each} lost, as allowed" for each in lost), *found.remarks]
            )
            counts = f"{len(good):3} {len(lost):4} {len(bad):5}"
            show(f"{name:20} {found.result:34} {found.frames:>9} {counts}  {remarks}")
    show(f"{len(names)} sources, {wrong} with something wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if print_table(sys.argv[1:] or list(SOURCES)) else 0)
