"""What a film needs, from its file and its survey."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from restore.media.source import Source, Stream
from restore.plan.proposal import lines, propose
from restore.recipe import KindName
from restore.survey.findings import Survey
from restore.timing import table_from_pts
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.deinterlace.shot_fields import FieldKind, ShotFields, Stretch
from restore.treatments.dropout.tape_loss import TapeLoss
from restore.treatments.film_facts import Color
from tests.made import SD, made_shot, made_source, made_survey

SOUND = Stream(1, "audio", "pcm_s16le", None, None, False, False, "sound")


def film(**changes: Any) -> Source:
    """A film of 480 rows with sound."""
    return made_source(40, height=480, width=640, streams=(SOUND,), **changes)


def found(color: Color, kind: FieldKind = "progressive", **more: Any) -> Survey:
    """A survey of one shot of 40 frames."""
    pattern = {"video": (1,), "film": (2, 3)}.get(kind, (2,))
    fields = replace(ShotFields((Stretch(0, 80, kind, "tff", pattern),)), **more)
    shot = replace(made_shot(0, 40, color=color), measures={"deinterlace": fields})
    return made_survey(shot)


def taped(kind: FieldKind) -> Survey:
    """A survey of a film in color with dropouts."""
    survey = found("color", kind)
    shot = survey.shots[0]
    return replace(
        survey, shots=(replace(shot, measures={**shot.measures, "dropout": TapeLoss(1.0, 8)}),)
    )


def slow(color: Color) -> Survey:
    """A survey of a film of 18 frames a second stored at 24."""
    survey = found(color, repeats=tuple(range(1, 40, 4)))
    return replace(survey, frames=table_from_pts(Fraction(1, 24), range(40)))


@pytest.mark.parametrize(
    ("source", "survey", "kind"),
    [
        (film(), found("color", "video"), None),
        (film(), taped("video"), "vhs"),
        (film(codec="ffv1", container="matroska"), taped("video"), "vhs"),
        (film(codec="mpeg2video"), taped("video"), "vhs"),
        (film(container="mpegts"), found("color", "video"), "dvd"),
        (replace(film(), height=1080), taped("video"), "dvd"),
        (film(), taped("progressive"), None),
        (film(codec="dvvideo"), found("color", "video"), "dv"),
        (film(codec="mpeg2video"), found("color", "video"), "dvd"),
        (replace(film(), height=1080), found("color", "video"), "dvd"),
        (film(), found("color", "film"), "telecine"),
        (film(), found("color", soft=True), "telecine"),
        (film(), found("mono", "film"), "newsreel"),
        (film(), found("mono"), "newsreel"),
        (film(), slow("mono"), "silent"),
        (film(), slow("color"), "silent"),
        (replace(film(), streams=()), found("tint"), "silent"),
        (film(), found("color"), None),
        (film(), found("color", "unknown"), None),
    ],
)
def test_the_kind_of_a_film(source: Source, survey: Survey, kind: KindName | None) -> None:
    """Fields, faults of tape, codec, container, color and sound decide; rows alone are no reason for tape."""
    proposal = propose(source, survey)
    assert proposal.kind == kind
    assert bool(proposal.reasons) == (kind is not None)


def test_repairs_are_those_of_auto() -> None:
    """What was measured is proposed, with the number of shots, without any network."""
    flicker = Flicker((1.1,) * 40, (0.0,) * 40)
    one, other = made_shot(0, 40), made_shot(40, 80)
    survey = made_survey(replace(one, measures={"deflicker": flicker}), other)
    proposal = propose(made_source(80), survey)
    assert proposal.repairs == ("flicker removed (1 of 2 shots)",)


def test_fields_are_among_the_repairs() -> None:
    """Video is deinterlaced, film is joined; both are named once."""
    assert propose(film(), found("color", "video")).repairs == ("deinterlaced",)
    assert propose(film(), found("color")).repairs == ()
    tagged = film(color=replace(SD, fields="tff"))
    assert propose(tagged, found("color")).repairs == ("marked as progressive",)
    assert propose(tagged, found("color", "film")).repairs[0] == "fields joined to frames"


def test_dropped_frames_are_among_the_repairs() -> None:
    """Film of 24 frames a second in 25 loses its repeated frame, although no field is touched."""
    pattern = (2,) * 23 + (4,)
    fields = ShotFields((Stretch(0, 100, "film", None, pattern),), (24, 49))
    shot = replace(made_shot(0, 50, color="color"), measures={"deinterlace": fields})
    proposal = propose(made_source(50), made_survey(shot))
    assert proposal.repairs == ("film brought back to its own 48 of 50 frames",)


def test_each_repair_is_named_once() -> None:
    """Shots with different faults of one treatment are counted by fault, without their figures."""
    losses = (TapeLoss(1.0, 0), TapeLoss(1.0, 8), TapeLoss(0.0, 6))
    shots = [
        replace(made_shot(40 * place, 40 * place + 40, color="color"), measures={"dropout": loss})
        for place, loss in enumerate(losses)
    ]
    assert propose(made_source(120), made_survey(*shots)).repairs == (
        "dropouts filled (2 of 3 shots)",
        "rows of head switching filled (2 of 3 shots)",
    )


def test_size_and_color_are_suggestions() -> None:
    """They change what the film is, so a person decides."""
    assert propose(film(), found("mono")).suggests == ("--upscale 4", "--colorize")
    assert propose(replace(film(), height=1080), found("color")).suggests == ()


def test_a_proposal_in_lines() -> None:
    """Each line begins with an option that can be given."""
    text = lines(propose(film(), taped("video")))
    assert [line.split()[0].rstrip(":") for line in text] == ["--for", "--auto", "--upscale"]


def test_the_own_rate_of_a_film_is_proposed() -> None:
    """Dropping repeats and the rate belong together; what becomes of sound is said if there is any."""
    proposal = propose(film(), slow("mono"))
    assert (proposal.repeats, proposal.speed) == ("drop", "18")
    silent = propose(replace(film(), streams=()), slow("mono"))
    assert len(proposal.timing) == len(silent.timing) + 1
    assert any(line.startswith("--repeats drop --speed 18: ") for line in lines(proposal))


def test_no_rate_is_proposed_without_a_pattern() -> None:
    """Animation on twos keeps its repeats."""
    proposal = propose(film(), found("color", repeats=tuple(range(1, 40, 2))))
    assert (proposal.repeats, proposal.speed, proposal.timing) == (None, None, ())
