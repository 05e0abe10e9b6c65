"""Colors drawn by PixColor: seeds, sizes, likelihoods, and cards that do not fit."""

from pathlib import Path

import pytest
import torch

from restore import models
from restore.errors import UsageError
from restore.models.color_sampler import PixColorSampler, load_color_sampler
from restore.nets.color_resnet import ColorResNet
from restore.nets.pixcolor import PixColor
from restore.training.model_export import export_model
from tests.training.test_tasks import coloring

COLOR = {"bins": 4, "width": 16, "context": 8}
DRAWING = {"eighth": 16, "quarter": 8, "width": 8, "layers": 2}


@pytest.fixture(scope="module")
def sampler() -> PixColorSampler:
    """Small seeded networks."""
    torch.manual_seed(4)
    return PixColorSampler(ColorResNet(**COLOR).eval(), PixColor(**DRAWING).eval())


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


def test_likelihoods_are_those_of_the_drawn_colors(sampler: PixColorSampler) -> None:
    """Colors from elsewhere are scored in the same way; careful draws are more likely ones."""
    chroma, likelihood = sampler.draw(_gray(), [3], 1, 1)
    torch.testing.assert_close(sampler.likelihood(_gray(), chroma), likelihood)
    assert float(sampler.draw(_gray(), [3], 0.3, 0.5)[1]) > float(likelihood)


def test_refined_colors_have_twice_the_size(sampler: PixColorSampler) -> None:
    """A quarter of the picture, also where its sides are no multiples of the network's blocks."""
    assert sampler.refined(_gray(2), torch.zeros(2, 2, 5, 7)).shape == (2, 2, 10, 14)


def _exported(
    folder: Path, name: str, net: torch.nn.Module, arguments: dict[str, int], **more: str
) -> Path:
    place = folder / f"{name}-v1"
    place.mkdir()
    settings = coloring().model_copy(update={"architecture": type(net).__name__, **more})
    export_model(place, net.state_dict(), settings, arguments)
    return place


def test_a_card_names_the_color_model(tmp_path: Path) -> None:
    """Both networks are loaded, the color model from the folder or name in the card."""
    color = _exported(tmp_path, "tint", ColorResNet(**COLOR), COLOR)
    drawing = _exported(
        tmp_path, "draws", PixColor(**DRAWING), DRAWING, task="pixcolor", conditioning=str(color)
    )
    card = models.find(str(drawing))
    assert card.conditioning == str(color)
    assert load_color_sampler(card).refined(_gray(), torch.zeros(1, 2, 5, 7)).isfinite().all()


def test_models_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """A color network alone draws nothing, and PixColor alone has no features."""
    color = models.find(str(_exported(tmp_path, "tint", ColorResNet(**COLOR), COLOR)))
    drawing = models.find(str(_exported(tmp_path, "draws", PixColor(**DRAWING), DRAWING)))
    for card in (color, drawing, drawing.model_copy(update={"conditioning": "film-x4"})):
        with pytest.raises(UsageError) as caught:
            load_color_sampler(card)
        assert caught.value.code == "network-unsuitable"
