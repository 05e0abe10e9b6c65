"""The models as the command line shows them, and published ones pulled."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import av
import cv2
import pytest
import torch

from restore import models
from restore.cli.app import main
from restore.models import known, lookup
from restore.nets.srvgg import SRVGGNetCompact
from restore.store import digest_file


def test_the_shelf(capsys: pytest.CaptureFixture[str]) -> None:
    """All shipped models are listed with task and licence, and the published ones with their terms."""
    assert main(["models", "list"]) == 0
    text = capsys.readouterr().out
    for name in ("film-x4-v7", "film-x2-v3", "color-v5", "RealESRGAN_x4plus"):
        assert name in text
    assert main(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    shipped = [model for model in listed if model["state"] == "shipped"]
    assert {model["task"] for model in shipped} == {
        "upscale",
        "colorize",
        "deinterlace",
        "pixcolor",
        "prsr",
    }
    assert {model["state"] for model in listed} <= {"shipped", "pulled", "known"}


def test_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    """A name without version shows the newest; the hash that was checked is reported."""
    assert main(["models", "show", "film-x4"]) == 0
    text = capsys.readouterr().out
    assert "film-x4-v" in text
    assert "sha256" in text
    assert main(["models", "show", "color", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["bytes"] > 10_000


def test_a_checkpoint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file of weights is shown with the facts from its shapes."""
    path = tmp_path / "mine.pth"
    torch.save(SRVGGNetCompact(2, 4, 1).state_dict(), path)
    assert main(["models", "show", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["name"], facts["architecture"], facts["scale"]) == ("mine", "SRVGGNetCompact", 2)
    assert facts["sha256"] == digest_file(path)


def test_a_checkpoint_goes_through_the_main_job(
    reel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--model FILE.pth` restores: exact size, the file's hash in the plan; too small a scale is reported."""
    path, result = tmp_path / "mine.pth", tmp_path / "out.mp4"
    torch.save(SRVGGNetCompact(2, 4, 1).state_dict(), path)
    words = ["run", str(reel), "--model", str(path), "--start", "1.125", "--end", "1.25"]
    assert main([*words, "--upscale", "2", "-o", str(result), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (planned,) = [event for event in events if event["event"] == "planned"]
    assert planned["plan"]["models"] == {"mine": digest_file(path)}
    with av.open(str(result)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (640, 480)
    assert main([*words, "--upscale", "4", "-o", str(tmp_path / "other.mp4")]) == 2
    assert "does not enlarge 4 times" in capsys.readouterr().err


def test_a_checkpoint_is_previewed(reel: Path, tmp_path: Path) -> None:
    """A x4 net serves --upscale 2: its result is brought back to the size asked for."""
    path, sheet = tmp_path / "mine.pth", tmp_path / "sheet.png"
    torch.save(SRVGGNetCompact(4, 4, 1).state_dict(), path)
    words = ["preview", str(reel), "--at", "50%", "--model", str(path), "--upscale", "2"]
    assert main([*words, "-o", str(sheet)]) == 0
    (restored,) = tmp_path.glob("sheet-*-restored.png")
    assert cv2.imread(str(restored)).shape == (480, 640, 3)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A model whose licence forbids commercial use, as a file that was fetched by other means."""
    monkeypatch.setenv("RESTORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    path = tmp_path / "download.pth"
    torch.save(SRVGGNetCompact(2, 4, 1).state_dict(), path)
    model = known.known_models()[0].model_copy(
        update={
            "name": "toy",
            "licence": "CC BY-NC 4.0",
            "non_commercial": True,
            "sha256": digest_file(path),
            "size": path.stat().st_size,
        }
    )
    for place in (known, lookup, models):
        monkeypatch.setattr(place, "known_models", lambda: (model,))
    return path


def test_binding_terms_are_accepted_first(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a word of the user nothing is taken; with it the model is there under its name."""
    words = ["models", "pull", "toy", "--from", str(published)]
    assert main(words) == 2
    reported = capsys.readouterr()
    assert "CC BY-NC 4.0" in reported.out
    assert "--accept-licence" in reported.err
    assert main([*words, "--accept-licence"]) == 0
    assert "SHA-256 as published" in capsys.readouterr().out
    assert main(["models", "show", "toy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["licence"] == "CC BY-NC 4.0"
    assert main(words) == 0
    assert "already exists" in capsys.readouterr().out


def test_a_damaged_file_is_not_listed_as_pulled(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list compares sizes: whole is pulled, seven bytes are not."""

    def state() -> str:
        assert main(["models", "list", "--json"]) == 0
        listed = json.loads(capsys.readouterr().out)
        return next(one["state"] for one in listed if one["name"] == "toy")

    pulled = known.known_models()[0].path(tmp_path / "models")
    pulled.parent.mkdir()
    pulled.write_bytes(published.read_bytes())
    assert state() == "pulled"
    pulled.write_bytes(b"damaged")
    assert state() == "known"


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 2)])
def test_at_a_terminal_the_question_is_asked(
    published: Path, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    """A person may answer instead of adding the option."""
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda text: asked.append(text) or answer)
    assert main(["models", "pull", "toy", "--from", str(published)]) == code
    assert "not for commercial use" in asked[0]


def test_a_known_model_is_shown_before_it_is_here(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its terms can be read without fetching it."""
    assert main(["models", "show", "toy"]) == 0
    assert "CC BY-NC 4.0" in capsys.readouterr().out


def test_unknown_names_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the way to the list."""
    assert main(["models", "pull", "nothing"]) == 2
    assert "restore models list" in capsys.readouterr().err
