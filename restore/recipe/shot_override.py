"""A `[[shot]]` table of a recipe: the selected shots, and their options."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from restore.recipe.values import Moment
from restore.treatments import catalog
from restore.treatments.option import option_of
from restore.treatments.typed_values import adapter_of

Number = Annotated[int, Field(ge=1, strict=True)]
"""The number of a shot, from 1."""

SELECTORS: Mapping[str, TypeAdapter[Any]] = MappingProxyType(
    {
        "number": TypeAdapter(Number),
        "at": TypeAdapter(Moment),
        "from": TypeAdapter(Moment),
        "to": TypeAdapter(Moment),
    }
)
"""The keys that select shots, and the types of their values."""

OPTIONS = "options"
"""The field that holds the options; TOML and JSON have them next to the selectors."""


class ShotOverride(BaseModel):
    """Other options for some shots.

    number       the shot of that number, as `restore inspect` and `--dry-run` count them from 1
    at           the shot that is shown at that time
    first, stop  every shot of which a frame is shown from the first time on and before the second (`from` and
                 `to` in TOML)
    options      values that replace those of the recipe for these shots

    Times count from the film's first frame.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    number: Number | None = None
    at: Moment | None = None
    first: Moment | None = Field(default=None, alias="from")
    stop: Moment | None = Field(default=None, alias="to")
    options: dict[str, Any] = {}

    @property
    def where(self) -> str:
        """The selected shots, as written in TOML."""
        values = self.model_dump(mode="json", by_alias=True)
        return ", ".join(f"{key} = {values[key]}" for key in SELECTORS if key in values)

    @property
    def what(self) -> str:
        """The options that it sets."""
        return ", ".join(f"{key} = {_shown(value)}" for key, value in self.options.items())

    @model_validator(mode="before")
    @classmethod
    def _nested(cls, values: Any) -> Any:
        """Options without the selectors, each checked by its treatment."""
        if not isinstance(values, Mapping):
            return values
        rest = dict(cast(Mapping[str, Any], values))
        found: dict[str, Any] = dict(rest.pop(OPTIONS, {}))
        for key in [key for key in rest if key in shot_options()]:
            found[key] = rest.pop(key)
        return rest | {OPTIONS: checked_options(found)}

    @model_validator(mode="after")
    def _names_shots(self) -> Self:
        """Require one way of selecting shots, and at least one option."""
        wrong = naming_mistake(self.number, self.at, self.first, self.stop)
        if wrong is None and not self.options:
            wrong = f"no option is set: give one of {', '.join(shot_options())}"
        if wrong is not None:
            raise ValueError(wrong)
        return self

    @model_serializer(mode="wrap")
    def _flat(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """Options next to the selectors; what is not set is left out."""
        values: dict[str, Any] = handler(self)
        options = values.pop(OPTIONS)
        names = {"first": "from", "stop": "to"}
        selectors = {names.get(k, k): value for k, value in values.items() if value is not None}
        return selectors | options


def _shown(value: object) -> str:
    """A value of an option, for people."""
    if isinstance(value, tuple):
        return ", ".join(Path(str(each)).name for each in cast(tuple[object, ...], value))
    return str(value).lower()


def naming_mistake(
    number: int | None, at: Fraction | None, first: Fraction | None, stop: Fraction | None
) -> str | None:
    """The mistake in a table's selectors."""
    ranged = first is not None or stop is not None
    if [number is not None, at is not None, ranged].count(True) != 1:
        return "select the shots in one way: number, at, or from and to"
    if ranged and (first is None or stop is None):
        return "from and to must be given together"
    if first is not None and stop is not None and stop <= first:
        return "to must come after from"
    return None


def shot_options() -> dict[str, str]:
    """The options that may differ between shots, each with the treatment that it belongs to."""
    return {
        key: name
        for name, treatment in catalog.TREATMENTS.items()
        for key, field in treatment.options.model_fields.items()
        if (option := option_of(field)) is not None and option.per_shot
    }


def overridden(
    options: Mapping[str, BaseModel], values: Mapping[str, Any]
) -> Mapping[str, BaseModel]:
    """All treatments' options with some values replaced."""
    result = dict(options)
    for name in dict.fromkeys(shot_options()[key] for key in values):
        treatment = catalog.TREATMENTS[name]
        own = {key: value for key, value in values.items() if shot_options()[key] == name}
        result[name] = treatment.override(options[name], own)
    return result


def checked_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options with values converted by their treatments; ValidationError for wrong ones."""
    checked: dict[str, Any] = {}
    for name in dict.fromkeys(shot_options().get(key, "") for key in values):
        if not name:
            unknown = next(key for key in values if key not in shot_options())
            text = "{key} is not an option of single shots"
            raise PydanticCustomError("not_per_shot", text, {"key": unknown})
        own = {key: value for key, value in values.items() if shot_options()[key] == name}
        options = adapter_of(catalog.TREATMENTS[name].options).validate_python(own)
        checked |= {key: getattr(options, key) for key in own}
    return checked
