"""The result's times: every PTS, every duration, in every container."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.errors import OutputError, UsageError
from restore.media.color.pixels import pixel_format
from restore.media.container.join import join, packet_times, read_ranks
from restore.media.container.matroska import read_video_tracks
from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails
from restore.media.ffmpeg.decode import read_reduced
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.timing import FrameTable, table_from_pts
from tests.media.films import X264, encode, make, slopes

COLOR = ColorSpec("bt601", "limited")
H264 = VideoFormat("h264", "yuv420p", 64, 48, Fraction(25), Fraction(1), COLOR, None, "veryfast")
FFV1 = VideoFormat("ffv1", "yuv420p", 64, 48, Fraction(25), Fraction(1), COLOR, None, None)

VFR = tuple(n * 3600 + n * n * 90 for n in range(25))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films and parts lie."""
    return tmp_path_factory.mktemp("join")


@pytest.fixture(scope="module")
def source(folder: Path) -> Source:
    """A film of 25 frames."""
    return probe(make(folder / "film.mp4", *X264))


@pytest.fixture(scope="module")
def parts(folder: Path) -> dict[str, list[Path]]:
    """25 frames in three parts (one of a single frame), for a codec with and without reordering."""
    frames = slopes(pixel_format("yuv420p"), 64, 48, 25)
    cuts = ((0, 11), (11, 12), (12, 25))
    return {
        video.codec: [
            encode(folder / f"{video.codec}{start}.mkv", video, frames[start:stop])
            for start, stop in cuts
        ]
        for video in (H264, FFV1)
    }


def seconds(frames: FrameTable) -> list[Fraction]:
    """Every frame's moment."""
    return [frames.seconds(index) for index in range(len(frames))]


TABLES = {
    "steady": table_from_pts(Fraction(1, 12800), range(0, 25 * 512, 512)),
    "film": table_from_pts(Fraction(1, 24000), range(0, 25 * 1001, 1001)),
    "vfr": table_from_pts(Fraction(1, 90000), VFR, 12345),
    "offset": table_from_pts(Fraction(1, 1000), range(1500, 1500 + 25 * 40, 40), 40),
    "late": table_from_pts(Fraction(1, 90000), range(10**9, 10**9 + 25 * 3600, 3600)),
    "hesitant": table_from_pts(Fraction(1, 1000), [0, *range(1000, 1024)], 500),
    "still at its end": table_from_pts(Fraction(1, 25), range(25), 126),
}


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("h264", ".mp4"), ("h264", ".mov"), ("h264", ".mkv"), ("ffv1", ".mp4"), ("ffv1", ".mkv")],
)
@pytest.mark.parametrize("name", TABLES)
def test_every_pts_and_the_duration_are_kept(
    name: str, codec: str, suffix: str, parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """Frames have the table's PTS exactly (Matroska: to the millisecond), and so has the end."""
    frames = TABLES[name]
    target = tmp_path / f"result{suffix}"
    join(parts[codec], frames, source, target, {})
    result = probe(target)
    tick = Fraction(1, 1000) if suffix == ".mkv" else Fraction(0)
    pairs = zip(seconds(result.frames), seconds(frames), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= tick / 2
    assert abs(result.frames.end - frames.end) <= max(tick, Fraction(1, 1000))
    assert tuple(picture.pts for picture in read_reduced(result, 32)) == result.frames.pts


def test_frames_stay_in_their_order(
    parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """The k-th frame of the parts is the k-th frame of the result."""
    target = tmp_path / "result.mp4"
    join(parts["h264"], TABLES["vfr"], source, target, {})
    single = [thumb for part in parts["h264"] for _, thumb in read_thumbnails(part)]
    joined = [thumb for _, thumb in read_thumbnails(target)]
    assert len(joined) == 25
    assert all((a == b).all() for a, b in zip(single, joined, strict=True))


def test_dts_increase_and_never_pass_pts(
    parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """What muxers and players demand holds for every packet of a reordered film."""
    target = tmp_path / "result.mp4"
    join(parts["h264"], TABLES["vfr"], source, target, {})
    with av.open(str(target)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert any(p.pts != p.dts for p in packets)
    assert all(p.dts <= p.pts for p in packets)
    assert all(a.dts < b.dts for a, b in pairwise(packets))


@given(st.data())
def test_packet_times_hold_for_any_order(data: st.DataObject) -> None:
    """For any decoding order: PTS are the table's, decoding rises, starts in time, ends in time."""
    steps = data.draw(st.lists(st.integers(1, 50), min_size=1, max_size=20))
    pts_values = [sum(steps[:i]) for i in range(len(steps))]
    frames = table_from_pts(Fraction(1, 25), pts_values, steps[-1])
    ranks = data.draw(st.permutations(range(len(steps))))
    times = packet_times(ranks, frames)
    assert [time.pts for time in times] == [pts_values[rank] for rank in ranks]
    assert all(a.dts < b.dts for a, b in pairwise(times))
    assert all(time.dts <= time.pts for time in times)
    total = times[-1].dts + times[-1].duration - times[0].dts
    assert total == frames.pts[-1] + frames.durations[-1] - frames.pts[0]


def test_without_reordering_decoding_is_presentation() -> None:
    """In-order packets are decoded when they are shown."""
    frames = table_from_pts(Fraction(1, 25), [3, 5, 9])
    assert [(time.pts, time.dts) for time in packet_times([0, 1, 2], frames)] == [
        (3, 3),
        (5, 5),
        (9, 9),
    ]


def test_parts_that_do_not_match_are_refused(
    parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """A missing part, a part of another codec, and a part that is no part are all named."""
    frames = TABLES["steady"]
    target = tmp_path / "result.mkv"
    with pytest.raises(OutputError, match="12 frames, the film 25") as caught:
        join(parts["h264"][:2], frames, source, target, {})
    assert caught.value.code == "parts-incomplete"
    with pytest.raises(OutputError) as caught:
        join([parts["h264"][0], parts["ffv1"][1]], frames, source, target, {})
    assert caught.value.code == "part-invalid"
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no part")
    with pytest.raises(OutputError) as caught:
        read_ranks([broken], 1)
    assert caught.value.code == "part-invalid"
    assert str(broken) in str(caught.value)


def test_matroska_refuses_two_frames_in_one_millisecond(
    parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """The error names the frames and a container that can."""
    fast = table_from_pts(Fraction(1, 3000), range(25))
    with pytest.raises(OutputError) as caught:
        join(parts["ffv1"], fast, source, tmp_path / "result.mkv", {})
    assert caught.value.code == "frames-too-close"
    assert ".mp4" in caught.value.what_to_do
    join(parts["ffv1"], fast, source, tmp_path / "result.mp4", {})
    assert seconds(probe(tmp_path / "result.mp4").frames) == seconds(fast)


def test_an_unknown_suffix_is_the_users_mistake(
    parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """The message offers the suffixes that there are."""
    with pytest.raises(UsageError) as caught:
        join(parts["ffv1"], TABLES["steady"], source, tmp_path / "result.avi", {})
    assert caught.value.code == "container-unknown"
    assert ".mkv" in caught.value.what_to_do


def test_what_cannot_be_written_is_reported(
    parts: dict[str, list[Path]], source: Source, tmp_path: Path
) -> None:
    """A folder that is missing and a full disk come with the system's reason."""
    with pytest.raises(OutputError) as caught:
        join(parts["ffv1"], TABLES["steady"], source, tmp_path / "none" / "r.mkv", {})
    assert caught.value.code == "folder-missing"
    if Path("/dev/full").exists():
        full = tmp_path / "full.mkv"
        full.symlink_to("/dev/full")
        with pytest.raises(OutputError) as caught:
            join(parts["ffv1"], TABLES["steady"], source, full, {})
        assert caught.value.code == "disk-full"


def test_color_and_aspect_reach_the_result(folder: Path, source: Source, tmp_path: Path) -> None:
    """Tags and sample aspect of the parts stand in every container, for codecs with and without VUI."""
    stated = ColorSpec("bt709", "limited", "left", "bt709", "bt709")
    for video in (H264, FFV1):
        wide = VideoFormat(**{**_fields(video), "color": stated, "sar": Fraction(16, 15)})
        part = encode(
            tmp_path / f"{video.codec}.mkv", wide, slopes(pixel_format("yuv420p"), 64, 48, 25)
        )
        for suffix in (".mp4", ".mkv") if video is FFV1 else (".mp4", ".mov", ".mkv"):
            target = tmp_path / f"{video.codec}_result{suffix}"
            join([part], TABLES["steady"], source, target, {})
            result = probe(target)
            assert result.sar == Fraction(16, 15), suffix
            if suffix == ".mkv":
                assert read_video_tracks(target)[0].aspect == Fraction(16, 15)
            assert (result.color.matrix, result.color.range) == ("bt709", "limited")
            assert (result.color.primaries, result.color.transfer) == ("bt709", "bt709")


def _fields(video: VideoFormat) -> dict[str, object]:
    return {name: getattr(video, name) for name in VideoFormat.__dataclass_fields__}
