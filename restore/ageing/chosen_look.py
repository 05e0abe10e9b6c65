"""The amounts of ageing that a user chooses: a look, or a random one for each shot, with changes to it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from restore.ageing.amounts import Ageing
from restore.ageing.draw import Spread, draw
from restore.ageing.looks import LOOKS, sized
from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.store import reading_failed

RANDOM = "random"
"""The look that is drawn anew for every shot, as for training."""


def look_for_shots(
    look: str, changes: Mapping[str, Any], seed: int
) -> Callable[[int, int], Ageing]:
    """A function from a shot's number and the picture's lines to the shot's amounts.

    They are those of the look (or random ones, by seed and shot) with the changes. Raises UsageError for
    a look that does not exist, and for changes that are not possible.
    """
    if look != RANDOM and look not in LOOKS:
        known = f"Choose one of {', '.join([*LOOKS, RANDOM])}."
        raise UsageError(
            f"There is no look {look!r}.", f"--look {look}", known, code="unknown-look"
        )
    _changed(LOOKS.get(look, Ageing()), changes)

    def choose(shot: int, lines: int) -> Ageing:
        if look == RANDOM:
            return _changed(draw(Spread(), seeded(seed, "draw", shot)), changes)
        return _changed(sized(LOOKS[look], lines), changes)

    return choose


def read_changes(file: Path | None, words: Sequence[str]) -> dict[str, Any]:
    """Changes of amounts from a TOML file and from NAME=VALUE words, which come before the file's."""
    changes: dict[str, Any] = {}
    if file is not None:
        try:
            changes |= tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(
                f"The amounts cannot be read: {error.strerror}.", str(file), code="amounts-invalid"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"This is not TOML: {reading_failed(error)}.", str(file), code="amounts-invalid"
            ) from error
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise UsageError(
                "An amount is changed by NAME=VALUE.", f"--set {word}", code="amounts-invalid"
            )
        changes[name.strip()] = _value(value)
    return changes


def _changed(amounts: Ageing, changes: Mapping[str, Any]) -> Ageing:
    """The amounts with some of them replaced; UsageError names every mistake."""
    try:
        return Ageing.model_validate({**amounts.model_dump(), **changes})
    except ValidationError as error:
        mistakes = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        where = "; ".join(f"{name}: {text}" if name else text for name, text in mistakes)
        todo = "docs/age.md lists them."
        raise UsageError("Wrong amounts.", where, todo, code="amounts-invalid") from error


def _value(word: str) -> Any:
    """A TOML value; anything else is text."""
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except tomllib.TOMLDecodeError:
        return word.strip()
