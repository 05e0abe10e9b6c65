"""Before the work: what a plan says about the machine."""

from __future__ import annotations

import pytest

from restore.jobs.prepare import cards_for, plan_film
from restore.recipe import Recipe
from tests.made import made_shot, made_source, made_survey


@pytest.mark.parametrize(("upscale", "notes"), [(2, 1), (None, 0)], ids=["network", "no network"])
def test_a_plan_says_that_its_precision_is_slow(
    monkeypatch: pytest.MonkeyPatch, upscale: int | None, notes: int
) -> None:
    """--precision bf16 on a processor without its instructions is a note, if a network runs at all."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True})
    recipe = Recipe.model_validate({"upscale": upscale, "precision": "bf16", "device": "cpu"})
    source = made_source()
    plan = plan_film(
        source, made_survey(made_shot(0, 10)), recipe, cards_for(source, recipe), ".mkv"
    )
    assert plan.precision == "bf16"
    assert len([note for note in plan.notes if "7 to 30 times slower" in note]) == notes
