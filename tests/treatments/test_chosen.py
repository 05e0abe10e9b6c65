"""Chosen colors in a plan: anchors as text, and the frames that are made from them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from restore.clip import Clip, ColorSpec
from restore.errors import UsageError
from restore.timing import Span
from restore.treatments.colorize import (
    COLORIZE,
    ColorizeDecision,
    ColorizeOptions,
    ColorizeSettings,
)
from restore.treatments.colorize.chosen import (
    STEP,
    AnchorColors,
    ColorChoice,
    anchor_frames,
    chosen_colors,
    nearest_anchor,
    packed,
    unpacked,
)
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import Engine
from tests.made import made_shot
from tests.treatments.colored_square import colored_square

HD = ColorSpec("bt709", "limited")
FILM = FilmFacts(256, 192)


def _cells(chroma: np.ndarray) -> np.ndarray:
    """Means of 4x4 samples [2, h, w] of chroma [H, W, 2]."""
    height, width = chroma.shape[0] // 4, chroma.shape[1] // 4
    return np.moveaxis(chroma.reshape(height, 4, width, 4, 2).mean((1, 3)), -1, 0)


@pytest.fixture(scope="module")
def shot() -> tuple[Clip, AnchorColors]:
    """A shot of 30 frames from number 100 on, with anchors of its true colors."""
    scene = colored_square(30)
    clip = Clip(torch.from_numpy(np.stack(scene.luma))[:, None], None, 100, HD)
    span = Span(100, 130)
    texts = tuple(packed(_cells(scene.chroma[f - 100])) for f in anchor_frames(span))
    return clip, AnchorColors(span, 48, 64, texts)


def test_anchors_survive_their_text() -> None:
    """Any chroma comes back within half a step of 8 bits, also jumps from one end to the other."""
    draw = np.random.default_rng(1)
    chroma = draw.uniform(-0.5, 0.5, (2, 6, 7)).astype(np.float32)
    chroma[0, 0, :2] = (-0.5, 0.5)
    assert np.abs(unpacked(packed(chroma), 6, 7) - chroma).max() < 0.5 / 254 + 1e-6


@pytest.mark.parametrize(
    ("stop", "frames"), [(101, [100]), (109, [100, 108]), (112, [100, 108, 111])]
)
def test_the_ends_of_a_shot_have_anchors(stop: int, frames: list[int]) -> None:
    """Every eighth frame, and the last one."""
    assert anchor_frames(Span(100, stop)) == frames


def test_each_frame_lies_between_two_anchors() -> None:
    """No farther away than the context that the treatment asks for; anchors are their own neighbors."""
    span = Span(100, 131)
    colors = AnchorColors(span, 1, 1, ("",) * len(anchor_frames(span)))
    stops = anchor_frames(span)
    for frame in range(100, 131):
        before, after = colors.neighbors(frame)
        assert before in stops
        assert after in stops
        assert before <= frame <= after
        assert after - before <= STEP
        assert (before == after) == (frame in stops)
    assert COLORIZE.radius(ColorizeSettings(radius=2)) == STEP
    assert nearest_anchor(span, 13) == 16
    assert nearest_anchor(span, 29) == 30


@pytest.mark.parametrize("cuts", [[101], [108, 116], [103, 104, 127]])
def test_segmented_equals_whole(shot: tuple[Clip, AnchorColors], cuts: list[int]) -> None:
    """Wherever the shot is cut into segments, with their context, its frames get the same chroma."""
    clip, colors = shot
    whole = chosen_colors(clip, colors.span, colors, 1.0)
    edges = [100, *cuts, 130]
    parts = []
    for start, stop in itertools.pairwise(edges):
        near = Span(start, stop).widened(STEP, colors.span)
        parts.append(
            chosen_colors(clip.part(near.start, near.stop), Span(start, stop), colors, 1.0)
        )
    # sums over neighbors may be ordered differently by the vector units: far below a code value
    assert (torch.cat(parts) - whole).abs().max() < 1e-5


def test_the_thing_has_its_color_in_every_frame(shot: tuple[Clip, AnchorColors]) -> None:
    """At anchors and between them: the inside of the square is as chosen, within a few code values."""
    clip, colors = shot
    scene = colored_square(30)
    found = chosen_colors(clip, colors.span, colors, 1.0)
    for frame in range(30):
        y, x = scene.corners[frame]
        inside = found[frame, :, (y + 10) // 2 : (y + 38) // 2, (x + 10) // 2 : (x + 38) // 2]
        mean = inside.mean(dim=(1, 2))
        assert (mean - torch.tensor([-0.06, 0.13])).abs().max() < 0.02, frame


def test_saturation_is_a_factor(shot: tuple[Clip, AnchorColors]) -> None:
    """Half the saturation is half the chroma where colors are within the gamut; 0 is gray."""
    clip, colors = shot
    one, half, none = (chosen_colors(clip, Span(104, 105), colors, s) for s in (1.0, 0.5, 0.0))
    assert (half - one / 2).abs().mean() < 0.003
    assert not none.any()


def test_a_matrix_changes_numbers_not_colors(shot: tuple[Clip, AnchorColors]) -> None:
    """A film tagged BT.601 gets other values."""
    clip, colors = shot
    sd = replace(clip, color=ColorSpec("bt601", "limited"))
    one, other = (chosen_colors(c, Span(104, 105), colors, 1.0) for c in (clip, sd))
    assert (one - other).abs().max() > 0.005


def test_the_treatment_uses_the_choice(shot: tuple[Clip, AnchorColors]) -> None:
    """Luma is kept, chroma is that of the anchors, and a choice that was not made is an error."""
    clip, colors = shot
    treat = COLORIZE.load(ColorizeSettings(), Engine())
    choice = ColorChoice(variant=3, colors=colors)
    made = treat(clip, Span(110, 112), ColorizeDecision("color", choice=choice))
    assert torch.equal(made.luma, clip.luma[10:12])
    assert made.chroma is not None
    assert torch.equal(made.chroma, chosen_colors(clip, Span(110, 112), colors, 1.0))
    with pytest.raises(UsageError) as caught:
        treat(clip, Span(110, 112), ColorizeDecision("color", choice=ColorChoice(variant=3)))
    assert caught.value.code == "colors-not-chosen"


def test_saturation_and_warmth_act_without_a_choice(shot: tuple[Clip, AnchorColors]) -> None:
    """The network's own colors can be paler and warmer; no saturation is gray."""
    clip, _ = shot
    treat = COLORIZE.load(ColorizeSettings(), Engine())
    plain, gray, warm = (
        treat(clip, Span(110, 111), ColorizeDecision("color", *values)).chroma
        for values in ((1.0, 0.0), (0.0, 0.0), (1.0, 1.0))
    )
    assert plain is not None
    assert gray is not None
    assert warm is not None
    assert not gray.any()
    assert (warm - plain)[:, 1].mean() > 0.01
    assert (warm - plain)[:, 0].mean() < -0.01


def test_options_become_the_decision() -> None:
    """A variant or references ask for a choice; only scenes get one."""
    options = ColorizeOptions(colorize=True, variant=4, saturation=0.5, warmth=-0.1)
    found = COLORIZE.decide(made_shot(0, 9), None, options, FILM)
    assert found == ColorizeDecision("color", 0.5, -0.1, ColorChoice(variant=4))
    assert COLORIZE.decide(made_shot(0, 9, "card"), None, options, FILM) == ColorizeDecision(
        "neutral"
    )
    plain = COLORIZE.decide(made_shot(0, 9), None, ColorizeOptions(colorize=True), FILM)
    assert plain == ColorizeDecision("color")


def test_a_shots_own_choice_replaces_that_of_the_film() -> None:
    """A variant the reference, a reference the variant; both together are a mistake."""
    film = ColorizeOptions(colorize=True, reference=("a.png",))
    assert COLORIZE.override(film, {"variant": 2}).choice == ColorChoice(variant=2)
    other = COLORIZE.override(ColorizeOptions(colorize=True, variant=2), {"reference": ("b.png",)})
    assert other.choice == ColorChoice(references=("b.png",))
    both = ColorizeOptions(colorize=True, variant=2, reference=("a.png",))
    assert [key for key, _ in COLORIZE.conflicts([both])] == ["variant"]


@pytest.mark.parametrize(
    "option",
    [{"variant": 1}, {"reference": "a.png"}, {"saturation": 0.5}, {"color_bible": "b.json"}],
)
def test_choices_need_color(option: dict[str, object]) -> None:
    """Each of them alone has no meaning."""
    options = ColorizeOptions.model_validate(option)
    assert [key for key, _ in COLORIZE.conflicts([options])] == list(option)


def test_people_read_what_was_chosen() -> None:
    """In notes, record and page; the summary has no numbers."""
    done, summary = COLORIZE.describe.done, COLORIZE.describe.summary
    choice = ColorChoice(references=("/x/still.png",), files=(("still.png", "0" * 64),))
    assert done(ColorizeDecision("color", 0.8, 0.2, ColorChoice(variant=3))) == (
        "colored (variant 3, saturation 0.8, warmth +0.2)"
    )
    assert done(ColorizeDecision("color", choice=choice)) == "colored (colors of still.png)"
    shared = replace(choice, how="palette", alike="shot 2 of a.mkv")
    assert shared.text == "colors of still.png (palette only), as shot 2 of a.mkv"
    assert summary is not None
    assert summary(ColorizeDecision("color", choice=choice)) == ["colored as chosen"]


def test_records_have_the_hash_and_not_the_anchors(shot: tuple[Clip, AnchorColors]) -> None:
    """Anchors are large, and follow from the choice; older records without any choice are read."""
    choice = ColorChoice(variant=3, sha256="1" * 64, colors=shot[1])
    recorded = COLORIZE.recorded(ColorizeDecision("color", choice=choice))
    assert recorded.choice == ColorChoice(variant=3, sha256="1" * 64)
    old = TypeAdapter(ColorizeDecision).validate_json('{"mode": "color"}')
    assert COLORIZE.recorded(old) == ColorizeDecision("color")


def test_cells_keep_the_colors_that_were_chosen() -> None:
    """Also those of small things that luma does not show: the mean of a cell is that in the plan."""
    cells = np.zeros((2, 48, 64), np.float32)
    cells[:, 20, 30] = 0.1
    colors = AnchorColors(Span(0, 1), 48, 64, (packed(cells),))
    clip = Clip(torch.full((1, 1, 192, 256), 0.5), None, 0, HD)
    made = chosen_colors(clip, Span(0, 1), colors, 1.0)
    means = torch.nn.functional.avg_pool2d(made, 2)[0].numpy()
    # the correction is bilinear: a part of it goes to the cells around
    assert means[:, 20, 30].min() > 0.05
    assert np.abs(means[:, :17]).max() < 0.002
