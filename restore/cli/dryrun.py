"""`restore FILM --dry-run`: the plan as text, with a timed trial; nothing is left on the disk."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from restore.cli.ndjson import plan_record
from restore.plan import ShotPlan
from restore.report import quantities
from restore.run.event_text import treatments_summary
from restore.run.pace import LONG_RUN, SHORTER
from restore.treatments import catalog

if TYPE_CHECKING:
    from restore.cli.reporting import OutputMode
    from restore.jobs.requests import FilmRequest
    from restore.jobs.trial import Estimate
    from restore.run.frames import Job

SHOWN_SHOTS = 24
"""Shots that are listed without -v."""


def dry_run(request: FilmRequest, mode: OutputMode) -> None:
    """Print what a run would do, how long it would take and how much disk it needs."""
    from restore.jobs.prepare import prepare
    from restore.jobs.trial import run_trial

    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        job, output = prepare(request.named(), Path(folder) / "thumbnails", lambda done: None)
        estimate = run_trial(job)
    if mode.as_json:
        print(json.dumps(as_record(job, output, estimate)))
    elif not mode.quiet:
        shown = len(job.plan.shots) if mode.verbose else SHOWN_SHOTS
        print("\n".join(as_lines(job, output, estimate, shown)))


def as_record(job: Job, output: Path, estimate: Estimate) -> dict[str, object]:
    """The plan and its cost as plain values: the event `dryrun`. The key needs the source's hash: null."""
    return {
        "event": "dryrun",
        "film": str(job.source.path),
        "output": str(output),
        "plan": {**plan_record(job.plan), "key": None},
        "seconds": round(estimate.seconds, 1),
        "disk": estimate.disk,
        "result": estimate.result,
        "frames_tried": estimate.frames_tried,
    }


def as_lines(job: Job, output: Path, estimate: Estimate, shown: int) -> list[str]:
    """The same as text."""
    source, plan = job.source, job.plan
    result = (
        f"{plan.output.width}x{plan.output.height} {plan.output.codec} {plan.output.pixel_format}"
    )
    rows = [
        ("film", f"{source.path}, {plan.frame_map.source} frames, {source.width}x{source.height}"),
        ("result", f"{output}, {result}"),
        ("treatment", ", ".join(treatments_summary(plan)) or "none: the frames are unchanged"),
        ("weights", ", ".join(f"{name} ({sha[:12]})" for name, sha in plan.weights) or "none"),
        ("machine", f"{plan.device}, {plan.precision}"),
        ("segments", f"{len(plan.segments)}; finished ones are kept if the run stops"),
        *(("shot", _shot(number, shot)) for number, shot in enumerate(plan.shots[:shown])),
    ]
    if len(plan.shots) > shown:
        rows.append(("", f"... and {len(plan.shots) - shown} more shots (-v lists all)"))
    rows += [("note", note) for note in plan.notes]
    rows.append(("time", f"about {quantities.clock(estimate.seconds)} ({_tried(estimate)})"))
    disk, stays = quantities.size(estimate.disk), quantities.size(estimate.result)
    rows.append(("disk", f"about {disk} during the run, {stays} for the result"))
    if estimate.seconds > LONG_RUN:
        rows.append(("", f"To see the result first, {SHORTER}"))
    return [f"{name:>9}  {text}" for name, text in rows]


def _tried(estimate: Estimate) -> str:
    return f"from a trial with {quantities.counted(estimate.frames_tried, 'frame')}"


def _shot(number: int, shot: ShotPlan) -> str:
    """`1: frames 0-95, scene, mono; flicker removed; colored`."""
    kind = (
        f"{number + 1}: frames {shot.span.start}-{shot.span.stop - 1}, {shot.content}, {shot.color}"
    )
    done = (catalog.TREATMENTS[n].describe.done(one) for n, one in shot.decisions.items())
    return "; ".join([kind, *done])
