"""Plans count result frames: shots, measures and segments follow the frame map."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from restore.framemap import MappedFrame, listed_map
from restore.plan import Plan, make_plan, plan_from_json, plan_to_json, result_shots
from restore.recipe import Recipe
from restore.survey.findings import Survey
from restore.timing import FrameTable, Span
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from restore.treatments.descratch.scratch import Scratch, Scratches
from restore.treatments.stabilize.weave import Weave
from tests.framemaps import every_second, kept_only, matched_pulldown, retimed
from tests.made import made_shot, made_source, made_survey
from tests.test_framemap import maps


def planned(survey: Survey, frame_map: object = None, recipe: Recipe | None = None) -> Plan:
    """The plan of a survey by a map."""
    source = made_source(len(survey.frames))
    return make_plan(
        source,
        survey,
        recipe or Recipe(),
        {},
        ("cpu", "fp32"),
        ".mp4",
        frame_map=frame_map,  # type: ignore[arg-type]
    )


def test_without_a_map_every_source_frame_is_a_result_frame() -> None:
    """The planner makes the identity, and shots are the survey's own."""
    survey = made_survey(made_shot(0, 20), made_shot(20, 50))
    plan = planned(survey)
    assert plan.frame_map.kind == "identity"
    assert plan.frames == 50
    assert result_shots(survey.shots, plan.frame_map) == survey.shots


def test_the_map_is_part_of_the_job_key() -> None:
    """Other frames or other times are another job; the same map is the same one."""
    survey = made_survey(made_shot(0, 20))
    plans = [
        planned(survey),
        planned(survey, every_second(survey.frames)),
        planned(survey, retimed(survey.frames, Fraction(25, 24))),
    ]
    assert len({plan.key for plan in plans}) == 3
    back = plan_from_json(plan_to_json(plans[1]))
    assert back == plans[1]
    assert back.key == plans[1].key


@given(maps(), st.data())
def test_shots_and_segments_cover_the_result_once(frame_map: object, data: st.DataObject) -> None:
    """Whatever the map and wherever the cuts: every result frame is in one shot and in one segment."""
    count: int = frame_map.source  # type: ignore[attr-defined]
    cuts = sorted(data.draw(st.sets(st.integers(1, count), max_size=4)) - {count})
    shots = [made_shot(a, b) for a, b in zip([0, *cuts], [*cuts, count], strict=True)]
    plan = planned(made_survey(*shots), frame_map)
    for spans in ([shot.span for shot in plan.shots], plan.segments):
        covered = [index for span in spans for index in range(span.start, span.stop)]
        assert covered == list(range(plan.frames))


def test_a_shot_without_a_result_frame_is_left_out() -> None:
    """A flash of one frame that is dropped as a repeat has no shot in the result."""
    shots = (made_shot(0, 10), made_shot(10, 11, "black"), made_shot(11, 20))
    frame_map = kept_only(made_survey(*shots).frames, [0, 4, 8, 12, 16])
    found = result_shots(shots, frame_map)
    assert [shot.span for shot in found] == [Span(0, 3), Span(3, 5)]
    assert [shot.content for shot in found] == ["scene", "scene"]


def test_a_cut_in_mid_pattern_keeps_its_shots_apart() -> None:
    """The pattern begins again at the cut; no result frame has a field of both shots."""
    survey = made_survey(made_shot(0, 18), made_shot(18, 40))
    frame_map = matched_pulldown(survey.frames, (0, 18))
    first, second = (shot.span for shot in planned(survey, frame_map).shots)
    assert first.stop == second.start
    assert max(frame_map.used(first)) < 18 <= min(frame_map.used(second))


def test_measures_are_those_of_the_frames_that_are_left() -> None:
    """Weave, flicker and scratches of a shot, of which every second frame is dropped."""
    curve = tuple(float(index) for index in range(12))
    scratch = Scratch(first=3, columns=tuple(range(100, 106)), profile=(1.0, 2.0, 1.0))
    shot = replace(
        made_shot(8, 20),
        measures={
            "stabilize": Weave(curve, curve),
            "deflicker": Flicker(curve, curve),
            "descratch": Scratches((scratch, Scratch(first=1, columns=(7,), profile=(1.0,)))),
        },
    )
    survey = made_survey(made_shot(0, 8), shot)
    (_, found) = result_shots(survey.shots, every_second(survey.frames))
    kept = curve[::2]
    assert found.span == Span(4, 10)
    left = Scratch(first=2, columns=(101, 103, 105), profile=(1.0, 2.0, 1.0))
    assert found.measures == {
        "stabilize": Weave(kept, kept),
        "deflicker": Flicker(kept, kept),
        "descratch": Scratches((left,)),
    }


def test_a_shot_whose_fields_were_not_measured_still_says_which_field_each_frame_has() -> None:
    """Deinterlacing that is forced needs it; frames that stay whole need nothing."""
    survey = made_survey(made_shot(0, 2))
    frames = FrameTable(survey.frames.time_base / 2, (0, 1, 2, 3), (1, 1, 1, 1))
    rows = [MappedFrame(0, None, "field"), MappedFrame(None, 0, "field"), *[MappedFrame(1, 1)] * 2]
    (found,) = result_shots(survey.shots, listed_map(2, rows, frames))
    assert found.measures == {
        "deinterlace": ShotFields((Stretch(0, 8, "unknown"),), kept="tbww"),
    }
    (whole,) = result_shots(survey.shots, retimed(survey.frames, Fraction(1)))
    assert whole.measures == {}


def test_the_rate_and_the_notes_follow_the_map() -> None:
    """Half of the frames come at half the rate; a retiming says what becomes of the length."""
    survey = made_survey(made_shot(0, 20))
    half = planned(survey, every_second(survey.frames))
    assert half.output.rate == 8
    assert half.notes[0] == ("10 frames are made of 10 of 20 source frames: 10 repeat-dropped")
    slower = planned(survey, retimed(survey.frames, Fraction(25, 24)))
    assert slower.output.rate == Fraction(16 * 24, 25)
    assert slower.notes[1].startswith("the frames last 1.302 instead of 1.250 seconds")
