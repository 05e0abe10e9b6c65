"""Lettering drawn into clean frames: on cards and in the scene."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing.random_streams import seeded
from restore.training.drawn_lettering import lettering, moved_along, with_lettering


@given(st.integers(0, 1 << 20))
def test_lettering_covers_a_part_of_the_picture(seed: int) -> None:
    """Some of the picture is covered and most is not; the same seed gives the same lettering."""
    cover = lettering(96, 160, seeded(seed))
    assert cover.shape == (96, 160)
    assert torch.equal(cover, cover.clamp(0, 1))
    assert 0 < float(cover.mean()) < 0.6
    assert torch.equal(cover, lettering(96, 160, seeded(seed)))


def test_lettering_moves_by_fractions_of_pixels() -> None:
    """Down and to the right; a shift of half a pixel is interpolated."""
    cover = torch.zeros(8, 8)
    cover[3, 3] = 1
    still, down, half = moved_along(cover, torch.tensor([(0, 0), (2, 1), (0, 0.5)]))
    assert torch.equal(still, cover)
    assert down.nonzero().tolist() == [[5, 4]]
    assert half[3].tolist() == [0, 0, 0, 0.5, 0.5, 0, 0, 0]


def test_lettering_is_on_static_cards_or_moves_with_the_scene() -> None:
    """A card hides the picture and does not move; lettering in the scene follows the camera."""
    scene, path = torch.full((2, 3, 64, 96), 0.5), torch.tensor([(0.0, 0.0), (0.0, 7.0)])
    drawn = [with_lettering(scene, path, seeded(seed)) for seed in range(16)]
    static = [torch.equal(*pictures.split(1)) for pictures in drawn]
    assert 3 < sum(static) < 13
    for pictures, is_static in zip(drawn, static, strict=True):
        assert pictures.shape == scene.shape
        assert torch.equal(pictures, pictures.clamp(0, 1))
        assert not torch.equal(pictures, scene)
        if not is_static:
            torch.testing.assert_close(pictures[1, ..., 7:], pictures[0, ..., :-7])
