"""What was found about fields, as a line and as figures."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from restore.treatments.deinterlace.describe_fields import figures, found, main_stretch
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from restore.treatments.film_facts import FilmFacts

TOP = FilmFacts(720, 576, Fraction(1), fields="tff")
PLAIN = FilmFacts(720, 576)

VIDEO = Stretch(0, 20, "video", "tff", (1,))
FILM = Stretch(0, 20, "film", "bff", (2, 3), 2)
FRAMES = Stretch(0, 20, "progressive")


@pytest.mark.parametrize(
    ("measure", "film", "line"),
    [
        (ShotFields((VIDEO,)), TOP, "interlaced video, top field first"),
        (ShotFields((VIDEO,)), PLAIN, "interlaced video, top field first (tagged as progressive)"),
        (
            ShotFields((FILM,)),
            TOP,
            "film in 3:2 pulldown, bottom field first (tagged top field first)",
        ),
        (
            ShotFields((Stretch(0, 20, "film", "tff", (2,), 1),)),
            TOP,
            "film, fields one off (PsF), top field first",
        ),
        (ShotFields((FRAMES,)), PLAIN, "progressive"),
        (ShotFields((FRAMES,)), TOP, "progressive, tagged as interlaced"),
        (ShotFields((FRAMES,), repeats=(3, 7)), PLAIN, "progressive, 2 repeated frames"),
        (
            ShotFields((FRAMES,), repeats=(1, 3, 5, 7)),
            PLAIN,
            "progressive, every second frame repeats",
        ),
        (ShotFields((FRAMES,), repeats=(1, 5, 9)), PLAIN, "progressive, one of 4 frames repeats"),
        (
            ShotFields((Stretch(0, 40, "progressive"),), repeats=(2, 4, 7, 9, 12, 14, 17, 19)),
            PLAIN,
            "progressive, 3 of 5 frames are distinct",
        ),
        (ShotFields((FRAMES,), soft=True), PLAIN, "progressive, pulldown by repeat-field flags"),
        (
            ShotFields((VIDEO,), swapped=True, progressive_chroma=True),
            TOP,
            (
                "interlaced video, top field first, fields exchanged in every frame, "
                "chroma stored as if progressive"
            ),
        ),
        (ShotFields((Stretch(0, 20, "unknown"),)), TOP, "unknown: no cadence is certain"),
        (
            ShotFields((VIDEO,), unsettled=True),
            TOP,
            "interlaced video, top field first, irregular cadence",
        ),
        (
            ShotFields((Stretch(0, 20, "blended", "tff", (1,)),)),
            TOP,
            "blended fields (standards conversion), top field first",
        ),
    ],
)
def test_a_line_says_what_was_found(measure: ShotFields, film: FilmFacts, line: str) -> None:
    """Kind, field order with the tagged one if it is another, and traits."""
    assert found(measure, film) == line


def test_breaks_are_counted() -> None:
    """A stretch after the first one begins with a break of the cadence."""
    broken = ShotFields((FILM, Stretch(20, 40, "film", "bff", (2, 3), 0)))
    assert found(broken, FilmFacts(720, 576, fields="bff")).endswith("1 break")
    assert figures(broken, TOP)["breaks_at_fields"] == [20]


def test_the_main_stretch_is_of_the_kind_that_most_fields_have() -> None:
    """Several stretches of a kind count together."""
    stretches = (
        Stretch(0, 30, "video", "tff", (1,)),
        Stretch(30, 50, "film", "tff", (2, 3)),
        Stretch(50, 70, "film", "tff", (2, 3)),
    )
    assert main_stretch(ShotFields(stretches)) == stretches[1]


def test_figures_are_json_with_plain_keys() -> None:
    """Programs get the same as keys and values."""
    values = json.loads(json.dumps(dict(figures(ShotFields((FILM,), mixed=True), TOP))))
    assert values == {
        "fields": "film",
        "field_order": "bff",
        "tagged_field_order": "tff",
        "pattern": [2, 3],
        "phase": 2,
        "cadence_breaks": 0,
        "breaks_at_fields": [],
        "repeated_frames": 0,
        "repeats_every": None,
        "distinct_frames": None,
        "soft_pulldown": False,
        "swapped_fields": False,
        "video_over_film": True,
        "irregular_cadence": False,
        "progressive_chroma": False,
    }
    assert figures(None, TOP) == {"fields": None}
