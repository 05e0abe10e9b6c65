"""Kinds of films, and the options that suit each: `--for vhs`, `for = "vhs"` in a recipe.

The options of a kind are defaults: those of a recipe file and of the command line replace them. Repairs act
only where the survey finds the defect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import BaseModel

from restore.treatments.option import REPAIR, Option

KindName = Literal["vhs", "dv", "dvd", "telecine", "silent", "newsreel"]
"""The names of the kinds."""

KIND = "for"
"""The key of a recipe that names a kind; it is replaced by the kind's options."""


@dataclass(frozen=True)
class FilmKind:
    """A kind of film: a description for people, and its options."""

    title: str
    options: Mapping[str, object]


_FIELDS: Mapping[str, object] = {"deinterlace": "auto", "pulldown": "auto"}
_NO_FILM: Mapping[str, object] = {"stabilize": 0, "deflicker": 0, "descratch": 0}
"""A video camera has no gate, no shutter that wears, and no emulsion."""

_TAPE: Mapping[str, object] = {
    "dropout": 1,
    "linejitter": 1,
    "halo": 1,
    "chroma": 1,
    "crosscolor": 1,
}
"""What analog tape does."""

_FILM: Mapping[str, object] = {"stabilize": 1, "deflicker": 1, "descratch": 1}

KINDS: Mapping[KindName, FilmKind] = MappingProxyType(
    {
        "vhs": FilmKind(
            "VHS and other analog tape", {**_FIELDS, **_NO_FILM, **_TAPE, "borders": "fill"}
        ),
        "dv": FilmKind("digital tape (DV)", {**_FIELDS, **_NO_FILM, "dropout": 1, "chroma": 1}),
        "dvd": FilmKind("DVD and digital television", {**_FIELDS, **_NO_FILM, "halo": 1}),
        "telecine": FilmKind("film that was transferred to video", {**_FIELDS, **_FILM}),
        "silent": FilmKind("silent film", {**_FIELDS, **_FILM, "repeats": "drop"}),
        "newsreel": FilmKind("black-and-white film with sound", {**_FIELDS, **_FILM}),
    }
)


class _Kind(BaseModel):
    kind: Annotated[
        KindName | None,
        Option(
            f"Use the options that suit {', '.join(get_args(KindName))}; others replace them.",
            REPAIR,
            "KIND",
            choices=get_args(KindName),
            more="See [kinds of films](run.md#kinds-of-films).",
        ),
    ] = None


KIND_FIELD = _Kind.model_fields["kind"]
"""How the key is presented to users."""


def of_kind(name: object) -> Mapping[str, object] | None:
    """The options of a kind; None: there is no such kind."""
    found = next((kind for known, kind in KINDS.items() if known == name), None)
    return None if found is None else found.options
