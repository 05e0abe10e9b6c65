"""Image sequences in an archive are films; single images and results are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.cli.app import main
from restore.errors import SourceError
from restore.jobs.batch.listing import list_films
from restore.jobs.batch.state import file_stat
from restore.jobs.batch.work_items import make_tasks
from restore.media.container.headers import FilmHeader, read_header
from restore.media.container.probe import probe
from tests.media.films import run_ffmpeg


def touch(folder: Path, *names: str) -> None:
    """Empty files, with the folders that they need."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def numbers(form: str, *which: int) -> list[str]:
    """Names by a pattern."""
    return [form % number for number in which]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A film with a poster, a reel of scans with a hole, a folder of two reels, results, a lone picture."""
    folder = tmp_path / "films"
    touch(folder, "trip.mkv", "poster.jpg", "reel1.mov", *numbers("reel1/f_%06d.dpx", 1, 2, 4))
    touch(folder, *numbers("two/a_%04d.tif", 1, 2), *numbers("two/b_%04d.TIF", 1, 2))
    touch(folder, *numbers("two.dir/%d.png", 9, 10, 11), "two.dir/notes.txt", "x/one_01.exr")
    touch(folder, *numbers("done/%03d.png", 1, 2, 3), "done.restore.json")
    return folder


def test_images_in_the_current_folder(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`restore batch .` finds the sequence in it, and no film in a folder that is a result."""
    monkeypatch.chdir(archive / "reel1")
    (film,) = list_films(["."], archive.parent / "out", {}).films
    assert (film.name, film.target) == ("f_%06d.dpx", "f.restored.*")
    monkeypatch.chdir(archive / "done")
    with pytest.raises(SourceError):
        list_films(["."], archive.parent / "out", {})


def test_a_sequence_is_one_film(archive: Path, tmp_path: Path) -> None:
    """Called by its pattern; its result by its folder, unless that is taken or holds several."""
    listing = list_films([str(archive)], tmp_path / "out", {})
    assert {film.name: film.target for film in listing.films} == {
        "reel1.mov": "reel1.mov.restored.*",
        "reel1/f_%06d.dpx": "reel1/f.restored.*",
        "trip.mkv": "trip.restored.*",
        "two.dir/%01d.png": "two.dir.restored.*",
        "two/a_%04d.tif": "two/a.restored.*",
        "two/b_%04d.TIF": "two/b.restored.*",
    }
    paths = {film.name: film.path for film in listing.films}
    assert paths["reel1/f_%06d.dpx"] == archive / "reel1" / "f_%06d.dpx"
    assert {one.name: one.reason for one in listing.skipped} == {
        "done.restore.json": "not the suffix of a film (.json)",
        **dict.fromkeys(numbers("done/%03d.png", 1, 2, 3), "a result of restore"),
        "poster.jpg": "an image without a number",
        "two.dir/notes.txt": "not the suffix of a film (.txt)",
        "x/one_01.exr": "a single image is not a film",
    }


def test_pictures_that_no_pattern_names_are_reported(tmp_path: Path) -> None:
    """Other digits, or a percent sign before the number, which a pattern cannot say."""
    folder = tmp_path / "films"
    touch(folder, *numbers("f_%02d.dpx", 1, 2), "f_0003.dpx", "50%_01.png", "50%_02.png")
    listing = list_films([str(folder)], tmp_path / "out", {})
    assert [film.target for film in listing.films] == ["f.restored.*"]
    reasons = {one.name: one.reason for one in listing.skipped}
    assert reasons["f_0003.dpx"] == "its number does not match f_%02d.dpx"
    assert "% before the number" in reasons["50%_01.png"]


def test_patterns_and_words_may_name_folders_of_pictures(archive: Path, tmp_path: Path) -> None:
    """A wildcard that finds the folders, the files in them, or several folders one by one."""
    for arguments in (
        [f"{archive}/re*1"],
        [f"{archive}/re*1/*.dpx"],
        [f"{archive}/reel1", f"{archive}/trip.mkv"],
    ):
        names = [film.name for film in list_films(arguments, tmp_path / "out", {}).films]
        assert "reel1/f_%06d.dpx" in names or "f_%06d.dpx" in names


def test_a_list_may_name_pictures(archive: Path) -> None:
    """By pattern or by folder; the result is called as restore run would call it."""
    (archive / "list.csv").write_text("film\nreel1/f_%06d.dpx\ntwo.dir\n")
    films = list_films([str(archive / "list.csv")], archive / "out", {}).films
    assert [film.target for film in films] == ["reel1/f.restored.*", "two.dir.restored.*"]


def test_the_rate_is_for_pictures_alone(archive: Path, tmp_path: Path) -> None:
    """Film files have their own, and would refuse it."""
    films = list_films([str(archive)], tmp_path / "out", {}).films
    tasks = make_tasks(films, None, {"rate": "16"}, {})
    rates = {task.film.name: "--rate=16" in task.arguments for task in tasks}
    assert rates.pop("reel1.mov") is rates.pop("trip.mkv") is False
    assert all(rates.values())


def test_a_recipe_s_rate_is_for_images_alone(archive: Path, tmp_path: Path) -> None:
    """Film files get the same recipe, and an option that restores their own rate."""
    recipe = tmp_path / "archive.toml"
    recipe.write_text("rate = 16\ncolorize = true\nclean = 0\nupscale = 2\nend = 00:00:01.5\n")
    given = {"to": "96x64", "codec": "ffv1"}
    films = list_films([str(archive)], tmp_path / "out", {}).films
    arguments = {
        t.film.name: t.arguments for t in make_tasks(films, recipe, given, {"overwrite": True})
    }
    own_options = ("--to=96x64", "--codec=ffv1", "--overwrite")
    assert arguments.pop("reel1.mov") == arguments["trip.mkv"]
    shared = ("--recipe", str(recipe))
    film_options = arguments.pop("trip.mkv")
    assert film_options[:2] == shared
    assert sorted(film_options[2:]) == sorted(("--rate=auto", *own_options))
    assert all(own == (*shared, *own_options) for own in arguments.values())


def test_a_stamp_covers_every_picture(archive: Path) -> None:
    """A picture that changes, goes or comes changes it; it needs no look into the pictures."""
    pattern = archive / "reel1" / "f_%06d.dpx"
    before = file_stat(pattern)
    assert before is not None
    assert file_stat(archive / "reel1") == before
    (archive / "reel1" / "f_000002.dpx").write_bytes(b"x")
    changed = file_stat(pattern)
    assert changed is not None
    assert changed[0] == 1
    (archive / "reel1" / "f_000004.dpx").unlink()
    assert file_stat(pattern) != changed
    assert file_stat(archive / "none" / "f_%06d.dpx") is None


def test_headers_tell_how_much_work_pictures_are(tmp_path: Path) -> None:
    """Count and size, for the estimate."""
    arguments = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=24:d=0.25")
    run_ffmpeg(*arguments, tmp_path / "f_%03d.png")
    assert read_header(tmp_path / "f_%03d.png") == FilmHeader(6, 64, 48)
    assert read_header(tmp_path / "g_%03d.png") is None


@pytest.mark.slow
def test_reels_are_restored_in_their_tree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real thing: one done, one refused for its hole by number; the same command knows what is done."""
    for reel in ("r1", "r2"):
        (tmp_path / "in" / reel).mkdir(parents=True)
        drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=24:d=0.25")
        run_ffmpeg(*drawn, tmp_path / "in" / reel / "f_%06d.dpx")
    (tmp_path / "in" / "r2" / "f_000003.dpx").unlink()
    (tmp_path / "in" / "poster.jpg").touch()
    arguments = ["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--codec", "ffv1"]
    assert main(arguments) == 7
    printed = capsys.readouterr().out
    assert "r1/f_%06d.dpx: done, 6 frames" in printed
    assert "Images are missing: 3" in printed
    assert probe(tmp_path / "out" / "r1.restored.mkv").frames.rate == 24
    assert main([*arguments, "--allow-damaged"]) == 0
    capsys.readouterr()
    assert main([*arguments, "--allow-damaged"]) == 0
    assert "2 done" in capsys.readouterr().out.splitlines()[0]
    assert main(["status", str(tmp_path / "out")]) == 0
    assert "r2/f_%06d.dpx" in capsys.readouterr().out
