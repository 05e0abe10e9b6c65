"""The search for settings: drawn, cut short, stopped and gone on with."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from restore.errors import TrainingError, UsageError
from restore.training.losslog import LOG, logged
from restore.training.run_events import Began, Listen, Stepped, Told, Validated
from restore.training.settings import SweepSettings, TrainSettings
from restore.training.sweep import BestTrial, Try, sweep, varied, worded
from tests.training.made import Heard, run_settings

pytest.importorskip("optuna")

SPACE = {
    "rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "arguments.depth": {"low": 1, "high": 3},
    "architecture": {"choices": ["FilmNet"]},
}


def space(trials: int, **changes: object) -> SweepSettings:
    """A sweep over a rate, a depth and a name."""
    return SweepSettings.model_validate({"trials": trials, "space": SPACE, **changes})


def pretend(loss: Callable[[TrainSettings], float], ran: list[TrainSettings]) -> Try:
    """Instead of training: four validations, the last with the loss of these settings."""

    def attempt(settings: TrainSettings, place: Path, listen: Listen) -> None:
        ran.append(settings)
        with logged(place / LOG) as log:
            log(Began(0, settings.steps))
            for step in range(1, settings.steps + 1):
                event = Validated(step, loss(settings) / step, 0, "PSNR dB", torch.zeros(3, 1, 1))
                log(Stepped(step, 1.0, 1.0, 0.1))
                log(event)
                listen(event)

    return attempt


def run(folder: Path, trials: int, ran: list[TrainSettings], **changes: object) -> BestTrial:
    """A sweep in which a lower rate is better."""
    attempt = pretend(lambda settings: settings.rate, ran)
    return sweep(run_settings(4), space(trials, **changes), folder, attempt, Heard())


def test_two_trials_and_the_better_one(tmp_path: Path) -> None:
    """Each trial has values out of the space; the best is told with its loss."""
    ran: list[TrainSettings] = []
    best = run(tmp_path, 2, ran)

    rates = [settings.rate for settings in ran]
    assert len(set(rates)) == best.trials == 2
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)
    assert {settings.arguments["depth"] for settings in ran} <= {1, 2, 3}
    assert best.values["rate"] == min(rates)
    assert best.loss == pytest.approx(min(rates) / 4)


def test_a_search_goes_on_where_it_was(tmp_path: Path) -> None:
    """Three trials at once, or two and then three: the same values, and none twice."""
    at_once: list[TrainSettings] = []
    bit_by_bit: list[TrainSettings] = []
    run(tmp_path / "a", 3, at_once)
    run(tmp_path / "b", 2, bit_by_bit)
    run(tmp_path / "b", 3, bit_by_bit)
    finished = len(bit_by_bit)
    run(tmp_path / "b", 3, bit_by_bit)

    assert [one.rate for one in at_once] == [one.rate for one in bit_by_bit]
    assert len(bit_by_bit) == finished == 3


def test_a_killed_trial_is_tried_again_in_its_own_folder(tmp_path: Path) -> None:
    """Its values come first, in the folder that has its checkpoint."""
    places: list[Path] = []

    def killed(settings: TrainSettings, place: Path, listen: Listen) -> None:
        places.append(place)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(run_settings(4), space(2), tmp_path, killed, Heard())
    ran: list[TrainSettings] = []
    attempt = pretend(lambda settings: settings.rate, ran)

    def noted(settings: TrainSettings, place: Path, listen: Listen) -> None:
        places.append(place)
        attempt(settings, place, listen)

    best = sweep(run_settings(4), space(2), tmp_path, noted, Heard())

    assert best.trials == 2
    assert places[0] == places[1] != places[2]


def test_trials_behind_the_median_are_cut_short(tmp_path: Path) -> None:
    """Each trial is worse than all before it: once two are settled, the others end early."""
    ran: list[TrainSettings] = []
    attempt = pretend(lambda settings: float(len(ran)), ran)
    heard = Heard()
    best = sweep(run_settings(4), space(5, settled=2), tmp_path, attempt, heard)

    said = [told.line for told in heard.all(Told)]
    assert said.count("Cut short: behind the median.") == 3
    assert best.loss == pytest.approx(1 / 4)


def test_a_sweep_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong keys, no validation, no optuna: each is a usage error before the first trial."""
    ran: list[TrainSettings] = []
    wrong = SweepSettings.model_validate({"space": {"ageing.grian": {"low": 0.0, "high": 1.0}}})
    attempt = pretend(lambda settings: 1.0, ran)
    with pytest.raises(UsageError, match="grian"):
        sweep(run_settings(4), wrong, tmp_path, attempt, Heard())
    with pytest.raises(UsageError, match="validation"):
        sweep(run_settings(4, validation={"every": 0}), space(1), tmp_path, attempt, Heard())
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match="optuna"):
        sweep(run_settings(4), space(1), tmp_path, attempt, Heard())
    assert ran == []


def test_trials_of_other_settings_are_another_search(tmp_path: Path) -> None:
    """A space, a length or settings that were changed: no loss is compared with one of before."""
    ran: list[TrainSettings] = []
    attempt = pretend(lambda settings: settings.rate, ran)
    one, other = ({"batch": {"choices": choices}} for choices in ([1, 2], [1, 2, 3]))
    for settings, changes in (
        (run_settings(4), {}),
        (run_settings(4), {"steps": 3}),
        (run_settings(4, patch=16), {}),
        (run_settings(4), {"space": one}),
        (run_settings(4), {"space": other}),
        (run_settings(4), {"space": {"batch": {"low": 1, "high": 3}}}),
    ):
        before = len(ran)
        assert sweep(settings, space(1, **changes), tmp_path, attempt, Heard()).trials == 1
        assert len(ran) == before + 1
    sweep(run_settings(4, monitor={"on_fault": "stop"}), space(1), tmp_path, attempt, Heard())
    assert len(ran) == 6


def test_a_trial_that_is_not_sound_is_given_up(tmp_path: Path) -> None:
    """Where the monitor stops it, the search goes on with the next one."""
    ran: list[TrainSettings] = []
    sound = pretend(lambda settings: settings.rate, ran)

    def attempt(settings: TrainSettings, place: Path, listen: Listen) -> None:
        if not ran:
            ran.append(settings)
            raise TrainingError("The run is not sound: step 3: head: not finite.")
        sound(settings, place, listen)

    heard = Heard()
    best = sweep(run_settings(4), space(2), tmp_path, attempt, heard)
    assert best.trials == 2
    assert best.values["rate"] == ran[1].rate
    said = [told.line for told in heard.all(Told)]
    assert "Given up: The run is not sound: step 3: head: not finite." in said


def test_a_trial_that_cannot_be_trained_is_given_up(tmp_path: Path) -> None:
    """A patch that does not fit, say: it is told, counted, and not tried again the next time."""
    ran: list[TrainSettings] = []
    sound = pretend(lambda settings: settings.rate, ran)

    def attempt(settings: TrainSettings, place: Path, listen: Listen) -> None:
        if settings.patch == 500:
            raise UsageError("A patch of 500 does not fit.", "patch", "Choose a smaller one.")
        sound(settings, place, listen)

    heard = Heard()
    patches = {"patch": {"choices": [500, 8]}, **SPACE}
    best = sweep(run_settings(4), space(6, space=patches), tmp_path, attempt, heard)
    said = [told.line for told in heard.all(Told)]
    assert 0 < said.count("Given up: A patch of 500 does not fit.") == 6 - len(ran) < 6
    assert (best.trials, best.values["patch"]) == (6, 8)

    none = {"patch": {"choices": [500]}}
    with pytest.raises(UsageError, match="No trial reached its end"):
        sweep(run_settings(4), space(2, space=none), tmp_path, attempt, heard)


@pytest.mark.parametrize("key", ["bins.spacing", "validation.count", "task"])
def test_what_decides_the_measure_is_not_searched(key: str, tmp_path: Path) -> None:
    """The losses of such trials would say nothing of each other."""
    ran: list[TrainSettings] = []
    with pytest.raises(UsageError, match=f"another {key} cannot be compared"):
        sweep(
            run_settings(4),
            space(1, space={key: {"choices": ["a"]}}),
            tmp_path,
            pretend(lambda settings: 1.0, ran),
            Heard(),
        )
    assert ran == []


def test_a_work_folder_may_have_any_name(tmp_path: Path) -> None:
    """The search lies in it, not where an address with ? and # would lead."""
    ran: list[TrainSettings] = []
    folder = tmp_path / "w?x=1#y%20"
    run(folder, 1, ran)
    run(folder, 2, ran)
    assert len(ran) == 2
    assert (folder / "sweep.db").stat().st_size > 0
    assert list(tmp_path.iterdir()) == [folder]


def test_a_trial_without_validation_is_refused(tmp_path: Path) -> None:
    """One film alone keeps nothing aside: there is nothing to compare by."""
    with pytest.raises(UsageError, match="nothing is kept aside"):
        sweep(run_settings(4), space(1), tmp_path, lambda run, place, listen: None, Heard())


def test_a_key_through_a_value_is_refused() -> None:
    """`rate` is a number: `rate.x` is nothing."""
    with pytest.raises(UsageError, match=r"no setting rate\.x"):
        varied(run_settings(4), {"rate.x": 1})


def test_values_replace_what_the_file_says() -> None:
    """Keys name tables by points; what is not named stays."""
    settings = varied(run_settings(4, batch=7), {"arguments.depth": 2, "ageing.grain_chance": 0.3})

    assert settings.arguments == {"scale": 2, "frames": 1, "channels": 8, "depth": 2}
    assert (settings.batch, settings.ageing.grain_chance) == (7, 0.3)
    assert worded({"rate": 0.00123, "architecture": "FilmNet"}) == (
        'rate = 0.00123, architecture = "FilmNet"'
    )
    exact = worded({"seed": 51571932, "rate": 1.2345678901e-05})
    assert tomllib.loads(exact.replace(", ", "\n")) == {"seed": 51571932, "rate": 1.2345678901e-05}
