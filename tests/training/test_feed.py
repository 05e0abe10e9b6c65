"""Batches: each sample depends on seed, step and place alone."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from restore.training.feed import batches


def sample(generator: Generator) -> tuple[Tensor, Tensor]:
    """A random number, and its negative as the truth."""
    value = torch.rand(1, 1, generator=generator)
    return value, -value


def taken(steps: range, share: range, threads: int = 0) -> list[list[float]]:
    """The inputs of the batches; their truths must belong to them."""
    found = list(batches(sample, 1, steps, share, threads))
    assert all(torch.equal(given, -truth) for given, truth in found)
    return [given.flatten().tolist() for given, _ in found]


@given(start=st.integers(0, 7), length=st.integers(0, 7), threads=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_a_run_from_the_middle_sees_what_the_whole_saw(
    start: int, length: int, threads: int
) -> None:
    """Wherever a run begins and however many threads make its batches, they are the same."""
    whole = taken(range(14), range(3))
    assert whole[start : start + length] == taken(range(start, start + length), range(3), threads)


def test_shares_of_two_processes_are_the_batch_of_one() -> None:
    """Put together, the halves of every batch are the batch."""
    halves = zip(taken(range(4), range(2)), taken(range(4), range(2, 4)), strict=True)
    assert [a + b for a, b in halves] == taken(range(4), range(4))


def test_no_sample_comes_twice() -> None:
    """All samples of all batches differ."""
    values = [value for batch in taken(range(20), range(5)) for value in batch]
    assert len(set(values)) == 100
