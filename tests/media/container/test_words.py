"""What streams and files say beside their payloads, and what becomes of it in other containers."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from restore.media.container.formats import losses
from restore.media.container.probe import probe
from restore.media.container.stream_facts import stream_facts
from tests.media.container.results import joined
from tests.media.films import X264, make

TONE = ("-f", "lavfi", "-i", "sine=440:r=48000:d=1", "-c:a", "aac")


@pytest.mark.parametrize("source_suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_named_tracks_keep_their_names(tmp_path: Path, source_suffix: str, suffix: str) -> None:
    """What one container calls a title is a track's name in the other: nothing is lost either way."""
    named = (*TONE, "-metadata:s:a:0", "title=Commentary")
    source = probe(make(tmp_path / f"named{source_suffix}", *named, *X264))
    assert losses(source, "h264", suffix) == ()
    with av.open(str(joined(source, tmp_path / f"result{suffix}"))) as container:
        sound = stream_facts(container.streams.audio[0])
    assert dict(sound.tags)["title"] == "Commentary"
