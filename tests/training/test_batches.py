"""Batches: each sample depends only on seed, batch number and its number in the batch."""

import multiprocessing
import os
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from restore.training.batches import Samples, batches


def draw(generator: Generator) -> tuple[Tensor, Tensor]:
    """A random number, and its negative as the ground truth."""
    value = torch.rand(1, 1, generator=generator)
    return value, -value


def taken(steps: range, share: range, workers: int = 0) -> list[list[float]]:
    """The inputs of the batches; their ground truths must belong to them."""
    found = list(batches(draw, 1, steps, share, workers))
    assert all(torch.equal(inputs, -truth) for inputs, truth in found)
    return [inputs.flatten().tolist() for inputs, _ in found]


@given(start=st.integers(0, 7), length=st.integers(0, 7))
@settings(max_examples=25, deadline=None)
def test_a_resumed_run_gets_the_same_samples(start: int, length: int) -> None:
    """Wherever a run resumes, its batches are those of the whole run."""
    whole = taken(range(14), range(3))
    assert whole[start : start + length] == taken(range(start, start + length), range(3))


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_do_not_change_the_samples(workers: int) -> None:
    """Prepared by any number of worker processes, the batches and their order are the same."""
    assert taken(range(2, 9), range(3), workers) == taken(range(2, 9), range(3))


def test_workers_are_processes_of_their_own() -> None:
    """Samples are made outside the training process, so that it need not wait."""

    def process_id(generator: Generator) -> tuple[Tensor, Tensor]:
        value = torch.tensor([[os.getpid()]])
        return value, value

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("a local function cannot be sent to a worker")
    found = {int(inputs[0]) for inputs, _ in batches(process_id, 1, range(4), range(1), 2)}
    assert os.getpid() not in found
    assert len(found) == 2


def test_shares_of_two_processes_are_the_batch_of_one() -> None:
    """Together, the halves of every batch are the batch."""
    halves = zip(taken(range(4), range(2)), taken(range(4), range(2, 4)), strict=True)
    assert [a + b for a, b in halves] == taken(range(4), range(4))


def test_samples_can_be_sent_to_a_worker() -> None:
    """Where workers are not forked, the samples are pickled: they stay the same."""
    samples = Samples(draw, 5)
    copy = pickle.loads(pickle.dumps(samples))
    assert torch.equal(copy[3, 1][0], samples[3, 1][0])


def test_no_sample_is_repeated() -> None:
    """All samples of all batches differ."""
    values = [value for batch in taken(range(20), range(5)) for value in batch]
    assert len(set(values)) == 100


def test_reading_batches_does_not_touch_the_global_generator() -> None:
    """Random numbers that a network draws itself do not depend on how batches are read."""
    state = torch.get_rng_state()
    taken(range(3), range(2))
    assert torch.equal(torch.get_rng_state(), state)
