"""Every made source is restored and audited: nothing is lost, or it is named and was allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.cli.app import main
from tests.audit.sources import SOURCES, build
from tests.audit.table import row

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_of_a_source_is_lost(name: str, tmp_path: Path) -> None:
    """Restored with the default name, then verified again from the two files, by the commands."""
    found = row(name, tmp_path)
    assert found.named("wrong") == []
    assert len(found.named("lost")) == len(SOURCES[name].lost)


@pytest.mark.parametrize("name", [name for name, recipe in SOURCES.items() if recipe.lost])
def test_what_would_be_lost_stops_the_job_before_it_starts(name: str, tmp_path: Path) -> None:
    """Unless its kind was allowed; no file is left behind."""
    source = build(tmp_path / "source", name)
    target = tmp_path / "out.mkv"
    assert main(["run", str(source), "--codec", SOURCES[name].codec, "-o", str(target)]) == 2
    assert not target.exists()
