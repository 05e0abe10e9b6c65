"""What is wanted: the recipe of a restoration, from TOML and the command line, checked as a whole."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from restore.errors import UsageError
from restore.media.ffmpeg.hardware import FAMILIES, HARDWARE
from restore.store import reading_failed
from restore.treatments.upscale.size import named_size

Codec = Literal["h264", "hevc", "av1", "prores", "dnxhr", "ffv1", "dpx", "tiff", "png", "exr"]

PICTURES = ("dpx", "tiff", "png", "exr")
"""The codecs that make a folder of pictures instead of a file."""

DEPTHS: dict[str, tuple[int, ...]] = {
    "h264": (8,),
    "hevc": (8, 10, 12),
    "av1": (8, 10, 12),
    "prores": (10,),
    "dnxhr": (10,),
    "ffv1": (8, 10, 12, 16),
    "dpx": (8, 10, 12, 16),
    "tiff": (8, 16),
    "png": (8, 16),
    "exr": (16,),
}
"""The bits a sample that can be asked for."""

CRF_RANGES: dict[str, int] = {"h264": 51, "hevc": 51, "av1": 63}
"""The codecs with a constant quality setting, and its largest value (0 is the finest)."""

PRESETS: dict[str, tuple[str, ...]] = {
    "h264": (
        *("ultrafast", "superfast", "veryfast", "faster", "fast"),
        *("medium", "slow", "slower", "veryslow"),
    ),
    "hevc": (
        *("ultrafast", "superfast", "veryfast", "faster", "fast"),
        *("medium", "slow", "slower", "veryslow"),
    ),
    "av1": tuple(str(step) for step in range(14)),
    "nvenc": tuple(f"p{step}" for step in range(1, 8)),
    "qsv": ("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
}
"""The speed settings of the encoders that have them, quickest first (AV1: 13 is the quickest)."""

_SIZES = frozenset(("upscale", "to"))
"""The two ways to ask for a size, of which a recipe has one."""


def parse_moment(text: str) -> Fraction:
    """Seconds from `12.5`, `1:02` or `1:02:03.5`; raises ValueError for anything else."""
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)", text.strip())
    if not match or (match[2] and Fraction(match[3]) >= 60):
        raise ValueError("a time is written 12.5, 1:02 or 1:02:03.5")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _moment(value: Any) -> Any:
    """Seconds from what people write, TOML's own times (00:01:02) included."""
    if value is None or isinstance(value, Fraction):
        return value
    return parse_moment(str(value))  # what is no time at all is refused there, whatever its type


def _seconds(value: Fraction) -> str:
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


def _size(value: Any) -> Any:
    return value if value is None else named_size(str(value)) and str(value).lower()


def _device(value: Any) -> Any:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", str(value)):
        raise ValueError("a device is auto, cpu, cuda or cuda:N")
    return value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _rate(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        return value
    try:
        rate = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 <= rate <= 240:
        raise ValueError("a rate is written 24, 16.67 or 30000/1001 (1 to 240)")
    return rate


def _encoder(value: Any) -> Any:
    if value is not None and value not in ("software", *FAMILIES, *HARDWARE):
        known = ", ".join(("software", *FAMILIES))
        raise ValueError(f"an encoder is {known}, or one by its full name (hevc_nvenc)")
    return value


Rate = Annotated[Fraction, BeforeValidator(_rate), PlainSerializer(str)]
Moment = Annotated[Fraction, BeforeValidator(_moment), PlainSerializer(_seconds)]


class Recipe(BaseModel):
    """One restoration, as a person asks for it. `None` means: decide by the film and the defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    upscale: Literal[2, 4] | None = None
    to: Annotated[str | None, BeforeValidator(_size)] = None
    colorize: bool = False
    recolor: bool = False
    clean: Annotated[float | None, Field(ge=0, le=1)] = None
    descratch: Annotated[float | None, Field(ge=0, le=1)] = None
    deflicker: Annotated[float | None, Field(ge=0, le=1)] = None
    stabilize: Annotated[float | None, Field(ge=0, le=1)] = None
    model: str | None = None
    color_model: str | None = None
    device: Annotated[str, BeforeValidator(_device)] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    codec: Codec = "h264"
    depth: int | None = None
    encoder: Annotated[str | None, BeforeValidator(_encoder)] = None
    crf: int | None = None
    preset: Annotated[str | None, BeforeValidator(_text)] = None
    start: Moment | None = None
    end: Moment | None = None
    rate: Rate | None = None
    keep_clock: bool = False

    @property
    def cleans(self) -> bool:
        """Whether grain and wear are to be taken away without a change of size."""
        return self.clean is not None and self.clean > 0

    @property
    def colors(self) -> bool:
        """Whether any shot may be colored: `recolor` implies `colorize`."""
        return self.colorize or self.recolor

    def to_toml(self) -> str:
        """The recipe as a TOML document that reads back as itself; what is unset stays away."""
        lines: list[str] = []
        for key, value in self.model_dump(exclude_defaults=True).items():
            quoted = f'"{value}"' if isinstance(value, str) else str(value).lower()
            lines.append(f"{key} = {quoted}\n")
        return "".join(lines)


def load_recipe(
    path: Path | None, overrides: Mapping[str, object], *, keywords: bool = False
) -> Recipe:
    """The recipe in a TOML file (or none) with the command line's values on top.

    A size on the command line takes the place of the file's, whichever way each of them says it.
    Raises UsageError naming every mistake at once, each with its place; `keywords` if the overrides are
    keyword arguments of a Python program instead.
    """
    from_file, lines = _read(path) if path else ({}, {})
    given = {key: value for key, value in overrides.items() if value is not None}
    if not _SIZES.isdisjoint(given):
        from_file = {key: value for key, value in from_file.items() if key not in _SIZES}
    merged = {**from_file, **given}

    def place(key: str) -> str:
        if key in overrides and overrides[key] is not None:
            return key if keywords else "--" + key.replace("_", "-")
        return f"line {lines[key]}, {key}" if key in lines else key

    mistakes = [f"{place(key)}: {text}" for key, text in _conflicts(merged)]
    recipe = Recipe()
    try:
        recipe = Recipe.model_validate(merged)
    except ValidationError as error:
        mistakes = [_explained(item, place) for item in error.errors()] + mistakes
    if mistakes:
        count = "is a mistake" if len(mistakes) == 1 else f"are {len(mistakes)} mistakes"
        source = f" in {path}" if path else ""
        todo = "restore --help lists every option; the keys of a recipe have the same names."
        if keywords:
            todo = "docs/python.md says where the options are described."
        raise UsageError(f"There {count}{source}.", "; ".join(mistakes), todo)
    return recipe


def _read(path: Path) -> tuple[dict[str, object], dict[str, int]]:
    """A TOML file's values, and the line on which each key stands."""
    try:
        text = path.read_text(encoding="utf-8")
        values: dict[str, object] = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The recipe cannot be read.", f"{path}: {reading_failed(error)}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError("The recipe is not valid TOML.", f"{path}: {error}") from error
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r'\s*\[*\s*"?([A-Za-z_][\w-]*)"?\s*(?:=|\])', line):
            lines.setdefault(match[1], number)
    return values, lines


def _explained(item: Any, place: Any) -> str:
    """One of pydantic's findings as a person would say it."""
    key = str(item["loc"][0]) if item["loc"] else "recipe"
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, Recipe.model_fields, n=1)
        return f"{place(key)}: unknown key" + (f" (did you mean {near[0]}?)" if near else "")
    text = str(item["msg"]).removeprefix("Value error, ")
    return f"{place(key)}: {text[0].lower()}{text[1:]} (not {item['input']!r})"


def _conflicts(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """What no single value shows: options that exclude each other or have no meaning together."""
    found: list[tuple[str, str]] = []
    if values.get("upscale") is not None and values.get("to") is not None:
        found.append(("to", "excludes upscale: give one of the two"))
    colors = values.get("colorize") or values.get("recolor")
    if values.get("color_model") is not None and not colors:
        found.append(("color_model", "has no meaning without colorize or recolor"))
    found += _coding_conflicts(values)
    try:
        start, end = (_moment(values.get(key) or 0) for key in ("start", "end"))
    except ValueError:
        return found  # the field's own check names it
    if values.get("end") is not None and end <= start:
        found.append(("end", "must come after start"))
    return found


def _coding_conflicts(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """What does not fit together in codec, depth, encoder, quality and effort."""
    found: list[tuple[str, str]] = []
    codec, encoder = str(values.get("codec", "h264")), values.get("encoder")
    crf, preset, depth = values.get("crf"), values.get("preset"), values.get("depth")
    if codec not in DEPTHS:
        return found  # the field's own check names it
    if isinstance(depth, int) and depth not in DEPTHS[codec]:
        known = ", ".join(str(own) for own in DEPTHS[codec])
        found.append(("depth", f"{codec} goes out with {known} bits, not {depth}"))
    family = str(encoder).rpartition("_")[2]
    made = [name for name in HARDWARE if encoder in (name, family) and name.endswith(family)]
    if family in FAMILIES and f"{codec}_{family}" not in made:
        found.append(("encoder", f"{encoder} makes no {codec}"))
    if isinstance(crf, int):
        if codec in CRF_RANGES and not 0 <= crf <= CRF_RANGES[codec]:
            found.append(("crf", f"must lie between 0 and {CRF_RANGES[codec]} for {codec}"))
        if codec not in CRF_RANGES:
            found.append(("crf", f"has no meaning for {codec}"))
    coder = family if family in FAMILIES else codec
    if preset is not None and str(preset) not in PRESETS.get(coder, ()):
        known = ", ".join(PRESETS.get(coder, ())) or "none"
        found.append(("preset", f"{preset} is none of {coder}'s presets: {known}"))
    return found
