"""Networks on an engine: number formats, and how a model of the shelf is made ready."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from restore.errors import UsageError
from restore.treatments.network import load_network, number_format, precision_of
from restore.treatments.treatment import Engine


class Coarse(nn.Module):
    """A net for which bf16 is too coarse."""

    bf16 = False


@pytest.mark.parametrize(
    ("precision", "plain", "coarse"),
    [
        ("fp32", torch.float32, torch.float32),
        ("bf16", torch.bfloat16, torch.float32),
        ("fp16", torch.float16, torch.float16),
    ],
)
def test_a_net_that_bf16_is_too_coarse_for_computes_in_fp32(
    precision: str, plain: torch.dtype, coarse: torch.dtype
) -> None:
    """Only there: other nets and other formats are as the engine says."""
    engine = Engine("cpu", precision)
    assert precision_of(engine) == plain
    assert number_format(nn.Identity(), engine) == plain
    assert number_format(Coarse(), engine) == coarse


def test_a_model_is_loaded_ready_to_run() -> None:
    """In evaluation mode, in the engine's format, channels last."""
    net = load_network("film-x1", Engine("cpu", "bf16"))
    assert not net.training
    weights = [each for each in net.parameters() if each.dim() == 4]
    assert weights
    assert all(each.dtype == torch.bfloat16 for each in weights)
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in weights)


def test_a_model_that_is_not_there_is_the_user_s_mistake() -> None:
    """UsageError, before any frame."""
    with pytest.raises(UsageError):
        load_network("no-such-model", Engine())
