"""The amounts of ageing that a user chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.ageing.chosen_look import look_for_shots, read_changes
from restore.ageing.looks import LOOKS, sized
from restore.errors import UsageError


def test_every_wrong_amount_is_named() -> None:
    """Two misspelt amounts are two findings."""
    with pytest.raises(UsageError) as caught:
        look_for_shots("silent", {"grian": 1, "dsut": 2}, 1)
    assert "grian" in caught.value.where
    assert "dsut" in caught.value.where


def test_a_look_with_changes() -> None:
    """Every shot has the look for its size, with the amounts that were changed."""
    choose = look_for_shots("silent", {"grain": 0.07}, 1)
    amounts = choose(3, 480)
    assert amounts.grain == 0.07
    assert amounts == sized(LOOKS["silent"], 480).model_copy(update={"grain": 0.07})


def test_random_looks_depend_on_seed_and_shot() -> None:
    """The same seed and shot give the same amounts, another shot or seed others; changes hold for all."""
    choose = look_for_shots("random", {"dust": 0.5}, 7)
    assert choose(0, 240) == look_for_shots("random", {"dust": 0.5}, 7)(0, 240)
    others = [choose(0, 240), choose(1, 240), look_for_shots("random", {"dust": 0.5}, 8)(0, 240)]
    assert len({amounts.model_dump_json() for amounts in others}) == 3
    assert {amounts.dust for amounts in others} == {0.5}


def test_words_come_before_the_file(tmp_path: Path) -> None:
    """Values are TOML, and text where they are not; a word replaces the file's value."""
    file = tmp_path / "amounts.toml"
    file.write_text("grain = 0.1\ndust = 0.2\n")
    found = read_changes(file, ["grain=0.3", "codec=mpeg2", "interlaced=true"])
    assert found == {"grain": 0.3, "dust": 0.2, "codec": "mpeg2", "interlaced": True}
