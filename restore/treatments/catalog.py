"""The list of treatments, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from restore.treatments.borders import BORDERS
from restore.treatments.chroma import CHROMA
from restore.treatments.colorize import COLORIZE
from restore.treatments.crosscolor import CROSSCOLOR
from restore.treatments.deflicker import DEFLICKER
from restore.treatments.deinterlace import DEINTERLACE
from restore.treatments.descratch import DESCRATCH
from restore.treatments.dropout import DROPOUT
from restore.treatments.halo import HALO
from restore.treatments.linejitter import LINEJITTER
from restore.treatments.stabilize import STABILIZE
from restore.treatments.treatment import AnyTreatment
from restore.treatments.upscale import UPSCALE


def in_order(treatments: Iterable[AnyTreatment]) -> Mapping[str, AnyTreatment]:
    """Treatments by name, in the order of the chain; ValueError if two have the same name or order."""
    ordered = sorted(treatments, key=lambda each: each.order)
    for key in ("name", "order"):
        values = [getattr(each, key) for each in ordered]
        if twice := [value for value in values if values.count(value) > 1]:
            raise ValueError(f"two treatments have the {key} {twice[0]}")
    return MappingProxyType({each.name: each for each in ordered})


TREATMENTS: Mapping[str, AnyTreatment] = in_order(
    (
        DEINTERLACE,
        DESCRATCH,
        DEFLICKER,
        STABILIZE,
        DROPOUT,
        LINEJITTER,
        HALO,
        CROSSCOLOR,
        CHROMA,
        BORDERS,
        COLORIZE,
        UPSCALE,
    )
)
"""Fields come first: all others need whole frames. Scratches follow: they are vertical in the film as it is
stored. Then brightness and position, so that treatments with several frames of context get consistent
frames. Borders are cropped after the repairs, whose measures count the film's own rows and columns, and
before networks see the picture. Color comes before size: its network needs reduced frames only, so its
context costs decoding, not upscaling (docs/decisions).

Read it as `catalog.TREATMENTS`, never import the name itself: tests replace the catalog."""
