"""Lines drawn into clean frames: they are fixed in the scene, not on the film."""

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from restore.ageing.random_streams import seeded
from restore.training.scene_lines import (
    SceneLine,
    camera_path,
    random_line,
    with_line,
    with_scene_lines,
)

VERTICAL = SceneLine(
    row=0,
    column=20,
    ends=False,
    angle=0,
    curvature=0,
    half=2,
    edge=1,
    opacity=1,
    shade=1,
    slope=0,
    roundness=0,
)
"""A white line around the middle of column 20."""


def panned(steps: list[tuple[int, int]], height: int = 96, width: int = 128) -> Tensor:
    """A scene [T, 3, height, width] seen by a camera that moves by whole pixels (down, right)."""
    scene = torch.rand(1, 1, height // 4, width // 4, generator=seeded(3))
    scene = torch.nn.functional.interpolate(scene, (height, width), mode="bicubic").clamp(0, 1)
    return torch.cat([scene.roll(step, (-2, -1)) for step in steps]).expand(-1, 3, -1, -1)


def test_the_camera_is_followed() -> None:
    """Shifts between frames add up; the middle frame has no displacement."""
    path = camera_path(panned([(0, 0), (1, 3), (2, 6), (0, 2), (-3, 0)]))
    expected = torch.tensor([(-2, -6), (-1, -3), (0, 0), (-2, -4), (-5, -6)])
    torch.testing.assert_close(path, expected.float(), atol=0.1, rtol=0)


def test_without_a_clear_shift_the_camera_is_static() -> None:
    """Unrelated frames move no line."""
    frames = torch.rand(4, 3, 64, 64, generator=seeded(1))
    assert not camera_path(frames).any()


def test_the_camera_path_is_the_sum_of_the_shifts_between_neighbors() -> None:
    """The shift between two frames does not depend on frames before them.

    OpenCV 5.0 multiplies its window into the arrays that it is given: a frame that was compared with
    the one before it must not be compared with the next one in that state.
    """
    frames = panned([(0, 0), (2, 5), (5, 9), (4, 15)]) + 0.2 * torch.rand(
        4, 1, 1, 1, generator=seeded(2)
    )
    path = camera_path(frames)
    for at in range(3):
        alone = camera_path(frames[at : at + 2])
        torch.testing.assert_close(path[at + 1] - path[at], alone[1] - alone[0], rtol=0, atol=1e-5)


def test_a_line_has_its_width_and_a_soft_edge() -> None:
    """Three full columns, one more on both sides with half the opacity, and nothing else."""
    frames, still = torch.zeros(2, 3, 32, 40), torch.zeros(2, 2)
    row = with_line(frames, still, VERTICAL)[1, 2, 7]
    assert row.nonzero().flatten().tolist() == [18, 19, 20, 21, 22]
    assert row[18:23].tolist() == [0.5, 1, 1, 1, 0.5]


def test_a_line_may_end_and_moves_with_the_camera() -> None:
    """It starts below its point, and moves down and to the right with the picture."""
    frames, line = torch.zeros(2, 3, 32, 40), replace(VERTICAL, row=10, ends=True)
    lit = with_line(frames, torch.tensor([(0.0, 0.0), (5.0, -4.0)]), line)[:, 0] == 1
    assert lit[0].nonzero().amin(0).tolist() == [11, 19]
    assert lit[1].nonzero().amin(0).tolist() == [16, 15]


@given(st.integers(0, 1 << 20))
def test_random_line_stays_within_range(seed: int) -> None:
    """Values stay within 0..1; the same seed gives the same lines; frames keep their shape."""
    frames = torch.rand(3, 3, 24, 20, generator=seeded(seed))
    lined = with_scene_lines(frames, camera_path(frames), seeded(seed))
    assert lined.shape == frames.shape
    assert torch.equal(lined, lined.clamp(0, 1))
    assert torch.equal(lined, with_scene_lines(frames, camera_path(frames), seeded(seed)))


def test_most_lines_are_vertical() -> None:
    """Like scratches, from which they must be distinguished."""
    angles = [abs(random_line(100, 100, seeded(seed)).angle) for seed in range(300)]
    assert 0.6 < sum(angle < 0.2 for angle in angles) / 300 < 0.9
