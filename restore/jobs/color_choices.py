"""The colors that a person chose, found before the run: the chroma of every shot's anchors in the plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ValidationError

from restore.errors import UsageError
from restore.jobs.asked_colors import asked_colors
from restore.jobs.color_bible import (
    BibleEntry,
    ColorBible,
    bible_entry,
    check_bible,
    extend_bible,
    read_bible,
)
from restore.jobs.shot_pictures import shot_pictures, weave_of
from restore.plan import Plan, ShotPlan
from restore.recipe import Recipe
from restore.run.events import Choosing, Listener
from restore.store import digest_bytes, digest_file, make_folder, write_atomic
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeOptions
from restore.treatments.colorize.chosen import (
    AnchorColors,
    ColorChoice,
    anchor_frames,
    nearest_anchor,
)
from restore.treatments.colorize.sampler import SAMPLER, ColorSampler
from restore.treatments.treatment import STRICT, Engine

if TYPE_CHECKING:
    from restore.filters.carried import Planes
    from restore.models import Card
    from restore.run.frames import Job
    from restore.timing import Span
    from restore.treatments.colorize.asked_network import AskedNetwork
    from restore.treatments.colorize.choosing import FrameColors
    from restore.treatments.colorize.references import ReferencePicture

CHOICE_CODE = 1
"""Version of the code that chooses colors: stored choices of another version are not used."""


ENTRIES = "entries.json"
"""The file in the folder of choices with the color frames of the job, for the color bible."""


def with_chosen_colors(
    job: Job,
    recipe: Recipe,
    folder: Path | None,
    listener: Listener,
    frames: Sequence[int] | None = None,
) -> Plan:
    """The job's plan with the colors of all shots that ask for a choice.

    With `frames` of the result only of the shots that these need.

    Shots that look alike share it: those with the same variant, and, with a color bible, those without a
    choice of their own. Finished choices are kept in `folder` (None: nowhere), so that a run that was killed
    continues with the same colors. Raises UsageError for references that cannot be read, and if there is no
    model for variants.
    """
    options = recipe.of(ColorizeOptions)
    known = read_bible(Path(options.color_bible)).entries if options.color_bible else ()
    wanted = {
        place: decision.choice
        for place, shot in enumerate(job.plan.shots)
        if (decision := color_decision(shot)) is not None
        and (decision.choice is not None or options.color_bible is not None)
    }
    if frames is not None:
        shown = {job.plan.shots.index(job.plan.shot_at(frame)) for frame in frames}
        wanted = {place: wanted[place] for place in _needed(wanted, shown)}
    if not wanted:
        return job.plan
    chooser = Chooser(job, options.color_sampler, folder)
    made: list[MadeChoice] = []
    for number, (place, asked) in enumerate(wanted.items()):
        listener(Choosing(number, len(wanted), place))
        shared = [e.entry for e in made if asked is None or _same_variant(e.asked, asked)]
        others = known if asked is None else ()
        report = _share_of(
            listener, Choosing(number, len(wanted), place), job.plan.shots[place].span
        )
        made.append(_kept(chooser, place, asked, (*shared, *others), report))
    listener(Choosing(len(wanted), len(wanted), max(wanted)))
    if folder is not None:
        chosen = ColorBible(entries=tuple(each.entry for each in made if each.asked is not None))
        write_atomic(folder / ENTRIES, chosen.model_dump_json().encode())
    found = {place: each.choice for place, each in zip(wanted, made, strict=True)}
    shots = [_with(shot, found.get(place)) for place, shot in enumerate(job.plan.shots)]
    return replace(job.plan, shots=tuple(shots))


def _share_of(listener: Listener, event: Choosing, span: Span) -> Callable[[int], None]:
    """Reports the share of the shot for a number of finished anchors."""
    stops = len(anchor_frames(span))
    return lambda done: listener(replace(event, share=round(done / stops, 3)))


def _needed(wanted: Mapping[int, ColorChoice | None], shown: Collection[int]) -> list[int]:
    """The shots that determine the colors of the shots that are shown: earlier ones may share theirs."""
    asked = [(place, wanted[place]) for place in shown if place in wanted]
    return [
        place
        for place, choice in wanted.items()
        if any(
            place == one or (place < one and (other is None or _same_variant(choice, other)))
            for one, other in asked
        )
    ]


def _same_variant(one: ColorChoice | None, other: ColorChoice) -> bool:
    """Whether two choices are the same variant: then shots that look alike share its colors."""
    return one is not None and one.variant is not None and one.asked == other.asked


def remember_colors(recipe: Recipe, folder: Path) -> None:
    """Add the color frames of a finished job to its color bible, if it has one."""
    bible = recipe.of(ColorizeOptions).color_bible
    if bible is not None and (folder / ENTRIES).is_file():
        extend_bible(Path(bible), read_bible(folder / ENTRIES).entries)


def reference_digests(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """All files that the recipe takes colors from, each with its SHA-256; UsageError for missing ones."""
    names = dict.fromkeys(name for one in asked_colors(recipe) for name in one.reference or ())
    return tuple((Path(name).name, _digest(name)) for name in names)


def check_colors(recipe: Recipe) -> tuple[Card, ...]:
    """The models that draw variants.

    UsageError if there is none for them, and for images and a color bible that cannot be read: before the
    film is decoded.
    """
    from restore.media.images.picture import read_picture

    bible = recipe.of(ColorizeOptions).color_bible
    if bible is not None:
        check_bible(Path(bible))
    asked = asked_colors(recipe)
    for name in dict.fromkeys(name for one in asked for name in one.reference or ()):
        read_picture(Path(name))
    if any(one.variant is not None for one in asked):
        return sampler_cards(recipe.of(ColorizeOptions).color_sampler)
    return ()


def _digest(name: str) -> str:
    from restore.media.images.picture import read_picture

    try:
        return digest_file(Path(name))
    except OSError:
        read_picture(Path(name))  # raises the error for users
        raise


def color_decision(shot: ShotPlan) -> ColorizeDecision | None:
    """The decision about a shot whose colors are made; None for all others."""
    decision = shot.decisions.get(COLORIZE.name)
    made = isinstance(decision, ColorizeDecision) and decision.mode == "color"
    return decision if made else None


def _with(shot: ShotPlan, choice: ColorChoice | None) -> ShotPlan:
    decision = color_decision(shot)
    if choice is None or decision is None:
        return shot
    chosen = replace(decision, choice=choice)
    return replace(shot, decisions={**shot.decisions, COLORIZE.name: chosen})


class MadeChoice(BaseModel):
    """The choice of a shot as it is stored: what was asked for, what came of it, and its color frame.

    `choice` None: the shot has no choice of its own, and looks like no other.
    """

    model_config = STRICT

    asked: ColorChoice | None
    choice: ColorChoice | None
    entry: BibleEntry


def _kept(
    chooser: Chooser,
    place: int,
    asked: ColorChoice | None,
    others: Sequence[BibleEntry],
    progress: Callable[[int], None],
) -> MadeChoice:
    """The choice of a shot: the stored one of an earlier run, or a new one."""
    if (folder := chooser.folder) is None:
        return chooser.choose(place, asked, others, progress)
    path = make_folder(folder) / f"{chooser.key(place, asked, others)[:32]}.json"
    try:
        return MadeChoice.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        made = chooser.choose(place, asked, others, progress)
        write_atomic(path, made.model_dump_json().encode())
        return made


@dataclass(frozen=True)
class FoundColors:
    """The colors of some frames of a shot, and where they come from (see `ColorChoice`)."""

    keys: list[FrameColors]
    how: str = ""
    alike: str = ""


def _shared(luma: Planes, others: Sequence[BibleEntry]) -> FoundColors | None:
    """The colors of the first of these frames that the shot looks like."""
    from restore.treatments.colorize.references import (
        aligned_colors,
        compared_frames,
        may_look_alike,
    )

    some = [luma[frame] for frame in compared_frames(len(luma))]
    for entry in others:
        if not entry.chroma or not may_look_alike(some, entry.gray()):
            continue
        if (key := aligned_colors(luma, entry.picture(), drawn=False)) is not None:
            return FoundColors([key], alike=entry.title)
    return None


@dataclass(frozen=True)
class Chooser:
    """Chooses colors for the shots of a job; networks and references are loaded when they are needed.

    `sampler` is the name of the model that draws variants (None: the one that ships). `folder` keeps finished
    choices and temporary files (None: nothing is kept).
    """

    job: Job
    sampler: str | None = None
    folder: Path | None = None

    def key(self, place: int, asked: ColorChoice | None, others: Sequence[BibleEntry]) -> str:
        """Everything that determines the colors of a shot."""
        plan = self.job.plan
        span = plan.shots[place].span
        parts = (
            CHOICE_CODE,
            plan.film,
            plan.code,
            plan.weights,
            plan.device,
            plan.precision,
            span,
            [plan.frame_map.mapped(index).sources for index in (span.start, span.stop - 1)],
            plan.crop,
            weave_of(self.job, span),
            asked,
            plan.treatments.get(COLORIZE.name),
            [_digest(name) for name in asked.references] if asked else [],
            [card.sha256 for card in self._cards] if asked and asked.variant is not None else [],
            [each.model_dump_json() for each in others],
        )
        return digest_bytes(repr(parts).encode())

    def choose(
        self,
        place: int,
        asked: ColorChoice | None,
        others: Sequence[BibleEntry] = (),
        progress: Callable[[int], None] = lambda done: None,
    ) -> MadeChoice:
        """The choice for a shot with the chroma of its anchors; `others` are frames that it may look like.

        `progress` gets the number of anchors that are done.
        """
        from restore.treatments.colorize.choosing import anchored_colors, color_frame

        span = self.job.plan.shots[place].span
        with shot_pictures(self.job, span, self.folder) as luma:
            found = self._keys(luma, asked, others)
            colors = None
            shown = color_frame(luma)
            if found.keys:
                colors = anchored_colors(span, luma, found.keys, self.network.predict, progress)
                shown = nearest_anchor(span, found.keys[0].frame)
            here = luma[shown]
        chroma = colors.anchors[colors.number(span.start + shown)] if colors else ""
        choice = None if colors is None else self._made(asked, found, colors)
        said = choice.text if choice else ""
        film = self.job.source.path.name
        return MadeChoice(
            asked=asked, choice=choice, entry=bible_entry(film, place + 1, said, here, chroma)
        )

    def _made(
        self, asked: ColorChoice | None, found: FoundColors, colors: AnchorColors
    ) -> ColorChoice:
        """The choice as the plan has it."""
        asked = asked or ColorChoice()
        return replace(
            asked,
            files=tuple((Path(name).name, _digest(name)) for name in asked.references),
            model=self._named if asked.variant is not None else None,
            alike=found.alike,
            keys=tuple(colors.span.start + key.frame for key in found.keys),
            how=found.how,
            sha256=digest_bytes("".join(colors.anchors).encode()),
            colors=colors,
        )

    def _keys(
        self, luma: Planes, asked: ColorChoice | None, others: Sequence[BibleEntry]
    ) -> FoundColors:
        """The colors of one or more frames of the shot."""
        from restore.treatments.colorize.references import palette_colors, still_colors

        if asked is None or asked.variant is not None:
            if shared := _shared(luma, others):
                return shared
            if asked is None or asked.variant is None:
                return FoundColors([])
            return FoundColors([self.sampled(luma, asked.variant)])
        pictures = [self._reference(name) for name in asked.references]
        if aligned := list(still_colors(luma, pictures)):
            return FoundColors(aligned, how="aligned")
        network = self.network
        key = palette_colors(luma, pictures, network.predict, network.features)
        return FoundColors([key], how="palette")

    def sampled(self, luma: Planes, seed: int) -> FrameColors:
        """The sampled colors of the shot's color frame."""
        import numpy as np

        from restore.treatments.colorize.choosing import FrameColors, color_frame, enlarged
        from restore.treatments.colorize.sampler import sampled_colors

        frame = color_frame(luma)
        here = luma[frame]
        (drawn,) = sampled_colors(self.draws, here, [seed])
        return FrameColors(frame, enlarged(drawn.chroma, here), np.ones_like(here))

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
        from restore.models.color_sampler import load_color_sampler

        return load_color_sampler(self._cards[0])

    @cached_property
    def _cards(self) -> tuple[Card, ...]:
        return sampler_cards(self.sampler)

    @property
    def _named(self) -> tuple[str, str]:
        return self._cards[0].full_name, self._cards[0].sha256

    @cached_property
    def _references(self) -> dict[str, ReferencePicture]:
        return {}


def sampler_cards(name: str | None) -> tuple[Card, ...]:
    """The cards of the model that draws variants, and of the color model that it builds on.

    UsageError if there is none.
    """
    from restore import models

    try:
        card = models.find(name or SAMPLER)
    except UsageError as error:
        if name is not None or error.code != "model-unknown":
            raise
        raise UsageError(
            "This installation has no model that draws variants of colors.",
            SAMPLER,
            "Give one with --color-sampler, or choose colors with reference stills.",
            code="sampler-missing",
        ) from error
    return (card, models.find(card.conditioning)) if card.conditioning else (card,)
