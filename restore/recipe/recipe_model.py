"""The recipe: the options of a restoration as a value, to TOML and JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo

from restore.media.codecs import CODECS, FILM_CODECS, IMAGE_CODECS, CodecName
from restore.media.ffmpeg.hardware import FAMILIES
from restore.recipe.colors_file import COLORS, COLORS_FIELD
from restore.recipe.film_kinds import KIND, KIND_FIELD
from restore.recipe.shot_override import ShotOverride, overridden
from restore.recipe.values import Device, EncoderChoice, Moment, Rate, TextOrNumber
from restore.treatments import catalog
from restore.treatments.option import JOB, MACHINE, PANELS, REPAIR, RESULT, Option, option_of
from restore.treatments.typed_values import TreatmentOptions, options_of

OptionsT = TypeVar("OptionsT", bound=BaseModel)

_DEPTHS = ", ".join(
    str(depth) for depth in sorted({depth for codec in CODECS.values() for depth in codec.depths})
)
_CRFS = ", ".join(
    f"{codec.name} {codec.encoder.crf}"
    for codec in CODECS.values()
    if codec.encoder is not None and codec.encoder.crf is not None
)

TREATMENTS = "treatments"
"""The field that holds the options of the treatments; TOML and JSON have them at the top level."""


class Recipe(BaseModel):
    """The options of one restoration. `None` means: decided by the film and the defaults.

    The options of the treatments are fields like the others for code that creates or writes a recipe:
    `Recipe(upscale=4, codec="ffv1")`. They are read by their type: `recipe.of(UpscaleOptions)`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    treatments: TreatmentOptions = Field(default_factory=dict[str, Any], repr=False)
    device: Annotated[
        Device,
        Option(
            "auto (a GPU if there is one), cpu, cuda or cuda:N.",
            MACHINE,
            "NAME",
            choices=("auto", "cpu", "cuda"),
        ),
    ] = "auto"
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "fp16"],
        Option(
            "auto (the fastest that is accurate enough), fp32, bf16 or fp16.",
            MACHINE,
            "NAME",
            choices=("auto", "fp32", "bf16", "fp16"),
            more="A note says if bf16 is only emulated, which is slow.",
        ),
    ] = "auto"
    codec: Annotated[
        CodecName,
        Option(
            f"{', '.join(FILM_CODECS)}; image sequences: {', '.join(IMAGE_CODECS)} (default h264).",
            RESULT,
            "NAME",
            choices=tuple(CODECS),
            more="See [formats of the result](run.md#formats-of-the-result).",
        ),
    ] = "h264"
    depth: Annotated[
        int | None,
        Option(
            f"Bits per sample: {_DEPTHS}, if the codec has them (default: the source's).",
            RESULT,
            "BITS",
            choices=tuple(_DEPTHS.split(", ")),
        ),
    ] = None
    encoder: Annotated[
        EncoderChoice | None,
        Option(
            f"Hardware encoder: {', '.join(FAMILIES)} (default, and if that fails: software).",
            RESULT,
            "NAME",
            choices=("software", *FAMILIES),
            more="See [encoders](run.md#encoders).",
        ),
    ] = None
    crf: Annotated[
        int | None,
        Option(f"Constant quality: smaller is better (default: {_CRFS}).", RESULT, "N"),
    ] = None
    preset: Annotated[
        TextOrNumber | None,
        Option(
            "Speed of the encoder: slower makes smaller files (default medium; av1: 0 to 13, 6).",
            RESULT,
            "NAME",
        ),
    ] = None
    auto: Annotated[
        bool,
        Option(
            "Repair what the survey finds, also if nothing is enlarged or cleaned.",
            REPAIR,
            more="`restore inspect` shows what that is.",
        ),
    ] = False
    start: Annotated[Moment | None, Option("Start here: 12.5, 1:02 or 1:02:03.", JOB, "TIME")] = (
        None
    )
    end: Annotated[Moment | None, Option("End here.", JOB, "TIME")] = None
    rate: Annotated[
        Rate,
        Option(
            "Frame rate of an image sequence: 16, 24, 30000/1001 (default: that of its headers, else 24).",
            JOB,
            "N",
            more="`auto` replaces the value of a recipe. See [sources](run.md#sources).",
        ),
    ] = None
    speed: Annotated[
        Rate,
        Option(
            "Show the frames at this rate: 16, 18, 24000/1001 (default: at their own times).",
            JOB,
            "N",
            more="`auto` replaces the value of a recipe. Sound keeps its packets and times "
            "([silent film](run.md#silent-film-at-its-own-speed)).",
        ),
    ] = None
    keep_clock: Annotated[
        bool,
        Option(
            "Keep the clock of MPEG streams (default: the first frame is at 0).",
            JOB,
            more="MPEG streams are transport streams and VOB.",
        ),
    ] = False
    shot: tuple[ShotOverride, ...] = ()

    @property
    def variants(self) -> list[Mapping[str, BaseModel]]:
        """The options of all treatments: those of the film, then those of every `[[shot]]` table."""
        return [
            self.treatments,
            *(overridden(self.treatments, each.options) for each in self.shot),
        ]

    def of(self, kind: type[OptionsT]) -> OptionsT:
        """The options of the treatment that has this type of options."""
        return options_of(self.treatments, kind)

    def to_toml(self) -> str:
        """The recipe as a TOML document that reads back as itself; what is unset is left out."""
        values = self.model_dump(mode="json", exclude_defaults=True)
        shots: list[dict[str, Any]] = values.pop("shot", [])
        return "\n[[shot]]\n".join(_lines(each) for each in (values, *shots)).lstrip()

    @model_validator(mode="before")
    @classmethod
    def _nested(cls, values: Any) -> Any:
        """The options grouped by treatment; every treatment has some."""
        if not isinstance(values, Mapping):
            return values
        fields = dict(cast(Mapping[str, Any], values))
        nested: dict[str, Any] = dict(fields.pop(TREATMENTS, {}))
        for name, treatment in catalog.TREATMENTS.items():
            own = {key: fields.pop(key) for key in treatment.options.model_fields if key in fields}
            if own or name not in nested:
                nested[name] = own
        return fields | {TREATMENTS: nested}

    @model_serializer(mode="wrap")
    def _flat(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """The options of the treatments at the top level."""
        values = handler(self)
        nested = values.pop(TREATMENTS, {})
        flat = {key: value for own in nested.values() for key, value in own.items()}
        skipped = info.exclude if isinstance(info.exclude, set) else set[str]()
        if not self.shot:
            values.pop("shot", None)  # recipes without it are written as before the option existed
        return {key: value for key, value in flat.items() if key not in skipped} | values


def recipe_fields() -> dict[str, FieldInfo]:
    """All fields that a recipe can have, by name: in the order of the help page.

    The kind of film and the colors file are among them, although a recipe has their content instead.
    """
    nested = [t.options.model_fields for t in catalog.TREATMENTS.values()]
    fields = {key: field for own in nested for key, field in own.items()} | Recipe.model_fields
    fields = {KIND: KIND_FIELD, COLORS: COLORS_FIELD} | fields
    options = {key: option_of(field) for key, field in fields.items()}
    known = [key for key, option in options.items() if option is not None]
    known.sort(key=lambda key: PANELS.index(cast(Option, options[key]).panel))
    return {key: fields[key] for key in known}


def _lines(values: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _toml(value: object) -> str:
    """A JSON value as TOML writes it."""
    if isinstance(value, str | list):
        # JSON's escapes are TOML's; only DEL, which JSON leaves as it is, needs one more
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)
