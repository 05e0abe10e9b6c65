"""The facts of a film file, and its shots."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from restore.jobs.record_files import KnownRecord, find_record
from restore.media.container.probe import probe
from restore.media.container.second_reading import with_second_reading
from restore.media.source import Source
from restore.survey.findings import Shot, Survey
from restore.survey.survey import passes, survey
from restore.treatments import catalog


@dataclass(frozen=True)
class Inspection:
    """An inspected film: `source` has the facts of the file, `survey` those of the decoded frames.

    `record` is that of a result of this program, if it is next to the film and neither has changed.
    """

    source: Source
    survey: Survey
    record: KnownRecord | None = None

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The shots in order; `span` has a shot's first frame, and the frame after its last one."""
        return self.survey.shots

    @property
    def frames(self) -> int:
        """Number of frames that can be decoded."""
        return len(self.survey.frames)

    @property
    def seconds(self) -> float:
        """The length of the film."""
        return float(self.survey.frames.end - self.survey.frames.start)

    @property
    def damage(self) -> tuple[str, ...]:
        """What is damaged; empty for a film that decodes without errors."""
        return self.survey.damage


def inspect_film(
    film: Path,
    rate: Fraction | None = None,
    progress: Callable[[int, int], None] = lambda done, expected: None,
) -> Inspection:
    """Read a film's header and all its frames; nothing is written.

    `rate` is that of an image sequence; `progress` gets the number of frames read and the number that the
    container has, for all passes over the film. Raises SourceError if there is no film.
    """
    source = with_second_reading(probe(film, rate, from_zero=True))
    measuring = [name for name, treatment in catalog.TREATMENTS.items() if treatment.measure]
    expected = passes(measuring) * len(source.frames)

    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        found = survey(
            source,
            Path(folder) / "thumbnails",
            None,
            lambda done: progress(done, expected),
            measuring=measuring,
        )
    return Inspection(source, found, find_record(film))
