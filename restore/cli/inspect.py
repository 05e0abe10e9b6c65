"""`restore inspect`: the properties of a film."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from restore.cli import options
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.film_inspection import Inspection
    from restore.media.source import Source
    from restore.survey.findings import Shot, Survey
    from restore.timing import Span
    from restore.treatments.film_facts import FilmFacts


def command(film: options.Film, as_json: options.Json = False, verbose: options.Verbose = 0) -> int:
    """Show the properties of a film file, and its shots.

    The whole film is decoded up to five times; nothing is written.
    """
    from restore.jobs.film_inspection import inspect_film

    found = inspect_film(film)
    if as_json:
        print(json.dumps(as_record(found.source, found.survey) | {"surprises": surprises(found)}))
    else:
        print("\n".join([*as_lines(found.source, found.survey), *surprise_lines(found)]))
    return 0


def surprises(found: Inspection) -> list[dict[str, object]]:
    """How surprising the colors of each colored shot of a result are, in bits per value."""
    return [
        {"frames": [frames.start, frames.stop], "bits": bits} for frames, bits in _surprises(found)
    ]


def surprise_lines(found: Inspection) -> list[str]:
    """The same as text."""
    return [
        f"{'colored':>9}  frames {frames.start}-{frames.stop - 1}: "
        f"surprise of the colors {bits:.2f} bits per value"
        for frames, bits in _surprises(found)
    ]


def _surprises(found: Inspection) -> Iterator[tuple[Span, float]]:
    for shot in found.record.shots if found.record else ():
        if shot.surprise is not None:
            yield shot.frames, shot.surprise


def as_record(source: Source, survey: Survey) -> dict[str, object]:
    """The facts as plain values; times in seconds of the film's own clock."""
    from restore.plan import film_facts, propose

    color, film = source.color, film_facts(source)
    return {
        "film": str(source.path),
        "bytes": source.size,
        "container": source.container,
        "codec": source.codec,
        "width": source.width,
        "height": source.height,
        "sample_aspect": str(source.sar),
        "rotation": source.rotation,
        "stereo": source.stereo,
        "pixel_format": source.stored_format,
        "field_order": source.field_order,
        "color": {
            "matrix": color.matrix,
            "range": color.range,
            "siting": color.siting,
            "primaries": color.primaries,
            "transfer": color.transfer,
            "assumed": list(color.assumed),
        },
        "frames": len(survey.frames),
        "frames_in_container": len(source.frames),
        "start": float(survey.frames.start),
        "seconds": float(survey.frames.end - survey.frames.start),
        "seconds_in_header": None if source.duration is None else float(source.duration),
        "rate": float(survey.frames.rate),
        "variable_rate": _varies(survey),
        "shots": [
            {
                "frames": [shot.span.start, shot.span.stop],
                "start": float(survey.frames.seconds(shot.span.start)),
                "content": shot.content,
                "color": shot.color,
                "tint": shot.tint,
                **_figures(shot, film),
            }
            for shot in survey.shots
        ],
        "streams": [
            {
                "index": stream.index,
                "kind": stream.kind,
                "codec": stream.codec,
                "language": stream.language,
                "title": stream.title,
            }
            for stream in source.streams
        ],
        "chapters": source.chapters,
        "tags": dict(source.tags),
        "notes": [*source.notes, *survey.notes, *survey.unmeasured],
        "damage": list(survey.damage),
        "proposal": asdict(propose(source, survey)),
    }


def as_lines(source: Source, survey: Survey) -> list[str]:
    """The same as text."""
    from restore.plan import propose
    from restore.plan.proposal import lines

    color, seconds = source.color, survey.frames.end - survey.frames.start
    varies = ", variable" if _varies(survey) else ""
    length = f"{quantities.counted(len(survey.frames), 'frame')}, {quantities.clock(seconds)}"
    fields = "" if source.field_order == "unknown" else f", {source.field_order}"
    rows = [
        ("file", f"{source.path} ({quantities.size(source.size)}, {source.container})"),
        ("video", f"{_geometry(source)}, {source.codec}, {source.stored_format}{fields}"),
        ("color", f"{color.matrix}, {color.range} range, chroma {color.siting}"),
        ("length", f"{length}, {quantities.rate(survey.frames.rate)} frames a second{varies}"),
        *(("stream", f"{s.index}: {s.summary}") for s in source.streams if s.index != source.video),
        ("chapters", str(source.chapters) if source.chapters else ""),
        *(("note", note) for note in (*source.notes, *survey.notes, *survey.unmeasured)),
        *(("damage", damage) for damage in survey.damage),
        *(("shot", text) for text in _shots(source, survey)),
        *(("proposal", text) for text in lines(propose(source, survey))),
    ]
    return [f"{name:>9}  {text}" for name, text in rows if text]


def _geometry(source: Source) -> str:
    text = f"{source.width}x{source.height}"
    if source.sar != 1:
        text += f" (sample aspect {source.sar.numerator}:{source.sar.denominator})"
    text += f", stereoscopic ({source.stereo})" if source.stereo else ""
    return text + (f", rotated by {source.rotation} degrees" if source.rotation else "")


def _shots(source: Source, survey: Survey) -> list[str]:
    from restore.plan import film_facts

    film, lines = film_facts(source), list[str]()
    for number, shot in enumerate(survey.shots, start=1):
        when = quantities.moment(survey.frames.seconds(shot.span.start) - survey.frames.start)
        frames = f"frames {shot.span.start}-{shot.span.stop - 1}"
        words = [_CONTENTS[shot.content], _COLORS[shot.color], *_found(shot, film)]
        lines.append(f"{number}: {when}, {frames}, {', '.join(words)}")
    return lines


def _found(shot: Shot, film: FilmFacts) -> list[str]:
    """The measures of a shot for the treatments, as text."""
    from restore.treatments import catalog

    measured = ((catalog.TREATMENTS[name], one) for name, one in shot.measures.items())
    words = (treatment.describe.found(one, film) for treatment, one in measured)
    return [word for word in words if word]


def _figures(shot: Shot, film: FilmFacts) -> dict[str, object]:
    """The same as values."""
    from restore.treatments import catalog

    figures: dict[str, object] = {}
    for name, treatment in catalog.TREATMENTS.items():
        figures |= treatment.describe.figures(shot.measures.get(name), film)
    return figures


_CONTENTS = {"scene": "scene", "card": "title card", "black": "black"}
_COLORS = {"mono": "black-and-white", "tint": "tinted", "color": "in color"}


def _varies(survey: Survey) -> bool:
    """Whether the durations of frames differ by more than the rounding of the container."""
    durations = survey.frames.durations[:-1]
    return bool(durations) and max(durations) - min(durations) > 1
