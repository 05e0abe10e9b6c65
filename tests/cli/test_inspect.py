"""The facts of a film."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restore.cli.app import main


def test_facts_of_the_reel(reel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object has the frames, the rate, the shots with their kinds, and the streams."""
    assert main(["inspect", str(reel), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["frames"], facts["width"], facts["height"], facts["rate"]) == (96, 320, 240, 16)
    assert [shot["frames"] for shot in facts["shots"]] == [[0, 20], [20, 64], [64, 96]]
    assert [shot["content"] for shot in facts["shots"]] == ["card", "scene", "scene"]
    assert {shot["color"] for shot in facts["shots"]} == {"mono"}
    assert [stream["kind"] for stream in facts["streams"]] == ["video", "audio"]
    assert (facts["variable_rate"], facts["damage"]) == (False, [])


def test_every_key_is_documented(
    reel: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/inspect.md has each key of the object, and each of a shot."""
    assert main(["inspect", str(reel), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    page = (root / "docs" / "inspect.md").read_text(encoding="utf-8")
    shots = next(line for line in page.splitlines() if line.startswith("| `shots`"))
    assert [key for key in facts if f"`{key}`" not in page] == []
    assert [key for key in facts["shots"][0] if f"`{key}`" not in shots] == []


def test_facts_for_people(reel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as lines: size, length, sound, shots."""
    assert main(["inspect", str(reel)]) == 0
    text = capsys.readouterr().out
    for words in (
        "320x240, h264",
        "96 frames, 0:06, 16 frames a second",
        "audio aac",
        "title card",
    ):
        assert words in text


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_no_film(json_too: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no film, nothing is on stdout and the failure on stderr."""
    text = tmp_path / "text.mp4"
    text.write_text("not a film\n" * 100, encoding="utf-8")
    assert main(["inspect", str(text), *json_too]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert str(text) in err
