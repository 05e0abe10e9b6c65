"""train.toml: read strictly, mistakes named with their place."""

from pathlib import Path

import pytest

from restore import models
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


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rate = inf", "rate: Input should be a finite number"),
        ("average = 2.0", "average: Input should be less than 1"),
        ("clip = 0", "clip"),
        ("decay = -1.0", "decay"),
        ("warmup = -5", "warmup"),
        ("spectrum = -1.0", "spectrum"),
        ("detail = -0.1", "detail"),
        ("seed = 99999999999999999999", "seed"),
        ('slow = { "head." = -1.0 }', "slow.head."),
        ("[pairs]\nshots = 1\nheight = 0", "pairs.height"),
        ("[pairs]\nshots = 1\nrepeat_chance = 7", "pairs.repeat_chance"),
        ("[card]\nleast_lines = 2000", "card: from 2000 up to 1080"),
        ("[monitor]\nmean = [5, -5]", "monitor.mean: from 5 up to -5"),
        (
            "[sweep.space]\nrate = { low = 2.0, high = 1.0 }",
            "sweep.space.rate.reach: from 2 up to 1 there is nothing.",
        ),
        ("[sweep.space]\nrate = { low = 0.0, high = 1.0, log = true }", "both ends are above 0"),
        ("[ageing]\ngrain = [0.1, 0.0]", "ageing.grain: from 0.1 up to 0"),
        ("[ageing]\ngrain = [-0.5, 0.1]", "ageing: grain: Input should be greater"),
        ("[ageing]\nstretch = [0.0, 1.0]", "ageing: stretch: Input should be greater"),
        ("[ageing]\ngamma = [0.0, 1.0]", "ageing: gamma"),
        ("[ageing]\nh264_crf = [20, 90]", "ageing: h264_crf: 0 to 51"),
        ("[ageing]\nstatic_hold = [0, 4]", "ageing: static_hold"),
        ("[ageing]\nclean_share = [0, 4]", "ageing: clean_share"),
        ("[ageing]\ncodec_weights = [0]", "ageing: codec_weights"),
        ("[ageing]\ndust_chance = 1.5", "ageing.dust_chance"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, place: str) -> None:
    """Numbers that no run can have are named before it begins, not met in the middle of it."""
    plain = GOOD.replace("rate = 1e-3\n", "") if text.startswith("rate") else GOOD
    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, f"{plain}{text}\n"))
    assert place in caught.value.what


def test_bounds_may_be_infinite(tmp_path: Path) -> None:
    """What the monitor need not look at."""
    run = read_settings(written(tmp_path, GOOD + "[monitor]\nvariance = [0, inf]\n"))
    assert run.monitor.variance[1] == float("inf")


@pytest.mark.parametrize(("text", "complaint"), [("steps = ", "Not TOML"), (None, "Cannot read")])
def test_unreadable_settings(tmp_path: Path, text: str | None, complaint: str) -> None:
    """No file and no TOML are usage errors, not tracebacks."""
    path = tmp_path / "none.toml" if text is None else written(tmp_path, text)
    with pytest.raises(UsageError, match=complaint):
        read_settings(path)


@pytest.mark.parametrize("card", models.shelf(), ids=lambda card: card.full_name)
def test_the_shipped_runs_can_be_read(card: models.Card) -> None:
    """Every model that ships has the settings of its run beside it."""
    run = read_settings(card.folder / "train.toml")
    assert card.task == run.task
