"""`restore audit` as a user runs it: a table, JSON, and a code that says whether all is well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restore.cli.app import main
from tests.media.films import X264, make, run_ffmpeg


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A film with sound, and a copy of it that another program made."""
    folder = tmp_path_factory.mktemp("audit")
    sound = ("-f", "lavfi", "-i", "sine=d=1", "-map", "0", "-map", "1", "-c:a", "aac")
    film = make(folder / "film.mp4", *sound, *X264)
    run_ffmpeg("-i", film, "-map", "0", "-c:a", "copy", *X264, "-crf", "12", folder / "copy.mp4")
    return film, folder / "copy.mp4"


def test_a_good_copy_passes(films: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Every check is named with what was found; the code is 0."""
    assert main(["audit", *map(str, films)]) == 0
    out = capsys.readouterr().out
    for word in ("order", "25 of 25", "audio 0", "bit for bit", "duration"):
        assert word in out
    assert "wrong" not in out


def test_what_is_wrong_is_code_6(
    films: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A copy without its sound: the check that found it, in JSON, and three lines on stderr."""
    film, copy = films
    silent = tmp_path / "silent.mp4"
    run_ffmpeg("-i", copy, "-map", "0:v", "-c", "copy", silent)
    assert main(["audit", str(film), str(silent), "--json"]) == 6
    out, err = capsys.readouterr()
    reported = json.loads(out)
    assert not reported["ok"]
    wrong = [check["name"] for check in reported["checks"] if check["verdict"] == "wrong"]
    assert wrong == ["audio 0"]
    assert "audio 0" in err
    assert len(err.splitlines()) == 3


def test_what_is_no_kind_of_loss_is_the_users_mistake(
    films: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The kinds are listed."""
    assert main(["audit", *map(str, films), "--allow-loss", "sound"]) == 2
    assert "subtitles" in capsys.readouterr().err
