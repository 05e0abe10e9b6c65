"""What will be done, decided once: a pure function of the survey, the recipe and the models' cards."""

from restore.plan.make import make_plan
from restore.plan.mapped import result_shots
from restore.plan.output import film_codec, output_color
from restore.plan.plan import (
    FRAME_CODE,
    Decision,
    Moves,
    Plan,
    ShotPlan,
    Step,
    moves_of,
    plan_from_json,
    plan_to_json,
)
from restore.plan.shots import pack_segments
from restore.plan.size import geometry
from restore.plan.wanted import looks_for_scratches, looks_for_unrest, models_needed

__all__ = [
    "FRAME_CODE",
    "Decision",
    "Moves",
    "Plan",
    "ShotPlan",
    "Step",
    "film_codec",
    "geometry",
    "looks_for_scratches",
    "looks_for_unrest",
    "make_plan",
    "models_needed",
    "moves_of",
    "output_color",
    "pack_segments",
    "plan_from_json",
    "plan_to_json",
    "result_shots",
]
