"""Luma through a network: tiles by memory, and what is checked of the result."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from restore.clip import Clip, ColorSpec
from restore.errors import OutOfMemory
from restore.timing import Span
from restore.treatments.treatment import Engine
from restore.treatments.upscale import enlarge

SD = ColorSpec("bt601", "limited")


class Doubling(torch.nn.Module):
    """Repeats the middle frame's samples twice; runs out of memory for sides above `most`."""

    receptive_radius = 2

    def __init__(self, most: int = 10**6) -> None:
        super().__init__()
        self.most = most
        self.seen: list[tuple[int, ...]] = []

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        """The middle frame of a window, twice as large."""
        self.seen.append(tuple(window.shape))
        if max(window.shape[-2:]) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        middle = window[:, window.shape[1] // 2][:, None]
        return middle.repeat_interleave(2, -1).repeat_interleave(2, -2)


Made = Callable[..., tuple[Doubling, Callable[[Clip, Span], torch.Tensor], list[str]]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """An enlarger with a net of that memory, the net, and what was said to the user."""

    def make(
        most: int = 10**6, radius: int = 1, tile: int | None = None, model: str = "film-x2"
    ) -> tuple[Doubling, Callable[[Clip, Span], torch.Tensor], list[str]]:
        net, said = Doubling(most), list[str]()
        monkeypatch.setattr(enlarge, "load_network", lambda name, engine: net)
        return net, enlarge.enlarger(model, 2, radius, tile, Engine(say=said.append)), said

    return make


def clip(frames: int, height: int, width: int) -> Clip:
    """Frames of noise, counted from 50."""
    luma = torch.rand(frames, 1, height, width, generator=torch.Generator().manual_seed(3))
    return Clip(luma, None, 50, SD)


def doubled(luma: torch.Tensor) -> torch.Tensor:
    """What the net should make of it."""
    return luma.repeat_interleave(2, -1).repeat_interleave(2, -2)


def test_each_frame_is_seen_with_its_neighbors(made: Made) -> None:
    """A window of 2 * radius + 1 frames for every frame of the span; the ends of the clip repeat."""
    net, run, said = made(radius=2)
    film = clip(4, 8, 10)
    result = run(film, Span(51, 54))
    assert torch.equal(result, doubled(film.luma[1:4]))
    assert [shape[1] for shape in net.seen] == [5, 5, 5]
    assert said == []


@pytest.mark.parametrize("tile", [16, 33, 64])
def test_a_chosen_tile_is_used(made: Made, tile: int) -> None:
    """No piece is larger than the tile with its margin, and the pieces join without a seam."""
    net, run, _ = made(tile=tile)
    film = clip(1, 40, 70)
    assert torch.equal(run(film, Span(50, 51)), doubled(film.luma))
    assert max(max(shape[-2:]) for shape in net.seen) <= tile + 2 * net.receptive_radius


def test_memory_that_runs_out_halves_the_tile_until_it_fits(made: Made) -> None:
    """Every step is said in a line, and later frames begin with the tile that worked."""
    net, run, said = made(most=130)
    film = clip(2, 300, 500)
    assert torch.equal(run(film, Span(50, 52)), doubled(film.luma))
    assert [line.rpartition("tiles of ")[2] for line in said] == [
        "250 x 250 pixels",
        "125 x 125 pixels",
    ]
    assert sum(max(shape[-2:]) > 130 for shape in net.seen) == 2


@pytest.mark.parametrize(
    ("model", "advice", "without"),
    [
        ("film-x2", "--model film-x2-fast", "--device"),
        ("film-x2-fast", "Close other programs that need memory.", "--model"),
    ],
)
def test_the_advice_names_what_needs_less_memory(
    made: Made, model: str, advice: str, without: str
) -> None:
    """A smaller model unless it is that one; another device only to those who use a GPU."""
    _, run, _ = made(most=10, model=model)
    with pytest.raises(OutOfMemory) as caught:
        run(clip(1, 200, 200), Span(50, 51))
    assert caught.value.code == "out-of-memory"
    assert "2.00 GiB" in caught.value.where
    assert advice in caught.value.what_to_do
    assert without not in caught.value.what_to_do


def test_a_small_picture_that_does_not_fit_is_out_of_memory_at_once(made: Made) -> None:
    """Below the smallest tile nothing is tried again."""
    net, run, said = made(most=10)
    with pytest.raises(OutOfMemory):
        run(clip(1, 60, 100), Span(50, 51))
    assert len(net.seen) == 1
    assert said == []


def test_large_pictures_go_in_tiles_from_the_start() -> None:
    """Above three million samples; below, whole."""
    whole, large = torch.empty(1, 1, 1500, 2000), torch.empty(1, 1, 1500, 2001)
    assert enlarge._tile(None, whole) is None  # pyright: ignore[reportPrivateUsage]
    assert enlarge._tile(None, large) == enlarge.FIRST_TILE  # pyright: ignore[reportPrivateUsage]
    assert enlarge._tile(77, large) == 77  # pyright: ignore[reportPrivateUsage]
