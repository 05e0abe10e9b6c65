"""Fields with their ground truth: progressive shots made into fields once, then cut into patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from safetensors import safe_open
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.grain import grain
from restore.ageing.random_streams import RandomDraws, seeded
from restore.ageing.storage import to_codes
from restore.clip import LUMA_WEIGHTS
from restore.evaluation.clean_films import CleanFilm
from restore.media.ffmpeg.compress import compress, compress_color
from restore.nets.deinterlace import FIELDS, DeinterlaceNet
from restore.store import digest_bytes
from restore.training.batches import Sample
from restore.training.footage import excerpt
from restore.training.settings import FieldSettings, PairSettings
from restore.treatments.deinterlace.interpolate import (
    FieldPlanes,
    estimated_frame,
    flows_between,
    refinement_planes,
)

_GRID = 4
"""Heights and widths are multiples of this: chroma at half size has whole rows of both fields."""

_GRAIN_STRENGTH, _GRAIN_SIZE = (0.005, 0.04), (0.3, 1.1)
_NOISE_STRENGTH = (0.005, 0.04)
"""Standard deviations (nominal 0..1), and the sigma of a clump of grain in pixels."""

_EDGE = 2
"""Fields at the ends of a shot that are not used as the middle one: they have no neighbors."""


@dataclass(frozen=True)
class FieldShots:
    """The shots to make: number n is made from film n (the films in turn) and from the seeds alone.

    `net` makes the estimates of the stage "refine".
    """

    films: tuple[Path, ...]
    settings: PairSettings
    how: FieldSettings
    net: DeinterlaceNet
    seeds: tuple[int, ...]

    @property
    def key(self) -> str:
        """Identifies shots that were made from the same films in the same way, with the same estimates."""
        used = {"frames", "height", "width", "max_frame_step"}
        made = [
            [path.name for path in self.films],
            self.settings.model_dump_json(include=used),
            self.how.model_dump_json(),
            self.seeds,
        ]
        weights = b""
        if self.how.stage == "refine":
            state = self.net.estimate.state_dict()
            weights = b"".join(value.cpu().numpy().tobytes() for value in state.values())
        return digest_bytes(repr(made).encode() + weights)[:12]

    def make(self, film: CleanFilm, number: int) -> dict[str, Tensor]:
        """Shot `number`: `truth` [T, H, W], `parity` of the first field, and what its stage learns from.

        That is `fields` [T, h, W] or, for the stage "refine", `planes` [T, 8, h, W].
        """
        generator = seeded(*self.seeds, number)
        draws = RandomDraws(generator)
        frames = _arranged(excerpt(film, self.settings, generator), self.how, draws)
        luma, chroma = _planes(frames)
        is_chroma = draws.happens(self.how.chroma_share)
        truth = _grainy(luma, self.how, draws, generator)
        parity = int(draws.happens(0.5))
        stored = _stored(truth, chroma, parity, self.how, draws, generator)
        side = int(draws.happens(0.5))
        shown = chroma[:, side] if is_chroma else truth[:, 0]
        shot = {"truth": to_codes(shown), "parity": torch.tensor([parity])}
        own = stored[1][:, side] if is_chroma else stored[0]
        if self.how.stage == "estimate":
            return {**shot, "fields": _own_rows(own, parity)}
        return {**shot, "planes": _refinement(self.net, stored[0], own, parity)}


def _arranged(frames: Tensor, how: FieldSettings, draws: RandomDraws) -> Tensor:
    """Frames [T, 3, H, W], an even number of a size on the grid; some static, some as in telecined film."""
    count, _, height, width = frames.shape
    order = list(range(count // 2 * 2))
    kind = draws.uniform((0, 1))
    if kind < how.static_share:
        order = [0] * len(order)
    elif kind < how.static_share + how.film_share:
        cadence = (2, 2) if draws.happens(0.5) else (2, 3)
        fields = [at for at in order for _ in range(cadence[at % 2])]
        start = int(draws.uniform((0, 4)))
        order = fields[start : start + len(order)]
    return frames[order, :, : height // _GRID * _GRID, : width // _GRID * _GRID]


def _planes(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Luma [T, 1, H, W] and chroma at half size [T, 2, H/2, W/2] of R'G'B' frames, both 0..1."""
    rgb = frames.float() / 255
    red, _, blue = LUMA_WEIGHTS["bt709"]
    luma = (rgb * rgb.new_tensor(LUMA_WEIGHTS["bt709"]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    sides = [(rgb[:, 2:3] - luma) / (2 - 2 * blue), (rgb[:, :1] - luma) / (2 - 2 * red)]
    return luma, functional.avg_pool2d(torch.cat(sides, 1), 2) + 128 / 255


def _grainy(luma: Tensor, how: FieldSettings, draws: RandomDraws, generator: Generator) -> Tensor:
    """The luma, with grain in a share of the shots."""
    strength = draws.uniform_or_zero(_GRAIN_STRENGTH, how.grain_share)
    size = draws.uniform(_GRAIN_SIZE)
    return grain(luma, strength, size, 0.5, generator)


def _stored(
    luma: Tensor,
    chroma: Tensor,
    parity: int,
    how: FieldSettings,
    draws: RandomDraws,
    generator: Generator,
) -> tuple[Tensor, Tensor]:
    """Luma [T, H, W] and chroma [T, 2, h, w] as uint8 after tape and MPEG-2; only the own rows are valid."""
    if draws.happens(how.noise_share):
        strength = draws.uniform(_NOISE_STRENGTH)
        smooth = draws.happens(0.6)
        luma = luma + _tape_noise(luma, strength, smooth, generator)
        chroma = chroma + _tape_noise(chroma, strength, True, generator)
    lines, sides = to_codes(luma)[:, 0], to_codes(chroma)
    if not draws.happens(how.compressed_share):
        return lines, sides
    quantizer = round(draws.uniform(how.quantizer))
    woven = _in_frames(lines, parity).numpy(), _in_frames(sides, parity).numpy()
    if how.chroma_share:
        back, back_sides = compress_color(*woven, "mpeg2", quantizer, interlaced=True)
        sides = torch.from_numpy(back_sides).repeat_interleave(2, 0)
    else:
        back = compress(woven[0], "mpeg2", quantizer, interlaced=True)
    return torch.from_numpy(back).repeat_interleave(2, 0), sides


def _tape_noise(planes: Tensor, strength: float, smooth: bool, generator: Generator) -> Tensor:
    """White noise, or noise that is correlated along the rows, as a tape's limited bandwidth makes it."""
    white = torch.randn(planes.shape, generator=generator)
    if smooth:
        white = (white + white.roll(1, -1) + white.roll(-1, -1)) / 3**0.5
    return strength * white


def _in_frames(instants: Tensor, parity: int) -> Tensor:
    """Pictures of successive instants [T, ..., H, W] -> interlaced frames [T/2, ..., H, W]."""
    frames = instants[0::2].clone()
    frames[..., 1 - parity :: 2, :] = instants[1::2, ..., 1 - parity :: 2, :]
    return frames


def _own_rows(instants: Tensor, parity: int) -> Tensor:
    """The fields [T, h, W] of pictures [T, H, W]; `parity` is that of the first one."""
    return torch.stack([one[(at + parity) % 2 :: 2] for at, one in enumerate(instants)])


def _refinement(net: DeinterlaceNet, luma: Tensor, shown: Tensor, parity: int) -> Tensor:
    """The planes [T, 8, h, W] that the refinement of luma, or of a chroma plane, gets; uint8 codes."""
    with torch.no_grad():
        lumas = _estimates(net, luma, parity)
        planes = lumas if shown.shape == luma.shape else _estimates(net, shown, parity)
        found: list[Tensor] = []
        last = len(lumas) - 1
        for at in range(len(lumas)):
            around = (abs(at - 1), at, min(at + 1, 2 * last - at - 1))
            before, now, after = (lumas[one] for one in around)
            flows = flows_between(now, before, after)
            triple = cast(tuple[Tensor, Tensor, Tensor], tuple(planes[one] for one in around))
            found.append(to_codes(refinement_planes(triple, flows, (at + parity) % 2)[0]))
    return torch.stack(found)


def _estimates(net: DeinterlaceNet, instants: Tensor, parity: int) -> list[Tensor]:
    """The estimated frames [1, H, W], 0..1, of the fields in pictures [T, H, W]."""
    rows = [one[None, (at + parity) % 2 :: 2].float() / 255 for at, one in enumerate(instants)]
    fields = FieldPlanes(rows, instants.shape[-2], parity == 0)
    return [estimated_frame(net, fields, at) for at in range(len(rows))]


@dataclass(frozen=True)
class FieldPatches:
    """Random patches of fields from prepared shots: the samples of the task "deinterlace"."""

    paths: Sequence[Path]
    size: int
    """rows of a field, and columns"""
    stage: str

    def __call__(self, generator: Generator) -> Sample:
        """Planes with the parity [1, 6 or 9, size, size], and the missing rows [1, 1, size, size]."""

        def integer(high: int) -> int:
            return int(torch.randint(0, high + 1, (), generator=generator))

        path = self.paths[integer(len(self.paths) - 1)]
        with safe_open(str(path), framework="pt") as shot:
            entry = shot.get_slice("fields" if self.stage == "estimate" else "planes")
            length, *_, rows, columns = entry.get_shape()
            at = _EDGE + integer(length - 1 - 2 * _EDGE)
            top, left = integer(rows - self.size), integer(columns - self.size)
            box = (slice(top, top + self.size), slice(left, left + self.size))
            whole = (slice(2 * top, 2 * (top + self.size)), box[1])
            truth = shot.get_slice("truth")[at, *whole]
            parity = (int(shot.get_tensor("parity")) + at) % 2
            planes = entry[at, :, *box] if self.stage == "refine" else entry[_around(at), *box]
        return _sample(planes, truth, parity, integer(7), self.stage)


def whole_fields(path: Path, stage: str) -> Sample:
    """The sample of the middle field of a shot, at full size."""
    with safe_open(str(path), framework="pt") as shot:
        entry = shot.get_slice("fields" if stage == "estimate" else "planes")
        at = entry.get_shape()[0] // 2
        planes = entry[at] if stage == "refine" else entry[_around(at)]
        parity = (int(shot.get_tensor("parity")) + at) % 2
        return _sample(planes, shot.get_slice("truth")[at], parity, 0, stage)


def _around(at: int) -> slice:
    """The fields that an estimate of field `at` uses."""
    return slice(at - FIELDS // 2, at + FIELDS // 2 + 1)


_REVERSED = {"estimate": [4, 3, 2, 1, 0], "refine": [0, 1, 3, 2, 5, 4, 7, 6]}
"""The planes of each stage when time runs backwards."""


def _sample(planes: Tensor, truth: Tensor, parity: int, way: int, stage: str) -> Sample:
    """The planes [P, h, W] with the parity, and the missing rows, mirrored in one of eight ways.

    Bits of `way`: left and right, top and bottom (then the parity is the other one), time.
    """
    if way & 1:
        planes, truth = planes.flip(-1), truth.flip(-1)
    if way & 2:
        planes, truth, parity = planes.flip(-2), truth.flip(-2), 1 - parity
    if way & 4:
        planes = planes[_REVERSED[stage]]
    values = planes[None].float() / 255
    inputs = torch.cat([values, values.new_full((1, 1, *values.shape[-2:]), float(parity))], 1)
    return inputs, truth[None, None, 1 - parity :: 2].float() / 255
