"""Translation by whole pixels and fractions of a pixel."""

import torch

from restore.filters.shift import moved, rows_moved


def test_whole_pixels_move_bit_for_bit() -> None:
    """Away from the border every frame is the original shifted as the path says."""
    luma = torch.rand(3, 1, 20, 20, generator=torch.Generator().manual_seed(1))
    result = moved(luma, [(2.0, -1.0), (0.0, 0.0), (-3.0, 1.0)])
    assert torch.equal(result[0, :, 4:16, 4:16], luma[0, :, 2:14, 5:17])
    assert torch.equal(result[1], luma[1])
    assert torch.equal(result[2, :, 4:16, 4:16], luma[2, :, 7:19, 3:15])


def test_parts_of_a_pixel_are_exact_for_smooth_pictures() -> None:
    """A sine wave moved by a third of a pixel is the wave with that phase."""
    place = torch.arange(64.0)
    wave = torch.sin(place / 3).expand(1, 1, 64, 64)
    result = moved(wave, [(0.0, 1 / 3)])
    expected = torch.sin((place - 1 / 3) / 3)[8:56]
    torch.testing.assert_close(result[0, 0, 30, 8:56], expected, atol=6e-3, rtol=0)


def test_the_border_is_repeated() -> None:
    """Samples from outside the frame are those of its edge."""
    ramp = torch.arange(8.0).expand(1, 2, 4, 8)
    assert torch.equal(moved(ramp, [(0.0, 3.0)])[0, 1, 2], torch.tensor([0.0, 0, 0, 0, 1, 2, 3, 4]))


def test_no_movement_is_the_same_bits() -> None:
    """A path of zeros changes nothing."""
    luma = torch.rand(2, 1, 5, 7)
    assert torch.equal(moved(luma, [(0.0, 0.0)] * 2), luma)


def test_rows_move_one_by_one_as_whole_frames_do() -> None:
    """Each row is the row of a frame that was moved by the same distance, in all planes."""
    luma = torch.rand(2, 2, 3, 40, generator=torch.Generator().manual_seed(2))
    right = torch.tensor([[0.0, 1.25, -3.0], [-0.5, 0.0, 2.0]])
    result = rows_moved(luma, right)
    for frame in range(2):
        for row in range(3):
            path = [(0.0, float(right[frame, row]))] * 2
            expected = moved(luma, path)[frame, :, row]
            torch.testing.assert_close(result[frame, :, row], expected, atol=1e-6, rtol=0)
    assert torch.equal(result[0, :, 0], luma[0, :, 0])
    assert torch.equal(result[0, :, 2, :-3], luma[0, :, 2, 3:])
