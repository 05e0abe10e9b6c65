"""Films that players mirror: the result is mirrored alike, whatever it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.audit.signal import check_mirror
from restore.media.container.join import join
from restore.media.container.mirror import read_mirror, same_mirror
from restore.media.container.probe import probe
from tests.media.films import X264, run_ffmpeg

DRAWN = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five frames that players show as they are."""
    path = tmp_path_factory.mktemp("mirror") / "plain.mkv"
    run_ffmpeg(*DRAWN, *X264, path)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(
    "arguments",
    [("-display_hflip",), ("-display_vflip",), ("-display_rotation", "90", "-display_vflip")],
    ids=["sideways", "upside down", "turned too"],
)
def test_a_mirrored_film_stays_mirrored(
    plain: Path, tmp_path: Path, arguments: tuple[str, ...], suffix: str
) -> None:
    """A rotation alone would show it turned by half, or not at all."""
    path = tmp_path / "film.mp4"
    run_ffmpeg(*arguments, "-i", plain, "-c", "copy", path)
    source = probe(path)
    result = tmp_path / f"result{suffix}"
    join([plain], source.frames, source, result, {})
    stated, found = read_mirror(source), read_mirror(probe(result))
    assert stated is not None
    assert same_mirror(stated, found)
    check = check_mirror(stated, found)
    assert check is not None
    assert check.ok


def test_a_mirror_that_was_lost_is_reported(plain: Path, tmp_path: Path) -> None:
    """Also one that was not there; films without any need no word."""
    mirrored = tmp_path / "film.mp4"
    run_ffmpeg("-display_hflip", "-i", plain, "-c", "copy", mirrored)
    one, other = read_mirror(probe(mirrored)), read_mirror(probe(plain))
    assert check_mirror(other, other) is None
    for pair in ((one, other), (other, one)):
        check = check_mirror(*pair)
        assert check is not None
        assert not check.ok
