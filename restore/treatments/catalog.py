"""The list of treatments, in the order in which a film passes through them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from restore.treatments.colorize import COLORIZE
from restore.treatments.deflicker import DEFLICKER
from restore.treatments.descratch import DESCRATCH
from restore.treatments.stabilize import STABILIZE
from restore.treatments.treatment import Treatment
from restore.treatments.upscale import UPSCALE

TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {
        treatment.name: treatment
        for treatment in (DESCRATCH, DEFLICKER, STABILIZE, COLORIZE, UPSCALE)
    }
)
"""Scratches first: they stand in columns of the film as it is stored. Then light and place: what looks at
several frames then finds them alike. Color comes before size: its net sees a small picture anyway, and so
its context of frames costs decoding, not upscaling (docs/decisions)."""
