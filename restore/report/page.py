"""The page for archivists: the record as one HTML file to read, print and keep.

No scripts, no external references; all text from a film or its name is escaped.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from importlib.resources import files

from restore.framemap import described
from restore.recipe import Recipe
from restore.report.invented import invented, invents_in, treated
from restore.report.markup import (
    Markup,
    Value,
    cell,
    element,
    joined,
    lines,
    listing,
    table,
    text,
)
from restore.report.quantities import counted
from restore.report.record import Record, ShotFacts
from restore.treatments import catalog

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_KINDS = {"scene": "scene", "card": "title card", "black": "black"}
_COLORS = {"mono": "black-and-white", "tint": "one tint", "color": "color"}


def page(record: Record, pictures: Sequence[bytes] = ()) -> str:
    """The page as HTML; `pictures` are PNGs of the shots, in order; there may be fewer images than shots."""
    style = files("restore.report").joinpath("page.css").read_text(encoding="utf-8")
    body = joined(
        [
            _header(record),
            _lead(record),
            invented(record),
            _section("Source and result", _files(record)),
            _section("What was done", *_treatments(record)),
            _section("Audit: the result against its source", _audit(record)),
            _section("Shots", _shots(record, pictures)),
            _section("Software and hardware", _versions(record)),
            _section("Time", _timing(record)),
            _section("Notes", _notes(record)) if record.notes or record.damage else "",
            _section("To verify it again", *_again(record)),
            _footer(record),
        ],
        "\n",
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(record.result.name)}: what was done</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n{body.html}\n</body>\n</html>\n"
    )


def _section(title: str, *inside: Value) -> Markup:
    return element("section", element("h2", title), *inside)


def _header(record: Record) -> Markup:
    day, _, clock = record.made.partition("T")
    moment = f"{day}, {clock.removesuffix('+00:00')} UTC"
    return element(
        "header",
        element("p", "Record of a restoration", kind="kicker"),
        element("h1", record.result.name),
        element("p", f"made from {record.source.name} on {moment}", kind="under"),
    )


def _lead(record: Record) -> Markup:
    source, video = record.source, record.result.video
    failed = [check for check in record.audit if not check.ok]
    verdict = (
        f"All {len(record.audit)} comparisons with the source passed."
        if record.audit and not failed
        else f"{len(failed)} of {len(record.audit)} comparisons with the source failed."
    )
    damage = " The source is damaged: see the notes." if record.damage else ""
    frames = record.frame_map.source if record.frame_map else record.frames
    what = (
        f"{frames:,} frames ({_duration(source.seconds)}) of {source.width} × "
        f"{source.height} pixels became {record.frames:,} frames of {video.width} × {video.height}: "
        f"{treated(record)}. {verdict}{damage}"
    )
    return element("p", what, kind="lead")


def _files(record: Record) -> Markup:
    source, result = record.source, record.result
    video = result.video
    rows: list[list[Value]] = [
        ["File", source.name, result.name],
        ["SHA-256", _hash(source.sha256), _hash(record.result_sha256)],
        ["Size", f"{source.size:,} bytes", f"{result.size:,} bytes"],
        ["Container", source.container, result.container.removeprefix(".")],
        ["Codec", _words(source.codec, source.pixel_format), _coding(record)],
        [
            "Picture",
            f"{source.width} × {source.height}, sample aspect {_ratio(source.sar)}",
            f"{video.width} × {video.height}, sample aspect {_ratio(video.sar)}",
        ],
        ["Color", _color(source.color), _color(video.color)],
        ["Frame rate", f"{_number(float(source.rate))} frames a second", _rate(record)],
        ["Streams", joined(source.streams, "; "), "see the audit"],
        ["Tags", _pairs(source.tags), _pairs(result.tags)],
        ["Decoded frames", "", _hash(result.frames_sha256)],
    ]
    return table(["", "Source", "Result"], rows, kind="facts")


def _treatments(record: Record) -> list[Markup]:
    by_task = {model.task: model for model in record.models}
    rows: list[list[Value]] = []
    for name, settings in record.treatments.items():
        model = by_task.get(name)
        values = settings.model_dump(mode="json")
        shown = _pairs({k: v for k, v in values.items() if k != "model" and v is not None})
        by: Value = "no network" if model is None else ""
        if model is not None:
            facts = f"{model.architecture}; licence: {model.licence}"
            hashed = element("div", _hash(model.sha256))
            by = joined([element("strong", model.name), " (", facts, ")", hashed])
        rows.append([name, shown, by])
    random = "none" if record.seed is None else f"seed {record.seed}"
    done = table(["Treatment", "Settings", "Network, SHA-256 of its weights"], rows)
    return [
        done if rows else element("p", "No treatment: the frames are unchanged."),
        element("p", f"Random numbers: {random}. The recipe:"),
        lines(Recipe.model_validate(record.request.recipe).to_toml().strip() or "# nothing"),
    ]


def _audit(record: Record) -> Markup:
    rows = [
        [
            cell("ok" if check.ok else "FAILED", kind="mark ok" if check.ok else "bad"),
            check.name,
            check.detail,
        ]
        for check in record.audit
    ]
    return table(["", "Compared", "Found"], rows)


def _shots(record: Record, pictures: Sequence[bytes]) -> Markup:
    shown = [_picture(data, record) for data in pictures]
    blank: list[Markup] = [Markup("")] * (len(record.shots) - len(shown))
    rows = [
        [
            cell(picture, kind="shot"),
            str(number),
            joined([_moment(shot.start), element("div", _range(shot), kind="soft")]),
            _kind(shot),
            _decided(record, shot),
            cell(_measured(shot), kind="soft"),
        ]
        for number, (shot, picture) in enumerate(
            zip(record.shots, [*shown, *blank], strict=True), start=1
        )
    ]
    return table(["", "Shot", "Start, frames", "Kind", "Treatment", "Measured"], rows)


def _picture(png: bytes, record: Record) -> Markup:
    """The picture of a shot, in the film's display aspect."""
    shape = record.source.width * record.source.sar / record.source.height
    data = base64.b64encode(png).decode()
    style = f"aspect-ratio: {float(shape):.3f}"
    return Markup(f'<img alt="" style="{style}" src="data:image/png;base64,{data}">')


def _kind(shot: ShotFacts) -> str:
    return f"{_KINDS[shot.content]}, {_COLORS[shot.color]}"


def _decided(record: Record, shot: ShotFacts) -> Value:
    shown: list[Value] = []
    for name, decision in shot.decisions.items():
        done = catalog.TREATMENTS[name].describe.done(decision)
        shown.append(element("span", done, kind="made") if invents_in(record, name, shot) else done)
    return joined(shown, "; ") if shown else "–"


def _measured(shot: ShotFacts) -> str:
    values = {name: getattr(shot.figures, name) for name in type(shot.figures).__slots__}
    found = [f"{name} {value:.2f}" for name, value in values.items()]
    found += [] if shot.surprise is None else [f"color {shot.surprise:.2f} bits per value"]
    return ", ".join(found)


def _versions(record: Record) -> Markup:
    by = record.versions
    rows: list[list[Value]] = [
        ["Program", f"restore {by.restore} (frame code {by.frame_code})"],
        ["Computed on", f"{by.device} ({by.device_name}), {by.precision}, {by.threads} threads"],
        ["Processor", by.processor],
        ["System", by.platform],
        ["Libraries", f"PyTorch {by.torch}, ffmpeg {by.ffmpeg}, PyAV {by.av}"],
        ["", f"numpy {by.numpy}, OpenCV {by.opencv}, Python {by.python}"],
        ["Job key", _hash(record.job)],
    ]
    return table([], rows, kind="facts plain")


def _timing(record: Record) -> Markup:
    time = record.timing
    made = len(record.segments) - time.reused
    kept = f"; {time.reused} reused from an earlier run" if time.reused else ""
    rows: list[list[Value]] = [
        ["Total", _seconds(time.total)],
        ["Opening and hashing", _seconds(time.opening)],
        ["Survey", _seconds(time.survey)],
        ["Restoring", f"{_seconds(time.restoring)}; {counted(made, 'segment')}{kept}"],
        ["Joining", _seconds(time.joining)],
        ["Verifying", _seconds(time.verifying)],
    ]
    return table([], rows, kind="facts plain")


def _notes(record: Record) -> Markup:
    damage = [joined(["damage in the source: ", line]) for line in record.damage]
    return listing([*record.notes, *damage])


def _again(record: Record) -> list[Markup]:
    name = record.result.name
    again = (
        f"restore rerun {_quoted(name + '.restore.json')} --source {_quoted(record.source.name)}"
    )
    hashes = f"sha256sum {_quoted(record.source.name)} {_quoted(name)}"
    frames = (
        f"ffmpeg -v error -noautorotate -i {_quoted(name)} -map 0:v:0 \\\n"
        "    -fps_mode passthrough -f framemd5 - \\\n  | grep -v '^#' | sed 's/.*, *//' | sha256sum"
    )
    return [
        element("p", "The files are unchanged if these hashes equal those above:"),
        lines(hashes),
        element(
            "p", "The decoded frames of the result are unchanged if this hash equals the one above:"
        ),
        lines(frames),
        element(
            "p",
            "This computes the result again with the same recipe and networks and compares the frames:",
        ),
        lines(again),
    ]


def _footer(record: Record) -> Markup:
    data = f"{record.result.name}.restore.json"
    return element("footer", "The same data for programs, with every segment and frame: ", data)


def _quoted(name: str) -> str:
    """A file's name quoted for a shell."""
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def _hash(digest: str) -> Markup:
    return element("span", digest, kind="hash")


def _rate(record: Record) -> str:
    """The times of the result's frames."""
    changed = described(record.frame_map) if record.frame_map else None
    if changed is None:
        return "the time of every frame is kept"
    return f"{_number(float(record.result.video.rate))} frames a second: {changed}"


def _coding(record: Record) -> str:
    video = record.result.video
    crf = "" if video.crf is None else f", crf {video.crf}"
    preset = "" if video.preset is None else f", preset {video.preset}"
    return _words(video.codec, video.pixel_format) + crf + preset


def _words(*words: str) -> str:
    return ", ".join(words)


def _color(color: object) -> str:
    values = {
        name: getattr(color, name)
        for name in ("matrix", "range", "siting", "primaries", "transfer", "assumed")
    }
    tags = [str(values[name]) for name in ("matrix", "range") if values[name]]
    tags += [f"{name} {values[name]}" for name in ("primaries", "transfer") if values[name]]
    assumed = ", ".join(values["assumed"])
    return ", ".join(tags) + (f"; assumed: {assumed}" if assumed else "")


def _pairs(values: object) -> str:
    assert isinstance(values, dict)
    return ", ".join(f"{key}: {value}" for key, value in values.items()) or "–"


def _ratio(value: object) -> str:
    return str(value).replace("/", ":") if "/" in str(value) else f"{value}:1"


def _range(shot: ShotFacts) -> str:
    return f"{shot.frames.start}–{shot.frames.stop - 1}"


def _moment(seconds: float) -> str:
    """A time in a film: 1:02:03.250, 2:03.250."""
    whole = round(seconds * 1000)
    hours, rest = divmod(abs(whole), 3_600_000)
    minutes, thousandths = divmod(rest, 60_000)
    ahead = f"{hours}:{minutes:02}" if hours else str(minutes)
    return f"{'-' if whole < 0 else ''}{ahead}:{thousandths / 1000:06.3f}"


def _duration(seconds: float) -> str:
    """A duration: 4.2 seconds, 12 min 30 s, 1 h 2 min 3 s."""
    if seconds < 60:
        return f"{_number(round(seconds, 1))} seconds"
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return (f"{hours} h " if hours else "") + f"{minutes} min {left} s"


def _seconds(seconds: float) -> str:
    return _duration(seconds) if seconds >= 60 else f"{seconds:.1f} s"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
