"""Variants of color: for each shot a contact sheet of its color frame, and a colors file to choose with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.jobs.before_after import still
from restore.jobs.color_bible import BibleEntry, bible_entry
from restore.jobs.color_choices import Chooser, color_decision, sampler_cards
from restore.jobs.colors_text import ShotLine, colors_text, write_colors
from restore.jobs.own_files import write_own_png
from restore.jobs.prepare import cards_for, plan_film, survey_film
from restore.jobs.record_files import film_name
from restore.jobs.shot_pictures import shot_pictures
from restore.media.container.probe import probe
from restore.recipe import Recipe
from restore.run.chain import Chain, load_chain
from restore.run.events import Choosing, Listener, Surveying, ignore_event
from restore.run.frames import Job
from restore.store import make_folder
from restore.treatments.colorize import ColorizeOptions

if TYPE_CHECKING:
    import numpy as np

    from restore.filters.flow import Plane
    from restore.jobs.variants_sheet import SheetPicture

COUNT = 6
"""Number of variants of a shot if none is given."""

COLORS_NAME = "colors.toml"
"""The name of the colors file."""


@dataclass(frozen=True)
class VariantsRequest:
    """The film, the options, the shots (numbers from 1; none: all that are colored), how many, and where.

    `output` None means the folder FILM.variants next to the film.
    """

    film: Path
    recipe: Recipe
    shots: tuple[int, ...] = ()
    count: int = COUNT
    output: Path | None = None


@dataclass(frozen=True)
class ShotVariants:
    """The variants of a shot.

    number       of the shot, from 1
    frame        the color frame, counted in the result
    seconds      its time from the first frame
    sheet        the contact sheet
    still        the color frame in the default colors, in full size
    likelihoods  of each variant: logarithm per sample value, in nats
    alike        the number of an earlier shot that looks alike; the same variant gives both the same colors
    """

    number: int
    frame: int
    seconds: float
    sheet: Path
    still: Path
    likelihoods: tuple[float, ...]
    alike: int | None = None


@dataclass(frozen=True)
class Variants:
    """The files that were written: the sheets of shots, and the colors file.

    `edited`: an edited colors file already existed and was kept; the new one has another name. Sheets and
    stills that were edited are kept in the same way.
    """

    folder: Path
    colors: Path
    shots: tuple[ShotVariants, ...]
    edited: bool


def make_variants(request: VariantsRequest, listener: Listener = ignore_event) -> Variants:
    """Survey the film, and draw variants of the colors of its shots.

    Raises UsageError if there is no model that draws variants, for shots that do not exist or are not
    colored, and if nothing in the film is colored.
    """
    recipe = _coloring(request.recipe)
    sampler_cards(recipe.of(ColorizeOptions).color_sampler)
    source = probe(request.film, recipe.rate, from_zero=not recipe.keep_clock)
    parent, stem = film_name(request.film)
    folder = request.output or parent / f"{stem}.variants"
    frames = len(source.frames)
    with tempfile.TemporaryDirectory(prefix="restore-") as temporary:
        thumbnails = Path(temporary) / "thumbnails"
        survey = survey_film(
            source, recipe, thumbnails, lambda done: listener(Surveying(min(done, frames), frames))
        )
        plan = plan_film(source, survey, recipe, cards_for(source, recipe), suffix="")
        job = Job(source, survey, plan, thumbnails)
        places = _places(job, request.shots)
        chain = load_chain(plan, source.width * source.height)
        make_folder(folder)
        work = _Drawing(job, chain, Chooser(job, recipe.of(ColorizeOptions).color_sampler), folder)
        made = tuple(_drawn(work, places, request.count, listener))
    text = colors_text(request.film.name, request.count, _lines(job, made))
    colors, edited = write_colors(folder / COLORS_NAME, text)
    return Variants(folder, colors, made, edited)


def _coloring(recipe: Recipe) -> Recipe:
    """The recipe with color, and without choices: the sheet shows all variants as they are drawn."""
    options = recipe.of(ColorizeOptions)
    more = {} if options.colors else {"colorize": True}
    values = recipe.model_dump(exclude_defaults=True) | more
    for key in ("variant", "reference", "saturation", "warmth", "color_bible", "shot"):
        values.pop(key, None)
    return Recipe.model_validate(values)


def _places(job: Job, wanted: Sequence[int]) -> list[int]:
    """The shots to draw: those that are colored, or those of these numbers."""
    shots = job.plan.shots
    able = [place for place, shot in enumerate(shots) if color_decision(shot) is not None]
    if wrong := [number for number in wanted if number - 1 not in able]:
        raise UsageError(
            "These shots do not exist, or are not colored.",
            f"{', '.join(map(str, wrong))}; the film has {len(shots)} shots",
            "restore inspect FILM lists the shots; --recolor also colors those in color.",
            code="no-such-shot",
        )
    if not able:
        raise UsageError(
            "The film has no shot to color.",
            str(job.source.path),
            "restore inspect FILM lists the shots; --recolor also colors those in color.",
            code="nothing-to-color",
        )
    return [place for place in able if not wanted or place + 1 in wanted]


@dataclass(frozen=True)
class _Drawing:
    """What is needed to draw variants."""

    job: Job
    chain: Chain
    chooser: Chooser
    folder: Path

    def shot(self, place: int, count: int) -> tuple[ShotVariants, list[Plane], BibleEntry]:
        """Sheet and still of a shot; also its thumbnails to compare, and its color frame."""
        from restore.treatments.colorize.choosing import color_frame
        from restore.treatments.colorize.references import compared_frames
        from restore.treatments.colorize.sampler import sampled_colors

        span = self.job.plan.shots[place].span
        with shot_pictures(self.job, span) as luma:
            key = color_frame(luma)
            here = luma[key]
            some = [luma[number] for number in compared_frames(len(luma))]
        drawn = sampled_colors(self.chooser.draws, here, range(1, count + 1))
        shown = still(self.job, self.chain, span.start + key).restored
        names = [self.folder / f"shot-{place + 1:04d}{end}.png" for end in ("", ".still")]
        captions = [f"variant {n}   {each.likelihood:.2f}" for n, each in enumerate(drawn, 1)]
        cells = [each.chroma for each in drawn]
        sheet = self._sheet(
            place, span.start + key, shown, here, list(zip(captions, cells, strict=True))
        )
        written = write_own_png(names[0], sheet), write_own_png(names[1], shown)
        frames = self.job.plan.frame_map.table(self.job.survey.frames)
        seconds = float(frames.seconds(span.start + key) - frames.start)
        found = ShotVariants(
            place + 1,
            span.start + key,
            round(seconds, 3),
            *written,
            tuple(round(each.likelihood, 4) for each in drawn),
        )
        return found, some, bible_entry(self.job.source.path.name, place + 1, "", here, "")

    def _sheet(
        self,
        place: int,
        frame: int,
        shown: np.ndarray,
        here: Plane,
        variants: Sequence[tuple[str, Plane]],
    ) -> np.ndarray:
        """The color frame in its default colors, then in every variant."""
        import cv2
        import numpy as np

        from restore.jobs.variants_sheet import SheetPicture, colored, sheet_size, variants_sheet
        from restore.treatments.colorize.choosing import enlarged

        output = self.job.plan.output
        size = sheet_size(output.width, output.height, float(output.sar))
        small = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)
        luma = np.asarray(small @ (np.array(_BT709) / 255), np.float32)
        pictures: list[SheetPicture] = [SheetPicture("default", small)]
        for caption, chroma in variants:
            fine = cv2.resize(enlarged(chroma, here), size, interpolation=cv2.INTER_LINEAR)
            pictures.append(SheetPicture(caption, colored(luma, np.asarray(fine, np.float32))))
        title = f"shot {place + 1}, frame {frame}: log likelihood per value (nats)"
        return variants_sheet(title, pictures)


_BT709 = (0.2126, 0.7152, 0.0722)


def _drawn(
    work: _Drawing, places: Sequence[int], count: int, listener: Listener
) -> Iterator[ShotVariants]:
    """The variants of these shots."""
    seen: list[BibleEntry] = []
    for done, place in enumerate(places):
        listener(Choosing(done, len(places), place))
        made, some, key = work.shot(place, count)
        alike = next((each.shot for each in seen if _look_alike(some, each)), None)
        if alike is None:
            seen.append(key)
        yield replace(made, alike=alike)
    listener(Choosing(len(places), len(places), places[-1]))


def _look_alike(some: Sequence[Plane], entry: BibleEntry) -> bool:
    """Whether one of these frames shows the same as the color frame of another shot."""
    import numpy as np

    from restore.treatments.colorize.references import (
        ReferencePicture,
        aligned_colors,
        may_look_alike,
    )

    gray = entry.gray()
    if not may_look_alike(some, gray):
        return False
    plain = ReferencePicture(gray, np.zeros((*gray.shape, 2), np.float32))
    return aligned_colors(some, plain, drawn=False) is not None


def _lines(job: Job, made: Sequence[ShotVariants]) -> list[ShotLine]:
    """Every shot of the film for the colors file."""
    drawn = {each.number: each for each in made}
    frames = job.plan.frame_map.table(job.survey.frames)
    return [
        ShotLine(
            number=place + 1,
            seconds=float(frames.seconds(shot.span.start) - frames.start),
            frames=shot.span,
            colored=color_decision(shot) is not None,
            sheet=drawn[place + 1].sheet.name if place + 1 in drawn else None,
            alike=drawn[place + 1].alike if place + 1 in drawn else None,
        )
        for place, shot in enumerate(job.plan.shots)
    ]
