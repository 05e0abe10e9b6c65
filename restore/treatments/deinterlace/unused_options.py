"""Options for fields that have no effect on a film, or contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from restore.treatments.deinterlace.shot_fields import ShotFields
from restore.treatments.treatment import TreatedShot

if TYPE_CHECKING:
    from restore.treatments.deinterlace import DeinterlaceDecision, DeinterlaceOptions

Shots = Sequence[TreatedShot[ShotFields, "DeinterlaceDecision"]]


def conflicts(every: Sequence[DeinterlaceOptions]) -> Iterator[tuple[str, str]]:
    """`field` where nothing is deinterlaced: by the options of the film, or by those of the same shot."""
    film = every[0]
    for own in every:
        named = own is film or own.field != film.field
        if own.field is not None and own.deinterlace == "off" and named:
            yield (
                "field",
                "cannot be combined with deinterlace = off: the other rows are computed by deinterlacing",
            )
            return


def unused(shots: Shots, made: Shots, options: DeinterlaceOptions) -> Iterator[str]:
    """The options without an effect, a line each; `made` are the shots with computed rows."""
    if options.field is not None and not made:
        yield (
            f"--field {options.field} has no effect: neither interlaced video nor film in pulldown was found "
            "(--deinterlace field uses one field everywhere)"
        )
    if options.deinterlacer is not None and not made:
        yield f"--deinterlacer {options.deinterlacer} has no effect: no rows are computed"
    if options.repeats == "drop" and not any(
        shot.measure is not None and shot.measure.repeats for shot in shots
    ):
        yield "--repeats drop has no effect: no repeated frames were found"
