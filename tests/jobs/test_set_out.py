"""Before the run: combinations of film, name and recipe that are refused, without decoding a frame."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from restore.clip import ColorSpec
from restore.errors import OutputError, RestoreError, SourceError, UsageError
from restore.jobs.prepare import (
    JobRequest,
    JobSetup,
    check_unchanged,
    check_writable,
    default_path,
    output_path,
    restored_part,
    set_up_job,
)
from restore.media.container.probe import probe
from restore.media.images.sequence import ImageSequence
from restore.media.source import Stream
from restore.plan import FRAME_CODE
from restore.recipe import Recipe
from restore.timing import table_from_pts
from tests.made import made_source
from tests.media.films import X264, make

VIDEO = Stream(0, "video", "h264", None, None, False, True, "h264, 320x240")
SOUND = Stream(1, "audio", "aac", None, None, False, True, "aac, stereo")
SECOND = replace(VIDEO, index=2)
COVER = replace(VIDEO, index=3, attached_picture=True)
LATE = table_from_pts(Fraction(1, 16), range(16, 48))
"""Two seconds that begin at one second."""

CONTAINER = "restore.media.container"
SetUp = Callable[..., JobSetup]


@pytest.fixture(scope="module")
def made_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """25 frames of 64x48 with sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return make(path, "-f", "lavfi", "-i", "sine=d=1", *X264, "-c:a", "aac")


@pytest.fixture
def film(made_film: Path, tmp_path: Path) -> Path:
    """The made film in a folder of its own."""
    path = tmp_path / "film.mp4"
    shutil.copy(made_film, path)
    return path


@pytest.fixture
def opened(film: Path, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """Sets out with the film, some facts of which are replaced by others."""
    source = probe(film)

    def run(
        recipe: dict[str, object], request: dict[str, Any] | None = None, **facts: Any
    ) -> JobSetup:
        found = replace(source, **facts)
        monkeypatch.setattr(f"{CONTAINER}.probe.probe", lambda *_, **__: found)
        monkeypatch.setattr(f"{CONTAINER}.second_reading.with_second_reading", lambda one: one)
        return set_up_job(JobRequest(film, Recipe.model_validate(recipe), **(request or {})))

    return run


def code_of(opened: SetUp, recipe: dict[str, object], *arguments: Any, **facts: Any) -> str:
    """The code of the error that setting out ends with; empty without one."""
    try:
        opened(recipe, *arguments, **facts)
    except RestoreError as error:
        return error.code
    return ""


def test_a_film_that_suits_is_known_before_any_frame(opened: SetUp, tmp_path: Path) -> None:
    """Its names, its models, the machine, and what the record will say was asked for."""
    found = opened({"upscale": 2, "device": "cpu", "precision": "fp32"})
    assert found.names.final == tmp_path / "film.restored.mp4"
    assert list(found.cards) == ["deinterlace", "upscale"]
    assert found.engine == ("cpu", "fp32")
    assert found.request.weights == tuple((c.full_name, c.sha256) for c in found.cards.values())
    assert (found.request.frame_code, found.request.suffix) == (FRAME_CODE, ".mp4")
    assert found.request.source_sha256 == ""
    assert found.lost == ()


@pytest.mark.parametrize(
    ("recipe", "facts", "code"),
    [
        ({"start": 1}, {"streams": (VIDEO, SECOND)}, "second-film-trim"),
        ({"end": 1}, {"streams": (VIDEO, SECOND)}, "second-film-trim"),
        ({}, {"streams": (VIDEO, SECOND)}, ""),
        ({"start": 1}, {"streams": (VIDEO, COVER, SOUND)}, ""),
        (
            {"keep_clock": True},
            {"frames": table_from_pts(Fraction(1, 16), range(-1, 31))},
            "clock-before-zero",
        ),
        ({"keep_clock": True}, {"frames": LATE}, ""),
        ({}, {"frames": table_from_pts(Fraction(1, 16), range(-1, 31))}, ""),
        ({"model": "color", "upscale": 2}, {}, "model-task"),
        ({"color_model": "film-x2", "colorize": True}, {}, "model-task"),
        ({"model": "no-such-model", "upscale": 2}, {}, "model-unknown"),
        ({"deinterlacer": "no-such-model"}, {}, "model-unknown"),
        ({"deinterlacer": "film-x4"}, {}, "model-task"),
        ({"deinterlacer": "bwdif"}, {}, ""),
    ],
)
def test_films_and_recipes_that_do_not_go_together(
    opened: SetUp, recipe: dict[str, object], facts: dict[str, Any], code: str
) -> None:
    """Each has its own code; what is next to it in kind works."""
    assert code_of(opened, recipe, **facts) == code


@pytest.mark.parametrize(
    ("codec", "output", "code"),
    [
        ("h264", "out.mp4", ""),
        ("h264", "frames/f_%04d.dpx", "codec-mismatch"),
        ("dpx", "out.mp4", "codec-mismatch"),
        ("dpx", "frames/f_%04d.png", "codec-mismatch"),
        ("tiff", "frames/f_%04d.tif", ""),
        ("tiff", "f_%04d.tif", "output-is-source"),
        ("png", "frames/f.png", "image-pattern"),
        ("h264", "out.txt", "container-unknown"),
    ],
)
def test_the_name_and_the_codec_agree(
    opened: SetUp, tmp_path: Path, codec: str, output: str, code: str
) -> None:
    """Films have the suffix of a container, image sequences a number and the suffix of their kind."""
    assert code_of(opened, {"codec": codec}, {"output": tmp_path / output}) in (
        code,
        "container-unknown" if code else "",
    )


@pytest.mark.parametrize(
    ("transfer", "allowed"),
    [(None, True), ("linear", True), ("log100", False), ("reserved", False)],
)
def test_exr_needs_a_known_relation_to_light(
    opened: SetUp, tmp_path: Path, transfer: str | None, allowed: bool
) -> None:
    """Other images keep the film's own values, whatever they mean."""
    color = ColorSpec("bt709", "limited", transfer=transfer)
    exr, dpx = (tmp_path / "frames" / f"f_%04d.{kind}" for kind in ("exr", "dpx"))
    found = code_of(opened, {"codec": "exr"}, {"output": exr}, color=color)
    assert (found == "") == allowed
    assert code_of(opened, {"codec": "dpx"}, {"output": dpx}, color=color) == ""


@pytest.mark.parametrize("name", ["film.mp4", "link.mp4", "hard.mp4", "sub/../film.mp4"])
def test_the_source_is_never_a_result(opened: SetUp, film: Path, tmp_path: Path, name: str) -> None:
    """By its own name, a link, a second name or a roundabout path; --overwrite does not help."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.mp4").symlink_to(film)
    os.link(film, tmp_path / "hard.mp4")
    request = {"output": tmp_path / name, "overwrite": True}
    assert code_of(opened, {}, request) == "output-is-source"


def test_the_partial_and_the_failed_result_are_not_the_source(
    opened: SetUp, tmp_path: Path
) -> None:
    """A film that is called like them would be replaced after a failure."""
    for output, source in (("a.mp4", "a.partial.mp4"), ("b.mp4", "b.failed-audit.mp4")):
        (tmp_path / source).symlink_to(tmp_path / "film.mp4")
        assert code_of(opened, {}, {"output": tmp_path / output}) == "output-is-source"


def test_missing_images_need_permission(opened: SetUp, tmp_path: Path) -> None:
    """--allow-damaged lets the image before a gap stand until its end."""
    holes = ImageSequence(tmp_path, "f_", 4, ".dpx", (1, 2, 3, 5, 6))
    whole = replace(holes, numbers=(1, 2, 3, 4, 5))
    for number in range(1, 7):
        holes.file(number).write_bytes(b"")
    assert code_of(opened, {}, sequence=holes) == "images-missing"
    assert code_of(opened, {}, {"allow_damaged": True}, sequence=holes) == ""
    assert code_of(opened, {}, sequence=whole) == ""


@pytest.mark.parametrize(
    ("recipe", "part"),
    [
        ({}, None),
        ({"start": 0.5}, (Fraction(3, 2), Fraction(3))),
        ({"end": 0.5}, (Fraction(1), Fraction(3, 2))),
        ({"start": 0.5, "end": 1}, (Fraction(3, 2), Fraction(2))),
        ({"start": 0.5, "end": 99}, (Fraction(3, 2), Fraction(100))),
    ],
)
def test_the_part_is_on_the_film_s_own_clock(
    recipe: dict[str, object], part: tuple[Fraction, Fraction] | None
) -> None:
    """Times of a recipe count from the first frame, which may be shown at any time."""
    assert restored_part(replace(made_source(), frames=LATE), Recipe.model_validate(recipe)) == part


@pytest.mark.parametrize(("start", "allowed"), [(1.99, True), (2, False), (3, False)])
def test_a_part_begins_before_the_film_ends(start: float, allowed: bool) -> None:
    """At the very end there is no frame left."""
    recipe = Recipe.model_validate({"start": start})
    if allowed:
        assert restored_part(replace(made_source(), frames=LATE), recipe) is not None
    else:
        with pytest.raises(UsageError) as caught:
            restored_part(replace(made_source(), frames=LATE), recipe)
        assert caught.value.code == "start-after-end"
        assert "2.00 seconds" in caught.value.where


@pytest.mark.parametrize(
    ("codec", "suffix", "name"),
    [
        ("h264", ".mp4", "film.restored.mp4"),
        ("ffv1", ".mkv", "film.restored.mkv"),
        ("prores", ".mkv", "film.restored.mov"),
        ("dpx", ".mp4", "film.restored/frame_%06d.dpx"),
        ("tiff", ".mp4", "film.restored/frame_%06d.tif"),
    ],
)
def test_the_usual_name_suits_codec_and_film(
    tmp_path: Path, codec: str, suffix: str, name: str
) -> None:
    """Next to the film, in its own container if that holds the codec; a folder for images."""
    source = probe(make(tmp_path / f"film{suffix}", *X264))
    recipe = Recipe.model_validate({"codec": codec})
    request = JobRequest(source.path, recipe)
    assert output_path(request, source) == tmp_path / name
    assert default_path(tmp_path / "film.restored", source, recipe) == tmp_path / name
    assert output_path(replace(request, output=Path("mine.mkv")), source) == Path("mine.mkv")


def test_a_source_that_was_written_to_is_noticed(opened: SetUp, tmp_path: Path) -> None:
    """By size or time; untouched it is the same."""
    setup = opened({})
    check_unchanged(setup)
    os.utime(tmp_path / "film.mp4", ns=(1, 1))
    with pytest.raises(SourceError) as caught:
        check_unchanged(setup)
    assert caught.value.code == "source-changed"


def test_names_are_as_long_as_the_longest_temporary_name_allows(tmp_path: Path) -> None:
    """One letter more is refused with the number of bytes that fit."""
    with pytest.raises(OutputError) as caught:
        check_writable(tmp_path / ("x" * 251 + ".mkv"))
    assert caught.value.code == "output-name-too-long"
    most = int(caught.value.what_to_do.split()[-2])
    check_writable(tmp_path / ("x" * most))
    with pytest.raises(OutputError):
        check_writable(tmp_path / ("x" * (most + 40)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Containers, records and pages hold text; sources may have any name."""
    with pytest.raises(OutputError) as caught:
        check_writable(tmp_path / os.fsdecode(b"caf\xe9.mkv"))
    assert caught.value.code == "output-name-not-utf8"
