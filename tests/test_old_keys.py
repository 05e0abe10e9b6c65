"""Renamed keys of settings files: the old ones are read with a warning, for one release."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import UsageError
from restore.old_keys import renaming_warning, with_new_keys

RENAMED = {"rate": "learning_rate", "detail": "loss.detail", "pairs.wires": "pairs.scene_lines"}


def test_values_move_to_their_new_keys() -> None:
    """At the top, into a table that did not exist, and within a table."""
    old = {"rate": 0.1, "detail": 0.2, "pairs": {"wires": 0.3, "shots": 4}, "seed": 5}
    new, warnings = with_new_keys(old, RENAMED, "train.toml")
    assert new == {
        "learning_rate": 0.1,
        "loss": {"detail": 0.2},
        "pairs": {"scene_lines": 0.3, "shots": 4},
        "seed": 5,
    }
    assert warnings == [renaming_warning(old, key) for old, key in RENAMED.items()]


def test_a_warning_has_both_names() -> None:
    """A user can correct the file without looking anything up."""
    assert "`rate` is now called `learning_rate`" in renaming_warning("rate", "learning_rate")


def test_a_value_may_join_a_table() -> None:
    """A table that exists already keeps its other keys."""
    new, _ = with_new_keys({"detail": 1, "loss": {"vif": 2}}, RENAMED, "train.toml")
    assert new == {"loss": {"vif": 2, "detail": 1}}


@pytest.mark.parametrize(
    "table",
    [
        {"rate": 1, "learning_rate": 1},
        {"detail": 1, "loss": {"detail": 2}},
        {"pairs": {"wires": 1, "scene_lines": 1}},
    ],
)
def test_both_names_together_are_refused(table: dict[str, Any]) -> None:
    """Which of the two values counts would be a guess, even where they are equal."""
    with pytest.raises(UsageError) as caught:
        with_new_keys(table, RENAMED, "train.toml")
    assert (caught.value.code, caught.value.where) == ("setting-twice", "train.toml")


@pytest.mark.parametrize("table", [{}, {"pairs": 3}, {"wires": 1}, {"loss": {"rate": 1}}])
def test_other_keys_are_not_touched(table: dict[str, Any]) -> None:
    """A key counts only in its own table; a value in place of a table is left for the reader to refuse."""
    assert with_new_keys(table, RENAMED, "train.toml") == (table, [])


def test_the_given_table_stays_as_it_is() -> None:
    """The caller's values are copied, nested ones too."""
    old = {"pairs": {"wires": 1}}
    with_new_keys(old, RENAMED, "train.toml")
    assert old == {"pairs": {"wires": 1}}


@given(st.dictionaries(st.sampled_from([*RENAMED, "seed", "learning_rate"]), st.integers()))
def test_reading_twice_changes_nothing_more(table: dict[str, int]) -> None:
    """A table with new keys only is returned as it is, without a warning."""
    if {"rate", "learning_rate"} <= set(table):
        return
    new, _ = with_new_keys(table, RENAMED, "train.toml")
    assert with_new_keys(new, RENAMED, "train.toml") == (new, [])
