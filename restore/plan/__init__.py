"""What will be done, decided once: a pure function of the survey, the recipe and the models' cards."""

from restore.plan.make import make_plan
from restore.plan.mapped import result_shots
from restore.plan.output import film_codec, output_color
from restore.plan.plan import (
    FRAME_CODE,
    Moves,
    Plan,
    ShotPlan,
    decisions_in_short,
    inventions,
    plan_from_json,
    plan_to_json,
)
from restore.plan.proposal import Proposal, propose
from restore.plan.requirements import (
    film_facts,
    measures_needed,
    model_option,
    models_needed,
    models_possible,
    result_size,
)
from restore.plan.shots import pack_segments

__all__ = [
    "FRAME_CODE",
    "Moves",
    "Plan",
    "Proposal",
    "ShotPlan",
    "decisions_in_short",
    "film_codec",
    "film_facts",
    "inventions",
    "make_plan",
    "measures_needed",
    "model_option",
    "models_needed",
    "models_possible",
    "output_color",
    "pack_segments",
    "plan_from_json",
    "plan_to_json",
    "propose",
    "result_shots",
    "result_size",
]
