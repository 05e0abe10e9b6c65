"""Takes of photographs: what is seen in them, and how the camera goes."""

from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from restore.ageing.random_streams import seeded
from restore.evaluation.clean_films import Box
from restore.evaluation.photographs import Photo
from restore.training.collage import photo_film

BOX = Box(first=3, frames=5, step=1, top=40, left=50, height=90, width=120)


def plain(count: int) -> list[Photo]:
    """Photographs of one color each, of several sizes."""
    return [
        Photo(str(at), torch.full((3, 20 + 5 * at, 60 - 5 * at), 10 * at, dtype=torch.uint8))
        for at in range(count)
    ]


def noisy() -> list[Photo]:
    """One photograph of which no two places look alike."""
    return [Photo("n", torch.randint(0, 256, (3, 70, 80), generator=seeded(1), dtype=torch.uint8))]


def shift(one: Tensor, two: Tensor, most: int) -> tuple[int, int] | None:
    """By how much a picture has moved bit for bit, if it has."""
    for down in range(-most, most + 1):
        for right in range(-most, most + 1):
            inner = one[:, most + down : -most + down or None, most + right : -most + right or None]
            if torch.equal(inner, two[:, most:-most, most:-most]):
                return down, right
    return None


def test_photographs_of_all_sizes_fill_the_picture() -> None:
    """Several are seen, and nothing but them."""
    frames = photo_film(plain(6)).read(BOX)
    assert frames.shape == (5, 3, 90, 120)
    shades = set(frames.unique().tolist())
    assert shades <= {0, 10, 20, 30, 40, 50}
    assert len(shades) > 1


def test_a_take_is_the_same_again_and_no_other() -> None:
    """The number of its first frame decides; there are takes without end."""
    film = photo_film(plain(6))
    other = replace(BOX, first=4)
    assert torch.equal(film.read(BOX), film.read(BOX))
    assert not torch.equal(film.read(BOX), film.read(other))
    assert film.frames > 100_000


def test_the_camera_goes_by_whole_pixels_or_stands() -> None:
    """Nothing is interpolated, so the truth is as sharp as the photographs."""
    film = photo_film(noisy())
    ways: list[tuple[tuple[int, int] | None, ...]] = []
    for first in range(24):
        frames = film.read(replace(BOX, first=first))
        ways.append(tuple(shift(one, two, 12) for one, two in pairwise(frames)))
    assert all(step is not None for way in ways for step in way)
    stands = [set(way) == {(0, 0)} for way in ways]
    assert any(stands)
    assert not all(stands)
