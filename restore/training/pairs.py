"""Aged shots with their truth: made once on disk, then cut into patches with a window of frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Generator, Tensor

from restore.ageing.draw import Spread, draw
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.ageing.storage import to_codes
from restore.errors import RestoreError, SourceError, UsageError
from restore.evaluation.clean_films import CleanFilm
from restore.store import digest_bytes, make_folder, write_atomic
from restore.training.footage import excerpt
from restore.training.settings import PairSettings
from restore.training.titles import titled
from restore.training.wires import camera_path, wired

ReadClip = Callable[[Path], Tensor]
"""path of a clip -> its frames [T, 3, H, W], uint8 R'G'B', full range"""

OpenFilm = Callable[[Path], CleanFilm]


@dataclass(frozen=True)
class Shots:
    """The shots to make: number n comes from film n (round and round) and from the seeds alone."""

    films: tuple[Path, ...]
    settings: PairSettings
    spread: Spread
    scale: int
    seeds: tuple[int, ...]

    @property
    def key(self) -> str:
        """Tells shots apart that were made of other films, or in another way."""
        how = self.settings.model_dump_json(exclude={"shots", "photos", "repeat_chance"})
        names = [path.name for path in self.films]
        made = repr((names, how, self.spread.model_dump_json(), self.scale, self.seeds))
        return digest_bytes(made.encode())[:12]


def prepare(
    shots: Shots,
    open_film: OpenFilm,
    folder: Path,
    share: tuple[int, int] = (0, 1),
    tell: Callable[[int, int], None] = lambda done, count: None,
    leave_out: Callable[[Path, RestoreError], None] | None = None,
) -> list[Path]:
    """The shots' files in `folder/KEY`; those that lack are made, and those of films that were replaced.

    `share` is (this process, of how many) where several prepare side by side. `tell` hears how many
    of this share are done. Films that cannot be read or are too small raise SourceError or
    UsageError, or are given to `leave_out`: then the files of their shots are not there.
    """
    place = make_folder(folder / shots.key)
    paths = [place / f"{number:05d}.safetensors" for number in range(shots.settings.shots)]
    mine = range(share[0], len(paths), share[1])
    made = {n for n in mine if _is_of(paths[n], shots.films[n % len(shots.films)])}
    done = len(made)
    for at, path in enumerate(shots.films):
        lacking = [n for n in mine if n % len(shots.films) == at and n not in made]
        if not lacking:
            continue
        try:
            film = open_film(path)
            for number in lacking:
                shot = save(_made(film, shots, number), {_SIZE: str(_size(path))})
                write_atomic(paths[number], shot)
                done += 1
                tell(done, len(mine))
        except (SourceError, UsageError) as error:
            if leave_out is None:
                raise
            leave_out(path, error)
    return paths


def _is_of(shot: Path, film: Path) -> bool:
    """Whether the shot is there, and was made of this very film as far as its size tells."""
    if not shot.exists():
        return False
    with safe_open(str(shot), framework="pt") as file:
        size = (file.metadata() or {}).get(_SIZE)
    return size in (None, str(_size(film)))


def _size(film: Path) -> int:
    """Bytes; 0 for none."""
    return film.stat().st_size if film.is_file() else 0


_SIZE = "bytes of the film"
"""Key of a shot's notes."""


def _made(film: CleanFilm, shots: Shots, number: int) -> dict[str, Tensor]:
    generator = seeded(*shots.seeds, number)
    frames = excerpt(film, shots.settings, generator).float() / 255
    height, width = (side // shots.scale * shots.scale for side in frames.shape[-2:])
    frames = frames[..., :height, :width]
    decoyed = _decoyed(frames, shots.settings, generator)
    amounts = draw(shots.spread, generator)
    if decoyed is not None and float(torch.rand((), generator=generator)) < _IN_FOCUS_SHARE:
        amounts = amounts.model_copy(update=_IN_FOCUS)
    shot = age(frames if decoyed is None else decoyed, amounts, shots.scale, generator)
    return {"aged": to_codes(shot.aged[:, 0]), "truth": to_codes(shot.truth[:, 0])}


_IN_FOCUS_SHARE = 0.6
"""How many of the shots with lines or letters of the scene are as sharp as a film can be.

A title card is a flat board before a lens that was set for it, and damage is always in focus: were
all lines of the scene softer than hairs and scratches, a network would tell them apart by that alone.
"""

_IN_FOCUS = {"blur": 0.0, "defocus": 0.0, "between": 1.0, "generations": 0}


def _decoyed(frames: Tensor, settings: PairSettings, generator: Generator) -> Tensor | None:
    """With lines or letters of the scene, which look like damage and are none; None: without."""
    lettered, lined = cast(list[float], torch.rand(2, generator=generator).tolist())
    if lettered >= settings.titles and lined >= settings.wires:
        return None
    path = camera_path(frames)
    if lettered < settings.titles:
        frames = titled(frames, path, generator)
    return wired(frames, path, generator) if lined < settings.wires else frames


class Patches:
    """Random patches out of prepared shots."""

    def __init__(
        self, paths: Sequence[Path], scale: int, frames: int, repeat_chance: float
    ) -> None:
        self._shots = [safe_open(str(path), framework="pt") for path in paths]
        self._scale = scale
        self._radius = frames // 2
        self._repeat_chance = repeat_chance

    def sample(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """A window [1, frames, size, size] and its sharp middle frame [1, 1, ...] times scale, 0..1."""
        shot = self._shots[_integer(0, len(self._shots) - 1, generator)]
        aged, truth = shot.get_slice("aged"), shot.get_slice("truth")
        length, height, width = aged.get_shape()
        middle = _integer(0, length - 1, generator)
        top = _integer(0, height - size, generator)
        left = _integer(0, width - size, generator)
        order = self._window(middle, length, generator)
        first = min(order)
        run = aged[first : max(order) + 1, top : top + size, left : left + size]
        window = run[[at - first for at in order]]
        up, side, wide = top * self._scale, left * self._scale, size * self._scale
        sharp = truth[middle : middle + 1, up : up + wide, side : side + wide]
        window, sharp = _mirrored(window, sharp, _integer(0, 3, generator))
        return window[None].float() / 255, sharp[None].float() / 255

    def _window(self, middle: int, length: int, generator: Generator) -> list[int]:
        """Frames around the middle, the ends repeated; at times backwards or with a repeat."""
        order = around(middle, self._radius, length)
        if _integer(0, 1, generator):
            order.reverse()
        if self._radius and float(torch.rand((), generator=generator)) < self._repeat_chance:
            place = _integer(0, len(order) - 2, generator)
            order[place if place < self._radius else place + 1] = middle
        return order


def around(middle: int, radius: int, length: int) -> list[int]:
    """The frames around one out of `length`, the ends repeated."""
    return [min(max(at, 0), length - 1) for at in range(middle - radius, middle + radius + 1)]


def holds_patch(path: Path, size: int) -> bool:
    """Whether a prepared shot is at least `size` pixels high and wide."""
    with safe_open(str(path), framework="pt") as shot:
        return min(shot.get_slice("aged").get_shape()[1:]) >= size


def whole_frames(path: Path, frames: int) -> tuple[Tensor, Tensor]:
    """The window [1, frames, h, w] around a shot's middle frame, and its truth [1, 1, H, W], 0..1."""
    with safe_open(str(path), framework="pt") as shot:
        aged, truth = shot.get_tensor("aged"), shot.get_tensor("truth")
    middle = len(aged) // 2
    window = aged[around(middle, frames // 2, len(aged))]
    return window[None].float() / 255, truth[middle][None, None].float() / 255


def _mirrored(window: Tensor, sharp: Tensor, way: int) -> tuple[Tensor, Tensor]:
    """Both mirrored in one of four ways; never turned: scratches are upright, a tape's lines level."""
    if way & 1:
        window, sharp = window.flip(-1), sharp.flip(-1)
    if way & 2:
        window, sharp = window.flip(-2), sharp.flip(-2)
    return window, sharp


def _integer(low: int, high: int, generator: Generator) -> int:
    """A whole number from low to high, both possible."""
    return int(torch.randint(low, high + 1, (), generator=generator))
