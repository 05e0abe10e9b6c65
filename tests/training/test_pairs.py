"""Aged shots on disk and the patches cut from them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from restore.training.degrade.amounts import Spread
from restore.training.pairs import Patches, cut, prepare, seeded
from restore.training.settings import PairSettings

PAIRS = PairSettings(shots=5, frames=4, height=32, width=48, greatest_step=3)


def clip(path: Path) -> torch.Tensor:
    """Random color frames that depend on the name."""
    return torch.randint(0, 256, (12, 3, 40, 64), generator=seeded(*path.name.encode())).byte()


def shots(folder: Path) -> list[Path]:
    """Five shots of two clips."""
    return prepare([Path("a"), Path("b")], clip, PAIRS, Spread(), 2, 1, folder)


def test_shots_are_made_once_and_the_same_again(tmp_path: Path) -> None:
    """A lost shot is made again bit for bit; those that are there are not touched."""
    paths = shots(tmp_path)
    before = {path: path.read_bytes() for path in paths}
    times = {path: path.stat().st_mtime_ns for path in paths}
    paths[3].unlink()

    assert paths == shots(tmp_path)

    assert before == {path: path.read_bytes() for path in paths}
    assert sum(times[path] != path.stat().st_mtime_ns for path in paths) == 1


def test_shots_hold_both_sides_in_code_values(tmp_path: Path) -> None:
    """8-bit frames, the aged side smaller by the scale."""
    pair = load_file(shots(tmp_path)[0])

    assert pair["aged"].shape == (4, 16, 24)
    assert pair["truth"].shape == (4, 32, 48)
    assert {torch.uint8} == {side.dtype for side in pair.values()}


@pytest.mark.parametrize("seed", range(8))
def test_an_excerpt_is_a_run_of_the_clip(seed: int) -> None:
    """Frames are 1 to `greatest_step` apart, in order; the place is the same in all of them."""
    frames = torch.arange(12).view(12, 1, 1, 1) * torch.ones(12, 3, 40, 64)

    taken = cut(frames, PAIRS, seeded(seed))

    assert taken.shape == (4, 3, 32, 48)
    steps = taken[:, 0, 0, 0].diff()
    assert 1 <= float(steps[0]) <= 3
    assert bool((steps == steps[0]).all())


@pytest.fixture
def coordinates(tmp_path: Path) -> Path:
    """A shot whose aged pixels tell their place and whose truth tells the same, times two."""
    rows, columns = torch.meshgrid(torch.arange(10), torch.arange(12), indexing="ij")
    place = rows * 12 + columns
    aged = torch.stack([place + frame for frame in range(5)]).byte()
    truth = aged.repeat_interleave(2, -1).repeat_interleave(2, -2)
    save_file({"aged": aged.contiguous(), "truth": truth.contiguous()}, tmp_path / "shot")
    return tmp_path / "shot"


def test_a_patch_and_its_truth_show_the_same_place_and_frame(coordinates: Path) -> None:
    """Flipped and turned alike: the truth is the middle frame of the window, at twice the size."""
    patches = Patches([coordinates], scale=2, frames=3, repeat_chance=0)
    for seed in range(30):
        window, truth = patches.batch(2, 6, seeded(seed))
        assert window.shape == (2, 3, 6, 6)
        torch.testing.assert_close(truth[:, :, ::2, ::2], window[:, 1:2])


def test_windows_run_in_order_and_repeat_at_the_ends(coordinates: Path) -> None:
    """A window holds neighbors in time, forwards or backwards; the clip's ends are repeated."""
    patches = Patches([coordinates], scale=2, frames=3, repeat_chance=0)
    seen: set[tuple[int, ...]] = set()
    for seed in range(60):
        window, _ = patches.batch(1, 6, seeded(seed))
        steps = (window * 255).round().diff(dim=1)[0, :, 0, 0].int().tolist()
        seen.add(tuple(steps))

    assert {(1, 1), (-1, -1), (0, 1), (1, 0), (0, -1), (-1, 0)} == seen


def test_some_windows_repeat_the_middle(coordinates: Path) -> None:
    """With a repeat chance of one, every window holds its middle frame twice: never the middle changed."""
    patches = Patches([coordinates], scale=2, frames=5, repeat_chance=1)
    for seed in range(20):
        window, truth = patches.batch(1, 6, seeded(seed))
        same = [bool(torch.equal(window[:, 2], window[:, at])) for at in (0, 1, 3, 4)]
        assert any(same)
        torch.testing.assert_close(truth[:, :, ::2, ::2], window[:, 2:3])


def test_generators_depend_on_all_their_numbers() -> None:
    """The same numbers give the same draws, any other number others."""
    draws = {
        numbers: float(torch.rand(1, generator=seeded(*numbers)))
        for numbers in [(1,), (2,), (1, 0), (0, 1), (1, 1)]
    }
    assert len(set(draws.values())) == 5
    assert draws[(1, 1)] == float(torch.rand(1, generator=seeded(1, 1)))
