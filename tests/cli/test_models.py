"""The models that ship, as the command line shows them."""

from __future__ import annotations

import json

import pytest

from restore.cli.app import main


def test_the_shelf(capsys: pytest.CaptureFixture[str]) -> None:
    """All shipped models are listed with task and licence."""
    assert main(["models", "list"]) == 0
    text = capsys.readouterr().out
    for name in ("film-x4-v1", "film-x2-v1", "color-v1"):
        assert name in text
    assert main(["models", "list", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)
    assert {model["task"] for model in models} == {"upscale", "colorize"}


def test_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    """A name without version shows the newest; the hash that was checked is told."""
    assert main(["models", "show", "film-x4"]) == 0
    text = capsys.readouterr().out
    assert "film-x4-v" in text
    assert "sha256" in text
    assert main(["models", "show", "color", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["bytes"] > 10_000
