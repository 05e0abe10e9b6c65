"""The list of stages, in the order in which a film passes through them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from restore.stages.colorize import COLORIZE
from restore.stages.deflicker import DEFLICKER
from restore.stages.descratch import DESCRATCH
from restore.stages.stabilize import STABILIZE
from restore.stages.stage import Stage
from restore.stages.upscale import UPSCALE

STAGES: Mapping[str, Stage] = MappingProxyType(
    {stage.name: stage for stage in (DESCRATCH, DEFLICKER, STABILIZE, COLORIZE, UPSCALE)}
)
"""Scratches first: they stand in columns of the film as it is stored. Then light and place: what looks at
several frames then finds them alike. Color comes before size: its net sees a small picture anyway, and so
its context of frames costs decoding, not upscaling (docs/decisions)."""
