"""train.toml: read strictly, mistakes named with their place."""

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.training.settings import read_settings

GOOD = """\
task = "upscale"
architecture = "FilmNet"
arguments = { scale = 2 }
data = "clips"
steps = 10
batch = 2
patch = 8
rate = 1e-3
"""


def written(tmp_path: Path, text: str) -> Path:
    """The text as a file."""
    path = tmp_path / "train.toml"
    path.write_text(text)
    return path


def test_defaults_fill_in_the_rest(tmp_path: Path) -> None:
    """What is not said has its documented default."""
    run = read_settings(written(tmp_path, GOOD + "[ageing]\ngrain = [0.0, 0.02]\n"))

    assert run.steps == 10
    assert run.ageing.grain == (0.0, 0.02)
    assert run.bins.spacing == 0.04


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Unknown, wrong and missing keys are named together, with the file."""
    text = (
        GOOD.replace("steps = 10\n", "") + "speed = 3\n[ageing]\ngrian = 1\n[pairs]\nshots = -1\n"
    )

    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, text))

    for place in ("steps", "speed", "ageing.grian", "pairs.shots"):
        assert place in caught.value.what
    assert str(tmp_path / "train.toml") == caught.value.where


@pytest.mark.parametrize(("text", "complaint"), [("steps = ", "Not TOML"), (None, "Cannot read")])
def test_unreadable_settings(tmp_path: Path, text: str | None, complaint: str) -> None:
    """No file and no TOML are usage errors, not tracebacks."""
    path = tmp_path / "none.toml" if text is None else written(tmp_path, text)
    with pytest.raises(UsageError, match=complaint):
        read_settings(path)


@pytest.mark.parametrize("model", ["film-x4-v1", "film-x2-v1", "color-v2"])
def test_the_shipped_runs_can_be_read(root: Path, model: str) -> None:
    """Every model that ships has the settings of its run beside it."""
    run = read_settings(root / "models" / model / "train.toml")
    assert ("colorize" if model.startswith("color") else "upscale") == run.task
