"""Training processes: their share of a batch, and what a single one does."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from restore.errors import UsageError
from restore.training.distributed import (
    CPU,
    TrainingProcess,
    data_parallel,
    mean_over_processes,
    training_process,
    wait_for_all,
)


@given(world_size=st.integers(1, 9), part=st.integers(1, 9))
def test_the_shares_are_the_batch(world_size: int, part: int) -> None:
    """Every sample belongs to exactly one process, and all have the same number of them."""
    ranks = [TrainingProcess(rank=rank, world_size=world_size) for rank in range(world_size)]
    shares = [list(process.share(world_size * part)) for process in ranks]
    assert {len(share) for share in shares} == {part}
    assert [number for share in shares for number in share] == list(range(world_size * part))


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    """Unequal shares would weigh samples differently; the error says what to choose."""
    with pytest.raises(UsageError) as caught:
        TrainingProcess(world_size=3).share(16)
    assert (caught.value.code, caught.value.where) == ("batch-indivisible", "batch_size")
    assert "multiple of 3" in caught.value.what_to_do


def test_only_the_first_process_is_the_main_one() -> None:
    """It reports, writes and validates."""
    processes = [TrainingProcess(rank=rank, world_size=3) for rank in range(3)]
    assert [process.is_main for process in processes] == [True, False, False]


def test_a_single_process_does_nothing_for_others() -> None:
    """No wrapper around the network, no waiting, and the mean of a number is the number."""
    net = nn.Linear(1, 1)
    assert data_parallel(net, CPU) is net
    assert mean_over_processes(torch.tensor(1.5), CPU) == 1.5
    wait_for_all(CPU)


def test_without_torchrun_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its device and precision are those asked for."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with training_process("cpu", "fp32") as process:
        assert process == CPU


def test_an_unknown_device_is_refused() -> None:
    """Before anything is prepared."""
    with pytest.raises(UsageError), training_process("tpu", "fp32"):
        pass
