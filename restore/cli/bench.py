"""`restore bench`: what each part of a run costs alone, and how close the whole comes to the ideal."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from restore.cli import figures, options

if TYPE_CHECKING:
    from restore.cli.stopwatch import Cost, Stopwatch
    from restore.clip import Clip
    from restore.run.events import Event, Listener
    from restore.run.frames import Job
    from restore.run.pipeline import Planes
    from restore.run.prepare import Order
    from restore.stages.stage import Decisions, Treatment
    from restore.timing import Span

GOAL = 1.15
"""Whole run over ideal, at most (docs/bench.md)."""

CHECKS_GOAL = 0.10
"""Share of survey, verification, join and audit in the whole run, at most."""

CHECKS = ("survey", "verification")


@dataclass(frozen=True)
class Bench:
    """What was measured on one film. `whole` is the run after its models were loaded."""

    film: Path
    frames: int
    parts: dict[str, Cost]
    whole: Cost
    cores: int
    memory: int
    child_memory: int

    @property
    def ideal(self) -> float:
        """Seconds no run can beat: its slowest part, or all processors busy all the time."""
        slowest = max(cost.wall for cost in self.parts.values())
        return max(slowest, sum(cost.cpu for cost in self.parts.values()) / self.cores)

    @property
    def ratio(self) -> float:
        """The whole run's time over the ideal."""
        return self.whole.wall / self.ideal

    @property
    def checks(self) -> float:
        """The share of survey, verification, join and audit in the whole run."""
        return sum(self.parts[name].wall for name in CHECKS) / self.whole.wall


def command(
    context: typer.Context,
    film: options.Film,
    upscale: options.Upscale = None,
    to: options.To = None,
    colorize: options.Colorize = None,
    recolor: options.Recolor = None,
    model: options.Model = None,
    color_model: options.ColorModel = None,
    device: options.Device = None,
    precision: options.Precision = None,
    codec: options.Codec = None,
    crf: options.Crf = None,
    preset: options.Preset = None,
    start: options.Start = None,
    end: options.End = None,
    recipe: options.RecipeFile = None,
    work_dir: options.WorkDir = None,
    as_json: options.Json = False,
) -> int:
    """Time every part of a run alone and the run as a whole.

    The film is restored twice: once as always, once part by part. Everything is thrown away.
    """
    from restore.recipe import load_recipe
    from restore.run.prepare import Order

    order = Order(film, load_recipe(recipe, options.overrides(context)))
    with tempfile.TemporaryDirectory(prefix="restore-bench-", dir=work_dir) as folder:
        result = measure(order, Path(folder))
    if as_json:
        print(json.dumps(as_record(result)))
    else:
        print_table(result)
    return 0


def measure(order: Order, folder: Path) -> Bench:
    """Do the work, first as a whole and then part by part; needs room for the result in `folder`."""
    from restore.cli.proof import prove
    from restore.cli.stopwatch import cores, now, peak_memory
    from restore.run.film import restore_film
    from restore.run.prepare import prepare

    job, target = prepare(order, folder / "thumbnails", lambda done: None)  # also warms up
    order = replace(order, output=folder / f"result{target.suffix}", work_dir=folder / "work")
    clock = _EventClock()
    began = now()
    restore_film(order, clock.listener(), prove)
    whole = (now() - began) - clock.loading
    own, child = peak_memory()
    parts = _parts(order, job, folder)
    parts["verification"] = clock.verification
    return Bench(order.film, job.plan.frames, parts, whole, cores(), own, child)


class _EventClock:
    """Reads the clocks when a run tells that its models are loaded, or its parts are joined."""

    def __init__(self) -> None:
        self._readings: dict[str, Cost] = {}

    def listener(self) -> Listener:
        """What the run tells its events to."""
        from restore.cli.stopwatch import now

        def tell(event: Event) -> None:
            self._readings[type(event).__name__] = now()

        return tell

    @property
    def loading(self) -> Cost:
        """From the finished plan to the first frame's start: reading the models."""
        before = self._readings.get("Noted", self._readings["Planned"])
        return self._readings["Started"] - before

    @property
    def verification(self) -> Cost:
        """From the first part that is joined to the result's final name."""
        return self._readings["Finished"] - self._readings["Joining"]


def _parts(order: Order, job: Job, folder: Path) -> dict[str, Cost]:
    """Survey, decoding, every stage and encoding, each while nothing else runs."""
    from restore.cli.stopwatch import Stopwatch
    from restore.run.chain import load_chain, restored
    from restore.run.frames import chunks, load_chunks
    from restore.run.pipeline import code_values
    from restore.run.prepare import survey_film
    from restore.stages.stage import Engine

    watch = Stopwatch()
    with watch.on("survey"):
        survey_film(job.source, order.recipe, folder / "again", lambda done: None)
    engine = Engine(job.plan.device, job.plan.precision)
    chain = load_chain(job.plan, job.source.width * job.source.height, engine)
    links = tuple(
        replace(k, treat=_timed(k.treat, k.name, watch, engine.device)) for k in chain.links
    )
    chain = replace(chain, links=links)
    for number in range(len(job.plan.segments)):
        wanted = list(chunks(job.plan, [number], chain.chunk, chain.radius))
        with watch.on("decode"):
            loaded = list(load_chunks(job, wanted))
        frames: list[Planes] = []
        for item in loaded:
            shot = job.plan.shots[item.chunk.shot]
            for clip in restored(chain, item.clip, item.chunk.own, shot):
                with watch.on("encode"):
                    frames += code_values(job, clip)
        with watch.on("encode"):
            _encode(job, frames, folder / f"alone-{number}.mkv")
    return watch.costs


def _timed(treat: Treatment, name: str, watch: Stopwatch, device: str) -> Treatment:
    """The same treatment, with its cost counted (a GPU's work is waited for)."""

    def counted(clip: Clip, wanted: Span, decisions: Decisions) -> Clip:
        with watch.on(name):
            treated = treat(clip, wanted, decisions)
            if device.startswith("cuda"):
                import torch

                torch.cuda.synchronize(device)
        return treated

    return counted


def _encode(job: Job, frames: Sequence[Planes], target: Path) -> None:
    """Encode one segment as the run does, and wait for the encoder's end."""
    from restore.media.encode import PartEncoder

    encoder = PartEncoder(job.plan.output, target)
    try:
        for planes in frames:
            encoder.write(planes)
        encoder.finish()
    finally:
        encoder.abort()


def as_record(bench: Bench) -> dict[str, object]:
    """The figures as plain values; seconds, frames a second, bytes."""
    parts = {
        name: {
            "seconds": round(cost.wall, 3),
            "cpu_seconds": round(cost.cpu, 3),
            "fps": round(bench.frames / cost.wall, 3),
        }
        for name, cost in [*bench.parts.items(), ("whole", bench.whole)]
    }
    return {
        "film": str(bench.film),
        "frames": bench.frames,
        "cores": bench.cores,
        "parts": parts,
        "ideal_seconds": round(bench.ideal, 3),
        "ratio": round(bench.ratio, 3),
        "checks_share": round(bench.checks, 4),
        "memory": bench.memory,
        "child_memory": bench.child_memory,
    }


def print_table(bench: Bench) -> None:
    """The figures for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    table.add_column("part alone")
    for title in ("seconds", "CPU-seconds", "fps"):
        table.add_column(title, justify="right")
    for name, cost in [*bench.parts.items(), ("whole run", bench.whole)]:
        fps = f"{bench.frames / cost.wall:.2f}"
        table.add_row(name, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", fps)
    console = Console(highlight=False)
    console.print(f"{bench.film}: {bench.frames} frames, {bench.cores} cores", markup=False)
    console.print(table)
    console.print(f"ideal {bench.ideal:.2f} s, ratio {bench.ratio:.3f} (goal: at most {GOAL})")
    share = f"{bench.checks:.1%} of the run (goal: at most {CHECKS_GOAL:.0%})"
    console.print(f"survey, verification, join and audit: {share}")
    own, child = figures.size(bench.memory), figures.size(bench.child_memory)
    console.print(f"peak memory: {own}, its largest child process {child}")
