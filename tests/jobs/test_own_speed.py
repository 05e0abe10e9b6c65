"""Films that were stored at a higher rate: what is proposed, and what the proposal makes of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from restore.jobs.film_inspection import inspect_film
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import record_path
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.plan import propose
from restore.plan.proposal import Proposal
from restore.recipe import Recipe
from restore.report.record import Record
from restore.run.events import ignore_event
from tests.media.films import make

SCENE = "mandelbrot=s=160x120:r={own}:end_scale=0.02:end_pts=60,fps={stored},trim=duration=4"
SOUND = ("-f", "lavfi", "-i", "sine=440:d=4", "-c:a", "flac", "-shortest")


def stored(folder: Path, own: int, rate: int, *more: str) -> Path:
    """Four seconds of a film of `own` frames a second, stored at another rate."""
    drawn = SCENE.format(own=own, stored=rate) + ",format=yuv420p"
    return make(folder / "film.mkv", *more, "-c:v", "ffv1", drawn=drawn)


def proposed(film: Path) -> Proposal:
    """What `restore inspect` proposes."""
    found = inspect_film(film)
    return propose(found.source, found.survey)


@pytest.mark.parametrize(
    ("own", "rate", "speed"), [(18, 24, "18"), (16, 25, "16"), (20, 30, "20"), (12, 24, None)]
)
def test_the_own_speed_of_a_film_is_proposed(
    own: int, rate: int, speed: str | None, tmp_path: Path
) -> None:
    """From the repeats in the picture; every drawing twice is animation, which keeps them."""
    proposal = proposed(stored(tmp_path, own, rate))
    assert proposal.speed == speed
    assert proposal.repeats == (None if speed is None else "drop")
    assert proposal.kind == (None if speed is None else "silent")


def test_the_proposal_shows_every_frame_once_at_its_own_rate(tmp_path: Path) -> None:
    """18 frames a second in 24: the result has the distinct ones at 18, and lasts as long as its sound."""
    film = stored(tmp_path, 18, 24, *SOUND)
    proposal = proposed(film)
    assert len(proposal.timing) == 3
    recipe = Recipe.model_validate(
        {"codec": "ffv1", "repeats": proposal.repeats, "speed": proposal.speed}
    )
    target = tmp_path / "result.mkv"
    restore_film(JobRequest(film, recipe, output=target), ignore_event)
    record = Record.model_validate_json(record_path(target).read_text())
    result = probe(target)
    assert abs(record.frames - 72) <= 1
    assert len(result.frames) == record.frames
    assert float(result.frames.rate) == pytest.approx(18, rel=0.002)
    assert abs(result.frames.end - 4) < Fraction(1, 12)
