"""Vertical lines are removed, and what is under them and next to them is kept."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from restore.filters.lines import without_line

SIDE, COLUMN = 4, 20
PROFILE = torch.tensor([0.3, 1.0, 0.5])


def _typical(depth: float) -> Tensor:
    """What the line usually adds around its column."""
    return torch.nn.functional.pad(PROFILE * depth, (SIDE - 1, SIDE - 1))


def _scene(height: int = 96, width: int = 48) -> Tensor:
    """A ramp with a horizontal edge and some grain: it has no vertical structures."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    grain = torch.randn(height, width, generator=torch.Generator().manual_seed(3)) * 0.01
    return 0.3 + 0.3 * columns / width + 0.2 * (rows > height // 3) + grain


def _scratched(scene: Tensor, depth: Tensor | float) -> Tensor:
    """The scene with a line three columns wide around COLUMN, with this amplitude in each row."""
    result = scene.clone()
    result[:, COLUMN - 1 : COLUMN + 2] += (torch.ones(len(scene)) * depth)[:, None] * PROFILE
    return result


def _error(one: Tensor, other: Tensor) -> float:
    return float((one - other)[:, COLUMN - 1 : COLUMN + 2].square().mean().sqrt())


@pytest.mark.parametrize("depth", [0.3, -0.2, 0.05])
def test_a_scratch_is_removed_and_the_picture_stays(depth: float) -> None:
    """A light or a dark line: what remains of it is smaller than the grain of the scene."""
    scene = _scene()
    worn = _scratched(scene, depth)
    assert _error(without_line(worn, COLUMN, _typical(depth)), scene) < min(0.01, abs(depth) / 5)


def test_a_tracked_column_may_be_wrong_by_one() -> None:
    """The strongest column of a line is found in the frame itself."""
    scene = _scene()
    worn = _scratched(scene, 0.3)
    for column in (COLUMN - 1, COLUMN + 1):
        assert _error(without_line(worn, column, _typical(0.3)), scene) < 0.02


def test_two_thin_lines_side_by_side_are_removed_as_one() -> None:
    """The tracked column lies between the two lines, where there is none."""
    scene = _scene()
    typical = torch.tensor([0.0, 0.0, 0.0, 0.2, 0.0, 0.2, 0.0, 0.0, 0.0])
    worn = scene.clone()
    worn[:, COLUMN - SIDE : COLUMN + SIDE + 1] += typical
    assert _error(without_line(worn, COLUMN, typical), scene) < 0.01


def test_nothing_is_removed_where_a_scratch_ends() -> None:
    """A line that fades out over the height is removed from each row by its amplitude there."""
    scene = _scene()
    depth = torch.linspace(0.4, -0.2, 96).clamp(min=0)
    cleaned = without_line(_scratched(scene, depth), COLUMN, _typical(0.2))
    assert _error(cleaned, scene) < 0.02
    assert _error(cleaned[80:], scene[80:]) < 0.005


def test_other_columns_keep_their_values() -> None:
    """Only what lies within `side` of the line may change."""
    worn = _scratched(_scene(), 0.3)
    cleaned = without_line(worn, COLUMN, _typical(0.3))
    assert torch.equal(cleaned[:, : COLUMN - SIDE], worn[:, : COLUMN - SIDE])
    assert torch.equal(cleaned[:, COLUMN + SIDE + 1 :], worn[:, COLUMN + SIDE + 1 :])


def test_where_there_is_no_line_nothing_changes() -> None:
    """In a constant plane no value changes."""
    for plane in (torch.zeros(32, 48), torch.full((32, 48), 0.4), torch.rand(32, 1).expand(32, 48)):
        assert torch.equal(without_line(plane.contiguous(), COLUMN, _typical(0.3)), plane)


@pytest.mark.parametrize("column", [0, 4, 43, 47, 60, -3])
def test_lines_at_the_border_are_not_removed(column: int) -> None:
    """They are not removed: there is no picture on both sides."""
    plane = _scene()
    assert without_line(plane, column, _typical(0.3)) is plane


def test_pictures_of_few_rows() -> None:
    """A line is removed from a plane with fewer rows than bands, too."""
    scene = _scene(7)
    assert _error(without_line(_scratched(scene, 0.3), COLUMN, _typical(0.3)), scene) < 0.05


@pytest.mark.parametrize("pole", [-0.5, 0.5])
@pytest.mark.parametrize("column", range(COLUMN - 3, COLUMN + 4))
def test_a_pole_that_passes_behind_a_scratch_stays(pole: float, column: int) -> None:
    """Removing a light scratch removes nothing dark, and nothing much lighter than the scratch."""
    scene = _scene()
    scene[:, column : column + 2] += pole
    cleaned = without_line(_scratched(scene, 0.06), COLUMN, _typical(0.06))
    assert float((cleaned - scene).abs().max()) < 0.15
    assert float((cleaned - scene).abs().mean()) < 0.01
