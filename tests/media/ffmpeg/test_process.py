"""ffmpeg's processes: found, drained, ended, and their errors."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from restore.errors import OutputError, RestoreError, UsageError
from restore.media.ffmpeg.process import (
    FfmpegProcess,
    command,
    encoding_failed,
    executable,
    informative_messages,
    input_options,
    split_changes,
    wanted_line,
    without_addresses,
)


def script(path: Path, text: str) -> Path:
    """A program that replaces ffmpeg."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_command_line_is_a_list_of_words_built_from_options() -> None:
    """Options of the input come before it, those of the output before the output; the stream is selected."""
    words = command(
        input_options(Path("/f/a b.mp4"), "mov") | {"noautorotate": None},
        {"filename": "pipe:1", "format": "nut", "pix_fmt": "gray"},
        "2",
        "scale=1:1",
    )
    assert words == [
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"),
        *("-f", "mov", "-noautorotate", "-protocol_whitelist", "file,pipe,fd"),
        *("-i", "file:/f/a b.mp4", "-map", "0:2", "-f", "nut", "-pix_fmt", "gray"),
        *("-vf", "scale=1:1", "pipe:1", "-y"),
    ]


def test_the_embedded_ffmpeg_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the program that ships with imageio-ffmpeg is used."""
    monkeypatch.delenv("RESTORE_FFMPEG", raising=False)
    assert "imageio_ffmpeg" in executable()


def test_another_ffmpeg_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """RESTORE_FFMPEG selects the program; a wrong name is a usage error."""
    mine = script(tmp_path / "mine", "exit 0")
    monkeypatch.setenv("RESTORE_FFMPEG", str(mine))
    assert executable() == str(mine)
    monkeypatch.setenv("RESTORE_FFMPEG", str(tmp_path / "none"))
    with pytest.raises(UsageError) as caught:
        executable()
    assert caught.value.code == "ffmpeg-not-executable"


def test_a_program_that_cannot_start_is_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file that is not a program is an error without a traceback."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x00\x01")
    broken.chmod(0o755)
    monkeypatch.setenv("RESTORE_FFMPEG", str(broken))
    with pytest.raises(RestoreError) as caught:
        FfmpegProcess(["-version"])
    assert caught.value.code == "ffmpeg-not-started"


def test_a_flood_on_stderr_blocks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that writes more messages than a pipe holds ends, and the first and last ones are kept."""
    flood = 'i=0; while [ $i -lt 20000 ]; do echo "line $i is long enough" >&2; i=$((i+1)); done; exit 3'
    monkeypatch.setenv("RESTORE_FFMPEG", str(script(tmp_path / "flood", flood)))
    process = FfmpegProcess([])
    assert process.wait(timeout=30) == 3
    messages = process.messages()
    assert messages[0] == "line 0 is long enough"
    assert messages[-1] == "line 19999 is long enough"
    assert len(messages) == 300


def test_a_process_that_never_ends_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Stopping returns at once, and may be repeated."""
    monkeypatch.setenv("RESTORE_FFMPEG", str(script(tmp_path / "slow", "exec sleep 60")))
    process = FfmpegProcess([])
    began = time.monotonic()
    process.stop()
    process.stop()
    assert time.monotonic() - began < 5


def test_addresses_leave_the_log() -> None:
    """The message of a failure is the same in every run."""
    line = "[h264 @ 0x55bb72fd9f40] [dec @ 0x1f] bad thing\n"
    assert without_addresses(line) == "[h264] [dec] bad thing"


def test_of_a_log_with_levels_errors_and_changes_are_kept() -> None:
    """Without the level, as in a log of errors only."""
    assert wanted_line("[h264] [error] no frame!") == "[h264] no frame!"
    change = (
        "[vf#0:0] [info] Reconfiguring filter graph because video parameters changed to gray, 2x2"
    )
    for line in ("[h264] [warning] odd", "[info] Stream mapping:", "    : a tag's second line"):
        assert wanted_line(line) == ""
    changes, others = split_changes(["[h264] no frame!", wanted_line(change), wanted_line(change)])
    assert (changes, others) == (("gray, 2x2",), ("[h264] no frame!",))


def test_the_cause_is_reported_not_the_summary() -> None:
    """The closing lines of ffmpeg are not informative; they are used if there is nothing else."""
    lines = ["[libx265] Image size is too small (8x8).", "Conversion failed!"]
    assert informative_messages(lines) == lines[:1]
    assert informative_messages(lines[1:]) == lines[1:]
    assert informative_messages([]) == ["no message"]


def test_a_full_disk_is_called_a_full_disk() -> None:
    """The system's reason, wherever it is in the log, decides the error."""
    lines = ["av_interleaved_write_frame(): No space left on device", "Conversion failed!"]
    error = encoding_failed(Path("/w/part.mkv"), lines, 228)
    assert isinstance(error, OutputError)
    assert "No space left" in error.what
    assert "Free some disk space" in error.what_to_do


def test_a_killed_encoder_is_called_killed() -> None:
    """The signal is part of the message."""
    assert "signal 9" in encoding_failed(Path("p.mkv"), [], -9).what
