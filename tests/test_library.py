"""The functions of the package, as a Python program uses them."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restore
from restore.errors import AuditError, OutputError, SourceError, UsageError
from restore.jobs.batch import processes
from restore.jobs.prepare import JobRequest
from restore.run.events import Event, Finished, PartDone, Planned, Progressed, Surveying
from tests.media.films import make

SHORT = {"start": "1.125", "end": 1.375}
"""Four frames of the reel: two of the title card, two of the first scene."""


@pytest.fixture
def film(reel: Path, tmp_path: Path) -> Path:
    """The reel in a folder of its own."""
    copy = tmp_path / "reel.mp4"
    copy.write_bytes(reel.read_bytes())
    return copy


def test_the_import_is_light() -> None:
    """`import restore` loads no library that only the work needs, and none of our rooms but two."""
    program = (
        "import restore, sys; "
        "heavy = {'torch', 'numpy', 'cv2', 'av', 'pydantic', 'scenedetect'} & set(sys.modules); "
        "ours = {name for name in sys.modules if name.startswith('restore.')}; print(heavy, sorted(ours))"
    )
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set() ['restore.audit', 'restore.errors']"


def test_the_public_names() -> None:
    """One sorted list without doubles; every name is there and has a docstring."""
    assert restore.__all__ == sorted(set(restore.__all__))
    assert set(restore.__all__) <= set(dir(restore))
    for name in restore.__all__:
        assert inspect.getdoc(getattr(restore, name)), name
    with pytest.raises(AttributeError, match="films"):
        _ = restore.films


def test_the_room_audit_does_not_hide_the_function() -> None:
    """Whatever of the room `restore.audit` was imported before, `restore.audit` is the function."""
    from restore.audit.after_run import Expected

    assert Expected.__module__ == "restore.audit.after_run"
    assert inspect.isfunction(restore.audit)


def test_types_ship_with_the_package(root: Path) -> None:
    """Type checkers read our annotations because of the file py.typed (PEP 561)."""
    assert (root / "restore" / "py.typed").is_file()


def test_every_switch_of_a_job_is_a_keyword() -> None:
    """The options of a job that are not in the recipe have the same names for a program."""
    given = set(inspect.signature(restore.film).parameters) - {"path", "on_event", "options"}
    fields = set(inspect.signature(JobRequest).parameters) - {"film"}
    assert given == fields


def test_a_film_is_restored(film: Path) -> None:
    """The result has its path, its record and the audit; a second call finds it done."""
    events: list[Event] = []
    result = restore.film(film, upscale=2, model="film-x2-fast", **SHORT, on_event=events.append)
    assert result.path == film.with_name("reel.restored.mp4")
    assert (result.frames, result.record.frames) == (4, 4)
    assert (result.record.result.video.width, result.record.result.video.height) == (640, 480)
    assert all(check.ok for check in result.checks)
    assert {"count", "times", "order"} & {check.name for check in result.checks}
    assert result.synthetic == ("detail",)
    assert any("8 bits" in note for note in result.notes)
    kinds = [type(event) for event in events]
    assert kinds.index(Planned) < kinds.index(Progressed) < kinds.index(Finished)

    again: list[Event] = []
    same = restore.film(film, upscale=2, model="film-x2-fast", **SHORT, on_event=again.append)
    assert same == result
    assert [event.already for event in again if isinstance(event, Finished)] == [True]
    assert not any(isinstance(event, PartDone) for event in again)


def test_a_recipe_comes_from_a_file_or_a_value(film: Path, tmp_path: Path) -> None:
    """Options come before the recipe's; a folder takes the result under the film's name."""
    file = tmp_path / "archive.toml"
    file.write_text('codec = "hevc"\ncrf = 30\nstart = "1.125"\n')
    folder = tmp_path / "out"
    folder.mkdir()
    one = restore.film(film, output=folder, recipe=file, crf=20, end=1.25)
    assert one.path.parent == folder
    assert (one.record.result.video.codec, one.record.result.video.crf) == ("hevc", 20)
    value = restore.Recipe.model_validate({"codec": "ffv1", **SHORT})
    two = restore.film(film, output=folder / "b.mkv", recipe=value, end="1.25")
    assert (two.record.result.video.codec, two.frames) == ("ffv1", 2)


def test_all_mistakes_are_named_at_once_by_their_keywords(film: Path) -> None:
    """A misspelt option, an impossible value and a contradiction: one error, before any work."""
    with pytest.raises(UsageError) as caught:
        restore.film(film, upscal=4, crf=99, color_model="color", codec="h264")
    where = caught.value.where
    assert "upscal: unknown key (did you mean upscale?)" in where
    assert "crf: must be between 0 and 51" in where
    assert "color_model: has no meaning" in where
    assert "--" not in where
    assert "python.md" in caught.value.what_to_do
    assert sorted(path.name for path in film.parent.iterdir()) == [film.name]


def test_failures_are_classes_of_errors(film: Path, tmp_path: Path) -> None:
    """What is missing or in the way is an error with a code; `RestoreError` is the base of all."""
    with pytest.raises(SourceError):
        restore.film(tmp_path / "gone.mp4")
    film.with_name("reel.restored.mp4").write_bytes(b"mine")
    with pytest.raises(restore.RestoreError) as caught:
        restore.film(film, **SHORT)
    assert isinstance(caught.value, OutputError)
    assert caught.value.code == "output-exists"


def test_what_a_callback_raises_ends_the_run_as_it_is(film: Path) -> None:
    """It does not become an error of restore; the next call continues the run."""

    class Enough(Exception):
        pass

    def stop(event: Event) -> None:
        if isinstance(event, PartDone):
            raise Enough

    with pytest.raises(Enough):
        restore.film(film, **SHORT, on_event=stop)
    assert not film.with_name("reel.restored.mp4").exists()
    assert restore.film(film, **SHORT).frames == 4


def test_frames_before_and_after(reel: Path) -> None:
    """Arrays with their number and time, in the film's order; nothing is written."""
    before = set(reel.parent.iterdir())
    first, second = restore.preview(reel, at=["50%", 0.5], upscale=2, model="film-x2-fast")
    assert [(frame.index, frame.seconds) for frame in (first, second)] == [(8, 0.5), (48, 3.0)]
    assert first.before.shape == (240, 320, 3)
    assert second.after.shape == (480, 640, 3)
    assert set(reel.parent.iterdir()) == before
    with pytest.raises(UsageError) as caught:
        restore.preview(reel, at=["noon"])
    assert caught.value.code == "moment-outside-film"


def test_what_a_film_is(reel: Path) -> None:
    """Facts of the file and shots of the film, and how far the look at it is."""
    events: list[Event] = []
    found = restore.inspect(reel, on_event=events.append)
    assert (found.source.width, found.source.height, found.frames) == (320, 240, 96)
    assert found.seconds == 6.0
    edges = [shot.span.start for shot in found.shots]
    assert edges == [0, 20, 64]
    assert [shot.content for shot in found.shots] == ["card", "scene", "scene"]
    assert found.damage == ()
    last = events[-1]
    assert isinstance(last, Surveying)
    assert 96 <= last.done <= last.frames == 480


def test_a_result_is_compared_with_its_source(film: Path, tmp_path: Path) -> None:
    """A result that matches is ok; another film is not, and says what differs without raising."""
    result = restore.film(film, codec="ffv1", output=tmp_path / "out.mkv", **SHORT)
    report = restore.audit(film, result.path)
    assert report.ok
    assert {check.name for check in report.checks} >= {"record", "order"}
    other = make(tmp_path / "other.mkv", drawn="testsrc2=s=320x240:r=16:d=6")
    wrong = restore.audit(film, other)
    assert not wrong.ok
    assert [check.name for check in wrong.checks if not check.ok]
    with pytest.raises(UsageError):
        restore.audit(film, other, allow_loss=["hope"])


def test_an_audit_that_fails_has_a_class(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose result does not match its source raises AuditError."""
    from restore.jobs.verify import AuditOutcome

    wrong = AuditOutcome(ok=False, lines=("count: 3 frames instead of 4",))
    monkeypatch.setattr("restore.jobs.restore_film.verify", lambda joined: wrong)
    with pytest.raises(AuditError):
        restore.film(film, **SHORT)


def test_a_folder_of_films(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every film has its end in the result; a failure is no exception, and options reach each film."""
    acting = str(root / "tests" / "jobs" / "batch" / "acting.py")
    monkeypatch.setattr(processes, "PROGRAM", (sys.executable, "-I", "-S", acting))
    films = tmp_path / "films"
    films.mkdir()
    (films / "a.mkv").write_text("ok")
    (films / "b.mkv").write_text("usage")
    seen: list[object] = []
    result = restore.batch(
        films, out=tmp_path / "out", codec="ffv1", retries=0, on_event=seen.append
    )
    assert {name: film.state for name, film in result.films.items()} == {
        "a.mkv": "done",
        "b.mkv": "failed",
    }
    assert not result.ok
    assert result.failed == ("b.mkv",)
    assert {type(event).__name__ for event in seen} == {"Counted", "Estimated", "FilmChanged"}


def test_options_of_a_batch_that_no_command_line_can_express(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command lines have no word for False and for the options of a shot: those come in a recipe's file."""
    from restore.jobs import library
    from restore.jobs.batch.run_batch import BatchRequest, BatchResult

    recipe = tmp_path / "archive.toml"
    recipe.write_text('colorize = true\ncodec = "ffv1"\n')
    given: list[tuple[str, dict[str, object]]] = []

    def run(request: BatchRequest, on_event: object) -> BatchResult:
        assert request.recipe is not None
        given.append((request.recipe.read_text(), dict(request.options)))
        return BatchResult(request.out, {}, 0.0)

    monkeypatch.setattr(library, "run_batch", run)
    restore.batch(tmp_path, out=tmp_path / "out", recipe=recipe, colorize=False, crf=None)
    restore.batch(tmp_path, out=tmp_path / "out", recipe=recipe, upscale=2)
    restore.batch(tmp_path, out=tmp_path / "out", shot=[{"number": 2, "clean": 0}], crf=20)
    assert given == [
        ('codec = "ffv1"\n', {}),
        (recipe.read_text(), {"upscale": 2}),
        ("crf = 20\n\n[[shot]]\nnumber = 2\nclean = 0.0\n", {"crf": 20}),
    ]


WRONG_NAMES = (None, 5, "", ["film.mkv"])


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_what_is_no_file_name_is_an_error_of_ours(name: Any, reel: Path, tmp_path: Path) -> None:
    """In every function, before any work: an unset variable is no film called `None` or `.`."""
    calls: list[Callable[[], object]] = [
        lambda: restore.film(name, output=tmp_path / "out.mkv"),
        lambda: restore.preview(name),
        lambda: restore.inspect(name),
        lambda: restore.audit(name, reel),
        lambda: restore.audit(reel, name),
        lambda: restore.batch([name], out=tmp_path / "out"),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.code == "invalid-option"
    assert list(tmp_path.iterdir()) == []


def test_names_that_the_system_refuses_are_errors_of_ours(reel: Path, tmp_path: Path) -> None:
    """Too long a name gives one class and one code, whatever function it is given to."""
    name = "x" * 300 + ".mkv"
    for call in (restore.film, restore.preview, restore.inspect):
        with pytest.raises(UsageError) as caught:
            call(tmp_path / name)
        assert caught.value.code == "name-too-long"
    with pytest.raises(UsageError):
        restore.audit(reel, tmp_path / name)


def test_bytes_are_file_names_as_in_the_system(reel: Path) -> None:
    """As for Python's own functions."""
    assert restore.inspect(os.fsencode(reel)).frames == 96  # type: ignore[arg-type]


def test_an_unknown_option_is_a_mistake_without_a_value_too(film: Path) -> None:
    """`None` means "not given" only for options that exist."""
    with pytest.raises(UsageError) as caught:
        restore.film(film, upscal=None, crf=None)
    assert caught.value.where == "upscal: unknown key (did you mean upscale?)"


def test_numbers_of_a_batch_are_checked_like_those_of_the_command_line(tmp_path: Path) -> None:
    """Whole numbers from their minimum on, and a share that exists; several mistakes are named at once."""
    with pytest.raises(UsageError) as caught:
        restore.batch(tmp_path, out=tmp_path, jobs=0, retries=-1)
    assert (caught.value.code, caught.value.where.count(":")) == ("invalid-option", 2)
    for share in ((0, 0), (3, 2), (0, 2), (1,), "1/2"):
        with pytest.raises(UsageError) as caught:
            restore.batch(tmp_path, out=tmp_path, share=share)  # type: ignore[arg-type]
        assert caught.value.code == "invalid-option"
    with pytest.raises(SourceError) as nothing:
        restore.batch([], out=tmp_path / "out")
    assert nothing.value.code == "no-films"


def test_one_moment_needs_no_list(reel: Path) -> None:
    """A number or a text alone is one moment; anything else is an error of restore."""
    assert [frame.index for frame in restore.preview(reel, at=0.5)] == [8]
    assert [frame.index for frame in restore.preview(reel, at="50%")] == [48]
    for moment in (None, float("nan"), float("inf"), b"1"):
        with pytest.raises(UsageError) as caught:
            restore.preview(reel, at=[moment])  # type: ignore[list-item]
        assert caught.value.code == "moment-outside-film"
    for count in (-1, "x", 1.5):
        with pytest.raises(UsageError) as caught:
            restore.preview(reel, count=count)  # type: ignore[arg-type]
        assert caught.value.code == "invalid-option"


def test_one_kind_of_loss_needs_no_list(film: Path, tmp_path: Path) -> None:
    """Text alone is one kind, not one for each letter."""
    result = restore.film(film, output=tmp_path / "out.mkv", allow_loss="tags", **SHORT)
    assert restore.audit(film, result.path, allow_loss="tags").ok


def test_a_callback_of_inspect_or_batch_ends_it(reel: Path, tmp_path: Path) -> None:
    """What it raises is raised as it is, also from an inspection and from a batch."""

    class Enough(Exception):
        pass

    def stop(event: object) -> None:
        raise Enough

    with pytest.raises(Enough):
        restore.inspect(reel, on_event=stop)
    with pytest.raises(Enough):
        restore.batch(reel, out=tmp_path / "out", on_event=stop)


def test_what_is_unexpected_is_an_error_of_ours_with_a_log(
    reel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is reported like any failure: a class, a code, and where its traceback is."""

    def broken(*_: object, **__: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr("restore.jobs.library.inspect_film", broken)
    with pytest.raises(restore.RestoreError) as caught:
        restore.inspect(reel)
    assert caught.value.code == "internal-error"
    assert isinstance(caught.value.__cause__, LookupError)


def test_a_batch_in_a_script_without_a_guard(reel: Path, root: Path, tmp_path: Path) -> None:
    """The script runs once: no process of the batch imports it."""
    script = tmp_path / "script.py"
    script.write_text(
        "import restore\n"
        f"done = restore.batch({str(reel)!r}, out='out', codec='ffv1', end=0.25)\n"
        "print(done.ok, list(done.films))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(root)}
    found = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout, found.stderr) == ("True ['reel.mp4']\n", "")
