"""Matroska's editions, nested chapters and titles in languages: kept whole, or a loss with a name."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from restore.cli.app import main
from restore.errors import UsageError
from restore.jobs.audit_files import audit_files
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.chapter_copy import on_clock, write_chapters
from restore.media.container.chapter_tree import (
    ChapterNode,
    Edition,
    Title,
    beyond_a_list,
    editions,
    read_chapters,
)
from restore.media.container.ebml import make_element, make_unsigned
from restore.media.container.formats import chapter_losses, container_for
from restore.media.container.probe import probe
from restore.recipe import Recipe
from tests.media.container.chapters import (
    NESTED,
    SECOND,
    atom,
    edition,
    title,
    with_chapters,
)
from tests.media.films import make

FFV1 = Recipe(codec="ffv1")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of one second with sound, without chapters."""
    folder = tmp_path_factory.mktemp("chapters")
    sound = ("-f", "lavfi", "-i", "sine=d=1", "-c:a", "flac")
    return make(folder / "plain.mkv", *sound, "-c:v", "libx264", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def film(plain: Path) -> Path:
    """The film with two editions, nested chapters and two languages."""
    return with_chapters(plain, plain.with_name("film.mkv"), [NESTED, SECOND])


def shown(content: bytes | None) -> list[tuple[str, Fraction, Fraction | None, int]]:
    """First title, start, end and number of nested chapters of all chapters of all editions."""
    nodes = [node for each in editions(content) for node in each.chapters]
    return [
        (node.titles[0].text if node.titles else "", node.start, node.end, len(node.nested))
        for node in nodes
    ]


def test_a_tree_is_read_as_it_is_stored(film: Path) -> None:
    """Editions in order, each title with its language, chapters in chapters."""
    first, second = editions(read_chapters(film))
    assert first.default
    assert not second.default
    act = first.chapters[0]
    assert act.titles == (Title("Act one", ("eng",)), Title("Erster Akt", ("ger",)))
    assert [node.uid for node in act.nested] == [111, 112]
    assert (act.nested[1].start, act.nested[1].end) == (Fraction("0.2"), Fraction("0.48"))
    assert second.chapters[2] == ChapterNode(23, Fraction("0.7"), None, ())


def test_only_what_a_list_cannot_hold_counts() -> None:
    """One edition of chapters with one title each, in no language or the default one, is a list."""
    simple = edition(atom(1, 0, 500, title("One")), atom(2, 500, 900, title("Two", "und")))
    assert beyond_a_list(editions(simple)) == ()
    assert beyond_a_list(editions(simple + simple)) == ("2 editions",)
    assert beyond_a_list(editions(edition(atom(1, 0, 1, title("Eins", "ger"))))) == (
        "languages (ger)",
    )
    hidden = edition(atom(1, 0, 1, make_unsigned(0x98, 1)))
    assert beyond_a_list(editions(hidden)) == ("hidden chapters",)
    ordered = make_element(0x45B9, make_unsigned(0x45DD, 1) + atom(1, 0, 1))
    assert beyond_a_list(editions(ordered)) == ("an ordered edition",)
    assert beyond_a_list(editions(NESTED)) == (
        "nested chapters",
        "several titles",
        "languages (ger)",
    )
    assert beyond_a_list(()) == ()


def test_damaged_chapters_are_none(tmp_path: Path) -> None:
    """A content that is cut off, another kind of file and no file at all have no editions."""
    assert editions(NESTED[:-3]) == ()
    (other := tmp_path / "other.mkv").write_bytes(b"RIFF1234AVI ")
    assert read_chapters(other) is None
    assert read_chapters(tmp_path / "nothing.mkv") is None


def test_results_in_matroska_hold_the_same_tree(film: Path) -> None:
    """Byte for byte, with or without another codec; the audit says so."""
    for codec in ("ffv1", "h264"):
        target = film.with_name(f"{codec}.mkv")
        restore_film(JobRequest(film, Recipe(codec=codec), target), print)
        assert read_chapters(target) == read_chapters(film)
        record = json.loads(target.with_name(f"{target.name}.restore.json").read_text())
        (check,) = (each for each in record["audit"] if each["name"] == "chapter tree")
        assert check["ok"]
        with av.open(str(target)) as container:
            assert len(list(container.decode(video=0))) == 25


def test_the_audit_finds_a_tree_that_was_lost(film: Path) -> None:
    """Another title, and chapters without the second edition, are wrong although ffmpeg lists the same."""
    target = film.with_name("changed.mkv")
    restore_film(JobRequest(film, FFV1, target), print)
    for bad in (NESTED.replace(b"Zweiter", b"Anderer") + SECOND, NESTED):
        write_chapters(target, bad)
        checks = {check.name: check.ok for check in audit_files(film, target).checks}
        assert not checks["chapter tree"]


def test_a_part_has_the_chapters_in_it(film: Path) -> None:
    """From 0.25 s to 0.6 s: cut and moved, nested ones, too; what is outside is gone."""
    target = film.with_name("part.mkv")
    part = Recipe.model_validate({"codec": "ffv1", "start": "0.24", "end": "0.6"})
    restore_film(JobRequest(film, part, target), print)
    content = read_chapters(target)
    assert shown(content) == [
        ("Act one", 0, Fraction("0.24"), 1),
        ("Act two", Fraction("0.24"), Fraction("0.36"), 0),
        ("Reel 1", 0, Fraction("0.06"), 0),
        ("Reel 2", Fraction("0.06"), Fraction("0.36"), 0),
    ]
    (scene,) = editions(content)[0].chapters[0].nested
    assert (scene.uid, scene.start, scene.end) == (112, 0, Fraction("0.24"))


def test_a_clock_moves_all_chapters() -> None:
    """Those before its zero end there or are gone; an edition of which none is left is, too."""
    content = on_clock(NESTED + SECOND, None, Fraction("0.5"))
    assert shown(content) == [
        ("Act two", 0, Fraction("0.5"), 0),
        ("Reel 2", 0, Fraction("0.2"), 0),
        ("", Fraction("0.2"), None, 0),
    ]
    assert on_clock(NESTED, (Fraction(0), Fraction(1)), Fraction(2)) == b""
    assert on_clock(NESTED, None, Fraction(0)) == NESTED


def test_containers_without_trees_are_refused(film: Path) -> None:
    """MP4 keeps the default edition's list, and only if the loss is allowed; Matroska is the default."""
    source = probe(film)
    assert container_for(source, "h264") == ".mkv"
    assert chapter_losses(source, ".mkv") == ()
    target = film.with_name("out.mp4")
    with pytest.raises(UsageError) as caught:
        restore_film(JobRequest(film, Recipe(codec="h264"), target), print)
    assert caught.value.code == "container-loses"
    assert "--allow-loss chapters" in caught.value.what_to_do
    assert ".mkv" in caught.value.what_to_do
    allowed = JobRequest(film, Recipe(codec="h264"), target, allow_loss=("chapters",))
    restore_film(allowed, print)
    with av.open(str(target)) as container:
        listed = [
            (each["metadata"]["title"], each["start"] * each["time_base"])
            for each in container.chapters()
        ]
    assert listed == [("Act one", 0), ("Act two", Fraction("0.48"))]
    assert main(["audit", str(film), str(target), "--allow-loss", "chapters"]) == 0
    record = target.with_name("out.mp4.restore.json")
    record.unlink()
    assert main(["audit", str(film), str(target)]) == 6


def test_images_keep_the_tree_beside_them(film: Path, tmp_path: Path) -> None:
    """In the file with the sound; without other streams there is a text file, which holds a list at most."""
    folder = tmp_path / "images"
    restore_film(JobRequest(film, Recipe(codec="tiff"), folder / "frame_%03d.tif"), print)
    assert read_chapters(folder / "frame.sound.mkv") == read_chapters(film)
    silent = make(tmp_path / "silent.mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    silent = with_chapters(silent, tmp_path / "chapters.mkv", [NESTED])
    request = JobRequest(silent, Recipe(codec="tiff"), tmp_path / "more" / "frame_%03d.tif")
    with pytest.raises(UsageError) as caught:
        restore_film(request, print)
    assert caught.value.code == "container-loses"


def test_no_room_is_no_silent_loss(plain: Path, tmp_path: Path) -> None:
    """A file without chapters, or with too few bytes of them, is not written to."""
    small = with_chapters(plain, tmp_path / "small.mkv", [edition(atom(1, 0, 9))])
    before = small.read_bytes()
    with pytest.raises(ValueError, match="no space"):
        write_chapters(small, NESTED + SECOND)
    assert small.read_bytes() == before
    with pytest.raises(ValueError, match="no space"):
        write_chapters(plain, NESTED)


def test_editions_are_values() -> None:
    """Equal chapters are equal, whatever other elements they have."""
    assert editions(edition(atom(1, 0, 1, make_element(0x6944, b"")))) == (
        Edition((ChapterNode(1, Fraction(0), Fraction(1, 1000), ()),)),
    )
