"""Colors drawn by PixColor: seeds, sizes, likelihoods, and cards that do not fit."""

from pathlib import Path

import pytest
import torch

from restore import models
from restore.errors import UsageError
from restore.models.color_sampler import PixColorSampler, load_color_sampler
from restore.nets.color_resnet import ColorResNet, Decoded
from restore.nets.pixcolor import PixColor
from tests.models.small_pixcolor import COLOR, DRAWING, exported, exported_sampler, small_sampler


@pytest.fixture(scope="module")
def sampler() -> PixColorSampler:
    """Small seeded networks."""
    return small_sampler()


def _gray(number: int = 1) -> torch.Tensor:
    return torch.rand(number, 1, 40, 56, generator=torch.Generator().manual_seed(1))


def test_a_seed_gives_the_same_coloring_in_any_batch(sampler: PixColorSampler) -> None:
    """Seeds differ from each other, and each of them does not depend on the others."""
    gray = _gray().repeat(3, 1, 1, 1)
    together, likelihoods = sampler.draw(gray, [7, 8, 9], 1, 1)
    alone, likelihood = sampler.draw(gray[:1], [8], 1, 1)
    assert together.shape == (3, 2, 5, 7)
    assert torch.equal(together[1:2], alone)
    assert not torch.equal(together[0], together[1])
    torch.testing.assert_close(likelihoods[1:2], likelihood)


def test_an_expanded_picture_is_computed_once(
    sampler: PixColorSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several seeds of one picture cost its features once, and give the same colors."""
    seen: list[int] = []
    decoded = sampler.color.decoded

    def watched(gray: torch.Tensor) -> Decoded:
        seen.append(len(gray))
        return decoded(gray)

    monkeypatch.setattr(sampler.color, "decoded", watched)
    copies, _ = sampler.draw(_gray().repeat(3, 1, 1, 1), [7, 8, 9], 1, 1)
    expanded, _ = sampler.draw(_gray().expand(3, -1, -1, -1), [7, 8, 9], 1, 1)
    assert seen == [3, 1]
    assert torch.equal(copies, expanded)
    fine = sampler.refined(_gray().expand(3, -1, -1, -1), expanded)
    torch.testing.assert_close(fine, sampler.refined(_gray().repeat(3, 1, 1, 1), expanded))
    assert seen == [3, 1, 1, 3]


def test_likelihoods_are_those_of_the_drawn_colors(sampler: PixColorSampler) -> None:
    """Colors from elsewhere are scored in the same way; careful draws are more likely ones."""
    chroma, likelihood = sampler.draw(_gray(), [3], 1, 1)
    torch.testing.assert_close(sampler.likelihood(_gray(), chroma), likelihood)
    assert float(sampler.draw(_gray(), [3], 0.3, 0.5)[1]) > float(likelihood)


def test_refined_colors_have_twice_the_size(sampler: PixColorSampler) -> None:
    """A quarter of the picture, also where its sides are no multiples of the network's blocks."""
    assert sampler.refined(_gray(2), torch.zeros(2, 2, 5, 7)).shape == (2, 2, 10, 14)


def test_the_color_network_gives_its_own_scores(sampler: PixColorSampler) -> None:
    """Four places of each cell, the scores of the whole network where no border is added."""
    assert sampler.scores(_gray(2)).shape == (2, 4, 10, 14)
    whole = torch.rand(1, 1, 32, 64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(sampler.scores(whole), sampler.color(whole))


def test_a_card_names_the_color_model(tmp_path: Path) -> None:
    """Both networks are loaded, the color model from the folder or name in the card."""
    card = models.find(str(exported_sampler(tmp_path)))
    assert card.conditioning == str(tmp_path / "tint-v1")
    assert load_color_sampler(card).refined(_gray(), torch.zeros(1, 2, 5, 7)).isfinite().all()


def test_models_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """A color network alone draws nothing, and PixColor alone has no features."""
    color = models.find(str(exported(tmp_path, "tint", ColorResNet(**COLOR), COLOR)))
    drawing = models.find(str(exported(tmp_path, "draws", PixColor(**DRAWING), DRAWING)))
    for card in (color, drawing, drawing.model_copy(update={"conditioning": "film-x4"})):
        with pytest.raises(UsageError) as caught:
            load_color_sampler(card)
        assert caught.value.code == "network-unsuitable"


def test_other_weights_of_the_color_model_are_refused(tmp_path: Path) -> None:
    """A color model that was trained further has other features, although its name is the same."""
    card = models.find(str(exported_sampler(tmp_path)))
    assert card.conditioning_sha256 == models.find(str(card.conditioning)).sha256
    torch.manual_seed(8)
    (tmp_path / "later").mkdir()
    later = exported(tmp_path / "later", "tint", ColorResNet(**COLOR), COLOR)
    changed = card.model_copy(update={"conditioning": str(later)})
    with pytest.raises(UsageError) as caught:
        load_color_sampler(changed)
    assert caught.value.code == "weights-mismatch"
    unknown = changed.model_copy(update={"conditioning_sha256": None})
    assert load_color_sampler(unknown).color
