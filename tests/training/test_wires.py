"""Lines drawn into sharp frames: they hang in the scene, not on the film."""

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from restore.ageing.random_streams import seeded
from restore.training.wires import Line, any_line, camera_path, drawn, wired

UPRIGHT = Line(
    row=0,
    column=20,
    ends=False,
    angle=0,
    bend=0,
    half=2,
    edge=1,
    cover=1,
    shade=1,
    fall=0,
    roundness=0,
)
"""A white line around the middle of column 20."""


def panned(steps: list[tuple[int, int]], height: int = 96, width: int = 128) -> Tensor:
    """A scene [T, 3, height, width] seen by a camera that moves by whole pixels (down, right)."""
    scene = torch.rand(1, 1, height // 4, width // 4, generator=seeded(3))
    scene = torch.nn.functional.interpolate(scene, (height, width), mode="bicubic").clamp(0, 1)
    return torch.cat([scene.roll(step, (-2, -1)) for step in steps]).expand(-1, 3, -1, -1)


def test_the_camera_is_followed() -> None:
    """Steps add up; the middle frame is the one that the others have moved from."""
    path = camera_path(panned([(0, 0), (1, 3), (2, 6), (0, 2), (-3, 0)]))
    expected = torch.tensor([(-2, -6), (-1, -3), (0, 0), (-2, -4), (-5, -6)])
    torch.testing.assert_close(path, expected.float(), atol=0.1, rtol=0)


def test_where_no_shift_is_found_the_camera_stood_still() -> None:
    """Frames that have nothing in common move no line."""
    frames = torch.rand(4, 3, 64, 64, generator=seeded(1))
    assert not camera_path(frames).any()


def test_a_line_has_its_width_and_its_soft_edge() -> None:
    """Three whole columns, one more on both sides half covered, and nothing else."""
    frames, still = torch.zeros(2, 3, 32, 40), torch.zeros(2, 2)
    row = drawn(frames, still, UPRIGHT)[1, 2, 7]
    assert row.nonzero().flatten().tolist() == [18, 19, 20, 21, 22]
    assert row[18:23].tolist() == [0.5, 1, 1, 1, 0.5]


def test_a_line_may_end_and_moves_with_the_camera() -> None:
    """It begins below its point; where the picture has gone down and to the right, so has the line."""
    frames, line = torch.zeros(2, 3, 32, 40), replace(UPRIGHT, row=10, ends=True)
    lit = drawn(frames, torch.tensor([(0.0, 0.0), (5.0, -4.0)]), line)[:, 0] == 1
    assert lit[0].nonzero().amin(0).tolist() == [11, 19]
    assert lit[1].nonzero().amin(0).tolist() == [16, 15]


@given(st.integers(0, 1 << 20))
def test_any_line_stays_within_range(seed: int) -> None:
    """Brightness keeps to 0..1; the same generator gives the same lines; frames keep their shape."""
    frames = torch.rand(3, 3, 24, 20, generator=seeded(seed))
    lined = wired(frames, camera_path(frames), seeded(seed))
    assert lined.shape == frames.shape
    assert torch.equal(lined, lined.clamp(0, 1))
    assert torch.equal(lined, wired(frames, camera_path(frames), seeded(seed)))


def test_most_lines_stand_upright() -> None:
    """As scratches do: these are the ones to be told apart."""
    angles = [abs(any_line(100, 100, seeded(seed)).angle) for seed in range(300)]
    assert 0.6 < sum(angle < 0.2 for angle in angles) / 300 < 0.9
