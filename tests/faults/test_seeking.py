"""Sources whose seeking lies: whatever segment a run begins with, its frames are those of one pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.tool import draw, parts_folder, pictures, reborn, restore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORDS = ("--codec", "ffv1", "--json")

X264 = ("-c:v", "libx264", "-x264-params")

SOURCES: dict[str, tuple[str, ...]] = {
    "open.ts": (*X264, "open-gop=1:keyint=20:bframes=3:b-pyramid=2"),
    "open.mkv": (*X264, "open-gop=1:keyint=20:bframes=3"),
    "open.mp4": (*X264, "open-gop=1:keyint=30:bframes=3"),
    "refresh.ts": (*X264, "intra-refresh=1:keyint=24:bframes=0"),
    "refresh.mkv": (*X264, "intra-refresh=1:keyint=24:bframes=0"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-b:v", "400k"),
    "mpeg1.mpg": ("-c:v", "mpeg1video", "-g", "12", "-bf", "2"),
    "one-key.ts": (*X264, "keyint=infinite:scenecut=0:bframes=3"),
    "hevc.ts": ("-c:v", "libx265", "-x265-params", "log-level=error:keyint=20:open-gop=1"),
    "packed.avi": ("-c:v", "mpeg4", "-bf", "2", "-g", "24"),
    "shifted.ts": (*X264, "open-gop=1:keyint=20:bframes=2", "-output_ts_offset", "95443"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_segments_made_alone_are_those_of_the_whole(tmp_path: Path, name: str) -> None:
    """The second and the last part made again, each after a seek: the same frames."""
    folder = tmp_path / "whole"
    folder.mkdir()
    film = draw(tmp_path / name, *SOURCES[name])
    whole = restore(film, "-o", folder / "out.mkv", *WORDS, "--keep-work")
    assert whole.code == 0, whole.err
    expected = pictures(folder / "out.mkv")
    assert len(expected) >= 219
    output = reborn(folder, tmp_path / "again")
    for number in (0, 2):
        (parts_folder(output) / f"part-{number:06d}.mkv").unlink()
    answer = restore(film, "-o", output, *WORDS)
    assert answer.code == 0, answer.err
    assert answer.parts("partdone") == {"part-000000", "part-000002"}
    assert pictures(output) == expected
    output = reborn(folder, tmp_path / "once more")
    (parts_folder(output) / "part-000001.json").unlink()
    answer = restore(film, "-o", output, *WORDS)
    assert answer.parts("partdone") == {"part-000001"}
    assert pictures(output) == expected
