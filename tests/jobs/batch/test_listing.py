"""Which films a batch has, and that no two results get one name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import SourceError, UsageError
from restore.jobs.batch.listing import list_films, name_targets, share
from restore.jobs.batch.work_items import make_tasks

NAMES = st.lists(
    st.from_regex(r"(a/|b/)?[aAbß]{1,2}(\.x)?\.(mp4|MKV|mov)", fullmatch=True), unique=True
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three films in two folders, a note, a hidden file, and a result of an earlier run."""
    folder = tmp_path / "films"
    files = ("b.mkv", "sub/a.MP4", "sub/a.mov", "sub/notes.txt", "sub/._a.mov", ".hidden/c.mkv")
    for name in (*files, "b.restored.mkv", "b.restored.mkv.restore.json"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_a_folder_is_listed_with_all_below_it(archive: Path, tmp_path: Path) -> None:
    """Films by their suffix, in any case, with names from the folder; the rest with a reason."""
    listing = list_films([str(archive)], tmp_path / "out", {})
    assert [(film.name, film.target) for film in listing.films] == [
        ("b.mkv", "b.restored.*"),
        ("sub/a.MP4", "sub/a.MP4.restored.*"),
        ("sub/a.mov", "sub/a.mov.restored.*"),
    ]
    assert {one.name: one.reason for one in listing.skipped} == {
        "b.restored.mkv": "a result of restore",
        "b.restored.mkv.restore.json": "not the suffix of a film (.json)",
        "sub/._a.mov": "hidden",
        "sub/notes.txt": "not the suffix of a film (.txt)",
    }


def test_results_are_no_sources(archive: Path) -> None:
    """A target folder inside the archive is not entered."""
    out = archive / "sub"
    assert [film.name for film in list_films([str(archive)], out, {}).films] == ["b.mkv"]


def test_folders_that_links_lead_to_are_entered_once(archive: Path, tmp_path: Path) -> None:
    """Films of another disk have the link's name; loops and results are listed, and none is entered twice."""
    nas, out = tmp_path / "nas", tmp_path / "out"
    for path in (nas / "deep" / "d.mkv", out / "old.mkv"):
        path.parent.mkdir(parents=True)
        path.touch()
    places = {"0": "../nas", "1": "sub", "2": "../nas/deep", "3": "..", "4": "../out"}
    for name, place in places.items():
        (archive / name).symlink_to(place)
    (nas / "again").symlink_to("../nas")
    listing = list_films([str(archive)], out, {})
    names = [film.name for film in listing.films]
    assert names == ["0/deep/d.mkv", "b.mkv", "sub/a.MP4", "sub/a.mov"]
    reasons = {one.name: one.reason for one in listing.skipped if one.reason.startswith("a link")}
    assert reasons == {
        "0/again": "a link to a folder that is listed already",
        "1": "a link to a folder that is listed already",
        "2": "a link to a folder that is listed already",
        "3": "a link to a folder that contains it",
        "4": "a link to results",
    }


def test_a_folder_that_cannot_be_read_is_reported(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skipped with the reason; where it is the archive itself, there is nothing to do."""
    real, locked = os.scandir, {str(archive / "sub")}

    def scandir(path: str) -> Any:
        if str(path) in locked:  # not by its mode: root may read everything
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    listing = list_films([str(archive)], tmp_path / "out", {})
    assert [film.name for film in listing.films] == ["b.mkv"]
    reasons = {one.name: one.reason for one in listing.skipped}
    assert reasons["sub"] == "cannot be read: Permission denied"
    locked.add(str(archive))
    with pytest.raises(SourceError, match="cannot be read: Permission denied"):
        list_films([str(archive)], tmp_path / "out", {})


def test_many_files_that_are_no_films_are_one_entry(tmp_path: Path) -> None:
    """A folder of notes does not fill the book."""
    (tmp_path / "film.mkv").touch()
    for number in range(50):
        (tmp_path / f"{number:03}.txt").touch()
    (skipped,) = list_films([str(tmp_path)], tmp_path / "out", {}).skipped
    assert skipped.reason == "50 files, not the suffix of a film (.txt)"


def test_a_pattern_names_from_its_fixed_part(archive: Path, tmp_path: Path) -> None:
    """Names begin where the wildcards do."""
    listing = list_films([f"{archive}/s*/*.mov"], tmp_path / "out", {})
    assert [film.name for film in listing.films] == ["sub/a.mov"]


def test_a_file_s_name_is_no_pattern(tmp_path: Path) -> None:
    """Brackets, stars and question marks are letters where a file is called so."""
    (tmp_path / "Film [1950].mkv").touch()
    (tmp_path / "Film 1.mkv").touch()
    for word, found in (("Film [1950].mkv", "Film [1950].mkv"), ("Film [0-9].mkv", "Film 1.mkv")):
        listing = list_films([str(tmp_path / word)], tmp_path / "out", {})
        assert [film.name for film in listing.films] == [found]


def test_several_files_are_named_from_their_common_folder(archive: Path, tmp_path: Path) -> None:
    """A pattern that the shell resolved works like one in quotes."""
    words = [str(archive / "sub" / "a.mov"), str(archive / "b.mkv")]
    assert [film.name for film in list_films(words, tmp_path, {}).films] == ["b.mkv", "sub/a.mov"]


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    """A folder without films, and a name of nothing, end before any work."""
    for word in (tmp_path, tmp_path / "gone"):
        with pytest.raises(SourceError, match="no films"):
            list_films([str(word)], tmp_path / "out", {})


@given(NAMES)
def test_no_two_results_get_one_name(names: list[str]) -> None:
    """Names differ even where case plays no part, stay in their folder, and do not depend on order."""
    targets = name_targets(names, {})
    assert len({target.casefold() for target in targets.values()}) == len(names)
    assert targets == name_targets(names[::-1], {})
    for name, target in targets.items():
        assert target.rpartition("/")[0] == name.rpartition("/")[0]


@given(NAMES, st.data())
def test_names_that_were_given_stay(names: list[str], data: st.DataObject) -> None:
    """A film that comes later changes no name of those before it, and takes none."""
    first = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    known = name_targets(first, {})
    targets = name_targets(names, known)
    assert known.items() <= targets.items()
    assert len({target.casefold() for target in targets.values()}) == len(names)


def test_shares_are_disjoint_and_whole(archive: Path, tmp_path: Path) -> None:
    """Every film is in exactly one of n shares."""
    films = list_films([str(archive)], tmp_path / "out", {}).films
    parts = [share(films, part, 2) for part in (1, 2)]
    assert sorted(film.name for part in parts for film in part) == [film.name for film in films]
    assert [len(part) for part in parts] == [2, 1]


def _list(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return [str(path)]


def test_a_list_may_name_outputs_and_recipes(tmp_path: Path) -> None:
    """Paths count from the list's folder; an output without suffix leaves the container open."""
    words = _list(
        tmp_path,
        "film,output,recipe\nx/a.mkv,,\nx/a.mkv,wide/a,wide.toml\n/mnt/b.mov,c.mkv,\n\n",
    )
    films = list_films(words, tmp_path / "out", {}).films
    assert [(film.name, film.target, film.recipe) for film in films] == [
        ("x/a.mkv", "x/a.restored.*", None),
        ("x/a.mkv -> wide/a", "wide/a.*", tmp_path / "wide.toml"),
        ("mnt/b.mov", "c.mkv", None),
    ]
    assert films[0].path == tmp_path / "x/a.mkv"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a.mkv\nb.mkv\n", "columns"),
        ("film,size\na.mkv,3\n", "columns"),
        ("film,output\na.mkv,x\nb.mkv,X\n", "the same result"),
        ("film\na.mkv\na.mkv\n", "the same result"),
        ("film,output\na.mkv,../x\n", "outside"),
    ],
)
def test_a_list_with_mistakes_is_refused(text: str, what: str, tmp_path: Path) -> None:
    """Before any work, with the place."""
    with pytest.raises(UsageError, match=what):
        list_films(_list(tmp_path, text), tmp_path / "out", {})


def test_every_film_gets_each_allowed_loss(archive: Path, tmp_path: Path) -> None:
    """One option may have several values; what is not wanted takes no word."""
    films = list_films([str(archive)], tmp_path / "out", {}).films
    switches = {"overwrite": False, "allow_loss": ("data", "tags"), "work_dir": None}
    for task in make_tasks(films, None, {"codec": "ffv1"}, switches):
        assert task.arguments == ("--codec=ffv1", "--allow-loss=data", "--allow-loss=tags")


def test_a_folder_that_fails_while_it_is_read_costs_only_itself(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the system's error has no name: a process of /proc that ended, a share that went away."""
    walk = os.walk

    def failing(top: Path, onerror: Callable[[OSError], None]) -> Iterator[Any]:
        onerror(OSError(3, "No such process"))
        yield from walk(top)

    monkeypatch.setattr("restore.jobs.batch.listing.os.walk", failing)
    assert "b.mkv" in [film.name for film in list_films([str(archive)], tmp_path / "out", {}).films]
