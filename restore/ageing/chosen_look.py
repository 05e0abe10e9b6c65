"""The amounts that a user chooses: those of a look, or random ones for each shot, with changes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from restore.ageing.amounts import Ageing, Codec
from restore.ageing.draw import AgeingRanges, draw
from restore.ageing.looks import LOOKS, sized
from restore.ageing.random_streams import seeded
from restore.ageing.renamed_amounts import RENAMED_AMOUNTS
from restore.errors import UsageError
from restore.media.ffmpeg.compress import COARSEST
from restore.old_keys import with_new_keys
from restore.store import reading_failed

RANDOM = "random"
"""The look whose amounts are drawn for every shot, as for training."""

ChooseAmounts = Callable[[int, int], Ageing]
"""(number of the shot, lines of the aged picture) -> its amounts"""


def look_for_shots(look: str, changes: Mapping[str, Any], seed: int) -> ChooseAmounts:
    """Each shot's amounts: those of a look, or drawn from seed and shot number, with the changes.

    Raises UsageError for an unknown look, and for invalid changes.
    """
    if look != RANDOM and look not in LOOKS:
        todo = f"Choose one of {', '.join([*LOOKS, RANDOM])}."
        raise UsageError(f"Unknown look {look!r}.", f"--look {look}", todo, code="unknown-look")
    example = _changed(LOOKS.get(look, Ageing()), changes)
    ranges = _ranges_of_codec(example.codec) if "codec" in changes else AgeingRanges()

    def choose(shot: int, lines: int) -> Ageing:
        if look == RANDOM:
            drawn = draw(ranges, seeded(seed, "draw", shot))
            return _with_chosen(drawn, {name: getattr(example, name) for name in changes})
        return _changed(sized(LOOKS[look], lines), changes)

    return choose


def _ranges_of_codec(codec: Codec) -> AgeingRanges:
    """The ranges for films that all have this codec, so that the quantizers are drawn for it."""
    return AgeingRanges(codec_weights=tuple(float(name == codec) for name in get_args(Codec)))


def _with_chosen(drawn: Ageing, chosen: Mapping[str, Any]) -> Ageing:
    """Drawn amounts with chosen ones; a chosen quantizer that a drawn codec lacks becomes its coarsest."""
    amounts = {**drawn.model_dump(), **chosen}
    for codec, quantizer in (("codec", "quantizer"), ("codec_before", "quantizer_before")):
        coarsest = COARSEST.get(amounts[codec], amounts[quantizer])
        amounts[quantizer] = min(amounts[quantizer], coarsest)
    return Ageing.model_validate(amounts)


def _changed(amounts: Ageing, changes: Mapping[str, Any]) -> Ageing:
    """The amounts with the changes; UsageError lists every mistake."""
    try:
        return Ageing.model_validate({**amounts.model_dump(), **changes})
    except ValidationError as error:
        mistakes = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        where = "; ".join(f"{name}: {text}" if name else text for name, text in mistakes)
        todo = "docs/age.md lists the amounts."
        raise UsageError("Wrong amounts.", where, todo, code="amounts-invalid") from error


def read_changes(
    file: Path | None,
    assignments: Sequence[str],
    warn: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Amounts from a TOML file and from NAME=VALUE assignments, which take precedence.

    `warn` gets a sentence for each amount under its old name.
    """
    changes: dict[str, Any] = {}
    if file is not None:
        changes, warnings = with_new_keys(_read_file(file), RENAMED_AMOUNTS, str(file))
        _warn_all(warnings, warn)
    for assignment in assignments:
        name, _, value = (part.strip() for part in assignment.partition("="))
        if not (name and value):
            what, where = "An amount is changed with NAME=VALUE.", f"--set {assignment}"
            raise UsageError(what, where, code="amounts-invalid")
        change, warnings = with_new_keys({name: _value(value)}, RENAMED_AMOUNTS, "--set")
        _warn_all(warnings, warn)
        changes |= change
    return changes


def _warn_all(warnings: Sequence[str], warn: Callable[[str], None]) -> None:
    for text in warnings:
        warn(text)


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        what = f"Cannot read the amounts: {error.strerror}."
        raise UsageError(what, str(file), code="amounts-invalid") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"The amounts are not TOML: {reading_failed(error)}."
        raise UsageError(what, str(file), code="amounts-invalid") from error


def _value(text: str) -> Any:
    """A TOML value; a string if it is not one."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
