"""Options for fields that have no effect are named; contradictions are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restore.errors import UsageError
from restore.recipe import load_recipe
from restore.treatments.deinterlace import DEINTERLACE, DeinterlaceDecision, DeinterlaceOptions
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import TreatedShot
from tests.made import made_shot

VIDEO = ShotFields((Stretch(0, 20, "video", "tff", (1,)),))
FILM = ShotFields((Stretch(0, 20, "film", "tff", (2, 3)),))
FRAMES = ShotFields((Stretch(0, 20, "progressive"),), repeats=(1, 5, 9))
SINGLE = DeinterlaceDecision(0, "t" * 10, "single")

Treated = TreatedShot[ShotFields, DeinterlaceDecision]


def treated(measure: ShotFields | None, decision: DeinterlaceDecision | None = None) -> Treated:
    """A shot with this measure and decision."""
    return TreatedShot(made_shot(0, 10), measure, decision)


def without_effect(options: dict[str, Any], *shots: Treated) -> list[str]:
    """The options that the notes name as without effect."""
    found = DEINTERLACE.describe.notes(shots, DeinterlaceOptions(**options), FilmFacts(64, 48))
    return [line.split()[0] for line in found if "no effect" in line]


@pytest.mark.parametrize(
    ("options", "shots", "named"),
    [
        ({"field": "top"}, [treated(VIDEO, SINGLE)], []),
        ({"field": "top"}, [treated(FILM, SINGLE)], []),
        ({"field": "top"}, [treated(FRAMES)], ["--field"]),
        ({"field": "top"}, [treated(VIDEO, SINGLE), treated(FRAMES)], []),
        ({"deinterlacer": "bwdif"}, [treated(VIDEO, SINGLE)], []),
        ({"deinterlacer": "bwdif"}, [treated(FRAMES)], ["--deinterlacer"]),
        ({"deinterlacer": "bwdif"}, [treated(None)], ["--deinterlacer"]),
        ({"repeats": "drop"}, [treated(FRAMES)], []),
        ({"repeats": "drop"}, [treated(VIDEO), treated(None)], ["--repeats"]),
        ({}, [treated(FRAMES), treated(None)], []),
    ],
)
def test_options_without_effect_are_named(
    options: dict[str, Any], shots: list[Treated], named: list[str]
) -> None:
    """An option that changes nothing on this film is in a note; one that acts in some shot is not."""
    assert without_effect(options, *shots) == named


@pytest.mark.parametrize(
    "text",
    [
        'field = "top"\ndeinterlace = "off"\n',
        'deinterlace = "off"\n[[shot]]\nnumber = 1\nfield = "top"\n',
    ],
)
def test_a_field_is_not_used_alone_without_deinterlacing(text: str, tmp_path: Path) -> None:
    """The combination is refused, in a film and in a shot."""
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_recipe(path, {})
    assert caught.value.code == "invalid-recipe"


def test_a_shot_may_keep_its_fields(tmp_path: Path) -> None:
    """A film of which one field is used can have shots that are not deinterlaced."""
    path = tmp_path / "recipe.toml"
    path.write_text('field = "top"\n[[shot]]\nnumber = 1\ndeinterlace = "off"\n')
    recipe = load_recipe(path, {})
    assert recipe.of(DeinterlaceOptions).field == "top"
