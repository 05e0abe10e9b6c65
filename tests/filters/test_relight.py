"""Brightness correction: a gain and an offset for each frame, and black stays black."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.filters.relight import relit


def test_gain_and_offset_of_each_frame() -> None:
    """Above the darkest tones luma is gain * luma + offset."""
    luma = torch.tensor([0.2, 0.9]).view(1, 1, 1, 2).repeat(2, 1, 1, 1)
    result = relit(luma, torch.tensor([1.1, 0.9]), torch.tensor([0.0, 0.05]))
    torch.testing.assert_close(result[:, 0, 0], torch.tensor([[0.22, 0.99], [0.23, 0.86]]))


@given(st.floats(0.8, 1.25), st.floats(-0.05, 0.05))
def test_black_stays_black_and_tones_keep_their_order(gain: float, offset: float) -> None:
    """Bars stay black, values below black are kept, and the order of tones does not change."""
    luma = torch.linspace(-0.05, 1.05, 500).view(1, 1, 1, -1)
    result = relit(luma, torch.tensor([gain]), torch.tensor([offset]))
    assert torch.equal(result[luma <= 0], luma[luma <= 0])
    assert float(result.diff(dim=-1).min()) > -1e-4


def test_no_change_is_the_same_bits() -> None:
    """A gain of one and no offset change nothing."""
    luma = torch.rand(2, 1, 5, 7)
    assert torch.equal(relit(luma, torch.ones(2), torch.zeros(2)), luma)
