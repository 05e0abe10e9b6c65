"""`restore age`: a clip aged in a real process, its time stamps kept, its amounts recorded."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import tempfile
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from restore.ageing.looks import LOOKS, sized
from restore.cli.app import main
from restore.filters.rgb import to_rgb
from restore.jobs import age_film as film
from restore.media.color.convert import to_clip
from restore.media.color.pixels import Plane
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.store import writing_failed
from restore.timing import Span
from tests.media.films import make

WORN = ("--set", "dust=0.05", "--set", "scratches=1", "--set", "codec=none")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots of 5 and 4 frames, 66x48, at uneven times, with sound."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    drawn = (
        "testsrc2=s=66x48:r=10:d=0.5[a];mandelbrot=s=66x48:r=10,negate,trim=end_frame=4[b];"
        "[a][b]concat,settb=1/1000,setpts=N*100+20*eq(mod(N\\,3)\\,1)[out0];sine=d=0.9[out1]"
    )
    words = ("-c:v", "libx264", "-crf", "5", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough")
    return make(path, *words, "-c:a", "aac", drawn=drawn)


def planes(path: Path) -> list[tuple[Plane, ...]]:
    """Every frame of a film."""
    source = probe(path)
    whole = Span(0, len(source.frames))
    return [picture.planes for picture in read_frames(source, source.frames, whole)]


def lumas(path: Path) -> np.ndarray:
    """Every frame's luma code values."""
    return np.stack([frame[0] for frame in planes(path)]).astype(int)


def seen(path: Path) -> torch.Tensor:
    """Every frame as R'G'B', 0..1."""
    source = probe(path)
    whole = Span(0, len(source.frames))
    pictures = list(read_frames(source, source.frames, whole))
    return to_rgb(to_clip(pictures, source.format, source.color))


def seconds(path: Path) -> list[Fraction]:
    """Every frame's time stamp, to the millisecond that Matroska keeps."""
    frames = probe(path).frames
    return [round(frames.seconds(n) * 1000) * Fraction(1, 1000) for n in range(len(frames))]


def names(folder: Path) -> list[str]:
    """What lies in a folder, hidden files as well."""
    return sorted(path.name for path in folder.iterdir())


def aged(clip: Path, target: Path, *words: str) -> Path:
    """The clip aged in this process."""
    assert main(["age", str(clip), "-o", str(target), *words]) == 0
    return target


def test_a_clip_becomes_a_film(clip: Path, tmp_path: Path) -> None:
    """In a separate process: gray, half the size, same time stamps, sound; amounts and ground truth."""
    target, truth = tmp_path / "aged.mkv", tmp_path / "truth.mkv"
    words = ["age", str(clip), "-o", str(target), "--truth", str(truth), "--shrink", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "restore", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "9 frames" in done.stdout
    source = probe(target)
    assert (source.width, source.height, source.format.family) == (33, 24, "gray")
    assert seconds(clip) == seconds(target) == seconds(truth)
    assert [stream.kind for stream in source.streams] == ["video", "audio"]
    assert probe(truth).width == 66
    record = json.loads((tmp_path / "aged.mkv.age.json").read_text())
    assert [shot["first"] for shot in record["shots"]] == [0, 5]
    assert record["shots"][0]["amounts"]["grain"] == LOOKS["silent"].grain
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "aged.mkv", "aged.mkv.age.json", "truth.mkv",
    ]  # fmt: skip


def test_the_seed_determines_the_film(clip: Path, tmp_path: Path) -> None:
    """The same seed gives the same frames, another one others."""
    words = ("--look", "newsreel", "--seed")
    one, same, other = (
        lumas(aged(clip, tmp_path / f"{name}.mkv", *words, seed))
        for name, seed in (("a", "3"), ("b", "3"), ("c", "4"))
    )

    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_masks_are_where_the_film_was_worn(clip: Path, tmp_path: Path) -> None:
    """White exactly where the film differs from the same film without dust and scratches."""
    masks = tmp_path / "masks.mkv"
    worn = aged(clip, tmp_path / "worn.mkv", "--look", "talkie", *WORN, "--masks", str(masks))
    none = ("--set", "dust=0", "--set", "scratches=0", "--set", "codec=none")
    whole = aged(clip, tmp_path / "whole.mkv", "--look", "talkie", *none)

    marked = lumas(masks)
    assert set(np.unique(marked)) == {0, 255}
    assert np.array_equal(marked == 255, lumas(worn) != lumas(whole))


def test_color_stays_where_the_look_has_it(clip: Path, tmp_path: Path) -> None:
    """Tape keeps colors; without damage they are those of the clip."""
    tape = planes(aged(clip, tmp_path / "tv.mkv", "--look", "tv"))
    damages = ["blur", "grain", "vignette", "contrast", "fade", "halation", "weave", "flicker"]
    damages += ["flicker_drift", "chroma_noise", "dust", "hairs", "gate_hairs", "scratches"]
    words = [word for name in damages for word in ("--set", f"{name}=0")]
    clean = aged(clip, tmp_path / "home.mkv", "--look", "home", *words)

    assert np.ptp(tape[0][1].astype(int)) > 40
    # chroma is converted to another siting, matrix and range: small errors at edges
    assert float((seen(clean) - seen(clip)).abs().mean()) < 0.02


def test_random_looks_differ_from_shot_to_shot(clip: Path, tmp_path: Path) -> None:
    """Each shot has its own random amounts, changed by the file and then by --set."""
    (tmp_path / "mine.toml").write_text('grain = 0.01\nblur = 0.3\ncodec = "none"\n')
    target = tmp_path / "random.mkv"
    aged(
        clip,
        target,
        "--look",
        "random",
        "--amounts",
        str(tmp_path / "mine.toml"),
        "--set",
        "blur=1",
    )

    first, second = json.loads(Path(f"{target}.age.json").read_text())["shots"]
    assert first["amounts"]["gamma"] != second["amounts"]["gamma"]
    for shot in (first, second):
        assert (shot["amounts"]["grain"], shot["amounts"]["blur"]) == (0.01, 1.0)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--look", "old"), "silent"),
        (("--set", "grian=1", "--set", "gamma=-1"), "grian"),
        (("--set", "codec=h264", "--set", "quantizer=90"), "51"),
        (("--set", "response=[1, 1, 1]"), "response"),
        (("--set", "grain"), "NAME=VALUE"),
        (("--set", "blur=1e9"), "256"),
        (("--set", "generations=1000000000"), "1000"),
        (("--amounts", "gone.toml"), "gone.toml"),
        (("--shrink", "3"), "--shrink 3"),
        (("--codec", "cinepak"), "cinepak"),
    ],
)
def test_mistakes_are_named(
    clip: Path, words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mistakes are found before any work, and reported in at most three lines."""
    assert main(["age", str(clip), *words]) == 2
    reported = capsys.readouterr().err
    assert expected in reported
    assert len(reported.splitlines()) <= 3
    assert [path.name for path in clip.parent.iterdir()] == [clip.name]


def test_old_names_of_amounts_are_read(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of the first release work for one more, with a warning that has the new name."""
    (tmp_path / "old.toml").write_text("edging = 0.5\n")
    words = ("--amounts", str(tmp_path / "old.toml"), "--set", "static_noise=0.01")
    target = aged(clip, tmp_path / "aged.mkv", *words)
    amounts = json.loads(Path(f"{target}.age.json").read_text())["shots"][0]["amounts"]
    assert (amounts["sharpening"], amounts["fixed_noise"]) == (0.5, 0.01)
    said = capsys.readouterr().err
    assert "`edging` is now called `sharpening`" in said
    assert "`static_noise` is now called `fixed_noise`" in said


def test_existing_files_are_not_replaced(clip: Path, tmp_path: Path) -> None:
    """Neither film, masks and record without --overwrite, nor ever the clip."""
    for name in ("aged.mkv", "masks.mkv", "aged.mkv.age.json"):
        mine = tmp_path / name
        mine.write_bytes(b"mine")
        masks = str(tmp_path / "masks.mkv")
        assert main(["age", str(clip), "-o", str(tmp_path / "aged.mkv"), "--masks", masks]) == 4
        assert mine.read_bytes() == b"mine"
        mine.unlink()
    before = clip.read_bytes()
    assert main(["age", str(clip), "-o", str(clip), "--overwrite"]) == 2
    assert before == clip.read_bytes()


@pytest.fixture
def other_disk() -> Generator[Path]:
    """A folder on another file system than that of temporary files."""
    shm = Path("/dev/shm")
    here = Path(tempfile.gettempdir())
    if not shm.is_dir() or shm.stat().st_dev == here.stat().st_dev:
        pytest.skip("there is no other file system")
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        yield Path(folder)


def test_results_may_lie_on_several_disks(clip: Path, tmp_path: Path, other_disk: Path) -> None:
    """The film on one disk, ground truth and masks on another: all are written, and nothing else."""
    paths = ("--truth", str(other_disk / "truth.mkv"), "--masks", str(other_disk / "masks.mkv"))
    aged(clip, tmp_path / "aged.mkv", *paths)
    assert len(lumas(other_disk / "truth.mkv")) == len(lumas(tmp_path / "aged.mkv")) == 9
    assert names(other_disk) == ["masks.mkv", "truth.mkv"]
    assert names(tmp_path) == ["aged.mkv", "aged.mkv.age.json"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("late", ["masks.mkv", "aged.mkv.age.json"])
def test_all_results_get_their_names_or_none(
    overwrite: bool,
    late: str,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If the third or the record cannot be named, the other names are as they were."""
    before = ["aged.mkv", "truth.mkv"] if overwrite else []
    for name in before:
        (tmp_path / name).write_bytes(b"old")
    joined = film.join

    def join(parts: list[Path], *rest: Any) -> None:
        """While the results are joined, a folder with that name appears."""
        (tmp_path / late).mkdir(exist_ok=True)
        joined(parts, *rest)

    monkeypatch.setattr(film, "join", join)
    words = ["age", str(clip), "-o", str(tmp_path / "aged.mkv")]
    words += ["--truth", str(tmp_path / "truth.mkv"), "--masks", str(tmp_path / "masks.mkv")]
    assert main([*words, *(["--overwrite"] if overwrite else [])]) == 4
    assert f"{tmp_path / late}\n" in capsys.readouterr().err
    assert names(tmp_path) == sorted([*before, late])
    for name in before:
        assert (tmp_path / name).read_bytes() == b"old"


def test_errors_name_the_result_and_not_a_temporary_file(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk of the ground truth is full: the error has its path."""

    def join(parts: list[Path], frames: object, source: object, target: Path, tags: object) -> None:
        if "truth" in target.name:
            raise writing_failed(target, OSError(errno.ENOSPC, "full"))

    monkeypatch.setattr(film, "join", join)
    truth = tmp_path / "truth.mkv"
    words = ["age", str(clip), "-o", str(tmp_path / "aged.mkv"), "--truth", str(truth)]
    assert main(words) == 4
    assert f"{truth}\n" in capsys.readouterr().err
    assert names(tmp_path) == []


def test_what_cannot_be_aged_is_refused(tmp_path: Path) -> None:
    """No clip, an interlaced clip, and one too small to be made smaller: exit code 3."""
    assert main(["age", str(tmp_path / "gone.mp4")]) == 3
    words = ("-c:v", "libx264", "-x264-params", "tff=1", "-flags", "+ildct+ilme")
    fields = make(
        tmp_path / "fields.mp4", *words, "-vf", "setfield=tff", drawn="testsrc2=s=64x48:d=0.2"
    )
    assert main(["age", str(fields)]) == 3
    small = make(tmp_path / "small.mp4", drawn="testsrc2=s=40x40:d=0.2")
    assert main(["age", str(small), "--shrink", "4"]) == 3


@pytest.mark.parametrize("word", [".", "..", "/"])
def test_a_folder_without_a_film_is_named(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also `.`, `..` and `/`, next to which most users cannot write."""
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert main(["age", word]) in (3, 4)
    assert "folder" in capsys.readouterr().err


def test_an_image_sequence_in_the_current_folder_is_a_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The aged film is next to the folder and has its name, like the record."""
    (tmp_path / "pictures").mkdir()
    for number in range(2):
        picture = np.full((48, 64, 3), 100, np.uint8)
        cv2.imwrite(str(tmp_path / "pictures" / f"{number}.png"), picture)
    monkeypatch.chdir(tmp_path / "pictures")
    assert main(["age", "."]) == 0
    record = json.loads((tmp_path / "pictures.aged.mkv.age.json").read_text())
    assert record["clip"] == "pictures"
    assert len(lumas(tmp_path / "pictures.aged.mkv")) == 2


def test_looks_scale_with_the_picture() -> None:
    """At 1080 lines grain has the same relative size as at 480; smaller pictures keep its pixels."""
    look = LOOKS["silent"]

    assert sized(look, 960).grain_size == pytest.approx(2 * look.grain_size)
    assert sized(look, 120) == look
    assert sized(look, 960).grain == look.grain
