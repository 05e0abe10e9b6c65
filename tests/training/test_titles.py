"""Lettering drawn into sharp frames: on cards and on the scene."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing.random_streams import seeded
from restore.training.titles import lettering, moved, titled


@given(st.integers(0, 1 << 20))
def test_lettering_is_there_and_leaves_room(seed: int) -> None:
    """Some of the picture is covered and most is not; the same generator writes the same."""
    cover = lettering(96, 160, seeded(seed))
    assert cover.shape == (96, 160)
    assert torch.equal(cover, cover.clamp(0, 1))
    assert 0 < float(cover.mean()) < 0.6
    assert torch.equal(cover, lettering(96, 160, seeded(seed)))


def test_lettering_moves_by_fractions_of_pixels() -> None:
    """Down and to the right; half a pixel is shared by two."""
    cover = torch.zeros(8, 8)
    cover[3, 3] = 1
    still, down, half = moved(cover, torch.tensor([(0, 0), (2, 1), (0, 0.5)]))
    assert torch.equal(still, cover)
    assert down.nonzero().tolist() == [[5, 4]]
    assert half[3].tolist() == [0, 0, 0, 0.5, 0.5, 0, 0, 0]


def test_some_titles_are_cards_that_stand_and_some_move_with_the_scene() -> None:
    """A card hides the picture and stands still; on the picture the lettering follows the camera."""
    scene, path = torch.full((2, 3, 64, 96), 0.5), torch.tensor([(0.0, 0.0), (0.0, 7.0)])
    drawn = [titled(scene, path, seeded(seed)) for seed in range(16)]
    stands = [torch.equal(*pictures.split(1)) for pictures in drawn]
    assert 3 < sum(stands) < 13
    for pictures, still in zip(drawn, stands, strict=True):
        assert pictures.shape == scene.shape
        assert torch.equal(pictures, pictures.clamp(0, 1))
        assert not torch.equal(pictures, scene)
        if not still:
            torch.testing.assert_close(pictures[1, ..., 7:], pictures[0, ..., :-7])
