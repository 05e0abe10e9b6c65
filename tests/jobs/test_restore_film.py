"""A film's whole way: exact frames, resume, names that are only given to what is verified."""

from __future__ import annotations

import json
import os
import subprocess
from fractions import Fraction
from hashlib import md5
from pathlib import Path

import numpy as np
import pytest

from restore import __version__
from restore.errors import AuditError, Busy, DamagedSource, OutputError, SourceError, UsageError
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import page_path, record_path
from restore.jobs.restore_film import restore_film
from restore.jobs.verify import AuditOutcome, JoinedResult, verify
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.process import executable
from restore.recipe import Recipe
from restore.report.record import SCHEMA, CheckFacts, Record, frame_marks
from restore.run.events import Event, Finished, PartDone, Reused
from restore.store import digest_file
from restore.timing import Span

IDENTITY = Recipe(codec="ffv1")
VERIFY = "restore.jobs.restore_film.verify"


def accept(joined: JoinedResult) -> AuditOutcome:
    """An audit that finds nothing wrong."""
    assert joined.result.exists()
    checks = (CheckFacts(name="count", ok=True, detail="accepted"),)
    return AuditOutcome(ok=True, lines=("count: accepted",), checks=checks)


@pytest.fixture(autouse=True)
def accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the run: its audit accepts everything, unless a test says otherwise."""
    monkeypatch.setattr(VERIFY, accept)


def ignore(event: Event) -> None:
    """A listener that does not listen."""


@pytest.fixture(scope="module")
def made_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """220 gray-ish frames of a moving test picture, B-frames, 64x48, with a sound track."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    picture = "testsrc2=size=64x48:rate=24:duration=9.1666,hue=s=0"
    coding = ["-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-c:a", "flac"]
    sources = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=duration=9"]
    subprocess.run([executable(), "-v", "error", *sources, *coding, str(path)], check=True)
    return path


@pytest.fixture
def film(made_film: Path, tmp_path: Path) -> Path:
    """The made film in a folder of its own."""
    path = tmp_path / "film.mkv"
    path.write_bytes(made_film.read_bytes())
    return path


def _frames(path: Path) -> list[tuple[np.ndarray, ...]]:
    source = probe(path)
    whole = Span(0, len(source.frames))
    return [picture.planes for picture in read_frames(source, source.frames, whole)]


def _same(one: list[tuple[np.ndarray, ...]], other: list[tuple[np.ndarray, ...]]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b)
        for frame, twin in zip(one, other, strict=True)
        for a, b in zip(frame, twin, strict=True)
    )


def test_the_identity_run_gives_back_every_code_value(film: Path) -> None:
    """No treatment, FFV1: decode -> Clip -> encode, and every frame and PTS is the source's."""
    before = film.read_bytes()
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    assert result == film.with_name("film.restored.mkv")
    assert probe(result).frames.pts == probe(film).frames.pts
    assert _same(_frames(result), _frames(film))
    assert film.read_bytes() == before
    assert not (film.parent / ".restore").exists()


def test_the_second_time_there_is_nothing_to_do(film: Path) -> None:
    """A finished job says so; another recipe's result, or anybody's file, is not replaced."""
    restore_film(JobRequest(film, IDENTITY), ignore)
    events: list[Event] = []
    restore_film(JobRequest(film, IDENTITY), events.append)
    assert [event.already for event in events if isinstance(event, Finished)] == [True]
    assert not any(isinstance(event, PartDone) for event in events)
    with pytest.raises(OutputError, match="did not make"):
        restore_film(JobRequest(film, Recipe(codec="h264")), ignore)
    result = restore_film(JobRequest(film, Recipe(codec="h264"), overwrite=True), ignore)
    assert probe(result).codec == "h264"


def test_a_run_killed_after_the_naming_leaves_nothing_for_good(film: Path) -> None:
    """Its work folder still exists next to the whole result, half a record before: both go."""
    torn = film.with_name(".film.restored.mkv.restore.json.4711.tmp")
    torn.write_bytes(b"{")
    restore_film(JobRequest(film, IDENTITY, keep_work=True), ignore)
    assert not torn.exists()
    (film.parent / ".restore" / "survey-0").mkdir()  # another result's, which stays
    events: list[Event] = []
    restore_film(JobRequest(film, IDENTITY), events.append)
    assert [event.already for event in events if isinstance(event, Finished)] == [True]
    assert [path.name for path in (film.parent / ".restore").iterdir()] == ["survey-0"]


def test_a_foreign_file_is_never_replaced(film: Path) -> None:
    """Under the result's name lies something else: it stays as it is."""
    target = film.with_name("mine.mkv")
    target.write_bytes(b"mine")
    with pytest.raises(OutputError, match="did not make"):
        restore_film(JobRequest(film, IDENTITY, output=target), ignore)
    assert target.read_bytes() == b"mine"
    link = film.with_name("link.mkv")
    link.symlink_to("nowhere.mkv")
    with pytest.raises(OutputError, match="did not make"):
        restore_film(JobRequest(film, IDENTITY, output=link), ignore)
    assert not record_path(link).exists()


def test_the_source_is_never_the_result(film: Path) -> None:
    """Neither by name, nor by a link, nor with --overwrite."""
    link = film.with_name("link.mkv")
    link.symlink_to(film)
    for name in (film, link):
        with pytest.raises(UsageError, match="its own source"):
            restore_film(JobRequest(film, IDENTITY, output=name, overwrite=True), ignore)


def test_an_interrupted_run_goes_on_where_it_stopped(film: Path) -> None:
    """Finished parts are named and reused, none is computed again, and the frames are the same."""

    class Stop(Exception):
        pass

    def stop_after_one(event: Event) -> None:
        if isinstance(event, PartDone):
            raise Stop

    with pytest.raises(Stop):
        restore_film(JobRequest(film, IDENTITY), stop_after_one)
    assert not film.with_name("film.restored.mkv").exists()
    events: list[Event] = []
    result = restore_film(JobRequest(film, IDENTITY), events.append)
    reused = {event.part for event in events if isinstance(event, Reused)}
    made = {event.part for event in events if isinstance(event, PartDone)}
    assert reused
    assert made
    assert not reused & made
    assert _same(_frames(result), _frames(film))


def test_restart_computes_everything_again(film: Path) -> None:
    """--restart discards finished parts and replaces this job's own result."""
    restore_film(JobRequest(film, IDENTITY, keep_work=True), ignore)
    events: list[Event] = []
    restore_film(JobRequest(film, IDENTITY, restart=True), events.append)
    assert not any(isinstance(event, Reused) for event in events)
    assert sum(isinstance(event, PartDone) for event in events) >= 3


def test_what_fails_the_audit_gets_a_name_that_says_so(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that does not match its source never gets the final name."""

    def doubt(joined: JoinedResult) -> AuditOutcome:
        return AuditOutcome(ok=False, lines=("count: 219 frames instead of 220",))

    monkeypatch.setattr(VERIFY, doubt)
    with pytest.raises(AuditError, match="219 frames"):
        restore_film(JobRequest(film, IDENTITY), ignore)
    assert film.with_name("film.restored.failed-audit.mkv").exists()
    assert not film.with_name("film.restored.mkv").exists()
    assert not record_path(film.with_name("film.restored.mkv")).exists()


def test_a_damaged_source_gives_a_partial_result(film: Path) -> None:
    """What decodes of a cut-off file is restored under a partial name; the message counts it."""
    data = film.read_bytes()
    film.write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(DamagedSource, match=r"\d+ frames could be decoded"):
        restore_film(JobRequest(film, IDENTITY), ignore)
    partial = film.with_name("film.restored.partial.mkv")
    assert 20 < len(probe(partial).frames) < 220
    assert not film.with_name("film.restored.mkv").exists()
    decoded = len(probe(partial).frames)

    events: list[Event] = []
    allowed = restore_film(JobRequest(film, IDENTITY, allow_damaged=True), events.append)
    assert allowed == film.with_name("film.restored.mkv")
    assert len(probe(allowed).frames) == decoded
    assert not any(isinstance(event, PartDone) for event in events), "nothing is computed twice"
    left = sorted(path.name for path in film.parent.glob("*restore*"))
    assert left == [allowed.name, page_path(allowed).name, record_path(allowed).name]


def test_a_part_of_the_film(film: Path) -> None:
    """--start and --end take the frames shown between them; the result's clock starts at 0."""
    recipe = Recipe(codec="ffv1", start=Fraction(1), end=Fraction(2))
    result = restore_film(JobRequest(film, recipe), ignore)
    assert _same(_frames(result), _frames(film)[24:48])
    assert probe(result).frames.pts[0] == 0


def test_a_second_film_cannot_be_cut(film: Path) -> None:
    """It is copied whole, so a part of the first one has no result: an error before the work."""
    both = film.with_name("both.mkv")
    words = ["-i", str(film), "-map", "0:v", "-map", "0:v", "-c", "copy", str(both)]
    subprocess.run([executable(), "-v", "error", *words], check=True)
    with pytest.raises(UsageError, match="second film"):
        restore_film(JobRequest(both, Recipe(codec="ffv1", start=Fraction(1))), ignore)


def test_the_record_says_what_was_made_from_what(film: Path) -> None:
    """Next to the result lies what identifies the job, and what the audit said."""
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    record = json.loads(record_path(result).read_text())
    assert record["frames"] == 220
    assert record["source"]["sha256"] == digest_file(film)
    assert record["audit"] == [{"name": "count", "ok": True, "detail": "accepted"}]
    assert record["synthetic"] == []
    assert record["request"]["recipe"]["codec"] == "ffv1"
    assert record["timing"]["restoring"] > 0
    assert "Nothing is invented" in page_path(result).read_text()


def test_the_record_knows_every_decoded_frame(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each segment holds a mark of each of its frames: the head of the frame's framemd5."""
    monkeypatch.setattr(VERIFY, verify)
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    record = Record.model_validate_json(record_path(result).read_bytes())
    wanted = [md5(b"".join(p.tobytes() for p in planes)).hexdigest() for planes in _frames(film)]
    assert frame_marks(record) == [digest[:8] for digest in wanted]
    assert [segment.frames.stop for segment in record.segments][-1] == 220


def test_results_of_the_first_records_still_count(film: Path) -> None:
    """A record of version 1 (short, without a page) recognises its job; one of tomorrow does not."""
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    today = json.loads(record_path(result).read_text())
    short = {name: today[name] for name in ("request", "job", "result_sha256", "frames")}
    short |= {"restore": "0.1.0", "source": "film.mkv", "notes": [], "seconds": 1.0}
    page_path(result).unlink()
    record_path(result).write_text(json.dumps(short | {"schema_version": 1}))
    events: list[Event] = []
    restore_film(JobRequest(film, IDENTITY), events.append)
    assert [event.already for event in events if isinstance(event, Finished)] == [True]
    record_path(result).write_text(json.dumps(short | {"schema_version": SCHEMA + 1}))
    with pytest.raises(OutputError, match="did not make"):
        restore_film(JobRequest(film, IDENTITY), ignore)


def test_no_name_of_a_run_is_ever_the_sources(film: Path) -> None:
    """A damaged film.partial.mkv, restored to film.mkv, would be its own partial result: refused."""
    partial = film.with_name("cut.partial.mkv")
    data = film.read_bytes()[: film.stat().st_size * 6 // 10]
    partial.write_bytes(data)
    with pytest.raises(UsageError, match="its own source"):
        restore_film(JobRequest(partial, IDENTITY, output=film.with_name("cut.mkv")), ignore)
    assert partial.read_bytes() == data


def test_a_file_that_appears_during_the_run_is_kept(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's file under the result's name, minutes before the end: it stays."""
    target = film.with_name("film.restored.mkv")

    def interfere(joined: JoinedResult) -> AuditOutcome:
        target.write_bytes(b"mine")
        return accept(joined)

    monkeypatch.setattr(VERIFY, interfere)
    with pytest.raises(OutputError, match="did not make"):
        restore_film(JobRequest(film, IDENTITY), ignore)
    assert target.read_bytes() == b"mine"


def test_restart_does_not_replace_what_was_changed_by_hand(film: Path) -> None:
    """A result that somebody edited is theirs: --restart alone does not touch it."""
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    edited = result.read_bytes() + b"edited"
    result.write_bytes(edited)
    with pytest.raises(OutputError, match="did not make"):
        restore_film(JobRequest(film, Recipe(codec="h264"), restart=True), ignore)
    assert result.read_bytes() == edited


def test_restart_does_not_replace_the_result_of_another_job(film: Path) -> None:
    """Of another film, or of this one restored otherwise: --restart gives up parts, not results."""
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    before = result.read_bytes()
    other = IDENTITY.model_copy(update={"end": Fraction(1, 2)})
    for restart in (False, True):
        with pytest.raises(OutputError, match="did not make"):
            restore_film(JobRequest(film, other, restart=restart), ignore)
        assert result.read_bytes() == before
    restore_film(JobRequest(film, other, restart=True, overwrite=True), ignore)
    assert result.read_bytes() != before


def test_parts_belong_to_one_source(film: Path, made_film: Path) -> None:
    """The source is replaced between two runs, same luma, other chroma: nothing of it is reused."""

    class Stop(Exception):
        pass

    def stop_after_one(event: Event) -> None:
        if isinstance(event, PartDone):
            raise Stop

    with pytest.raises(Stop):
        restore_film(JobRequest(film, IDENTITY), stop_after_one)
    tinted = ["-vf", "lutyuv=u=140:v=120", "-c:v", "ffv1", "-c:a", "copy", str(film)]
    subprocess.run([executable(), "-v", "error", "-y", "-i", str(made_film), *tinted], check=True)
    events: list[Event] = []
    result = restore_film(JobRequest(film, IDENTITY), events.append)
    assert not any(isinstance(event, Reused) for event in events)
    assert _same(_frames(result), _frames(film))


def test_a_source_that_grows_during_the_run_is_noticed(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film that is still being copied must not be recorded as done."""

    def grow(joined: JoinedResult) -> AuditOutcome:
        with film.open("ab") as file:
            file.write(b"more")
        return accept(joined)

    monkeypatch.setattr(VERIFY, grow)
    with pytest.raises(SourceError, match="changed while"):
        restore_film(JobRequest(film, IDENTITY), ignore)
    assert not film.with_name("film.restored.mkv").exists()


def test_two_runs_for_one_result_do_not_meet(film: Path, tmp_path: Path) -> None:
    """A second run for the same name is refused while the first works, whatever its work folder."""
    refused: list[str] = []

    def meanwhile(event: Event) -> None:
        if isinstance(event, PartDone) and not refused:
            other = JobRequest(film, IDENTITY, work_dir=tmp_path / "elsewhere")
            with pytest.raises(Busy, match="Another restore") as caught:
                restore_film(other, ignore)
            refused.append(str(caught.value))

    result = restore_film(JobRequest(film, IDENTITY), meanwhile)
    assert refused
    assert _same(_frames(result), _frames(film))


def test_mistakes_come_before_the_survey(film: Path) -> None:
    """A container that no result can have is refused before a single frame is decoded."""
    events: list[Event] = []
    order = JobRequest(film, IDENTITY, output=film.with_name("film.webm"))
    with pytest.raises(UsageError, match=r"\.webm"):
        restore_film(order, events.append)
    assert events == []


def test_lost_bits_are_dithered_without_any_stage(tmp_path: Path) -> None:
    """10 bit to 8 without treatment: between two codes both occur, as the plan's note says."""
    path = tmp_path / "ramp.mkv"
    ramp = "color=black:size=64x48:rate=24:duration=0.2,format=yuv420p10le,lutyuv=y=402"
    words = ["-f", "lavfi", "-i", ramp, "-c:v", "ffv1", str(path)]
    subprocess.run([executable(), "-v", "error", *words], check=True)
    result = restore_film(JobRequest(path, Recipe(codec="h264", crf=0)), ignore)
    values, counts = np.unique(_frames(result)[0][0], return_counts=True)
    assert values.tolist() == [100, 101]  # 402 / 4 = 100.5
    assert abs(counts[0] - counts[1]) < 0.1 * counts.sum()


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv"])
def test_every_container_says_that_it_was_restored(tmp_path: Path, suffix: str) -> None:
    """The short tag is in each container next to the film's own comment, and in the record."""
    path = tmp_path / "film.mkv"
    drawn = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24:duration=0.1", "-c:v", "ffv1"]
    tags = ["-metadata", "comment=found in an attic", str(path)]
    subprocess.run([executable(), "-v", "error", *drawn, *tags], check=True)
    order = JobRequest(path, Recipe(codec="h264", preset="ultrafast"), tmp_path / f"out{suffix}")
    result = restore_film(order, ignore)
    tags = {key.lower(): value for key, value in probe(result).tags}
    assert tags["comment"] == f"found in an attic; restored with restore {__version__}"
    record = Record.model_validate_json(record_path(result).read_bytes())
    assert record.result.tags == {"comment": f"restored with restore {__version__}"}


def _left_by_a_kill(result: Path) -> Path:
    """A second name of a result, as if its run had been killed before it dropped the first name."""
    record = json.loads(record_path(result).read_text(encoding="utf-8"))
    second = result.with_name(f".restore-{record['job'][:16]}{result.suffix}")
    os.link(result, second)
    return second


def test_a_second_name_of_the_result_is_removed(film: Path) -> None:
    """What a kill left next to a finished result goes with the next command, and the result stays."""
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    before = digest_file(result)
    second = _left_by_a_kill(result)
    restore_film(JobRequest(film, IDENTITY), ignore)
    assert not second.exists()
    assert digest_file(result) == before


def test_a_result_is_never_written_through_its_second_name(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --restart the joined film is a new file: the old result stays whole until it is replaced."""
    result = restore_film(JobRequest(film, IDENTITY), ignore)
    second = _left_by_a_kill(result)
    same: list[bool] = []

    def look(joined: JoinedResult) -> AuditOutcome:
        same.append(joined.result.samefile(result))
        assert joined.result == second
        return accept(joined)

    monkeypatch.setattr(VERIFY, look)
    restore_film(JobRequest(film, IDENTITY, restart=True), ignore)
    assert same == [False]
