"""Whole frames from fields: the missing rows of each field by a network, its own rows as they are.

Fields of one shot in display order, top and bottom in turn, become frames. For each field an estimate is made
from five fields. Optical flow between the estimates of neighbors then moves them to this field's time, and
the network refines the estimate with them (`nets/deinterlace.py`). Chroma planes are pictures of their own,
whose rows belong to the two fields in turn at every subsampling. They use the flow and the gates of the luma.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.flow import Flow, flow_at_size, moved_along, optical_flow
from restore.nets.deinterlace import DeinterlaceNet, merged, mixed, still

RADIUS = 3
"""A frame depends on this many fields before and after its own, and on no others."""

_WINDOW = 2
"""Fields on both sides that an estimate uses."""

_MIN_HEIGHT = 2
"""Frames with fewer rows (the chroma of very small ones) lack the rows of one field: nothing to refine."""


@dataclass(frozen=True)
class FieldPlanes:
    """Consecutive fields of one component, and the height of their frames.

    fields        [C, h, W] each; odd heights: top fields have one row more than bottom fields
    height        of a frame, 2 or more
    first_is_top  whether the first field holds the rows 0, 2, 4 ...; parities alternate
    """

    fields: Sequence[Tensor]
    height: int
    first_is_top: bool

    def parity(self, at: int) -> int:
        """0 if field number `at` holds the top rows, 1 if it holds the others."""
        return (at + (0 if self.first_is_top else 1)) % 2

    def mirrored(self, at: int) -> int:
        """The field to use for number `at`: beyond the ends in reverse order, so that parities fit."""
        last = len(self.fields) - 1
        period = max(1, 2 * last)
        inside = at % period
        return min(inside, period - inside) if last else 0

    def rows(self, at: int, parity: int) -> Tensor:
        """The field for number `at` as [C, rows, W], padded to the rows of a top field.

        Only in a shot of a single field the field can have the wrong parity: then its rows are averaged.
        """
        found = self.mirrored(at)
        field = self.fields[found]
        if not field.shape[-2]:
            field = self._with_a_row(at)
        elif self.parity(found) != parity:
            field = _halfway(field, parity)
        return _filled(field, (self.height + 1) // 2)

    def window(self, at: int) -> Tensor:
        """The fields around number `at` that an estimate uses, [C, 5, h, W]."""
        parity, steps = self.parity(at), range(-_WINDOW, _WINDOW + 1)
        return torch.stack([self.rows(at + step, (parity + step) % 2) for step in steps], 1)

    def _with_a_row(self, at: int) -> Tensor:
        """For a bottom field of frames one row high, which has no row: the field after it, or zeros."""
        other = self.fields[self.mirrored(at + 1)]
        return other if other.shape[-2] else other.new_zeros(other.shape[0], 1, other.shape[-1])


def interpolate(
    net: DeinterlaceNet,
    luma: Sequence[Tensor],
    chroma: Sequence[Tensor] | None,
    first_is_top: bool,
    wanted: Sequence[int],
    heights: tuple[int, int] | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Frames of the `wanted` fields: luma [n, 1, H, W] and chroma [n, 2, h, w] (None without chroma).

    luma          the shot's fields [1, h, W], or consecutive ones of them: RADIUS fields before and after the
                  wanted ones, fewer only where the shot begins or ends
    chroma        the same fields' chroma [2, h, w], centered on 0
    first_is_top  whether the first of these fields holds the top rows
    wanted        numbers of fields in `luma`, ascending
    heights       of the frames' luma and chroma; needed where a single field is given and a height is odd

    The rows of the fields are returned bit for bit. The values of a frame do not depend on which other frames
    are wanted: fields are computed one by one.
    """
    planes = FieldPlanes(luma, _height(luma, heights and heights[0]), first_is_top)
    width = luma[0].shape[-1]
    result = luma[0].new_empty(len(wanted), 1, planes.height, width)
    colors, sides = None, None
    if chroma is not None:
        colors = FieldPlanes(chroma, _height(chroma, heights and heights[1]), first_is_top)
        sides = chroma[0].new_empty(len(wanted), 2, colors.height, chroma[0].shape[-1])
    with torch.inference_mode():
        for index, (frame, color) in enumerate(_frames(net, planes, colors, wanted)):
            result[index] = frame
            if sides is not None and color is not None:
                sides[index] = color
    return result, sides


def _height(fields: Sequence[Tensor], given: int | None) -> int:
    """The height of the frames of these fields."""
    if given is not None:
        return given
    return sum(field.shape[-2] for field in fields[:2]) * (2 if len(fields) == 1 else 1)


@dataclass(frozen=True)
class _Estimate:
    """An estimated frame [1, H, W], the gate of its rows, and the chroma [2, h, w] mixed with it."""

    luma: Tensor
    gate: Tensor
    chroma: Tensor | None


def _frames(
    net: DeinterlaceNet, luma: FieldPlanes, chroma: FieldPlanes | None, wanted: Sequence[int]
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """The refined frames in order; at most three estimates are kept."""
    estimates: dict[int, _Estimate] = {}

    def estimate(at: int) -> _Estimate:
        if at not in estimates:
            estimates[at] = _estimate(net, luma, chroma, at)
        return estimates[at]

    for at in wanted:
        around = [estimate(luma.mirrored(at + step)) for step in (-1, 0, 1)]
        yield _refined(net, luma, chroma, at, around)
        for old in [number for number in estimates if number < at]:
            del estimates[old]


def _estimate(
    net: DeinterlaceNet, luma: FieldPlanes, chroma: FieldPlanes | None, at: int
) -> _Estimate:
    """The estimate of a field's frame, and its chroma with the luma's gate."""
    parity, stack = luma.parity(at), luma.window(at)
    rows, gate = net.estimated(stack, _parities(parity, stack))
    frame = _woven(luma.fields[at], rows[:, 0], parity, luma.height)
    if chroma is None:
        return _Estimate(frame, gate, None)
    sides = chroma.window(at)
    colors = mixed(sides, _parities(parity, sides), _at_size(gate, sides))
    color = _woven(chroma.fields[at], colors[:, 0], parity, chroma.height)
    return _Estimate(frame, gate, color)


def _refined(
    net: DeinterlaceNet,
    luma: FieldPlanes,
    chroma: FieldPlanes | None,
    at: int,
    around: Sequence[_Estimate],
) -> tuple[Tensor, Tensor | None]:
    """The frame of field number `at`, and its chroma with the luma's flow and gates.

    `around`: the estimates of the field before it, of itself, and of the field after it.
    """
    before, now, after = around
    if len(luma.fields) == 1:
        return now.luma, now.chroma
    parity = luma.parity(at)
    flows = flows_between(now.luma, before.luma, after.luma)
    planes = refinement_planes((before.luma, now.luma, after.luma), flows, parity)
    rows, gates = net.refined(planes, _parities(parity, planes))
    frame = _with_rows(luma, at, planes, rows)
    if chroma is None or chroma.height < _MIN_HEIGHT:
        return frame, now.chroma
    colors = cast(tuple[Tensor, Tensor, Tensor], tuple(one.chroma for one in around))
    planes = refinement_planes(colors, flows, parity)
    return frame, _with_rows(chroma, at, planes, merged(planes, _at_size(gates, planes)))


def _with_rows(fields: FieldPlanes, at: int, planes: Tensor, rows: Tensor) -> Tensor:
    """The frame of a field and its refined rows; where nothing moves, the neighbors' mean instead."""
    unmoved = planes[:, 6:8].mean(1, keepdim=True)
    rows = rows.lerp(unmoved, still(fields.window(at)))
    return _woven(fields.fields[at], rows[:, 0], fields.parity(at), fields.height)


def estimated_frame(net: DeinterlaceNet, planes: FieldPlanes, at: int) -> Tensor:
    """The field's own rows with the estimated rows between them, [C, H, W] on the field's device."""
    parity, stack = planes.parity(at), planes.window(at)
    rows, _ = net.estimated(stack, _parities(parity, stack))
    return _woven(planes.fields[at], rows[:, 0], parity, planes.height)


def flows_between(now: Tensor, before: Tensor, after: Tensor) -> tuple[Flow, Flow]:
    """Optical flow from a frame of luma [1, H, W] to the one before and to the one after."""
    planes = [frame[0].float().cpu().numpy() for frame in (now, before, after)]
    return optical_flow(planes[0], planes[1]), optical_flow(planes[0], planes[2])


def refinement_planes(
    frames: tuple[Tensor, Tensor, Tensor], flows: tuple[Flow, Flow], parity: int
) -> Tensor:
    """The planes [C, 8, h, W] of three estimated frames [C, H, W], as the network's `refined` lists them."""
    before, now, after = frames
    moved = [_moved(frame, flow) for frame, flow in zip((before, after), flows, strict=True)]
    own, missing = slice(parity, None, 2), slice(1 - parity, None, 2)
    rows = (now.shape[-2] + 1) // 2
    planes = [
        now[:, own],
        *(frame[:, missing] for frame in (now, *moved)),
        *(frame[:, own] for frame in moved),
        *(frame[:, missing] for frame in (before, after)),
    ]
    return torch.stack([_filled(plane, rows) for plane in planes], 1)


def _moved(frame: Tensor, flow: Flow) -> Tensor:
    """A frame [C, H, W] sampled along the flow of the luma, which may have more samples."""
    height, width = frame.shape[-2:]
    plane = np.ascontiguousarray(frame.float().cpu().numpy().transpose(1, 2, 0))
    moved = moved_along(plane, flow_at_size(flow, height, width)).reshape(height, width, -1)
    return torch.from_numpy(np.ascontiguousarray(moved.transpose(2, 0, 1))).to(frame)


def _filled(plane: Tensor, rows: int) -> Tensor:
    """[C, h, W] with its last row repeated up to that many rows."""
    missing = rows - plane.shape[-2]
    return torch.cat([plane, plane[:, -1:].expand(-1, missing, -1)], 1) if missing > 0 else plane


def _woven(own: Tensor, missing: Tensor, parity: int, height: int) -> Tensor:
    """A frame [C, H, W] of a field's rows, bit for bit, and the missing rows (the surplus one is dropped)."""
    frame = own.new_empty(own.shape[0], height, own.shape[-1])
    frame[:, parity::2] = own
    frame[:, 1 - parity :: 2] = missing[:, : (height + parity) // 2]
    return frame


def _halfway(field: Tensor, parity: int) -> Tensor:
    """A field of the other parity from the rows of one: each the mean of the rows above and below it."""
    first, last = (0, 1) if parity else (1, 0)
    padded = functional.pad(field[None], (0, 0, first, last), mode="replicate")[0]
    return (padded[:, :-1] + padded[:, 1:]) / 2


def _at_size(gates: Tensor, planes: Tensor) -> Tensor:
    """Gates of luma [1, G, h, W] for planes with fewer samples, as the means of their samples."""
    return functional.interpolate(gates, planes.shape[-2:], mode="area")


def _parities(parity: int, planes: Tensor) -> Tensor:
    """The parity for each of the planes [C, P, h, W]."""
    return planes.new_full((planes.shape[0],), float(parity))
