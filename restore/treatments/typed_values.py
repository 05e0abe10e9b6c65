"""Mappings from a treatment's name to its own typed value, as plans, surveys and records store them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from restore.treatments import catalog
from restore.treatments.treatment import AnyTreatment

OptionsT = TypeVar("OptionsT", bound=BaseModel)

Kind = Literal["options", "settings", "measure", "decision"]
"""The kind of value that a mapping contains."""


@dataclass(frozen=True)
class TypedValues:
    """Reads and writes a mapping whose values have the types that the catalog names."""

    kind: Kind

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Values are checked by the types that the catalog has at that moment."""
        written = core_schema.plain_serializer_function_ser_schema(self._write, info_arg=True)
        return core_schema.no_info_plain_validator_function(self._read, serialization=written)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """An object with one property for each treatment that has such a value."""
        kinds = {name: type_of(each, self.kind) for name, each in catalog.TREATMENTS.items()}
        known = {name: one for name, one in kinds.items() if one is not None}
        return {
            "type": "object",
            "properties": {n: handler(adapter_of(one).core_schema) for n, one in known.items()},
            "additionalProperties": False,
        }

    def _read(self, value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise PydanticCustomError("by_treatment", "not a mapping of treatments")
        values = cast(Mapping[str, object], value)
        return {name: self._adapter(name).validate_python(one) for name, one in values.items()}

    def _write(self, value: Mapping[str, Any], info: core_schema.SerializationInfo) -> Any:
        mode = "json" if info.mode_is_json() else "python"
        unset = info.exclude_defaults
        return {
            name: self._adapter(name).dump_python(one, mode=mode, exclude_defaults=unset)
            for name, one in value.items()
        }

    def _adapter(self, name: str) -> TypeAdapter[Any]:
        treatment = catalog.TREATMENTS.get(name)
        found = None if treatment is None else type_of(treatment, self.kind)
        if found is None:
            text = "no treatment called {name} has such a value"
            raise PydanticCustomError("by_treatment", text, {"name": name})
        return adapter_of(found)


@cache
def adapter_of(kind: type[Any]) -> TypeAdapter[Any]:
    """Reads and writes values of that type."""
    return TypeAdapter(kind)


def type_of(treatment: AnyTreatment, kind: Kind) -> type[Any] | None:
    """The type of a treatment's value of that kind; None if it has none."""
    if kind == "measure":
        return None if treatment.measure is None else treatment.measure.result
    types = {
        "options": treatment.options,
        "settings": treatment.settings,
        "decision": treatment.decision,
    }
    return types[kind]


def options_of(options: Mapping[str, Any], kind: type[OptionsT]) -> OptionsT:
    """The options of the treatment that has this type of options; its defaults if there are none."""
    return next((one for one in options.values() if isinstance(one, kind)), kind())


TreatmentOptions = Annotated[Mapping[str, Any], TypedValues("options")]
"""For each treatment the user's options."""

TreatmentSettings = Annotated[Mapping[str, Any], TypedValues("settings")]
"""For each treatment of a chain, in its order, the settings for the whole film."""

TreatmentMeasures = Annotated[Mapping[str, Any], TypedValues("measure")]
"""The measures of a shot for each treatment; absent if there is nothing to treat."""

TreatmentDecisions = Annotated[Mapping[str, Any], TypedValues("decision")]
"""The decisions for a shot for each treatment; absent if the shot is not changed."""
