"""Before the run: the film's facts, the models, the machine, the names, the survey and the plan."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import OutputError, SourceError, UsageError
from restore.jobs.image_result import check_orientation
from restore.jobs.record_files import ResultNames, film_name, record_path, result_names
from restore.media.codecs import IMAGE_CODECS
from restore.plan import (
    FRAME_CODE,
    Plan,
    film_codec,
    make_plan,
    measures_needed,
    model_option,
    models_needed,
)
from restore.recipe import Recipe
from restore.report.record import Request
from restore.run.engine import precision_notes, resolve_engine
from restore.run.events import Listener, ignore_event
from restore.run.frames import Job
from restore.store import digest_file, writing_failed

if TYPE_CHECKING:
    from restore.media.container.losses import Loss
    from restore.media.source import Source
    from restore.models import Card
    from restore.survey.findings import Survey

_LONGEST_EXTRA = len("..failed-audit") + len(".restore.json") + len(".4294967296.tmp")
"""Characters by which the names of temporary files next to a result are longer than its name."""


@dataclass(frozen=True)
class JobRequest:
    """One film to restore, and where and how the result is written.

    `output` None means FILM.restored.EXT next to the source. `overwrite` allows replacing a file of the
    result's name, `restart` discards the parts of an earlier run, `allow_damaged` gives the partial result of
    a damaged source the final name, `keep_work` keeps the work folder, `allow_loss` names the kinds of things
    (media/container/losses.py) that may be lost.
    """

    film: Path
    recipe: Recipe
    output: Path | None = None
    work_dir: Path | None = None
    overwrite: bool = False
    restart: bool = False
    allow_damaged: bool = False
    keep_work: bool = False
    allow_loss: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobSetup:
    """The job before any frame is decoded; all mistakes of the request have been found.

    `file_facts` is the source file's size and modification time, `engine` device and precision, `lost` the
    (allowed) losses of the result. `request` has no hash of the source before `with_source_hash`.
    """

    source: Source
    file_facts: tuple[int, int]
    cards: Mapping[str, Card]
    engine: tuple[str, str]
    names: ResultNames
    request: Request
    lost: tuple[Loss, ...] = ()


def set_up_job(request: JobRequest) -> JobSetup:
    """Check the source's header, the models and the machine; `with_source_hash` then reads the whole source.

    Raises SourceError, and UsageError for requests that cannot work.
    """
    from restore import models
    from restore.jobs.color_choices import check_colors, reference_digests
    from restore.media.container.formats import check_image_chapters, check_losses
    from restore.media.container.muxers import muxer_for
    from restore.media.container.probe import probe
    from restore.media.container.second_reading import with_second_reading

    draws = check_colors(request.recipe)
    source = probe(request.film, request.recipe.rate, from_zero=not request.recipe.keep_clock)
    source = with_second_reading(source)
    _refuse_gaps(source, request)
    _refuse_cutting(source, request.recipe)
    _refuse_clock(source, request.recipe)
    file_facts = _file_facts(source)
    names = result_names(output_path(request, source))
    _check_source_is_kept(request.film, names)
    check_codec(request.recipe, names)
    _check_transfer(source, names)
    if names.images is not None:
        check_orientation(source, names.images)
    muxer_for(names.film)
    lost = check_losses(
        source, film_codec(request.recipe.codec), names.container, request.allow_loss
    )
    if names.images is not None:
        lost += check_image_chapters(source, request.allow_loss)
    cards = cards_for(source, request.recipe)
    for card in cards.values():
        models.verify(card)
    engine = resolve_engine(request.recipe)
    recorded = Request(
        source_sha256="",
        recipe=request.recipe.model_dump(mode="json"),
        weights=tuple((card.full_name, card.sha256) for card in (*cards.values(), *draws)),
        frame_code=FRAME_CODE,
        suffix=names.kind,
        files=reference_digests(request.recipe),
    )
    return JobSetup(source, file_facts, cards, engine, names, recorded, lost)


def with_source_hash(setup: JobSetup) -> JobSetup:
    """The same with the source's hash in its request: reads the whole source once."""
    request = replace(setup.request, source_sha256=film_digest(setup.source))
    return replace(setup, request=request)


def output_path(request: JobRequest, source: Source) -> Path:
    """The result's final name: the request's, or FILM.restored.EXT next to the source."""
    if request.output is not None:
        return request.output
    folder, stem = film_name(request.film)
    return default_path(folder / f"{stem}.restored", source, request.recipe)


def default_path(open_name: Path, source: Source, recipe: Recipe) -> Path:
    """The result's full name from a name without a container: NAME.EXT, or NAME/frame_%06d.EXT for images."""
    from restore.media.container.formats import container_for
    from restore.media.images.writer import images_path

    if recipe.codec in IMAGE_CODECS:
        return images_path(open_name, recipe.codec)
    suffix = container_for(source, film_codec(recipe.codec))
    return open_name.with_name(open_name.name + suffix)


def check_codec(recipe: Recipe, names: ResultNames) -> None:
    """Raise UsageError if codec and name do not match: image sequences and films."""
    made = names.images.kind if names.images else None
    if (recipe.codec if recipe.codec in IMAGE_CODECS else None) != made:
        raise UsageError(
            f"--codec {recipe.codec} does not match a result of this name.",
            names.images.word if names.images else str(names.final),
            "For images leave out --codec and name them: -o FOLDER/frame_%06d.dpx (or .tif, .png, .exr).",
            code="codec-mismatch",
        )


def _check_transfer(source: Source, names: ResultNames) -> None:
    """Raise UsageError for EXR of a film whose conversion to linear light is not known."""
    from restore.media.color.linear import check_curve
    from restore.media.images.header import read_header

    if names.images is None or names.images.kind != "exr":
        return
    found = source.sequence
    densities = found is not None and read_header(found.file(found.first)).logarithmic
    check_curve("film densities" if densities else source.color.transfer)


def cards_for(source: Source, recipe: Recipe) -> dict[str, Card]:
    """The cards of the models that the recipe needs, by task.

    Raises UsageError for unknown models, and for a model of another task.
    """
    from restore import models

    cards = {task: models.find(name) for task, name in models_needed(source, recipe).items()}
    for task, card in cards.items():
        if card.task != task:
            raise UsageError(
                f"The model {card.full_name} is made for {card.task}, not for {task}.",
                model_option(task),
                "restore models list shows the task of each model.",
                code="model-task",
            )
    return cards


def survey_film(
    source: Source, recipe: Recipe, thumbnails: Path, progress: Callable[[int], None]
) -> Survey:
    """Survey the film, or the part from the recipe's start to its end, with the measures that it needs."""
    from restore.survey.survey import survey

    part, measuring = restored_part(source, recipe), measures_needed(source, recipe)
    return survey(source, thumbnails, part, progress, measuring=measuring)


def restored_part(source: Source, recipe: Recipe) -> tuple[Fraction, Fraction] | None:
    """The part of the film's own clock between the recipe's start and end; None: all of it.

    Raises UsageError if it begins after the film's end.
    """
    if recipe.start is None and recipe.end is None:
        return None
    start = source.frames.start + (recipe.start or 0)
    end = source.frames.end if recipe.end is None else source.frames.start + recipe.end
    if start >= source.frames.end:
        seconds = float(source.frames.end - source.frames.start)
        raise UsageError(
            "--start is after the film's end.",
            f"The film lasts {seconds:.2f} seconds.",
            code="start-after-end",
        )
    return start, end


def plan_film(
    source: Source,
    survey: Survey,
    recipe: Recipe,
    cards: Mapping[str, Card],
    suffix: str,
    source_sha256: str = "",
) -> Plan:
    """The film's plan, for the device of the recipe (see `restore.plan.make_plan`)."""
    engine = resolve_engine(recipe)
    plan = make_plan(source, survey, recipe, cards, engine, suffix, source_sha256)
    slow = precision_notes(*engine) if plan.weights else ()
    return replace(plan, notes=plan.notes + slow)


def prepare(
    request: JobRequest, thumbnails: Path, progress: Callable[[int], None]
) -> tuple[Job, Path]:
    """All steps before the run, and the result's name; writes only `thumbnails`.

    The source is not hashed: the plan's key is not that of a run.
    """
    setup = set_up_job(request)
    return survey_and_plan(request, setup, thumbnails, progress), setup.names.final


def survey_and_plan(
    request: JobRequest,
    setup: JobSetup,
    thumbnails: Path,
    progress: Callable[[int], None],
    choices: Path | None = None,
    listener: Listener = ignore_event,
) -> Job:
    """The job: the survey of the film, and the plan with the colors that were chosen.

    The folder `choices` keeps these colors; the listener gets events about them. Raises UsageError for a
    container that cannot hold the result.
    """
    from restore.jobs.color_choices import with_chosen_colors
    from restore.jobs.encoder_choice import check_images, with_working_encoder
    from restore.media.container.formats import check_container, conversions
    from restore.media.container.join import check_frame_times, on_result_clock
    from restore.media.container.mxf import check_untrimmed

    source, recipe, names = setup.source, request.recipe, setup.names
    survey = survey_film(source, recipe, thumbnails, progress)
    sha256 = setup.request.source_sha256
    plan = with_working_encoder(
        plan_film(source, survey, recipe, setup.cards, names.kind, sha256), recipe.encoder
    )
    gone = tuple(f"lost, as allowed ({loss.kind}): {loss.what}" for loss in setup.lost)
    changed = conversions(source, names.container)
    plan = replace(plan, notes=plan.notes + gone + changed)
    check_container(source, plan.output, names.container, request.allow_loss)
    trimmed = recipe.start is not None or recipe.end is not None
    trim = (survey.frames.start, survey.frames.end) if trimmed else None
    check_frame_times(names.film, on_result_clock(plan.frame_map.table(survey.frames), trim))
    if trimmed and names.container == ".mxf":
        check_untrimmed(source)
    if names.images is not None:
        check_images(plan, names.images)
    job = Job(source, survey, plan, thumbnails)
    return replace(job, plan=with_chosen_colors(job, recipe, choices, listener))


def check_unchanged(setup: JobSetup) -> None:
    """Raise SourceError if the source file was written to since the run began."""
    if _file_facts(setup.source) != setup.file_facts:
        raise SourceError(
            "The source changed while it was being restored.",
            str(setup.source.path),
            "Wait until it is complete, then run the same command again.",
            code="source-changed",
        )


def _refuse_gaps(source: Source, request: JobRequest) -> None:
    """Raise SourceError for an image sequence with missing files, unless this is allowed."""
    gaps = source.sequence.gaps if source.sequence else ""
    if gaps and not request.allow_damaged:
        raise SourceError(
            f"Images are missing: {gaps}.",
            str(source.path),
            "Find them, or use --allow-damaged: the image before a gap is then shown until the gap ends.",
            code="images-missing",
        )


def _refuse_cutting(source: Source, recipe: Recipe) -> None:
    """Raise UsageError for a part of a file with a second film, which can only be copied whole."""
    second = [s for s in source.streams if s.kind == "video" and not s.attached_picture]
    second = [stream for stream in second if stream.index != source.video]
    if second and (recipe.start is not None or recipe.end is not None):
        raise UsageError(
            f"Stream {second[0].index} is a second film ({second[0].summary}), which --start and --end "
            "cannot cut.",
            str(source.path),
            "Restore the whole film, or remove that stream first.",
            code="second-film-trim",
        )


def _refuse_clock(source: Source, recipe: Recipe) -> None:
    """Raise UsageError if the clock is to be kept and begins before 0."""
    if source.frames.start < 0 and recipe.keep_clock:
        raise UsageError(
            f"The film's clock begins at {float(source.frames.start):.3f} s; no result can begin before 0.",
            str(source.path),
            "Leave out --keep-clock.",
            code="clock-before-zero",
        )


def film_digest(source: Source) -> str:
    """SHA-256 of the film's file, or of all its images."""
    from restore.media.images.sequence import digest_sequence

    return digest_sequence(source.sequence) if source.sequence else digest_file(source.path)


def _file_facts(source: Source) -> tuple[int, int]:
    """Size and modification time of the film's file, or of all its images together."""
    from restore.media.images.sequence import sequence_stat

    if source.sequence:
        return sequence_stat(source.sequence)
    facts = source.path.stat()
    return facts.st_size, facts.st_mtime_ns


def _check_source_is_kept(film: Path, names: ResultNames) -> None:
    """Raise UsageError if any name that the run may use is that of the source, also through a link."""
    for name in (names.final, names.partial, names.failed):
        try:
            same = name.exists() and film.exists() and name.samefile(film)
        except OSError as error:
            raise writing_failed(name, error) from error
        inside = names.images is not None and name.resolve() in film.resolve().parents
        if same or inside:
            raise UsageError(
                "The result would replace its own source.",
                str(name),
                "Choose another name with -o: the source is never modified.",
                code="output-is-source",
            )


def check_writable(output: Path) -> None:
    """Raise OutputError unless files can be created next to `output`, with the longest name needed.

    Tested by creating one: permissions do not apply to root, a read-only disk does.
    """
    from restore.media.names import is_text

    folder = output.parent
    if not is_text(output):
        shown = str(output).encode("utf-8", "replace").decode()
        raise OutputError(
            "The result's name is not UTF-8 text.",
            shown,
            "Choose another name with -o.",
            code="output-name-not-utf8",
        )
    if not folder.is_dir():
        raise OutputError(
            "The folder for the result does not exist.",
            str(folder),
            "Create it first.",
            code="folder-missing",
        )
    try:
        tempfile.TemporaryFile(dir=folder).close()  # without a name: nothing is left after a kill
        room = os.pathconf(folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    except OSError as error:
        raise writing_failed(folder, error) from error
    if len(os.fsencode(record_path(output).name)) + _LONGEST_EXTRA > room:
        raise OutputError(
            "The result's name is too long for the files next to it.",
            str(output),
            f"Choose a shorter name with -o: at most {room - _LONGEST_EXTRA - 16} bytes.",
            code="output-name-too-long",
        )
