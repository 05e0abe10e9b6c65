"""The amounts of ageing that a user chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.ageing.amounts import Ageing
from restore.ageing.chosen_look import look_for_shots, read_changes
from restore.ageing.looks import LOOKS, sized
from restore.ageing.ranges import AgeingRanges
from restore.ageing.renamed_amounts import RENAMED_AMOUNTS, RENAMED_RANGES
from restore.errors import UsageError


def test_every_wrong_amount_is_named() -> None:
    """Two misspelt amounts are listed together."""
    with pytest.raises(UsageError) as caught:
        look_for_shots("silent", {"grian": 1, "dsut": 2}, 1)
    assert "grian" in caught.value.where
    assert "dsut" in caught.value.where


def test_a_look_with_changes() -> None:
    """Every shot has the look for its size, with the changed amounts."""
    choose = look_for_shots("silent", {"grain": 0.07}, 1)
    amounts = choose(3, 480)
    assert amounts.grain == 0.07
    assert amounts == sized(LOOKS["silent"], 480).model_copy(update={"grain": 0.07})


def test_random_looks_depend_on_seed_and_shot() -> None:
    """The same seed and shot give the same amounts, another shot or seed others; changes apply to all."""
    choose = look_for_shots("random", {"dust": 0.5}, 7)
    assert choose(0, 240) == look_for_shots("random", {"dust": 0.5}, 7)(0, 240)
    others = [choose(0, 240), choose(1, 240), look_for_shots("random", {"dust": 0.5}, 8)(0, 240)]
    assert len({amounts.model_dump_json() for amounts in others}) == 3
    assert {amounts.dust for amounts in others} == {0.5}


def test_assignments_take_precedence_over_the_file(tmp_path: Path) -> None:
    """Values are TOML, or else strings; an assignment replaces the file's value."""
    file = tmp_path / "amounts.toml"
    file.write_text("grain = 0.1\ndust = 0.2\n")
    found = read_changes(file, ["grain=0.3", "codec=mpeg2", "interlaced=true"])
    assert found == {"grain": 0.3, "dust": 0.2, "codec": "mpeg2", "interlaced": True}


def test_old_names_are_read_with_a_warning(tmp_path: Path) -> None:
    """Names of the first release work for one more, in the file and in assignments."""
    file = tmp_path / "amounts.toml"
    file.write_text("edging = 0.5\n")
    warnings: list[str] = []
    found = read_changes(file, ["static_noise=0.01"], warnings.append)
    assert found == {"sharpening": 0.5, "fixed_noise": 0.01}
    assert "`edging` is now called `sharpening`" in warnings[0]
    assert "`static_noise` is now called `fixed_noise`" in warnings[1]


def test_every_old_name_stands_for_an_amount() -> None:
    """The old names are no amounts any more, the new ones are."""
    for renamed, fields in (
        (RENAMED_AMOUNTS, Ageing.model_fields),
        (RENAMED_RANGES, AgeingRanges.model_fields),
    ):
        assert set(renamed.values()) <= set(fields)
        assert not set(renamed) & set(fields)
