"""Every made source is restored and audited: nothing is lost, or it is named and was allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restore.cli.app import main
from tests.audit.sources import SOURCES, build

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_of_a_source_is_lost(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Restored under the default name, then proven again from the two files, by the commands."""
    recipe = SOURCES[name]
    source = build(tmp_path / "source", name)
    allow = [word for kind in recipe.lost for word in ("--allow-loss", kind)]
    quick = ["--preset", "ultrafast"] if recipe.codec in ("h264", "hevc") else []
    folder = f"{tmp_path}/out/"
    run = ["run", str(source), "--codec", recipe.codec, *quick, *allow, "-o", folder, "-q"]
    assert main(run) == 0, capsys.readouterr().err
    (result,) = (p for p in (tmp_path / "out").iterdir() if p.suffix != ".json")
    capsys.readouterr()
    assert main(["audit", str(source), str(result), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    lost = [check["name"] for check in told["checks"] if check["verdict"] == "lost"]
    assert len(lost) == len(recipe.lost), lost


@pytest.mark.parametrize("name", [name for name, recipe in SOURCES.items() if recipe.lost])
def test_what_would_be_lost_stops_the_job_before_it_starts(name: str, tmp_path: Path) -> None:
    """Unless it was allowed by name; no file is left behind."""
    source = build(tmp_path / "source", name)
    target = tmp_path / "out.mkv"
    assert main(["run", str(source), "--codec", SOURCES[name].codec, "-o", str(target)]) == 2
    assert not target.exists()
