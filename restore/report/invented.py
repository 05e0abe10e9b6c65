"""The invented parts of a result: the page's section about color and detail that are not in the source."""

from __future__ import annotations

from restore.report.markup import Markup, Value, element, joined, listing
from restore.report.record import ModelFacts, Record, ShotFacts
from restore.treatments import catalog
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import shots_of


def treated(record: Record) -> str:
    """The treatments as a phrase: `colored, enlarged`."""
    film = FilmFacts(record.source.width, record.source.height)
    words = [
        catalog.TREATMENTS[name].describe.whole(settings, film)
        for name, settings in record.treatments.items()
    ]
    return ", ".join(words) or "no treatment"


def invents_in(record: Record, name: str, shot: ShotFacts) -> bool:
    """Whether a treatment adds invented color or detail to a shot."""
    invents, settings = catalog.TREATMENTS[name].describe.invents, record.treatments.get(name)
    if invents is None or settings is None or name not in shot.decisions:
        return False
    return invents.where(settings, shot.decisions[name])


def invented(record: Record) -> Markup:
    """The box about everything in the result that is not in the source."""
    if not record.synthetic:
        text = "Everything in the result is also in the source. No network added anything."
        nothing = element("h2", "Nothing is invented")
        return element("section", nothing, element("p", text), kind="invented nothing")
    items: list[Value] = [
        _explained(record, name)
        for name, treatment in catalog.TREATMENTS.items()
        if treatment.describe.invents
        and treatment.describe.invents.what in record.synthetic
        and any(invents_in(record, name, shot) for shot in record.shots)
    ]
    title = element("h2", f"Invented: {' and '.join(record.synthetic)}")
    return element("section", title, listing(items), kind="invented")


def _explained(record: Record, name: str) -> Markup:
    """What one treatment adds, in which shots, and what that means for the viewer."""
    invents = catalog.TREATMENTS[name].describe.invents
    assert invents is not None
    shots = [shot for shot in record.shots if invents_in(record, name, shot)]
    frames = sum(len(shot.frames) for shot in shots)
    where = f"all {record.frames:,} frames"
    if frames < record.frames:
        count = shots_of(shots, record.shots)
        where = f"{count} ({frames:,} of {record.frames:,} frames)"
    text = invents.text.format(network=_network(record, name))
    return joined([element("strong", invents.what.capitalize()), f" in {where}: {text}"])


def _network(record: Record, task: str) -> str:
    found: list[ModelFacts] = [model for model in record.models if model.task == task]
    return found[0].name if found else "named above"
