"""How a command line finds its command, and what it says when it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import restore
from restore.cli.app import COMMANDS, main, names_command


def call(
    words: Sequence[str | Path], cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the tool (the very one under test) in a real process, without a terminal."""
    here = str(Path(restore.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-m", "restore", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": here, "COLUMNS": "100", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "is_command"),
    [
        (["inspect", "film.mp4"], True),
        (["run", "film.mp4"], True),
        (["film.mp4", "inspect"], False),
        (["./preview"], False),
        (["--colorize", "film.mp4"], False),
        (["--", "inspect"], False),
        ([], False),
    ],
)
def test_a_first_word_that_is_no_command_means_run(words: list[str], is_command: bool) -> None:
    """Only the first word can name a command; ./preview is a file."""
    assert names_command(words) is is_command


def test_options_stand_before_or_after_the_films(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The same words in any order mean the same."""
    film = str(tmp_path / "gone.mp4")
    codes = {main(words) for words in ([film, "--crf", "20"], ["--crf", "20", film], ["run", film])}
    assert codes == {3}
    assert capsys.readouterr().err.count("The file does not exist") == 3


def test_help_lists_everything_and_loads_nothing_large(root: Path) -> None:
    """`--help` names options and commands, and is quick: it imports none of the large libraries."""
    done = call(["--help"], root, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    for word in ("--colorize", "--upscale", "--recipe", "--allow-damaged", *COMMANDS):
        assert word in done.stdout or word == "run"
    lines = done.stderr.splitlines()
    assert all(line.startswith("import time:") for line in lines)
    imported = {line.split("|")[-1].strip() for line in lines}
    assert {"restore.cli.app", "typer"} <= imported
    assert not imported & {"torch", "cv2", "numpy", "av", "safetensors", "scenedetect"}


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_help_and_a_page(
    command: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command without a help text, or without its page in docs/, is not finished."""
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Usage: restore" in text
    assert len(text.splitlines()) > 8
    page = root / "docs" / f"{command}.md"
    assert page.is_file(), f"write {page}"
    assert f"restore {command}" in page.read_text(encoding="utf-8")


def test_a_command_that_is_stopped_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is exit code 130 and a line, not silence."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("restore.training.session.run", stopped)
    assert main(["train", "models/film-x4-v7/train.toml"]) == 130
    assert capsys.readouterr().err.splitlines()[0] == "restore: Stopped."


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the version and nothing else, with no film named."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"restore {restore.__version__}\n"


def test_nothing_asked_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`restore` alone explains itself; the exit code says that nothing was done."""
    assert main([]) == 2
    assert "--colorize" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["x.mp4", "--colourize"], "No such option"),
        (["x.mp4", "--upscale"], "requires an argument"),
        (["x.mp4", "--upscale", "3", "--crf", "x", "--to", "4q"], "--to"),
        (["x.mp4", "--upscale", "2", "--to", "4k"], "cannot be combined with upscale"),
        (["--colorize"], "FILM"),
        (["preview"], "FILM"),
        (["x.mp4", "--recipe", "gone.toml"], "gone.toml"),
        (["models", "show", "nobody"], "nobody"),
        (["models", "show", "n" * 300], "longer than the system allows"),
        (["x" * 300 + ".mp4"], "longer than the system allows"),
        (["x.mp4", "-o", ""], "An argument is empty"),
        (["batch", "", "--out", "x"], "An argument is empty"),
    ],
)
def test_wrong_words(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in the words is exit code 2 and at most three lines that name it."""
    assert main(words) == 2
    reported = capsys.readouterr()
    assert expected in reported.err
    assert len(reported.err.splitlines()) <= 3
    assert reported.out == ""


def test_a_film_whose_name_begins_with_a_dash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks like an option; the message says how it is written."""
    monkeypatch.chdir(tmp_path)
    Path("-reel.mp4").touch()
    monkeypatch.setattr("sys.argv", ["restore", "-reel.mp4"])
    assert main(["-reel.mp4"]) == 2
    assert "./-reel.mp4" in capsys.readouterr().err


def test_a_group_of_commands_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`restore models` lists what it can do, and says that something is missing."""
    assert main(["models"]) == 2
    reported = capsys.readouterr()
    assert "pull" in reported.out
    assert "A command is missing" in reported.err


def test_all_mistakes_of_a_line_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Three wrong values are three findings, not three attempts."""
    assert main(["x.mp4", "--upscale", "3", "--crf", "x", "--device", "gpu"]) == 2
    reported = capsys.readouterr().err
    assert all(option in reported for option in ("--upscale", "--crf", "--device"))


def test_a_mistyped_command_gets_a_hint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`restore inspct film.mkv` is probably a mistyped command: the film after it is not restored."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.mkv").touch()
    assert main(["inspct", "film.mkv"]) == 2
    assert "restore inspect" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
    for words in (["audit.mkv"], ["--model", "film-x4", "gone.mkv"], ["--start", "1", "gone.mkv"]):
        assert main(words) == 3
        assert "Did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "expected", "unexpected"),
    [
        ("restore ins", "inspect", "--"),
        ("restore --colo", "--colorize", "inspect"),
        ("restore film.mp4 --ups", "--upscale", "--at"),
        ("restore preview film.mp4 --a", "--at", "--allow-damaged"),
        ("restore film.mp4 --to ", "1440p", "h264"),
    ],
)
def test_completion(line: str, expected: str, unexpected: str, root: Path) -> None:
    """The shell completes commands, the options of a command, and values that are known."""
    place = str(len(line.split(" ")) - 1)
    words = {"COMP_WORDS": line, "COMP_CWORD": place, "_RESTORE_COMPLETE": "complete_bash"}
    done = call([], root, **words)
    offered = done.stdout.split()
    assert expected in offered
    assert not any(word.startswith(unexpected) for word in offered)
