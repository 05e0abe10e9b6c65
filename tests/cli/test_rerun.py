"""A film restored, its record, its page, and the same frames again: by the words of a user."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

from restore.cli.app import main
from restore.report.record import Record
from restore.report.schema import PUBLISHED
from tests.report.test_page import check_harmless
from tests.report.test_record import misfits

SHORT = ("--start", "1.1875", "--end", "1.3125")
"""Two frames of the reel: the last of the title card, the first of a scene."""


def _restored(reel: Path, folder: Path) -> Path:
    """Two frames of the reel colored and enlarged, the result's name full of traps."""
    film = folder / 'a "reel" <b>.mp4'
    film.write_bytes(reel.read_bytes())
    words = (str(film), "--colorize", "--upscale", "2", "--model", "film-x2-fast", *SHORT)
    assert main([*words, "--quiet"]) == 0
    return folder / 'a "reel" <b>.restored.mp4'


@pytest.mark.timeout(300)
def test_a_result_is_made_again(
    reel: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Record, page and tag say what was done; a rerun gives the same frames, or exit code 6."""
    result = _restored(reel, tmp_path)
    path = tmp_path / f"{result.name}.restore.json"
    text = path.read_text(encoding="utf-8")
    form = json.loads((root / PUBLISHED).read_text(encoding="utf-8"))
    assert misfits(json.loads(text), form, form) == []
    record = Record.model_validate_json(text)
    assert record.synthetic == ("color", "detail")
    assert record.audit
    assert all(check.ok for check in record.audit)
    page = (tmp_path / f"{result.name}.restore.html").read_text(encoding="utf-8")
    assert result.name in check_harmless(page).text
    assert page.count("data:image/png;base64,") == len(record.shots) == 2
    with av.open(str(result)) as container:
        assert "synthetic: color, detail" in container.metadata["comment"]

    assert main(["rerun", str(path)]) == 0
    said = capsys.readouterr().out
    assert "program, libraries and machine are the same" in said
    assert "the same frames: all 2 frames" in said
    assert (tmp_path / 'a "reel" <b>.restored.rerun.mp4').exists()

    segment = record.segments[0]
    other = segment.model_copy(update={"marks": segment.marks[:8] + "0" * 8})
    facts = record.result.model_copy(update={"frames_sha256": "0" * 64})
    changed = record.model_copy(update={"segments": (other,), "result": facts})
    path.write_text(changed.model_dump_json())
    assert main(["rerun", str(path), "--quiet"]) == 6
    assert "frame 1 is the first of 1 that differ, of 2" in capsys.readouterr().err
