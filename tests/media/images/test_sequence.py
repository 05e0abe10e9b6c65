"""Image sequences as films: found, looked through, decoded by number, restored, refused with a reason."""

from __future__ import annotations

import os
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.errors import DamagedSource, SourceError, UsageError
from restore.jobs.prepare import JobRequest, check_unchanged, set_up_job, with_source_hash
from restore.jobs.record_files import film_name
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames, read_reduced
from restore.media.images.dpx import dpx_rate
from restore.media.images.header import read_header
from restore.media.images.sequence import digest_sequence, find_sequence
from restore.media.images.smpte import timecode_label
from restore.media.names import open_input
from restore.recipe import Recipe
from restore.run.events import Event, PartDone, Reused
from restore.timing import Span
from tests.media.films import run_ffmpeg
from tests.media.images.made import (
    DRAWN,
    draw,
    image,
    lengthen,
    random_samples,
    write_header,
)
from tests.media.test_identity import planes_of, worst


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six DPX pictures of 10 bit, numbered from 86400, in a folder with a percent sign in its name."""
    return draw(tmp_path_factory.mktemp("sequence") / "a%03d [x]*", ".dpx", "gbrp10le")


@pytest.fixture
def folder(master: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(master, tmp_path / "reel%d"))


def picture(folder: Path, number: int) -> Path:
    """One of the made pictures."""
    return folder / f"f_{number:06d}.dpx"


def refused(path: Path) -> SourceError:
    """The error that probing ends with, in at most three lines."""
    with pytest.raises(SourceError) as caught:
        probe(path)
    assert len(str(caught.value).splitlines()) <= 3
    return caught.value


def test_a_folder_and_its_pattern_are_the_same_film(folder: Path) -> None:
    """Percent signs, brackets and stars in names are letters; facts come from the pictures' headers."""
    by_pattern = probe(folder / "f_%06d.dpx")
    source = probe(folder)
    assert source == by_pattern
    assert (source.width, source.height, source.stored_format) == (64, 48, "gbrp10le")
    assert source.frames.pts == (0, 1, 2, 3, 4, 5)
    assert source.frames.rate == 24
    assert source.color.matrix == "rgb"
    assert source.size == sum(path.stat().st_size for path in folder.iterdir())
    assert any("24 frames a second, because no header has a rate" in note for note in source.notes)
    with open_input(source.path) as container:
        assert container.format.name == "image2"


def test_every_picture_is_found_by_its_number(folder: Path) -> None:
    """Any span of frames is that of the whole, and reduced frames have the same PTS."""
    source = probe(folder)
    whole = planes_of(source)
    assert len({planes[0].tobytes() for planes in whole}) == 6
    for span in (Span(0, 1), Span(4, 6), Span(2, 5)):
        part = list(read_frames(source, source.frames, span))
        assert worst([p.planes for p in part], whole[span.start : span.stop]) == 0
    assert [small.pts for small in read_reduced(source, 64)] == list(source.frames.pts)
    assert [small.pts for small in read_reduced(source, 64, (2, 4))] == [2, 3]


def test_only_the_listed_files_are_opened(folder: Path) -> None:
    """What joins the folder after it was looked at is not part of the film."""
    source = probe(folder)
    shutil.copy(picture(folder, 86405), picture(folder, 86406))
    assert len(list(read_reduced(source, 64))) == 6


def test_gaps_are_named_and_keep_their_time(folder: Path) -> None:
    """Without two pictures the others stay where they were; each frame is still found by its number."""
    whole = planes_of(probe(folder))
    picture(folder, 86402).unlink()
    picture(folder, 86404).unlink()
    source = probe(folder)
    assert source.frames.pts == (0, 1, 3, 5)
    assert source.frames.durations == (1, 2, 2, 1)
    assert any("gaps: 86402, 86404" in note for note in source.notes)
    assert worst(planes_of(source), [whole[n] for n in (0, 1, 3, 5)]) == 0
    assert [small.pts for small in read_reduced(source, 64)] == [0, 1, 3, 5]
    with pytest.raises(SourceError, match="missing: 86402, 86404"):
        set_up_job(JobRequest(folder, Recipe(codec="ffv1")))


def test_pictures_unlike_the_others_are_named(folder: Path) -> None:
    """One of another depth, one empty, one cut off, one that is text: each is named, none is skipped."""
    odd = draw(folder.parent / "odd", ".dpx", "rgb48be")
    shutil.copy(odd / "f_086402.dpx", picture(folder, 86402))
    assert "f_086402.dpx (DPX 64x48, descriptor 50, 16 bit" in refused(folder).where
    picture(folder, 86402).write_bytes(b"")
    picture(folder, 86403).write_bytes(picture(folder, 86403).read_bytes()[:500])
    picture(folder, 86404).write_text("Dear diary")
    stated = refused(folder)
    assert stated.code == "images-unreadable"
    for text in (
        "f_086402.dpx (it is empty)",
        "f_086403.dpx (it is not an image, or its header",
        "f_086404.dpx (it is not an image",
    ):
        assert text in stated.where


def test_a_folder_must_say_which_film_it_is(folder: Path) -> None:
    """Two sequences, two ways of numbering, no pictures, a pattern that nothing fits: each has a code."""
    empty = folder.parent / "empty"
    empty.mkdir()
    assert refused(empty).code == "no-images"
    assert refused(folder / "f_%04d.dpx").code == "no-images"
    assert refused(folder / "f_%06d.txt").code == "image-kind-unknown"
    shutil.copy(picture(folder, 86400), folder / "f_07.dpx")
    assert refused(folder).code == "images-misnumbered"
    assert len(probe(folder / "f_%06d.dpx").frames) == 6
    (folder / "f_07.dpx").rename(folder / "g_000007.dpx")
    stated = refused(folder)
    assert stated.code == "several-sequences"
    assert "f_....dpx" in stated.where
    assert len(probe(folder / "f_%06d.dpx").frames) == 6


def test_other_files_in_a_folder_do_no_harm(folder: Path) -> None:
    """Checksums, hidden files and a title picture without a number are not frames; the last is noted."""
    for name in ("checksums.md5", "._f_000001.dpx", "title.png"):
        (folder / name).write_bytes(b"x")
    source = probe(folder)
    assert len(source.frames) == 6
    assert any("left out: title.png" in note for note in source.notes)


def test_sound_next_to_the_images_is_noted(folder: Path) -> None:
    """A recorder's WAV in the folder, or next to it under its name: it is not in the result."""
    assert not any("sound" in note for note in probe(folder).notes)
    (folder / "take1.WAV").write_bytes(b"x")
    outside = folder.parent / "reel%d.wav"
    outside.write_bytes(b"x")
    (stated,) = [note for note in probe(folder).notes if "sound" in note]
    assert stated.startswith("sound next to the images is not part of the film: ")
    assert stated.endswith(f"{outside}, take1.WAV")


def test_a_link_that_leads_nowhere_does_no_harm(folder: Path) -> None:
    """To itself, to nothing; among the pictures it is one that cannot be read."""
    (folder / "loop").symlink_to("loop")
    (folder / "nothing").symlink_to("missing")
    assert len(probe(folder).frames) == 6
    last = picture(folder, 86405)
    last.unlink()
    last.symlink_to(last.name)
    assert last.name in str(refused(folder))


@pytest.mark.skipif(os.name != "posix", reason="elsewhere names are always text")
def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """Linux allows any bytes; ffmpeg and OpenImageIO want UTF-8."""
    odd = Path(os.fsdecode(b"\xff_0001.png"))
    path = image(tmp_path / "f.png", random_samples()[0]).rename(tmp_path / odd)
    assert "not UTF-8" in refused(tmp_path).what
    with pytest.raises(ValueError, match="surrogates"):
        read_header(path)


def test_the_rate_is_the_users_then_the_headers_then_24(folder: Path) -> None:
    """--rate goes before a DPX's own rate; for a film file it is a mistake."""
    lengthen(folder)
    write_header(folder, "f", 1724, 18.0)
    write_header(folder, "I", 1920, 0x01020304)
    source = probe(folder)
    assert source.frames.rate == 18
    assert dict(source.tags)["timecode"] == "01:02:03:04"
    assert probe(folder, Fraction(30000, 1001)).frames.rate == Fraction(30000, 1001)


def test_a_film_file_has_its_own_rate(reel: Path) -> None:
    """The option is refused where it would change the film's times."""
    with pytest.raises(UsageError) as caught:
        probe(reel, Fraction(24))
    assert caught.value.code == "rate-of-film"
    assert Recipe.model_validate({"rate": "30000/1001"}).rate == Fraction(30000, 1001)
    assert 'rate = "30000/1001"' in Recipe(rate=Fraction(30000, 1001)).to_toml()
    for bad in ("0", "x", "500", "1/0"):
        with pytest.raises(ValueError, match="a rate is written"):
            Recipe.model_validate({"rate": bad})


def test_what_dpx_headers_say() -> None:
    """Rates stored as floats, time code as decimal digits, fields that say nothing."""
    assert dpx_rate(23.976) == dpx_rate(23.98) == Fraction(24000, 1001)
    assert dpx_rate(16.0) == 16
    assert dpx_rate(float("nan")) is dpx_rate(0.0) is dpx_rate(1e9) is None
    assert timecode_label(0x10203015) == "10:20:30:15"
    assert timecode_label(0x10203055) == "10:20:30;15"
    assert (
        timecode_label(0xFFFFFFFF)
        is timecode_label(0x24000000)
        is timecode_label(0x0A000000)
        is None
    )


@pytest.mark.parametrize(
    ("suffix", "stored", "make"),
    [
        (".png", "rgb48be", "RGB 16 bit"),
        (".png", "gray", "gray 8 bit"),
        (".jpg", "yuvj420p", "3 channels, sampling 4:2:0"),
        (".tif", "rgb48le", "photometric 2, 3 samples of 16 bit"),
        (".tiff", "gray16le", "photometric 1, 1 samples of 16 bit"),
        (".png", "pal8", "palette 8 bit"),
        (".dpx", "gray16be", "descriptor 6, 16 bit, 1 elements"),
        (".exr", "gbrapf32le", "RGB float with alpha"),
        (".exr", "grayf32le", "Y float"),
    ],
)
def test_headers_are_read(suffix: str, stored: str, make: str, tmp_path: Path) -> None:
    """Size and make of every kind, from its first bytes."""
    path = tmp_path / f"p{suffix}"
    codec = ("-c:v", "mjpeg") if suffix == ".jpg" else ()
    run_ffmpeg("-f", "lavfi", "-i", DRAWN, "-frames:v", "1", "-pix_fmt", stored, *codec, path)
    header = read_header(path)
    assert (header.width, header.height, header.make) == (64, 48, make)


def test_a_change_of_any_picture_is_noticed(folder: Path) -> None:
    """Digest and modification time cover all images, not only the first."""
    order = JobRequest(folder, Recipe(codec="ffv1"))
    setup = with_source_hash(set_up_job(order))
    found = find_sequence(folder)
    assert found is not None
    before = digest_sequence(found)
    assert setup.request.source_sha256 == before
    check_unchanged(setup)
    data = bytearray(picture(folder, 86404).read_bytes())
    data[-1] ^= 1
    picture(folder, 86404).write_bytes(data)
    assert digest_sequence(found) != before
    with pytest.raises(SourceError, match="changed while"):
        check_unchanged(setup)


def test_results_are_named_after_the_film(folder: Path) -> None:
    """A folder's result lies next to it; a pattern's is named by what comes before the number."""
    assert film_name(folder) == (folder.parent, "reel%d")
    assert film_name(folder / "f_%06d.dpx") == (folder, "f")
    assert film_name(folder / "%06d.dpx") == (folder, "reel%d")
    assert film_name(Path("a/film.mp4")) == (Path("a"), "film")


KINDS = {
    ".dpx": ("gbrp10le", "rgb48be", "gbrp12be", "gray16be", "rgb24"),
    ".tif": ("rgb48le", "gray16le", "rgb24"),
    ".png": ("rgb24", "rgb48be", "gray", "rgba"),
    ".JPG": ("yuvj420p", "yuvj444p"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "stored"), [(k, s) for k, each in KINDS.items() for s in each])
def test_sequences_come_through_a_run_unchanged(suffix: str, stored: str, tmp_path: Path) -> None:
    """Every kind of picture, restored and audited without treatment: value for value."""
    folder = draw(tmp_path / "reel", suffix, stored)
    result = restore_film(JobRequest(folder, Recipe(codec="ffv1")), lambda event: None)
    assert result == tmp_path / "reel.restored.mkv"
    assert worst(planes_of(probe(folder)), planes_of(probe(result))) == 0


@pytest.mark.slow
def test_gaps_and_timecode_arrive_in_the_result(folder: Path) -> None:
    """--allow-damaged restores what there is, the times kept; the timecode is a track of the MOV."""
    lengthen(folder)
    write_header(folder, "I", 1920, 0x01000000)
    picture(folder, 86402).unlink()
    target = folder.parent / "x.mov"
    order = JobRequest(folder, Recipe(codec="prores"), output=target, allow_damaged=True)
    result = probe(restore_film(order, lambda event: None))
    seconds = [float(result.frames.seconds(n)) for n in range(len(result.frames))]
    assert seconds == pytest.approx([n / 24 for n in (0, 1, 3, 4, 5)], abs=1e-4)
    with open_input(target) as container:
        stated = [stream.metadata.get("timecode") for stream in container.streams]
    assert "01:00:00:00" in stated


@pytest.mark.slow
def test_a_stopped_run_of_pictures_goes_on(tmp_path: Path) -> None:
    """Parts are kept and reused as with a film file, and the frames are the pictures."""
    folder = tmp_path / "reel"
    folder.mkdir()
    drawn = "testsrc2=s=64x48:r=24:d=9"
    run_ffmpeg("-f", "lavfi", "-i", drawn, "-start_number", "0", folder / "%04d.png")
    order = JobRequest(folder, Recipe(codec="ffv1", rate=Fraction(18)))

    def stop(event: Event) -> None:
        if isinstance(event, PartDone):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_film(order, stop)
    stated: list[Event] = []
    result = probe(restore_film(order, stated.append))
    assert any(isinstance(event, Reused) for event in stated)
    assert result.frames.rate == 18
    assert worst(planes_of(probe(folder)), planes_of(result)) == 0
    assert np.unique([planes[0].tobytes() for planes in planes_of(result)]).size > 1


@pytest.mark.slow
def test_a_picture_that_does_not_decode_is_damage(folder: Path) -> None:
    """Its header is whole, its samples are cut off: the others are restored under a partial name."""
    data = picture(folder, 86403).read_bytes()
    picture(folder, 86403).write_bytes(data[: len(data) // 2])
    with pytest.raises(DamagedSource, match="5 frames could be decoded"):
        restore_film(JobRequest(folder, Recipe(codec="ffv1")), lambda event: None)
    partial = probe(folder.parent / "reel%d.restored.partial.mkv")
    seconds = [float(partial.frames.seconds(n)) for n in range(5)]
    assert seconds == pytest.approx([n / 24 for n in (0, 1, 2, 4, 5)], abs=1e-3)
