"""Values of a recipe as users write them: times, rates, devices, encoders."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from restore.media.ffmpeg.hardware import FAMILIES, HARDWARE


def parse_moment(text: str) -> Fraction:
    """Seconds from `12.5`, `1:02` or `1:02:03.5`; raises ValueError for anything else."""
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)", text.strip())
    if not match or (match[2] and Fraction(match[3]) >= 60):
        raise ValueError("a time is written 12.5, 1:02 or 1:02:03.5")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _moment(value: Any) -> Any:
    """Seconds in every form that is accepted, TOML's own times (00:01:02) and fractions (2/3) included."""
    if value is None or isinstance(value, Fraction):
        return value
    text = str(value)
    if re.fullmatch(r"\d+/0*[1-9]\d*", text):
        return Fraction(text)
    return parse_moment(text)  # other types are refused there


def _seconds(value: Fraction) -> str:
    """Seconds as a decimal number, or as a fraction where no short decimal number is exact."""
    text = format(Decimal(value.numerator) / Decimal(value.denominator), "f")
    return text if Fraction(text) == value else str(value)


def _device(value: Any) -> Any:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", str(value)):
        raise ValueError("a device is auto, cpu, cuda or cuda:N")
    return value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _rate(value: Any) -> Any:
    if value == "auto":
        return None
    if not isinstance(value, str | int | float):
        return value
    try:
        rate = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 <= rate <= 240:
        raise ValueError("a rate is written 24, 16.67, 30000/1001 (1 to 240) or auto")
    return rate


def _encoder(value: Any) -> Any:
    if value is not None and value not in ("software", *FAMILIES, *HARDWARE):
        known = ", ".join(("software", *FAMILIES))
        raise ValueError(f"an encoder is {known}, or a full name such as hevc_nvenc")
    return value


Rate = Annotated[Annotated[Fraction, PlainSerializer(str)] | None, BeforeValidator(_rate)]
"""Frames a second: 24, 16.67, 30000/1001; `auto` is None, to replace the value of a recipe file."""

Moment = Annotated[Fraction, BeforeValidator(_moment), PlainSerializer(_seconds)]
"""Seconds: 12.5, 1:02, 1:02:03.5."""

Device = Annotated[str, BeforeValidator(_device)]
"""auto, or torch's name of a device."""

EncoderChoice = Annotated[str, BeforeValidator(_encoder)]
"""A family of hardware encoders, one of them by its full name, or software."""

TextOrNumber = Annotated[str, BeforeValidator(_text)]
"""Text, also where TOML has a number."""
