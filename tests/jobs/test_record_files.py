"""Names of results and records: what lies next to a film, and what is found there again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import UsageError
from restore.jobs.record_files import (
    digest_result,
    film_name,
    find_record,
    page_path,
    read_known,
    record_path,
    result_names,
    write_record,
)
from restore.report.record import SCHEMA
from restore.timing import Span
from restore.treatments.stabilize import StabilizeDecision
from tests.report.made import HOSTILE, made_record

NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0%"), min_size=1, max_size=9
)


@pytest.mark.parametrize(
    ("film", "folder", "name"),
    [
        ("reels/film.mp4", "reels", "film"),
        ("film.tar.gz", ".", "film.tar"),
        ("film", ".", "film"),
        (".hidden", ".", ".hidden"),
        ("reels/frame_%06d.dpx", "reels", "frame"),
        ("reels/reel 1 - %d.tif", "reels", "reel 1"),
        ("reels/%06d.dpx", "reels", "reels"),
        ("reels/__%06d.dpx", "reels", "reels"),
        ("50% done.mp4", ".", "50"),
    ],
)
def test_results_are_named_after_their_film(film: str, folder: str, name: str) -> None:
    """Without its suffix; an image sequence by what stands before its number, or by its folder."""
    assert film_name(Path(film)) == (Path(folder), name)


def test_a_percent_sign_of_a_file_is_a_letter(tmp_path: Path) -> None:
    """A film that exists under that name is no image sequence."""
    film = tmp_path / "50% done.mp4"
    film.touch()
    assert film_name(film) == (tmp_path, "50% done")


def test_a_folder_gives_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dots and all, next to it; the current folder and its parent by the names that they have."""
    reel = tmp_path / "reel.1" / "scans"
    reel.mkdir(parents=True)
    assert film_name(reel.parent) == (tmp_path, "reel.1")
    monkeypatch.chdir(reel)
    assert film_name(Path()) == (reel.parent, "scans")
    assert film_name(Path("..")) == (tmp_path, "reel.1")


@given(NAMES)
def test_the_names_of_a_result_differ_from_each_other(name: str) -> None:
    """Final, partial and failed results, record and page: five files in one folder."""
    output = Path("out") / f"{name}.mkv"
    names = result_names(output)
    every = {names.final, names.partial, names.failed, record_path(output), page_path(output)}
    assert len(every) == 5
    assert {path.parent for path in every} == {output.parent}
    assert names.film == names.final == output
    assert (names.container, names.kind) == (".mkv", ".mkv")


def test_the_container_does_not_depend_on_the_case() -> None:
    """x.MKV is Matroska; its kind stays as it is written, because it is part of the request."""
    names = result_names(Path("out/x.MKV"))
    assert (names.container, names.kind) == (".mkv", ".MKV")
    assert names.partial == Path("out/x.partial.MKV")


def test_an_image_sequence_is_a_folder() -> None:
    """Its film is joined next to it first; partial results are folders, failed ones films."""
    names = result_names(Path("out/reel/frame_%06d.dpx"))
    assert names.final == Path("out/reel")
    assert names.partial == Path("out/reel.partial")
    assert names.failed == Path("out/reel.failed-audit.mkv")
    assert names.film == Path("out/reel.mkv")
    assert (names.container, names.kind) == (".mkv", "frame_%06d.dpx")
    assert record_path(names.final) == Path("out/reel.restore.json")


@pytest.mark.parametrize("output", ["frame_%06d.dpx", "../frame_%06d.dpx", "./frame_%06d.png"])
def test_an_image_sequence_needs_a_folder_of_its_own(output: str) -> None:
    """The current folder cannot get its name at the end."""
    with pytest.raises(UsageError) as caught:
        result_names(Path(output))
    assert caught.value.code == "folder-needed"


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A result with its record and page."""
    path = tmp_path / "film.restored.mp4"
    path.write_bytes(b"a film")
    write_record(path, made_record(result_sha256=digest_result(path)))
    return path


def test_a_result_is_known_by_its_hash(result: Path) -> None:
    """The record describes this very file; after a change it is somebody's own."""
    known = find_record(result)
    assert known is not None
    assert known == read_known(result)
    assert known.frames == made_record().frames
    result.write_bytes(b"another film")
    assert find_record(result) is None
    assert read_known(result) == known
    result.unlink()
    assert find_record(result) is None


def test_a_folder_is_known_by_all_its_files(tmp_path: Path) -> None:
    """One image more, less or changed is another result."""
    folder = tmp_path / "reel"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"1")
    write_record(folder, made_record(result_sha256=digest_result(folder)))
    assert find_record(folder) is not None
    (folder / "2.png").write_bytes(b"2")
    assert find_record(folder) is None


@pytest.mark.parametrize("version", range(SCHEMA + 2))
def test_records_of_every_version_up_to_now_are_known(result: Path, version: int) -> None:
    """Older ones have fewer facts, enough to know the result; one of a later program is not trusted."""
    values = json.loads(record_path(result).read_bytes())
    needed = ("job", "request", "result_sha256", "frames")
    short = {key: values[key] for key in needed} | {"schema_version": version}
    record_path(result).write_text(json.dumps(short))
    known = find_record(result)
    assert (known is not None) == (1 <= version <= SCHEMA)
    if known is not None:
        assert (known.frame_map, known.lost, known.moves) == (None, (), ())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 1}', "\udcff"])
def test_a_damaged_record_is_none(result: Path, text: str) -> None:
    """Then the file next to it is not known, and is not replaced."""
    record_path(result).write_bytes(text.encode(errors="surrogateescape"))
    assert read_known(result) is None
    assert find_record(result) is None


def test_moved_frames_are_read_from_the_record(result: Path) -> None:
    """An audit looks for them where the treatment put them."""
    values = json.loads(record_path(result).read_bytes())
    moved = {"first": 20, "down": [0.1], "right": [0.0], "bars": [0, 0, 0, 0]}
    values["shots"] = [
        {"frames": {"start": 0, "stop": 20}, "decisions": {"upscale": {"clean": 1}}},
        {"frames": {"start": 20, "stop": 21}, "decisions": {"stabilize": moved}},
    ]
    record_path(result).write_text(json.dumps(values))
    known = read_known(result)
    assert known is not None
    assert known.moves == ((Span(20, 21), StabilizeDecision(20, (0.1,), (0.0,))),)


def test_what_a_killed_run_left_of_its_record_is_removed(tmp_path: Path) -> None:
    """Only of this result, whatever letters its name has; the record is there whole or not at all."""
    names = [HOSTILE, "[a]*?.mkv"]
    for name in names:
        result = tmp_path / name.replace("/", "_")
        half = result.with_name(f".{record_path(result).name}.123.tmp")
        half.touch()
        other = result.with_name(f".other{record_path(result).name}.123.tmp")
        other.touch()
        write_record(result, made_record())
        assert not half.exists()
        assert other.exists()
        assert read_known(result) is not None
        assert page_path(result).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_records_lie_next_to_results_of_any_name(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 text are kept as they are."""
    result = tmp_path / os.fsdecode(b"caf\xe9.mkv")
    assert os.fsencode(record_path(result)).endswith(b"caf\xe9.mkv.restore.json")
