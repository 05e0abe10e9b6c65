"""Keys of settings files that were renamed: the old ones are accepted for one release, with a warning."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from restore.errors import UsageError

Table = dict[str, Any]


def with_new_keys(
    table: Mapping[str, Any], renamed: Mapping[str, str], where: str
) -> tuple[Table, list[str]]:
    """The table under its new keys, and a warning for each old key in it.

    `renamed` maps old keys to new ones; dots separate tables from keys ("pairs.wires"). Raises UsageError if
    both the old key and the new one are given.
    """
    new = deepcopy(dict(table))
    warnings: list[str] = []
    for old, key in renamed.items():
        holder = _table_of(new, old)
        name = old.rpartition(".")[2]
        if holder is None or name not in holder:
            continue
        value = holder.pop(name)
        target = _made_table(new, key)
        last = key.rpartition(".")[2]
        if last in target:
            raise UsageError(
                f"{old} is the old name of {key}, and both are given.",
                where,
                f"Keep {key} only.",
                code="setting-twice",
            )
        target[last] = value
        warnings.append(renaming_warning(old, key))
    return new, warnings


def renaming_warning(old: str, new: str) -> str:
    """The warning about a renamed key, as a sentence."""
    return f"`{old}` is now called `{new}`; the next release no longer reads the old name."


def _table_of(table: Table, key: str) -> Table | None:
    """The table that would hold the key's last part; None where there is no such table."""
    for name in key.split(".")[:-1]:
        inner = table.get(name)
        if not isinstance(inner, dict):
            return None
        table = inner
    return table


def _made_table(table: Table, key: str) -> Table:
    """The table that is to hold the key's last part, created where it is missing."""
    for name in key.split(".")[:-1]:
        table = table.setdefault(name, {})
    return table
