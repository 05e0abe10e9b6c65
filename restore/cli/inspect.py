"""`restore inspect`: what a film is, before anything is done to it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from restore.cli import options
from restore.report import quantities

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.survey.findings import Shot, Survey


def command(film: options.Film, as_json: options.Json = False, verbose: options.Verbose = 0) -> int:
    """Show the facts of a film's file and its shots.

    The whole film is decoded twice (the second time for vertical scratches); nothing is written.
    """
    from restore.media.container.probe import probe
    from restore.survey.survey import survey

    source = probe(film, from_zero=True)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        looked_at = survey(source, Path(folder) / "thumbnails", unrest=True, scratches=True)
    if as_json:
        print(json.dumps(as_record(source, looked_at)))
    else:
        print("\n".join(as_lines(source, looked_at)))
    return 0


def as_record(source: Source, survey: Survey) -> dict[str, object]:
    """The facts as plain values; times in seconds of the film's own clock."""
    color = source.color
    return {
        "film": str(source.path),
        "bytes": source.size,
        "container": source.container,
        "codec": source.codec,
        "width": source.width,
        "height": source.height,
        "sample_aspect": str(source.sar),
        "rotation": source.rotation,
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
                "weave_pixels": _weave(shot, source),
                "flicker": shot.flicker.depth if shot.flicker else None,
                "scratches": len(shot.scratches),
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
    }


def as_lines(source: Source, survey: Survey) -> list[str]:
    """The same for people."""
    color, seconds = source.color, survey.frames.end - survey.frames.start
    varies = ", variable" if _varies(survey) else ""
    length = f"{quantities.counted(len(survey.frames), 'frame')}, {quantities.clock(seconds)}"
    fields = "" if source.field_order == "unknown" else f", {source.field_order}"
    rows = [
        ("file", f"{source.path} ({quantities.size(source.size)}, {source.container})"),
        ("picture", f"{_geometry(source)}, {source.codec}, {source.stored_format}{fields}"),
        ("color", f"{color.matrix}, {color.range} range, chroma {color.siting}"),
        ("length", f"{length}, {quantities.rate(survey.frames.rate)} frames a second{varies}"),
        *(("stream", f"{s.index}: {s.summary}") for s in source.streams if s.index != source.video),
        ("chapters", str(source.chapters) if source.chapters else ""),
        *(("note", note) for note in (*source.notes, *survey.notes, *survey.unmeasured)),
        *(("damage", damage) for damage in survey.damage),
        *(("shot", text) for text in _shots(source, survey)),
    ]
    return [f"{name:>9}  {text}" for name, text in rows if text]


def _geometry(source: Source) -> str:
    text = f"{source.width}x{source.height}"
    if source.sar != 1:
        text += f" (sample aspect {source.sar.numerator}:{source.sar.denominator})"
    return text + (f", turned by {source.rotation} degrees" if source.rotation else "")


def _shots(source: Source, survey: Survey) -> list[str]:
    lines: list[str] = []
    for number, shot in enumerate(survey.shots, start=1):
        when = quantities.moment(survey.frames.seconds(shot.span.start) - survey.frames.start)
        frames = f"frames {shot.span.start}-{shot.span.stop - 1}"
        restless = "".join(f", {word}" for word in _restless(shot, source))
        lines.append(
            f"{number}: {when}, {frames}, {_CONTENTS[shot.content]}, {_COLORS[shot.color]}{restless}"
        )
    return lines


def _restless(shot: Shot, source: Source) -> list[str]:
    """What the treatments that look at a whole shot would find in it."""
    weave = _weave(shot, source)
    words = [] if weave is None else [f"weaves by {weave:.1f} pixels"]
    words += [f"flickers by {shot.flicker.depth:.1%}"] if shot.flicker else []
    return words + (["scratched"] if shot.scratches else [])


def _weave(shot: Shot, source: Source) -> float | None:
    """How far the shot's frames lie from their place, in the film's pixels (root mean square)."""
    return shot.weave.pixels(source.width, source.height) if shot.weave else None


_CONTENTS = {"scene": "scene", "card": "title card", "black": "black"}
_COLORS = {"mono": "black-and-white", "tint": "tinted", "color": "in color"}


def _varies(survey: Survey) -> bool:
    """Whether frames last differently long; a tick of rounding in the container is no difference."""
    durations = survey.frames.durations[:-1]
    return bool(durations) and max(durations) - min(durations) > 1
