"""Bad input: a clear error in three lines, the documented exit code, and nothing lost."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from restore.media.container.probe import probe
from tests.faults.tool import Answer, check_refused, ffmpeg, restore


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a test picture in Matroska."""
    path = tmp_path_factory.mktemp("master") / "film.mkv"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=24:duration=2", "-pix_fmt", "yuv420p", path
    )
    return path


@pytest.fixture
def film(master: Path, tmp_path: Path) -> Iterator[Path]:
    """A film in a folder of its own; whatever happens, it must not change."""
    path = tmp_path / "film.mkv"
    shutil.copyfile(master, path)
    yield path
    assert path.read_bytes() == master.read_bytes()


def test_a_missing_file(tmp_path: Path) -> None:
    """Said plainly, exit 3."""
    check_refused(restore(tmp_path / "none.mp4"), 3, "none.mp4")


def test_a_folder_without_films(tmp_path: Path) -> None:
    """A folder is not a film."""
    check_refused(restore(tmp_path), 3, "folder")


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "empty"), (b"Dear diary, today I filmed nothing.\n" * 40, "not a film")],
)
def test_files_that_are_no_films(tmp_path: Path, content: bytes, word: str) -> None:
    """Empty files and text renamed .mp4 are judged by their content."""
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    check_refused(restore(path), 3, word)
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """Linux allows any bytes in a name; this one is refused with a message."""
    path = os.fsencode(tmp_path) + b"/\xff film.mp4"
    Path(os.fsdecode(path)).write_bytes(b"film")
    check_refused(restore(os.fsdecode(path)), 3, "UTF-8")


def test_an_mp4_without_its_index(master: Path, tmp_path: Path) -> None:
    """A truncated MP4 lacks its moov atom: nothing can be decoded, and that is said."""
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    ffmpeg("-i", master, "-c", "copy", whole)
    cut.write_bytes(whole.read_bytes()[:-2000])
    check_refused(restore(cut), 3, "index")


def test_sound_without_a_film(tmp_path: Path) -> None:
    """A sound file has no frames to restore."""
    path = tmp_path / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", path)
    check_refused(restore(path), 3, "sound")


def test_a_truncated_mkv_is_saved_under_a_partial_name(master: Path, tmp_path: Path) -> None:
    """What decodes is restored as x.partial.mp4, exit 5 names the count; --allow-damaged names it x."""
    cut, output = tmp_path / "cut.mkv", tmp_path / "x.mp4"
    cut.write_bytes(master.read_bytes()[: master.stat().st_size * 6 // 10])
    before = hashlib.sha256(cut.read_bytes()).digest()
    answer = restore(cut, "-o", output)
    partial = tmp_path / "x.partial.mp4"
    count = len(probe(partial).frames)
    check_refused(answer, 5, f"{count} frames")
    assert 0 < count < 48
    assert not output.exists()
    assert restore(cut, "-o", output, "--allow-damaged").code == 0
    assert len(probe(output).frames) == count
    assert hashlib.sha256(cut.read_bytes()).digest() == before


def test_one_frame_is_a_film(tmp_path: Path) -> None:
    """A single frame comes out as a single frame."""
    path = tmp_path / "one.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24", "-frames:v", 1, path)
    assert restore(path, "--codec", "ffv1").code == 0
    assert len(probe(tmp_path / "one.restored.mkv").frames) == 1


def test_odd_sizes_are_never_cropped(tmp_path: Path) -> None:
    """321x241 comes out as 321x241 in 4:4:4, and that is said in one line."""
    path = tmp_path / "odd.mkv"
    source = "testsrc2=size=320x240:rate=24:duration=0.2,scale=321:241"
    ffmpeg("-f", "lavfi", "-i", source, "-pix_fmt", "yuv444p", path)
    answer = restore(path)
    assert answer.code == 0, answer.err
    assert "odd size 321x241" in answer.out
    result = probe(tmp_path / "odd.restored.mkv")
    assert (result.width, result.height, result.stored_format) == (321, 241, "yuv444p")


def test_an_unknown_model_lists_the_known_ones(film: Path) -> None:
    """A mistyped name is answered with the names there are; nothing is written."""
    check_refused(restore(film, "--upscale", 2, "--model", "film-x9"), 2, "film-x9", "film-x2-v3")
    assert [p.name for p in film.parent.iterdir()] == ["film.mkv"]


def test_damaged_weights_are_refused(film: Path, root: Path) -> None:
    """One flipped bit in the weights: the hash says so before any frame is made."""
    model = film.parent / "film-x2-v3"
    shutil.copytree(root / "models" / "film-x2-v3", model)
    weights = model / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    check_refused(restore(film, "--upscale", 2, "--model", model), 2, "damaged", "sha-256")
    assert not film.with_name("film.restored.mkv").exists()


def test_a_recipe_with_mistakes(film: Path) -> None:
    """All mistakes at once, each with its line."""
    recipe = film.with_name("recipe.toml")
    recipe.write_text('upscal = 2\ncodec = "divx"\n')
    answer = restore(film, "--recipe", recipe)
    check_refused(answer, 2, "line 1, upscal", "did you mean upscale", "line 2, codec")


def test_two_sizes_exclude_each_other(film: Path) -> None:
    """--upscale and --to together are a mistake of the command line."""
    check_refused(restore(film, "--upscale", 2, "--to", "4k"), 2, "--to", "upscale")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB; tests that need one skip where mounting is not allowed."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if os.name != "posix" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(film: Path, small_disk: Path) -> None:
    """No space: exit 4, what to do, no final name, and the source as it was."""
    output = small_disk / "out.mkv"
    check_refused(restore(film, "--codec", "ffv1", "-o", output), 4, "no space", "free")
    assert not output.exists()


def test_a_read_only_folder(film: Path, small_disk: Path) -> None:
    """A read-only mount refuses root as well: exit 4 before any work."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    answer = restore(film, "-o", small_disk / "out.mkv")
    check_refused(answer, 4, "read-only")
    assert list(small_disk.iterdir()) == []


def test_ctrl_c_stops_in_order(tmp_path: Path) -> None:
    """SIGINT in mid-film: exit 130, no final name, and the same command finishes the job."""
    film = tmp_path / "film.mkv"
    # long enough that a busy machine does not finish it before the signal comes
    source = "testsrc2=size=160x120:rate=24:duration=25"
    ffmpeg("-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", film)
    words = [sys.executable, "-m", "restore", str(film), "--preset", "veryslow", "--json"]
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts background jobs with Ctrl-C ignored, and the tests may run as one
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"started"' in line:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    check_refused(Answer(process.returncode, "", err), 130, "the same command")
    assert not film.with_name("film.restored.mkv").exists()
    assert restore(film, "--preset", "veryslow").code == 0
    assert len(probe(film.with_name("film.restored.mkv")).frames) == 600
