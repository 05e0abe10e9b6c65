"""Facts about an option of the recipe apart from its type: help, panel, where it may be used.

An option is a field of a pydantic model, annotated with `Option`. The command line, the tables in docs/ and
the `[[shot]]` tables of recipes are made from these annotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic.fields import FieldInfo

SIZE, REPAIR, COLOR, MACHINE = "Size", "Repair", "Color", "Models and machine"
RESULT, JOB = "Result", "The job"
"""The panels of the help page."""

PANELS = (SIZE, REPAIR, COLOR, MACHINE, RESULT, JOB)
"""The same in the order of the page."""


@dataclass(frozen=True, slots=True)
class Option:
    """How a field of the recipe is presented to users.

    help      one or two short sentences
    panel     the panel of the help page
    metavar   the placeholder of its value; empty for a switch
    choices   values for the shell to complete
    per_shot  whether a `[[shot]]` table may give another value for a shot
    excludes  options that set the same property: a recipe has only one of them
    more      further text for the table in docs/
    """

    help: str
    panel: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    per_shot: bool = False
    excludes: tuple[str, ...] = ()
    more: str = ""


def _strength(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """The value as a number; ValueError with the limits for everything else, infinity and nan included."""
    try:
        return read(value)
    except ValidationError:
        raise ValueError("a number from 0 to 1 is needed") from None


Share = Annotated[float | None, Field(ge=0, le=1), WrapValidator(_strength)]
"""How much of a defect is removed: 1 all of it, 0 nothing; None: decided by the film."""


def repair_option(defect: str) -> Option:
    """The option of a repair, of type `Share`, made if frames are cleaned; `defect` is what it removes."""
    return Option(
        f"How much {defect} is removed: 1 all (default if frames are cleaned), 0 none.",
        REPAIR,
        "0..1",
        per_shot=True,
        more="Enlarging cleans, too, unless `--clean 0` "
        "([repairs of whole shots](run.md#repairs-of-whole-shots)).",
    )


def option_of(field: FieldInfo) -> Option | None:
    """The option of a field; None for fields that are not options."""
    return next((one for one in field.metadata if isinstance(one, Option)), None)
