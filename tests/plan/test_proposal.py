"""What a film needs, from its file and its survey."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from restore.media.source import Source, Stream
from restore.plan.proposal import lines, propose
from restore.recipe import KindName
from restore.survey.findings import Survey
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.deinterlace.shot_fields import FieldKind, ShotFields, Stretch
from restore.treatments.film_facts import Color
from tests.made import made_shot, made_source, made_survey

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


@pytest.mark.parametrize(
    ("source", "survey", "kind"),
    [
        (film(), found("color", "video"), "vhs"),
        (film(codec="dvvideo"), found("color", "video"), "dv"),
        (film(codec="mpeg2video"), found("color", "video"), "dvd"),
        (replace(film(), height=1080), found("color", "video"), "dvd"),
        (film(), found("color", "film"), "telecine"),
        (film(), found("color", soft=True), "telecine"),
        (film(), found("mono", "film"), "newsreel"),
        (film(), found("mono"), "newsreel"),
        (replace(film(), streams=()), found("tint", repeats=tuple(range(1, 40, 4))), "silent"),
        (film(), found("color"), None),
        (film(), found("color", "unknown"), None),
    ],
)
def test_the_kind_of_a_film(source: Source, survey: Survey, kind: KindName | None) -> None:
    """Fields, codec, size, color and sound decide; a clean color film is of no special kind."""
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


def test_size_and_color_are_suggestions() -> None:
    """They change what the film is, so a person decides."""
    assert propose(film(), found("mono")).suggests == ("--upscale 4", "--colorize")
    assert propose(replace(film(), height=1080), found("color")).suggests == ()


def test_a_proposal_in_lines() -> None:
    """Each line begins with an option that can be given."""
    text = lines(propose(film(), found("color", "video")))
    assert [line.split()[0].rstrip(":") for line in text] == ["--for", "--auto", "--upscale"]
