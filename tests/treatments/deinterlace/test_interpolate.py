"""Whole frames from fields: real rows, order, edges, locality, sizes, motion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from restore.nets.deinterlace import DeinterlaceNet
from restore.treatments.deinterlace.interpolate import RADIUS, FieldPlanes, interpolate

SMALL = {"channels": 6, "depth": 2, "refine_channels": 6, "refine_depth": 2}


def net_of(strength: float = 0.0) -> DeinterlaceNet:
    """A seeded net: untrained, or with random weights in every layer."""
    torch.manual_seed(5)
    net = DeinterlaceNet(**SMALL)
    if strength:
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=strength)
    return net.eval()


def noise(count: int, height: int, width: int, depth: int = 1, seed: int = 1) -> Tensor:
    """Random pictures [T, C, H, W]; values beyond black and white occur in films."""
    drawn = torch.Generator().manual_seed(seed)
    return torch.rand(count, depth, height, width, generator=drawn) * 1.2 - 0.1


def fields_of(pictures: Iterable[Tensor], first_is_top: bool = True) -> list[Tensor]:
    """The fields [C, h, W] of successive pictures."""
    second = 0 if first_is_top else 1
    return [one[:, (at + second) % 2 :: 2] for at, one in enumerate(pictures)]


def moving(count: int, speed: int = 3, height: int = 96, width: int = 128) -> Tensor:
    """A smooth random picture that moves to the right: [T, 1, H, W]."""
    coarse = np.random.default_rng(7).random(
        (height // 6, (width + speed * count) // 6), np.float32
    )
    wide = cv2.resize(coarse, (width + speed * count, height), interpolation=cv2.INTER_CUBIC)
    return torch.stack(
        [
            torch.from_numpy(wide[None, :, (count - at) * speed :][..., :width])
            for at in range(count)
        ]
    )


def frames(
    fields: Sequence[Tensor], wanted: range | None = None, strength: float = 0.3, top: bool = True
) -> Tensor:
    """Luma frames of these fields by a net with random weights."""
    return interpolate(net_of(strength), fields, None, top, wanted or range(len(fields)))[0]


@pytest.mark.parametrize("first_is_top", [True, False])
@pytest.mark.parametrize("height", [16, 17])
def test_real_rows_are_returned_bit_for_bit(first_is_top: bool, height: int) -> None:
    """The rows of each field are in its frame: luma and chroma, both field orders, odd heights too."""
    pictures, sides = noise(6, height, 12), noise(6, height // 2 + 1, 6, depth=2) - 0.5
    luma, chroma = interpolate(
        net_of(0.3),
        fields_of(pictures, first_is_top),
        fields_of(sides, first_is_top),
        first_is_top,
        range(6),
    )
    assert chroma is not None
    assert (luma.shape, chroma.shape) == (pictures.shape, sides.shape)
    for at in range(6):
        parity = (at + (not first_is_top)) % 2
        assert torch.equal(luma[at, :, parity::2], pictures[at, :, parity::2])
        assert torch.equal(chroma[at, :, parity::2], sides[at, :, parity::2])
        assert not torch.equal(luma[at, :, 1 - parity :: 2], pictures[at, :, 1 - parity :: 2])


def test_parts_equal_the_whole() -> None:
    """With RADIUS fields of context every part gives the bits of the whole shot, wherever it is cut."""
    fields = fields_of(noise(14, 18, 20))
    sides = fields_of(noise(14, 10, 10, depth=2) - 0.5)
    net = net_of(0.3)
    whole = interpolate(net, fields, sides, True, range(14))
    for start, stop in ((0, 5), (5, 6), (6, 11), (11, 14)):
        first, last = max(0, start - RADIUS), min(14, stop + RADIUS)
        part = interpolate(
            net,
            fields[first:last],
            sides[first:last],
            first % 2 == 0,
            range(start - first, stop - first),
        )
        for piece, entire in zip(part, whole, strict=True):
            assert piece is not None
            assert entire is not None
            assert torch.equal(piece, entire[start:stop])


def test_fields_beyond_the_radius_do_not_count() -> None:
    """A change RADIUS + 1 fields away changes nothing; one at the radius does."""
    fields = fields_of(noise(11, 80, 80))
    before = frames(fields, range(5, 6))

    def changed_at(distance: int) -> Tensor:
        other = list(fields)
        other[5 + distance] = other[5 + distance] + 0.2
        return frames(other, range(5, 6))

    assert torch.equal(changed_at(RADIUS + 1), before)
    assert torch.equal(changed_at(-RADIUS - 1), before)
    assert not torch.equal(changed_at(RADIUS), before)
    assert not torch.equal(changed_at(-RADIUS), before)


def test_a_static_picture_stays_as_it_is() -> None:
    """An untrained net, a static picture: every frame, the first and last one too, is near the picture."""
    picture = moving(1)
    result = frames(fields_of(picture.expand(8, -1, -1, -1)), strength=0)
    assert float((result - picture).abs().max()) < 0.02
    assert float(result.diff(dim=0).abs().max()) < 0.02


def test_motion_is_followed() -> None:
    """An untrained net on a moving picture: the error is less than half of that without the flow."""
    pictures = moving(9)
    found = frames(fields_of(pictures), range(3, 6), strength=0)
    woven = pictures[3:6].clone()
    for at in range(3):
        rows = slice(at % 2, None, 2)  # field 3 holds the bottom rows: its top rows are missing
        woven[at, :, rows] = pictures[2 + at, :, rows]
    error, combs = ((one - pictures[3:6])[..., 8:-8, 8:-8].abs().mean() for one in (found, woven))
    assert error < combs / 2


@pytest.mark.parametrize("size", [(2, 1), (2, 2), (3, 1), (5, 7), (16, 9)])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_any_size_and_length(size: tuple[int, int], count: int) -> None:
    """Frames of two rows and one column, shots of one field: finite values, and the real rows."""
    pictures, sides = noise(count, *size), noise(count, (size[0] + 1) // 2, 1, depth=2) - 0.5
    luma, chroma = interpolate(
        net_of(0.3),
        fields_of(pictures, False),
        fields_of(sides, False),
        False,
        range(count),
        heights=(size[0], sides.shape[-2]),
    )
    assert chroma is not None
    assert luma.shape == pictures.shape
    assert chroma.shape == sides.shape
    assert bool(luma.isfinite().all())
    assert bool(chroma.isfinite().all())
    assert torch.equal(luma[0, :, 1::2], pictures[0, :, 1::2])


@pytest.mark.parametrize("value", [0.0, 1.0, -0.07, 1.09])
def test_a_flat_picture_stays_flat(value: float) -> None:
    """Black, white, and values beyond: an untrained net returns the value, a random one a finite one."""
    fields = fields_of(torch.full((5, 1, 12, 10), value))
    assert torch.allclose(frames(fields, strength=0), torch.tensor(value), atol=1e-6)
    assert bool(frames(fields, strength=0.3).isfinite().all())


def test_a_single_field_is_interpolated_within_itself() -> None:
    """Without other fields an untrained net gives the mean of the rows above and below."""
    frame = torch.arange(12.0)[:, None].expand(12, 8) / 12
    for parity in (0, 1):
        field = frame[None, parity::2]
        luma, _ = interpolate(net_of(), [field], None, parity == 0, range(1))
        torch.testing.assert_close(luma[0, 0, 1:-1], frame[1:-1], atol=1e-6, rtol=0)


def test_chroma_follows_the_motion_of_luma() -> None:
    """Chroma at a quarter of the width (4:1:1) moves with the luma; without its flow the error doubles."""
    pictures = moving(9, speed=4)
    sides = torch.nn.functional.avg_pool2d(pictures, (1, 4)).expand(-1, 2, -1, -1) - 0.5
    fields, colors = fields_of(pictures), fields_of(sides)
    inside = (slice(3, 6), slice(None), slice(8, -8), slice(4, -4))

    def error(luma: Sequence[Tensor]) -> float:
        found = interpolate(net_of(), luma, colors, True, range(9))[1]
        assert found is not None
        return float((found - sides)[inside].abs().mean())

    assert error(fields) < error(fields_of(torch.zeros_like(pictures))) / 2


def test_bf16_differs_by_its_precision_only() -> None:
    """The convolutions in bf16: real rows exact, the others within 1/64 with small random weights."""
    fields = fields_of(moving(5))
    exact, _ = interpolate(net_of(0.05), fields, None, True, range(5))
    low, _ = interpolate(net_of(0.05).to(torch.bfloat16), fields, None, True, range(5))
    assert torch.equal(low[0, :, 0::2], exact[0, :, 0::2])
    assert not torch.equal(low, exact)
    assert float((low - exact).abs().max()) < 1 / 64


def test_fields_beyond_the_ends_have_the_right_parity() -> None:
    """The sequence is mirrored at its first and last field, again and again if it is short."""
    planes = FieldPlanes([torch.zeros(1, 2, 2)] * 4, 4, True)
    assert [planes.mirrored(at) for at in range(-4, 9)] == [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]
    for at in range(-9, 9):
        assert (planes.mirrored(at) - at) % 2 == 0
    assert FieldPlanes([torch.zeros(1, 2, 2)], 4, True).mirrored(-3) == 0


def test_static_lines_do_not_shimmer() -> None:
    """Lines one row high in a static picture, luma and chroma, with any weights: the picture, bit for bit."""
    picture = torch.tensor([0.1, 0.9]).repeat(48)[:, None].expand(96, 64)[None]
    sides = (picture[:, :48, :32] - 0.5).expand(2, -1, -1)
    luma, chroma = interpolate(
        net_of(0.3), fields_of([picture] * 7), fields_of([sides] * 7), True, range(7)
    )
    assert chroma is not None
    assert torch.equal(luma, picture.expand_as(luma))
    assert torch.allclose(chroma, sides.expand_as(chroma), atol=1e-6)
