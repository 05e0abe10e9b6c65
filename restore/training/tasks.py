"""What differs between the tasks: where samples come from, what is minimized, how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from restore.errors import RestoreError, SourceError, UsageError
from restore.evaluation.benchmark import chroma_of, colored
from restore.evaluation.clean_films import CleanFilm
from restore.evaluation.metrics import CODES, psnr, rms
from restore.evaluation.photographs import Photo, read_photos
from restore.filters.chroma import read_out
from restore.models import Readout
from restore.training.bins import corner_table, occupied, on_grid
from restore.training.collage import photo_film
from restore.training.feasible import check_patch, new_net
from restore.training.fidelity import detail_loss, fidelity_loss, structure_loss
from restore.training.film_stills import film_stills
from restore.training.footage import split_films
from restore.training.gray_samples import grey_bench, grey_sample
from restore.training.objectives import chroma_loss, exactness_loss, sharpness_loss
from restore.training.pairs import (
    OpenFilm,
    Patches,
    Shots,
    holds_patch,
    prepare,
    whole_frames,
)
from restore.training.parallel import CPU, Machine, together
from restore.training.run_events import Listen, Prepared, Told, Validated, nobody
from restore.training.settings import PairSettings, TrainSettings
from restore.training.warmstart import given_bins

Loss = Callable[[Tensor, Tensor], Tensor]

_PHOTOS = "photos"
"""Folder of the photographs, in that of the data."""

_VALIDATION = 1
"""Tells the seeds of validation shots from those of training shots."""

SHOWN, SHOWN_SIZE = 4, 256
"""Rows of pictures that a validation shows, and the longest side of each."""


@dataclass(frozen=True)
class Task:
    """A network to train, a source of samples (input, truth), and the loss of (output, truth)."""

    net: nn.Module
    arguments: dict[str, int]
    """what the network was built with"""
    sample: Callable[[Generator], tuple[Tensor, Tensor]]
    """one sample, [1, ...] each"""
    loss: Loss
    """of a batch, so that it is the mean over its samples: processes average theirs"""
    validate: Callable[[Mapping[str, Tensor], int], Validated] | None = None
    """(weights, step) -> how they do on what is kept aside; None where nothing is"""


@dataclass(frozen=True)
class Place:
    """Where a task finds its data and keeps what it makes of them, and who shares in that."""

    data: Path
    work: Path
    open_film: OpenFilm
    machine: Machine = CPU
    listen: Listen = nobody


def open_task(settings: TrainSettings, place: Place, judge: TrainSettings | None = None) -> Task:
    """Prepare the data that are missing and start a network as the settings say.

    It validates on films aged as `judge` says, by that one's loss: its own settings, but for trials of
    a search, which must all be measured alike.
    """
    torch.manual_seed(settings.seed)
    open_one = _upscale if settings.task == "upscale" else _colorize
    return open_one(settings, place, judge or settings)


def _upscale(settings: TrainSettings, place: Place, judge: TrainSettings) -> Task:
    pairs, checking = settings.pairs, settings.validation
    if pairs is None:
        raise UsageError("Task upscale needs a [pairs] table.", "train.toml")
    net = new_net(settings, settings.arguments, place.data)
    scale, frames = cast(int, net.scale), cast(int, net.frames)
    shrink = pairs.scale or scale
    if shrink % scale:
        raise UsageError(f"pairs.scale {shrink} is no multiple of the scale {scale}.", "train.toml")
    check_patch(settings, pairs, scale, shrink)
    films, aside = split_films(place.data / "clips", keep_aside=checking.every > 0)
    if checking.every and not aside:
        place.listen(Told("One film alone: nothing is kept aside to validate on."))
    sources = _sources(films, pairs, place)
    shots = Shots(sources, pairs, settings.ageing, shrink, (settings.seed,))
    tried = (judge.pairs or pairs).model_copy(update={"shots": checking.count})
    held = Shots(tuple(aside), tried, judge.ageing, shrink, (judge.seed, _VALIDATION))
    made = _prepared(shots, place, settings.patch)
    if not made:
        todo = "A line for each (not with -q) says why."
        raise UsageError("No film can be trained on.", str(place.data / "clips"), todo)
    patches = Patches(made, shrink, frames, pairs.repeat_chance)
    kept = _prepared(held, place, settings.patch) if aside else []
    if aside and not kept:
        place.listen(Told("No film that was kept aside can be validated on."))

    judged = _luma_loss(judge)

    def goal(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The truth at the size that the net gives."""
        return pair[0], functional.avg_pool2d(pair[1], shrink // scale)

    def validate(weights: Mapping[str, Tensor], step: int) -> Validated:
        losses: list[float] = []
        scores: list[float] = []
        rows: list[Tensor] = []
        for window, truth in (goal(whole_frames(path, frames)) for path in kept):
            out = _answer(net, weights, window)
            losses.append(float(judged(out, truth)))
            scores.append(psnr(out, truth))
            middle = functional.interpolate(window[:, frames // 2, None], truth.shape[-2:])
            rows.append(torch.cat([_middle(picture[0]) for picture in (middle, out, truth)], -1))
        pictures = torch.cat(rows[:SHOWN], -2).clamp(0, 1).expand(3, -1, -1)
        return Validated(step, _mean(losses), _mean(scores), "PSNR dB", pictures)

    return Task(
        net=net,
        arguments={**settings.arguments, "scale": scale, "frames": frames},
        sample=lambda generator: goal(patches.sample(settings.patch, generator)),
        loss=_luma_loss(settings),
        validate=validate if kept else None,
    )


def _sources(films: list[Path], pairs: PairSettings, place: Place) -> tuple[Path, ...]:
    """What shots come from, round and round: the films, and photographs by their share.

    Of more films than there are shots for, some are taken, spread evenly over their names.
    """
    room = max(1, pairs.shots - round(pairs.shots * pairs.photos))
    if len(films) > room:
        place.listen(
            Told(f"Of {len(films)} films {room} are used: pairs.shots has no room for more.")
        )
        films = [films[at * len(films) // room] for at in range(room)]
    photos = ceil(len(films) * pairs.photos / (1 - pairs.photos))
    return (*films, *[place.data / _PHOTOS] * photos)


def _luma_loss(settings: TrainSettings) -> Loss:
    """The sum of the terms that the settings ask for, with their weights."""
    asked = {
        exactness_loss: settings.exactness,
        fidelity_loss: settings.fidelity,
        detail_loss: settings.detail,
        structure_loss: settings.structure,
    }

    def loss(out: Tensor, truth: Tensor) -> Tensor:
        cost = sharpness_loss(out, truth, settings.spectrum, settings.gradient)
        return cost + sum(weight * term(out, truth) for term, weight in asked.items() if weight)

    return loss


def _prepared(shots: Shots, place: Place, patch: int) -> list[Path]:
    """The shots, made by all processes together; films that give none are told, with the reason.

    Shots without room for a `patch`, of films smaller than the excerpts wanted, are left out.
    """

    def tell(done: int, count: int) -> None:
        if place.machine.first:
            place.listen(Prepared(done, count))

    reasons: dict[Path, str] = {}

    def leave_out(film: Path, error: RestoreError) -> None:
        reasons[film] = error.what

    takes = cache(lambda: photo_film(_photographs(place)))

    def open_either(path: Path) -> CleanFilm:
        return takes() if path == place.data / _PHOTOS else place.open_film(path)

    share = (place.machine.rank, place.machine.world)
    paths = prepare(shots, open_either, place.work / "pairs", share, tell, leave_out)
    together(place.machine)
    fitting = [path.exists() and holds_patch(path, patch) for path in paths]
    lacking = dict.fromkeys(
        film for at, film in enumerate(shots.films) if not all(fitting[at :: len(shots.films)])
    )
    for film in lacking:
        reason = reasons.get(film, f"There is no room in it for a patch of {patch}.")
        place.listen(Told(f"Left out: {film}: {reason}"))
    return [path for path, fits in zip(paths, fitting, strict=True) if fits]


def _colorize(settings: TrainSettings, place: Place, judge: TrainSettings) -> Task:
    pictures, aside = _pictures(settings, place, judge.stills)
    spacing, spread = settings.bins.spacing, settings.ageing
    centres = _bins(settings, pictures, place.data)
    arguments = {**settings.arguments, "bins": len(centres)}
    net = new_net(settings, arguments, place.data)
    net.get_buffer("centres").copy_(centres)
    table = corner_table(centres, spacing)

    def loss(scores: Tensor, chroma: Tensor) -> Tensor:
        return chroma_loss(scores, chroma, table.to(scores.device), spacing)

    return Task(
        net=net,
        arguments=arguments,
        sample=lambda generator: grey_sample(pictures, spread, settings.patch, generator),
        loss=loss,
        validate=_color_trial(judge, net, centres, loss, aside) if aside else None,
    )


def _pictures(
    settings: TrainSettings, place: Place, judged: int
) -> tuple[list[Photo], list[Photo]]:
    """What colors are learned from and, spread evenly over all that is kept aside, what validates.

    `judged`: frames of each film that are kept aside.
    """
    checking, tell = settings.validation, _left_out(place)
    folder = place.data / _PHOTOS
    found = read_photos(folder, validation=False, leave_out=tell)
    aside = read_photos(folder, validation=True, leave_out=tell) if checking.every else []
    if settings.stills or judged:
        films, kept = split_films(place.data / "clips", keep_aside=checking.every > 0)
        found += film_stills(films, settings.stills, place.open_film, tell)
        aside += film_stills(kept, judged, place.open_film, tell)
    if not found:
        todo = "Put photographs (jpg, png, webp ... or tar files of them) into it, or set stills, for films."
        raise UsageError("There is no photograph to train on.", str(folder), todo)
    if checking.every and not aside:
        place.listen(Told("Too few pictures: none is kept aside to validate on."))
    count = min(checking.count, len(aside))
    return found, [aside[at * len(aside) // count] for at in range(count)]


def _bins(settings: TrainSettings, photos: list[Photo], data: Path) -> Tensor:
    """The chroma bins [bins, 2]: those of the net that this one goes on from, or what photographs use."""
    spacing, least = settings.bins.spacing, settings.bins.least_share
    given = given_bins(settings.init, data)
    if given is None:
        found = occupied(_chroma_samples(photos), spacing, least)
        if not len(found):
            what = f"No chroma bin holds a share of {least:g} of the pixels."
            raise UsageError(what, "bins.least_share", "Choose a smaller one.")
        return found
    bins = on_grid(given, spacing)
    if not torch.allclose(bins, given, rtol=0, atol=spacing / 100):
        todo = "Set it as the train.toml of that net does, or leave init out."
        what = f"The chroma bins of {settings.init} are not {spacing:g} apart."
        raise UsageError(what, "bins.spacing", todo)
    return bins


def _photographs(place: Place) -> list[Photo]:
    """Those that train; UsageError without any."""
    photos = read_photos(place.data / _PHOTOS, validation=False, leave_out=_left_out(place))
    if not photos:
        todo = "Put photographs (jpg, png, webp ... or tar files of them) into it."
        raise UsageError("There is no photograph to train on.", str(place.data / _PHOTOS), todo)
    return photos


def _left_out(place: Place) -> Callable[[SourceError], None]:
    """Tells of a photograph that nobody trains on."""
    return lambda error: place.listen(Told(f"Left out: {error.where}: {error.what}"))


def _color_trial(
    judge: TrainSettings, net: nn.Module, centres: Tensor, loss: Loss, aside: Sequence[Photo]
) -> Callable[[Mapping[str, Tensor], int], Validated]:
    """How weights do on pictures that were kept aside, read out as the model's card says."""
    greys, chromas = grey_bench(aside, judge.ageing, judge.patch, judge.seed)
    readout = judge.card.readout or Readout(temperature=1, saturation=1, size=judge.patch)

    def validate(weights: Mapping[str, Tensor], step: int) -> Validated:
        scores = _answer(net, weights, greys)
        point = (readout.temperature, readout.saturation, readout.doubt)
        found = read_out(scores, centres, *point)
        shown = [
            colored(greys, functional.interpolate(c, greys.shape[-2:])) for c in (found, chromas)
        ]
        columns = [greys.expand(-1, 3, -1, -1), *shown]
        rows = [torch.cat([column[at] for column in columns], -1) for at in range(len(aside))]
        pictures = torch.cat(rows[:SHOWN], -2).clamp(0, 1)
        error = CODES * rms(found - chromas)
        return Validated(step, float(loss(scores, chromas)), error, "chroma RMSE", pictures)

    return validate


def _answer(net: nn.Module, weights: Mapping[str, Tensor], given: Tensor) -> Tensor:
    """What `net` gives in use with other weights, in fp32 and on the CPU."""
    device = next(iter(weights.values())).device
    net.eval()
    with torch.no_grad():
        out = cast(Tensor, functional_call(net, dict(weights), (given.to(device),)))
    net.train()
    return out.float().cpu()


def _middle(picture: Tensor) -> Tensor:
    """The middle of [C, H, W], at most SHOWN_SIZE a side."""
    height, width = picture.shape[-2:]
    high, wide = min(height, SHOWN_SIZE), min(width, SHOWN_SIZE)
    top, left = (height - high) // 2, (width - wide) // 2
    return picture[:, top : top + high, left : left + wide]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _chroma_samples(photos: list[Photo]) -> Tensor:
    """Chroma of all photographs at a quarter of their size, [n, 2]."""
    small = (functional.avg_pool2d(chroma_of(photo.rgb.float()[None] / 255), 4) for photo in photos)
    return torch.cat([chroma.permute(0, 2, 3, 1).reshape(-1, 2) for chroma in small])
