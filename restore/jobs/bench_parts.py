"""A benchmark of one film: the run as a whole, and each of its steps while nothing else runs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from restore.clip import Clip
from restore.jobs.prepare import JobRequest, default_path, prepare, survey_film
from restore.jobs.restore_film import restore_film
from restore.jobs.stopwatch import Cost, Stopwatch, cores, now, peak_memory
from restore.media.codecs import IMAGE_CODECS
from restore.media.ffmpeg.encode import PartEncoder
from restore.run.chain import load_chain, restored
from restore.run.events import Event, Finished, Joining, Started, Writing
from restore.run.executor import Planes, code_values
from restore.run.frames import Job, chunks, load_chunks
from restore.store import make_folder
from restore.timing import Span
from restore.treatments.treatment import Treat

GOAL = 1.15
"""Goal for the ratio of the whole run to the ideal (docs/bench.md)."""

CHECKS_GOAL = 0.10
"""Goal for the share of survey, verification, join and audit in the whole run."""

CHECKS = ("survey", "verification")
"""The steps that only verify."""


@dataclass(frozen=True)
class BenchResult:
    """The measurements of one film. `whole` is the run after its models were loaded."""

    film: Path
    frames: int
    parts: dict[str, Cost]
    whole: Cost
    cores: int
    memory: int
    child_memory: int

    @property
    def ideal(self) -> float:
        """The shortest possible time: that of the slowest step, or of all steps with all processors busy."""
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

    def as_record(self) -> dict[str, object]:
        """The figures as plain values; seconds, frames a second, bytes."""
        parts = {
            name: {
                "seconds": round(cost.wall, 3),
                "cpu_seconds": round(cost.cpu, 3),
                "fps": round(self.frames / cost.wall, 3),
            }
            for name, cost in [*self.parts.items(), ("whole", self.whole)]
        }
        return {
            "film": str(self.film),
            "frames": self.frames,
            "cores": self.cores,
            "parts": parts,
            "ideal_seconds": round(self.ideal, 3),
            "ratio": round(self.ratio, 3),
            "checks_share": round(self.checks, 4),
            "memory": self.memory,
            "child_memory": self.child_memory,
        }


def bench_film(request: JobRequest) -> BenchResult:
    """Restore a film as a whole and then step by step in a temporary folder, which is removed.

    The folder is in the request's `work_dir`, if it has one, and holds the result and its parts.
    """
    place = make_folder(request.work_dir) if request.work_dir else None
    with tempfile.TemporaryDirectory(prefix="restore-bench-", dir=place) as folder:
        return _measured(request, Path(folder))


def _measured(request: JobRequest, folder: Path) -> BenchResult:
    """The whole run, then each step alone."""
    job, _ = prepare(request, folder / "thumbnails", lambda done: None)  # this also warms up caches
    output = default_path(folder / "result", job.source, request.recipe)
    request = replace(request, output=output, work_dir=folder / "work")
    clock = _EventClock()
    began = now()
    restore_film(request, clock)
    whole = (now() - began) - clock.loading
    own, child = peak_memory()
    parts = _parts(request, job, folder)
    parts["verification"] = clock.verification
    if request.recipe.codec in IMAGE_CODECS:
        parts["pictures"] = clock.pictures
    return BenchResult(request.film, job.plan.frames, parts, whole, cores(), own, child)


class _EventClock:
    """A listener that reads the clocks when models are loaded, parts joined and images written."""

    def __init__(self) -> None:
        self.loading = self.verification = self.pictures = Cost()
        self._last = self._joining = now()

    def __call__(self, event: Event) -> None:
        """Take one event: the time between the last note of the plan and the start is loading."""
        read = now()
        if isinstance(event, Started):
            self.loading = read - self._last
        elif isinstance(event, Joining):
            self._joining = read
        elif isinstance(event, Finished):
            self.verification = read - self._joining - self.pictures
        elif isinstance(event, Writing):
            self.pictures += read - self._last
        self._last = read


def _parts(request: JobRequest, job: Job, folder: Path) -> dict[str, Cost]:
    """Survey, decoding, every treatment and encoding, each while nothing else runs."""
    watch = Stopwatch()
    with watch.on("survey"):
        survey_film(job.source, request.recipe, folder / "again", lambda done: None)
    chain = load_chain(job.plan, job.source.width * job.source.height)
    links = tuple(
        replace(k, treat=_timed(k.treat, k.name, watch, job.plan.device)) for k in chain.links
    )
    chain = replace(chain, links=links)
    for number in range(len(job.plan.segments)):
        needed = list(chunks(job.plan, [number], chain.chunk, chain.radius))
        with watch.on("decode"):
            loaded = list(load_chunks(job, needed))
        frames: list[Planes] = []
        for item in loaded:
            shot = job.plan.shots[item.chunk.shot]
            for clip in restored(chain, item.clip, item.chunk.own, shot):
                with watch.on("encode"):
                    frames += code_values(job, clip)
        with watch.on("encode"):
            _encode(job, frames, folder / f"alone-{number}.mkv")
    return watch.costs


def _timed(treat: Treat[Any], name: str, watch: Stopwatch, device: str) -> Treat[Any]:
    """The same treatment, with its cost counted (a GPU's work is waited for)."""

    def counted(clip: Clip, span: Span, decision: Any) -> Clip:
        with watch.on(name):
            treated = treat(clip, span, decision)
            if device.startswith("cuda"):
                import torch

                torch.cuda.synchronize(device)
        return treated

    return counted


def _encode(job: Job, frames: Sequence[Planes], target: Path) -> None:
    """Encode one segment as the run does, and wait for the encoder's end."""
    encoder = PartEncoder(job.plan.output, target)
    try:
        for planes in frames:
            encoder.write(planes)
        encoder.finish()
    finally:
        encoder.abort()
