"""Aged shots with their ground truth: made once on disk, then cut into patches with a window of frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Generator, Tensor

from restore.ageing.draw import AgeingRanges, draw
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.ageing.storage import to_codes
from restore.errors import RestoreError, SourceError, UsageError
from restore.evaluation.clean_films import CleanFilm
from restore.store import digest_bytes, make_folder, write_atomic
from restore.training.drawn_lettering import with_lettering
from restore.training.footage import excerpt
from restore.training.scene_lines import camera_path, with_scene_lines
from restore.training.settings import PairSettings

OpenFilm = Callable[[Path], CleanFilm]


@dataclass(frozen=True)
class ShotList:
    """The shots to make: number n is made from film n (the films in turn) and from the seeds alone."""

    films: tuple[Path, ...]
    settings: PairSettings
    ranges: AgeingRanges
    scale: int
    seeds: tuple[int, ...]

    @property
    def key(self) -> str:
        """Identifies shots that were made from the same films in the same way."""
        how = self.settings.model_dump_json(exclude={"shots", "photo_share", "repeat_chance"})
        names = [path.name for path in self.films]
        made = repr((names, how, self.ranges.model_dump_json(), self.scale, self.seeds))
        return digest_bytes(made.encode())[:12]

    def make(self, film: CleanFilm, number: int) -> dict[str, Tensor]:
        """Shot `number`: what its file contains."""
        return _made(film, self, number)


class Shots(Protocol):
    """Shots that can be prepared: number n is made from film n, the films in turn."""

    @property
    def films(self) -> tuple[Path, ...]:
        """What the shots are made from, in turn."""
        ...

    @property
    def settings(self) -> PairSettings:
        """How many shots, and of which size."""
        ...

    @property
    def key(self) -> str:
        """Identifies shots that were made from the same films in the same way."""
        ...

    def make(self, film: CleanFilm, number: int) -> dict[str, Tensor]:
        """What the file of shot `number` contains."""
        ...


def prepare(
    shots: Shots,
    open_film: OpenFilm,
    folder: Path,
    share: tuple[int, int] = (0, 1),
    progress: Callable[[int, int], None] = lambda done, count: None,
    leave_out: Callable[[Path, RestoreError], None] | None = None,
) -> list[Path]:
    """The shots' files in `folder/KEY`; missing ones are made, and those of films that were replaced.

    `share` is (this process, number of processes) where several prepare at the same time; `progress`
    gets how many of this share are done. Films that cannot be read or are too small raise SourceError
    or UsageError, or are given to `leave_out`: then the files of their shots do not exist.
    """
    place = make_folder(folder / shots.key)
    paths = [place / f"{number:05d}.safetensors" for number in range(shots.settings.shots)]
    mine = range(share[0], len(paths), share[1])
    made = {n for n in mine if _is_of(paths[n], shots.films[n % len(shots.films)])}
    done = len(made)
    for at, path in enumerate(shots.films):
        missing = [n for n in mine if n % len(shots.films) == at and n not in made]
        if not missing:
            continue
        try:
            film = open_film(path)
            for number in missing:
                shot = save(shots.make(film, number), {_FILM_SIZE: str(_size(path))})
                write_atomic(paths[number], shot)
                done += 1
                progress(done, len(mine))
        except (SourceError, UsageError) as error:
            if leave_out is None:
                raise
            leave_out(path, error)
    return paths


def _is_of(shot: Path, film: Path) -> bool:
    """Whether the shot exists and was made from a film of this size."""
    if not shot.exists():
        return False
    with safe_open(str(shot), framework="pt") as file:
        size = (file.metadata() or {}).get(_FILM_SIZE)
    return size == str(_size(film))


def _size(film: Path) -> int:
    """Size in bytes; 0 if there is no such file."""
    return film.stat().st_size if film.is_file() else 0


_FILM_SIZE = "film_bytes"
"""Key of a shot's metadata."""


def _made(film: CleanFilm, shots: ShotList, number: int) -> dict[str, Tensor]:
    generator = seeded(*shots.seeds, number)
    frames = excerpt(film, shots.settings, generator).float() / 255
    height, width = (side // shots.scale * shots.scale for side in frames.shape[-2:])
    frames = frames[..., :height, :width]
    with_decoys = _with_decoys(frames, shots.settings, generator)
    amounts = draw(shots.ranges, generator)
    if with_decoys is not None:
        frames = with_decoys
        if float(torch.rand((), generator=generator)) < _IN_FOCUS_SHARE:
            amounts = amounts.model_copy(update=_IN_FOCUS)
    shot = age(frames, amounts, shots.scale, generator)
    return {"aged": to_codes(shot.aged[:, 0]), "truth": to_codes(shot.truth[:, 0])}


_IN_FOCUS_SHARE = 0.6
"""Share of the shots with drawn lines or lettering that are as sharp as a film can be.

Damage is always in focus. If drawn lines were always softer than hairs and scratches, a network would
distinguish them by that alone.
"""

_IN_FOCUS = {"blur": 0.0, "defocus": 0.0, "intermediate_scale": 1.0, "generations": 0}


def _with_decoys(frames: Tensor, settings: PairSettings, generator: Generator) -> Tensor | None:
    """The frames with drawn lines or lettering, which resemble damage; None: this shot gets none."""
    draws = cast(list[float], torch.rand(2, generator=generator).tolist())
    has_lettering = draws[0] < settings.lettering_share
    has_lines = draws[1] < settings.scene_line_share
    if not (has_lettering or has_lines):
        return None
    path = camera_path(frames)
    if has_lettering:
        frames = with_lettering(frames, path, generator)
    return with_scene_lines(frames, path, generator) if has_lines else frames


@dataclass(frozen=True)
class Patches:
    """Random patches from prepared shots: the samples of the task "upscale"."""

    paths: Sequence[Path]
    size: int
    """height and width in pixels of the aged picture"""
    scale: int
    """how many times larger the ground truth is"""
    frames: int
    """length of the window"""
    repeat_chance: float

    def draw(self, generator: Generator) -> tuple[Tensor, Tensor]:
        """A window [1, frames, size, size] and its sharp middle frame [1, 1, ...] times scale, 0..1."""
        size, scale = self.size, self.scale
        path = self.paths[_integer(0, len(self.paths) - 1, generator)]
        with safe_open(str(path), framework="pt") as shot:
            aged, truth = shot.get_slice("aged"), shot.get_slice("truth")
            length, height, width = aged.get_shape()
            middle = _integer(0, length - 1, generator)
            top = _integer(0, height - size, generator)
            left = _integer(0, width - size, generator)
            order = self._window(middle, length, generator)
            first = min(order)
            run = aged[first : max(order) + 1, top : top + size, left : left + size]
            up, side, wide = top * scale, left * scale, size * scale
            sharp = truth[middle : middle + 1, up : up + wide, side : side + wide]
        window = run[[at - first for at in order]]
        window, sharp = _mirrored(window, sharp, _integer(0, 3, generator))
        return window[None].float() / 255, sharp[None].float() / 255

    def _window(self, middle: int, length: int, generator: Generator) -> list[int]:
        """Frames around the middle one, forwards or backwards, sometimes with a repeated frame."""
        radius = self.frames // 2
        order = around(middle, radius, length)
        if _integer(0, 1, generator):
            order.reverse()
        if radius and float(torch.rand((), generator=generator)) < self.repeat_chance:
            at = _integer(0, len(order) - 2, generator)
            order[at if at < radius else at + 1] = middle
        return order


def around(middle: int, radius: int, length: int) -> list[int]:
    """The frames around one out of `length`, with the first and last one repeated at the ends."""
    return [min(max(at, 0), length - 1) for at in range(middle - radius, middle + radius + 1)]


def holds_patch(path: Path, size: int, entry: str = "aged") -> bool:
    """Whether the entry of a prepared shot is at least `size` pixels high and wide."""
    with safe_open(str(path), framework="pt") as shot:
        return min(shot.get_slice(entry).get_shape()[-2:]) >= size


def whole_frames(path: Path, frames: int) -> tuple[Tensor, Tensor]:
    """The window [1, frames, h, w] around a shot's middle frame, and its truth [1, 1, H, W], 0..1."""
    with safe_open(str(path), framework="pt") as shot:
        aged, truth = shot.get_tensor("aged"), shot.get_tensor("truth")
    middle = len(aged) // 2
    window = aged[around(middle, frames // 2, len(aged))]
    return window[None].float() / 255, truth[middle][None, None].float() / 255


def _mirrored(window: Tensor, sharp: Tensor, way: int) -> tuple[Tensor, Tensor]:
    """Both mirrored in one of four ways, never rotated: scratches are vertical, tape lines horizontal."""
    if way & 1:
        window, sharp = window.flip(-1), sharp.flip(-1)
    if way & 2:
        window, sharp = window.flip(-2), sharp.flip(-2)
    return window, sharp


def _integer(low: int, high: int, generator: Generator) -> int:
    """A random integer from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))
