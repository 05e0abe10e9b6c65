"""The colors that a person chose, found before the run: for each shot the chroma of its anchors in the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import TypeAdapter, ValidationError

from restore.errors import UsageError
from restore.jobs.shot_pictures import shot_pictures
from restore.plan import Plan, ShotPlan
from restore.recipe import Recipe
from restore.run.events import Choosing, Listener
from restore.store import digest_bytes, digest_file, make_folder, write_atomic
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeOptions
from restore.treatments.colorize.chosen import ColorChoice
from restore.treatments.colorize.sampler import SAMPLER, ColorSampler
from restore.treatments.treatment import Engine

if TYPE_CHECKING:
    from restore.filters.flow import Plane
    from restore.models import Card
    from restore.run.frames import Job
    from restore.treatments.colorize.asked_network import AskedNetwork
    from restore.treatments.colorize.choosing import KeyColors
    from restore.treatments.colorize.references import ReferencePicture

CHOICE_CODE = 1
"""Version of the code that chooses colors: stored choices of another version are not used."""


def with_chosen_colors(job: Job, recipe: Recipe, folder: Path | None, listener: Listener) -> Plan:
    """The job's plan with the colors of all shots that ask for a choice.

    Finished choices are kept in `folder` (None: nowhere), so that a run that was killed goes on with the
    same colors. Raises UsageError for references that cannot be read, and if there is no model for variants.
    """
    wanted = {
        place: choice
        for place, shot in enumerate(job.plan.shots)
        if (choice := _choice(shot)) is not None
    }
    if not wanted:
        return job.plan
    chooser = Chooser(job, recipe.of(ColorizeOptions).color_sampler)
    made: dict[int, ColorChoice] = {}
    for number, (place, choice) in enumerate(wanted.items()):
        listener(Choosing(number, len(wanted), place))
        made[place] = _kept(chooser, place, choice, folder)
    listener(Choosing(len(wanted), len(wanted), max(wanted)))
    shots = [
        _with(shot, made[place]) if place in made else shot
        for place, shot in enumerate(job.plan.shots)
    ]
    return replace(job.plan, shots=tuple(shots))


def reference_digests(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """All files that the recipe takes colors from, each with its SHA-256; UsageError for missing ones."""
    found = [options.get(COLORIZE.name) for options in recipe.variants]
    asked = [
        one.reference or () for one in found if isinstance(one, ColorizeOptions) and one.colors
    ]
    names = dict.fromkeys(name for each in asked for name in each)
    return tuple((name, _digest(name)) for name in names)


def check_sampler(recipe: Recipe) -> None:
    """Raise UsageError if shots ask for variants and no model can draw them."""
    found = [options.get(COLORIZE.name) for options in recipe.variants]
    for one in found:
        if isinstance(one, ColorizeOptions) and one.colors and one.variant is not None:
            sampler_card(one.color_sampler)


def _digest(name: str) -> str:
    from restore.media.images.picture import read_picture

    try:
        return digest_file(Path(name))
    except OSError:
        read_picture(Path(name))  # raises the error for users
        raise


def _choice(shot: ShotPlan) -> ColorChoice | None:
    decision = shot.decisions.get(COLORIZE.name)
    return decision.choice if isinstance(decision, ColorizeDecision) else None


def _with(shot: ShotPlan, choice: ColorChoice) -> ShotPlan:
    decision = cast(ColorizeDecision, shot.decisions[COLORIZE.name])
    chosen = replace(decision, choice=choice)
    return replace(shot, decisions={**shot.decisions, COLORIZE.name: chosen})


def _kept(chooser: Chooser, place: int, choice: ColorChoice, folder: Path | None) -> ColorChoice:
    """The choice of a shot: the stored one of an earlier run, or a new one."""
    if folder is None:
        return chooser.choose(place, choice)
    path = make_folder(folder) / f"{chooser.key(place, choice)[:32]}.json"
    try:
        return TypeAdapter(ColorChoice).validate_json(path.read_bytes())
    except (OSError, ValidationError):
        made = chooser.choose(place, choice)
        write_atomic(path, TypeAdapter(ColorChoice).dump_json(made))
        return made


@dataclass(frozen=True)
class Chooser:
    """Chooses colors for the shots of a job; networks and references are loaded when they are needed.

    `sampler` is the name of the model that draws variants (None: the one that ships).
    """

    job: Job
    sampler: str | None = None

    def key(self, place: int, choice: ColorChoice) -> str:
        """Everything that determines the colors of a shot."""
        plan = self.job.plan
        parts = (
            CHOICE_CODE,
            plan.film,
            plan.code,
            plan.weights,
            plan.device,
            plan.precision,
            plan.shots[place].span,
            [plan.frame_map.mapped(i).sources[0] for i in _ends(plan.shots[place])],
            plan.crop,
            choice.asked,
            plan.treatments.get(COLORIZE.name),
            [_digest(name) for name in choice.references],
            self._card.sha256 if choice.variant is not None else "",
        )
        return digest_bytes(repr(parts).encode())

    def choose(self, place: int, choice: ColorChoice) -> ColorChoice:
        """The choice with the chroma of the anchors of this shot."""
        from restore.treatments.colorize.choosing import anchored_colors

        span = self.job.plan.shots[place].span
        with shot_pictures(self.job, span) as luma:
            keys, how = self._keys(luma, choice)
            colors = anchored_colors(span, luma, keys, self.network.predict)
        files = tuple((Path(name).name, _digest(name)) for name in choice.references)
        return replace(
            choice.asked,
            files=files,
            model=self._named if choice.variant is not None else None,
            keys=tuple(span.start + key.frame for key in keys),
            how=how,
            sha256=digest_bytes("".join(colors.anchors).encode()),
            colors=colors,
        )

    def _keys(self, luma: Sequence[Plane], choice: ColorChoice) -> tuple[list[KeyColors], str]:
        """The colors of one or more frames of the shot, and how references gave them."""
        from restore.treatments.colorize.references import keys_of, palette_key

        if choice.variant is not None:
            return [self.sampled(luma, choice.variant)], ""
        pictures = [self._reference(name) for name in choice.references]
        if aligned := list(keys_of(luma, pictures)):
            return aligned, "aligned"
        asked = self.network
        return [palette_key(luma, pictures, asked.predict, asked.features)], "palette"

    def sampled(self, luma: Sequence[Plane], seed: int) -> KeyColors:
        """The sampled colors of the shot's key frame."""
        import numpy as np

        from restore.treatments.colorize.choosing import KeyColors, enlarged, key_frame
        from restore.treatments.colorize.sampler import sampled_colors

        frame = key_frame(luma)
        here = luma[frame]
        (drawn,) = sampled_colors(self.draws, here, [seed])
        return KeyColors(frame, enlarged(drawn.chroma, here), np.ones_like(here))

    def _reference(self, name: str) -> ReferencePicture:
        """The picture in a file, which is read once."""
        from restore.media.images.picture import read_picture
        from restore.treatments.colorize.references import reference_picture

        if name not in self._references:
            self._references[name] = reference_picture(read_picture(Path(name)))
        return self._references[name]

    @cached_property
    def network(self) -> AskedNetwork:
        """The film's color network."""
        from restore.treatments.colorize.asked_network import AskedNetwork
        from restore.treatments.colorize.predicted import ColorizeSettings
        from restore.treatments.network import load_network

        settings = cast(ColorizeSettings, self.job.plan.treatments[COLORIZE.name])
        engine = Engine(self.job.plan.device, self.job.plan.precision)
        return AskedNetwork(load_network(settings.model, engine), settings)

    @cached_property
    def draws(self) -> ColorSampler:
        """The network that draws variants."""
        from restore import models

        return cast(ColorSampler, models.load(self._card).eval())

    @cached_property
    def _card(self) -> Card:
        return sampler_card(self.sampler)

    @property
    def _named(self) -> tuple[str, str]:
        return self._card.full_name, self._card.sha256

    @cached_property
    def _references(self) -> dict[str, ReferencePicture]:
        return {}


def sampler_card(name: str | None) -> Card:
    """The card of the model that draws variants; UsageError if there is none, or if it does something else."""
    from restore import models

    try:
        card = models.find(name or SAMPLER)
    except UsageError as error:
        if name is not None:
            raise
        raise UsageError(
            "This installation has no model that draws variants of colors.",
            SAMPLER,
            "Give one with --color-sampler, or choose colors with reference stills.",
            code="sampler-missing",
        ) from error
    return card


def _ends(shot: ShotPlan) -> tuple[int, int]:
    return shot.span.start, shot.span.stop - 1
