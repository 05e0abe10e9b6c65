"""train.toml: unknown keys are refused, mistakes have their key, old names are read with a warning."""

import re
from pathlib import Path

import pytest
import torch

from restore import models
from restore.errors import UsageError
from restore.training.renamed_keys import RENAMED_KEYS
from restore.training.settings import FieldSettings, read_settings, read_sweep
from restore.training.settings_check import new_net

GOOD = """\
task = "upscale"
architecture = "FilmNet"
arguments = { scale = 2 }
data = "clips"
steps = 10
batch_size = 2
patch_size = 8
learning_rate = 1e-3
"""


def written(tmp_path: Path, text: str) -> Path:
    """The text as a file."""
    path = tmp_path / "train.toml"
    path.write_text(text)
    return path


def test_defaults_fill_in_the_rest(tmp_path: Path) -> None:
    """Missing keys have their documented default."""
    run = read_settings(written(tmp_path, GOOD + "[ageing]\ngrain = [0.0, 0.02]\n"))

    assert run.steps == 10
    assert run.ageing.grain == (0.0, 0.02)
    assert run.bins.spacing == 0.04


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Unknown, wrong and missing keys are listed together, with the file."""
    text = (
        GOOD.replace("steps = 10\n", "") + "speed = 3\n[ageing]\ngrian = 1\n[pairs]\nshots = -1\n"
    )

    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, text))

    for place in ("steps", "speed", "ageing.grian", "pairs.shots"):
        assert place in caught.value.what
    assert str(tmp_path / "train.toml") == caught.value.where
    assert caught.value.code == "settings-invalid"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("learning_rate = inf", "learning_rate: Input should be a finite number"),
        ("ema_decay = 2.0", "ema_decay: Input should be less than 1"),
        ("max_gradient_norm = 0", "max_gradient_norm"),
        ("weight_decay = -1.0", "weight_decay"),
        ("warmup_steps = -5", "warmup_steps"),
        ("[loss]\nfourier = -1.0", "loss.fourier"),
        ("[loss]\ndetail = -0.1", "loss.detail"),
        ("seed = 99999999999999999999", "seed"),
        ('learning_rate_factors = { "head." = -1.0 }', "learning_rate_factors.head."),
        ("[pairs]\nshots = 1\nheight = 0", "pairs.height"),
        ("[pairs]\nshots = 1\nrepeat_chance = 7", "pairs.repeat_chance"),
        ("[card]\nmin_lines = 2000", "card: the range from 2000 to 1080"),
        ("[monitor]\nactivation_mean = [5, -5]", "monitor.activation_mean: the range from 5"),
        (
            "[sweep.space]\nseed = { low = 2.0, high = 1.0 }",
            "sweep.space.seed.range: the range from 2 to 1 is empty.",
        ),
        (
            "[sweep.space]\nseed = { low = 0.0, high = 1.0, log = true }",
            "both ends must be above 0",
        ),
        ("[ageing]\ngrain = [0.1, 0.0]", "ageing.grain: the range from 0.1 to 0"),
        ("[ageing]\ngrain = [-0.5, 0.1]", "ageing: grain: Input should be greater"),
        ("[ageing]\nblur_stretch = [0.0, 1.0]", "ageing: blur_stretch: Input should be greater"),
        ("[ageing]\ngamma = [0.0, 1.0]", "ageing: gamma"),
        ("[ageing]\nh264_crf = [20, 90]", "ageing: h264_crf: 0 to 51"),
        ("[ageing]\nfixed_noise_frames = [0, 4]", "ageing: fixed_noise_frames"),
        ("[ageing]\nclean_share = [0, 4]", "ageing: clean_share"),
        ("[ageing]\ncodec_weights = [0]", "ageing: codec_weights"),
        ("[ageing]\ndust_chance = 1.5", "ageing.dust_chance"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, place: str) -> None:
    """Values that cannot work are found when the file is read, not in the middle of the run."""
    plain = GOOD.replace("learning_rate = 1e-3\n", "") if "learning_rate =" in text else GOOD
    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, f"{plain}{text}\n"))
    assert place in caught.value.what


def test_bounds_may_be_infinite(tmp_path: Path) -> None:
    """A bound that is infinite is never exceeded."""
    run = read_settings(written(tmp_path, GOOD + "[monitor]\nactivation_variance = [0, inf]\n"))
    assert run.monitor.activation_variance[1] == float("inf")


@pytest.mark.parametrize(("text", "complaint"), [("steps = ", "not TOML"), (None, "Cannot read")])
def test_unreadable_settings(tmp_path: Path, text: str | None, complaint: str) -> None:
    """A missing file and a file that is not TOML are usage errors, not tracebacks."""
    path = tmp_path / "none.toml" if text is None else written(tmp_path, text)
    with pytest.raises(UsageError, match=complaint):
        read_settings(path)


@pytest.mark.parametrize("card", models.shelf(), ids=lambda card: card.full_name)
def test_the_shipped_runs_can_be_read(card: models.Card) -> None:
    """Every model that ships has the settings of its run, with today's keys."""
    warnings: list[str] = []
    run = read_settings(card.folder / "train.toml", warnings.append)
    assert warnings == []
    assert card.task == run.task


OLD = """\
task = "upscale"
architecture = "FilmNet"
arguments = { scale = 2 }
data = "clips"
steps = 10
fall = 4
batch = 2
patch = 8
rate = 1e-3
warmup = 3
slow = { "head." = 0.5 }
decay = 0.01
average = 0.9
clip = 2.0
keep = 0.25
stills = 5
spectrum = 0.01
gradient = 0.02
exactness = 0.03
fidelity = 0.04
detail = 0.05
structure = 0.06

[pairs]
shots = 3
greatest_step = 2
wires = 0.1
titles = 0.2
photos = 0.3

[bins]
least_share = 0.001

[card]
least_lines = 100
greatest_lines = 200

[monitor]
mean = [-1, 1]
variance = [0, 2]
dead = 0.5
gradient = 3
update = [0.001, 0.1]
progress = 0.4
spike = 5

[ageing]
between = [0.7, 2.0]
between_chance = 0.1
grain_between_chance = 0.2
edging = [0.0, 0.5]
edging_chance = 0.3
edging_radius = [0.7, 1.0]
static_noise = [0.0, 0.01]
static_chance = 0.4
static_hold = [5, 6]
stretch = [0.6, 1.5]
stretch_chance = 0.5
twice_chance = 0.6

[sweep]
settled = 2
space = { rate = { low = 1e-4, high = 1e-2 }, "ageing.edging_chance" = { choices = [0.1, 0.2] } }
"""
"""Every key that has a new name, by its old one."""

NEW = """\
task = "upscale"
architecture = "FilmNet"
arguments = { scale = 2 }
data = "clips"
steps = 10
decay_steps = 4
batch_size = 2
patch_size = 8
learning_rate = 1e-3
warmup_steps = 3
learning_rate_factors = { "head." = 0.5 }
weight_decay = 0.01
ema_decay = 0.9
max_gradient_norm = 2.0
init_share = 0.25
stills_per_film = 5

[loss]
fourier = 0.01
gradient = 0.02
log_mse = 0.03
vif = 0.04
detail = 0.05
ssim = 0.06

[pairs]
shots = 3
max_frame_step = 2
scene_line_share = 0.1
lettering_share = 0.2
photo_share = 0.3

[bins]
min_share = 0.001

[card]
min_lines = 100
max_lines = 200

[monitor]
activation_mean = [-1, 1]
activation_variance = [0, 2]
max_dead_share = 0.5
max_gradient_norm = 3
update_ratio = [0.001, 0.1]
min_progress = 0.4
max_loss_deviation = 5

[ageing]
intermediate_scale = [0.7, 2.0]
intermediate_scale_chance = 0.1
grain_intermediate_chance = 0.2
sharpening = [0.0, 0.5]
sharpening_chance = 0.3
sharpening_radius = [0.7, 1.0]
fixed_noise = [0.0, 0.01]
fixed_noise_chance = 0.4
fixed_noise_frames = [5, 6]
blur_stretch = [0.6, 1.5]
blur_stretch_chance = 0.5
recompression_chance = 0.6

[sweep]
startup_trials = 2
space = { learning_rate = { low = 1e-4, high = 1e-2 }, "ageing.sharpening_chance" = { choices = [0.1, 0.2] } }
"""
"""The same settings with today's keys."""


def test_old_keys_mean_the_new_ones(tmp_path: Path) -> None:
    """A train.toml of the first release gives the same settings, and a warning for each old key."""
    warnings: list[str] = []
    old = read_settings(written(tmp_path, OLD), warnings.append)
    assert old == read_settings(written(tmp_path, NEW))
    assert "`rate` is now called `learning_rate`" in warnings[2]
    for key, new in RENAMED_KEYS.items():
        assert any(f"`{key}`" in text and f"`{new}`" in text for text in warnings), key
    assert len(warnings) == len(RENAMED_KEYS) + 2  # two keys of the sweep's space


def test_an_old_key_and_its_new_name_contradict_each_other(tmp_path: Path) -> None:
    """Which of the two values counts would be a guess."""
    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, GOOD + "rate = 1e-2\n"))
    assert caught.value.code == "setting-twice"
    assert "learning_rate" in caught.value.what


def test_old_keys_of_a_sweep_file_are_read(tmp_path: Path) -> None:
    """A file with a sweep alone has the same old names as the table in train.toml."""
    warnings: list[str] = []
    text = 'settled = 3\n[space]\n"pairs.wires" = { low = 0.0, high = 0.5 }\n'
    found = read_sweep(written(tmp_path, text), warnings.append)
    assert (found.startup_trials, list(found.space)) == (3, ["pairs.scene_line_share"])
    assert len(warnings) == 2


def test_the_example_starts_from_the_model_that_ships(root: Path) -> None:
    """Its network is that of film-x4, whose weights all fit, and they can be mixed with the trained ones."""
    run = read_settings(root / "examples" / "film-x4-v8" / "train.toml")
    net = new_net(run, run.arguments, root)
    shipped = models.load(models.find("film-x4")).state_dict()
    assert all(torch.equal(value, shipped[name]) for name, value in net.state_dict().items())


def test_the_documented_tables_can_be_read(root: Path, tmp_path: Path) -> None:
    """The TOML of docs/train.md: run, fields, drawn colors, tiny crops, a sweep, the monitor."""
    page = (root / "docs" / "train.md").read_text(encoding="utf-8")
    run, fields, colors, tiny, sweep, monitor = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    settings = read_settings(written(tmp_path, run + monitor))
    assert (settings.steps, settings.monitor.on_fault) == (3000, "stop")
    documented = read_settings(written(tmp_path, run + fields)).fields
    assert documented == FieldSettings(stage="estimate")
    drawing = read_settings(written(tmp_path, colors + run))
    assert (drawing.prepared_crops, drawing.refine_weight) == (12000, 0.1)
    assert read_settings(written(tmp_path, tiny + run)).smallest_crop == 0.4
    assert read_sweep(written(tmp_path, sweep)).trials == 20


def test_the_table_of_old_keys_is_documented(root: Path) -> None:
    """docs/old-names.md lists every old key with its new name."""
    page = (root / "docs" / "old-names.md").read_text(encoding="utf-8")
    missing = [old for old, new in RENAMED_KEYS.items() if f"| `{old}` | `{new}` |" not in page]
    assert missing == []
