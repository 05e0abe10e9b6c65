"""What a result invents, said plainly: the part of the page that nobody may overlook."""

from __future__ import annotations

from restore.report.markup import Markup, Value, element, joined, listing
from restore.report.record import ModelFacts, Record

MENDED = {
    "descratch": "scratches taken off",
    "deflicker": "flicker evened out",
    "stabilize": "weave held still",
}
"""What the stages do that mend what was measured over a whole shot."""


def treated(record: Record) -> str:
    """The treatments in a few words: `colored, enlarged`."""
    said = {**MENDED, "colorize": "colored", "upscale": _resized(record)}
    words = [said.get(stage.stage, stage.stage) for stage in record.stages]
    return ", ".join(words) or "no treatment"


def _resized(record: Record) -> str:
    video, source = record.result.video, record.source
    if (video.width, video.height) == (source.width, source.height):
        return "cleaned"
    return (
        "enlarged" if video.width * video.height > source.width * source.height else "made smaller"
    )


def invented(record: Record) -> Markup:
    """The box that says what in the result the source does not show."""
    if not record.synthetic:
        said = "What the result shows was in the source; nothing was added by a network."
        nothing = element("h2", "Nothing is invented")
        return element("section", nothing, element("p", said), kind="invented nothing")
    items: list[Value] = []
    if "color" in record.synthetic:
        items.append(_color(record))
    if "detail" in record.synthetic:
        items.append(_detail(record))
    title = element("h2", f"Invented: {' and '.join(record.synthetic)}")
    return element("section", title, listing(items), kind="invented")


def _color(record: Record) -> Markup:
    colored = [s for s in record.shots if s.decisions.get("colorize", {}).get("mode") == "color"]
    frames = sum(len(shot.frames) for shot in colored)
    where = f"{len(colored)} of {len(record.shots)} shots ({frames:,} of {record.frames:,} frames)"
    text = (
        f" in {where}: a guess of the network {_name(record, 'colorize')}, likely but not known. "
        "Nothing in the source says what color anything had. The light and dark of the picture are not "
        "its work."
    )
    return joined([element("strong", "Color"), text])


def _detail(record: Record) -> Markup:
    text = (
        f" in all {record.frames:,} frames: light and dark were cleaned and sharpened by the network "
        f"{_name(record, 'upscale')}. What is finer than the source's own pixels is its guess; grain, dust "
        "and wear that it took away are gone from the result. For evidence, use the source."
    )
    return joined([element("strong", "Detail"), text])


def _name(record: Record, task: str) -> str:
    found: list[ModelFacts] = [model for model in record.models if model.task == task]
    return found[0].name if found else "named above"
