"""ffmpeg dies in the middle of a film, or stops early: said, nothing lost, and the next run ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.media.container.probe import probe
from tests.faults.tool import (
    FRAMES,
    check_refused,
    draw,
    dying_ffmpeg,
    pictures,
    restore,
    strays,
    with_records,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three segments in Matroska, twelve frames between its key frames."""
    return draw(tmp_path_factory.mktemp("dying") / "film.mkv", "-g", 12)


@pytest.fixture(scope="module")
def undisturbed(film: Path) -> list[str]:
    """The frames of a run that nothing befell."""
    output = film.with_name("undisturbed.mkv")
    assert restore(film, "-o", output, "--codec", "ffv1").code == 0
    return pictures(output)


def finish(film: Path, output: Path, undisturbed: list[str]) -> None:
    """The same command with a sound ffmpeg gives every frame and leaves nothing else."""
    answer = restore(film, "-o", output, "--codec", "ffv1")
    assert answer.code == 0, answer.err
    assert pictures(output) == undisturbed
    assert strays(output.parent) == []
    left = {path.name for path in output.parent.iterdir()} - {"times", "ffmpeg.sh"}
    assert left == with_records(output.name)


@pytest.mark.parametrize("death", ["kill -9 $$", "kill -SEGV $$", "exit 1"])
@pytest.mark.parametrize("after", [0, 500_000])
def test_the_encoder_dies(
    film: Path, undisturbed: list[str], tmp_path: Path, death: str, after: int
) -> None:
    """Exit 4, no final name; an encoder's part is never taken for whole."""
    script = dying_ffmpeg(tmp_path, "encoder", death, after)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    check_refused(answer, 4, "encod", "same command")
    assert not output.exists()
    finish(film, output, undisturbed)


def test_the_encoder_stops_early_and_calls_it_success(
    film: Path, undisturbed: list[str], tmp_path: Path
) -> None:
    """Its frames are counted: exit 4."""
    script = dying_ffmpeg(tmp_path, "encoder", "exit 0", 64 * 48 * 3 // 2 * 40)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    check_refused(answer, 4)
    assert not output.exists()
    finish(film, output, undisturbed)


@pytest.mark.parametrize("death", ["kill -9 $$", "exit 1", "exit 0"])
@pytest.mark.parametrize("after", [0, 654_321])
def test_the_decoder_dies_once(
    film: Path, undisturbed: list[str], tmp_path: Path, death: str, after: int
) -> None:
    """The frame that did not come is asked for again, from further back: the run goes on by itself."""
    script = dying_ffmpeg(tmp_path, "decoder", death, after)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    assert answer.code == 0, answer.err
    assert pictures(output) == undisturbed


def test_the_decoder_dies_each_time(film: Path, undisturbed: list[str], tmp_path: Path) -> None:
    """A frame that cannot be had stops the run: exit 3 with the frame's number, and no final name."""
    script = dying_ffmpeg(tmp_path, "decoder", "kill -9 $$", 500_000, times=99)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    check_refused(answer, 3, "cannot be decoded")
    assert not output.exists()
    finish(film, output, undisturbed)


@pytest.mark.parametrize("after", [0, 1_000_000])
@pytest.mark.parametrize("death", ["kill -9 $$", "kill -SEGV $$"])
def test_the_survey_s_decoder_is_killed(
    film: Path, undisturbed: list[str], tmp_path: Path, death: str, after: int
) -> None:
    """A film is never taken for shorter because its decoder was killed: exit 3."""
    script = dying_ffmpeg(tmp_path, "survey", death, after)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    check_refused(answer, 3, "decod")
    assert not output.exists()
    finish(film, output, undisturbed)


def test_the_first_look_s_decoder_is_killed(
    film: Path, undisturbed: list[str], tmp_path: Path
) -> None:
    """What it did not say of color and fields is not assumed: exit 3."""
    script = dying_ffmpeg(tmp_path, "probe", "kill -9 $$", 0)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    check_refused(answer, 3, "signal 9")
    assert not output.exists()
    finish(film, output, undisturbed)


@pytest.mark.parametrize("death", ["exit 0", "exit 1"])
def test_a_decoder_that_stops_early_makes_a_partial_film(
    film: Path, undisturbed: list[str], tmp_path: Path, death: str
) -> None:
    """What it gave is restored under a partial name, exit 5; a sound decoder then gives all of it."""
    script = dying_ffmpeg(tmp_path, "survey", death, 1_000_000)
    output = tmp_path / "out.mkv"
    answer = restore(
        film, "-o", output, "--codec", "ffv1", settings={"RESTORE_FFMPEG": str(script)}
    )
    partial = output.with_name("out.partial.mkv")
    count = len(probe(partial).frames)
    check_refused(answer, 5, f"{count} frames")
    assert 0 < count < FRAMES
    assert pictures(partial) == undisturbed[:count]
    assert not output.exists()
    answer = restore(film, "-o", output, "--codec", "ffv1", "--overwrite")
    assert answer.code == 0, answer.err
    assert pictures(output) == undisturbed
