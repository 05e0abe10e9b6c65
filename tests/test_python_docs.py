"""docs/python.md and examples/notebook.py run as they stand."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import restore
from tests.media.films import make

DRAWN = "testsrc2=s=64x48:r=12:d=0.5,hue=s=0"


def blocks(page: Path) -> list[str]:
    """The fenced Python blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(300)
def test_the_examples_of_the_page_run(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All of them, in their order, on a short film; what they print is what they promise."""
    make(tmp_path / "film.mp4", "-pix_fmt", "yuv420p", drawn=DRAWN)
    make(tmp_path / "films" / "a.mkv", "-c:v", "ffv1", drawn=DRAWN)
    np.save(tmp_path / "shot.npy", np.tile(np.arange(60, 120, 1, np.uint8), (3, 40, 1)))
    cv2.imwrite(str(tmp_path / "still.png"), np.full((160, 320, 3), (90, 120, 180), np.uint8))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(root / "docs" / "python.md"):
        exec(compile(block, "docs/python.md", "exec"), names)
    reported = capsys.readouterr().out
    assert names["result"].frames == 6
    assert names["larger"].shape == (3, 160, 240, 3)
    assert "6 of 6 frames" in reported
    assert "film.restored.mp4 6 ('color', 'detail')" in reported
    assert names["report"].ok
    assert names["done"].ok
    assert "a.mkv done a.restored.mkv" in reported
    assert "upscal: unknown key" in reported
    assert names["found"].seeds == (1, 2, 3, 4)
    assert "4 (32, 32, 3)" in reported


def test_the_examples_are_short(root: Path) -> None:
    """No block has more than five lines of statements after its imports; longer ones belong in a script."""
    for block in blocks(root / "docs" / "python.md"):
        lines = [line for line in block.splitlines() if line.strip()]
        assert len([line for line in lines if not line.startswith("import")]) <= 5, block
        ast.parse(block)


def test_every_name_and_keyword_is_described(root: Path) -> None:
    """The page names each public name, and each keyword of the functions and of the restorer."""
    page = (root / "docs" / "python.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", page))
    assert set(restore.__all__) <= words
    for call in (restore.film, restore.preview, restore.batch, restore.Restorer):
        missing = set(inspect.signature(call).parameters) - words - {"path"}
        assert missing == set(), call


@pytest.mark.timeout(300)
def test_the_notebook_runs(
    root: Path,
    reel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every cell, from the facts of the film to a picture of scenes before and after."""
    script = root / "examples" / "notebook.py"
    monkeypatch.setattr(sys, "argv", [str(script), str(reel), str(tmp_path)])
    names = runpy.run_path(str(script))
    reported = capsys.readouterr().out
    assert "shot 1: frames 0-19, card, mono" in reported
    assert names["result"].frames == len(names["scene"].span) == 32
    assert names["result"].synthetic == ("color", "detail")
    assert cv2.imread(str(tmp_path / "before-after.png")).shape == (2 * 480, 2 * 640, 3)
    assert script.read_text(encoding="utf-8").count("# %%") >= 5
