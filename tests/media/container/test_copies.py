"""Everything that is copied: sound bit for bit, subtitles, chapters, attachments, tags, trims."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Disposition

from restore.audit.other_streams import SYNC
from restore.audit.packet_times import moments_wrong
from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.media.container.copies import Trim, public_tags, timecode
from restore.media.container.formats import stream_losses
from restore.media.container.join import join
from restore.media.container.probe import probe
from restore.media.container.readback import (
    StreamDigest,
    sample_digest,
    stream_digests,
    without_adts,
)
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.timing import FrameTable
from tests.media.films import X264, encode, run_ffmpeg, slopes

DRAWN = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2")
HIGH = ("-f", "lavfi", "-i", "sine=f=880:d=2.1")
LOW = ("-f", "lavfi", "-i", "sine=f=220:d=1.5:r=48000")

SRT = """1
00:00:00,200 --> 00:00:00,700
First line

2
00:00:00,900 --> 00:00:01,600
Second <i>line</i>
"""

CHAPTERS = """;FFMETADATA1
title=The Title
[CHAPTER]
TIMEBASE=1/1000
START=0
END=800
title=One
[CHAPTER]
TIMEBASE=1/1000
START=800
END=2000
title=Two
"""


@dataclass(frozen=True)
class Given:
    """A source with many other streams, and a part that has its frames."""

    source: Source
    part: Path

    def joined(
        self, target: Path, trim: Trim | None = None, tags: dict[str, str] | None = None
    ) -> Path:
        """The result under that name; with a trim, of the frames inside it."""
        frames = self.source.frames
        part = self.part
        if trim is not None:
            inside = [i for i in range(len(frames)) if trim[0] <= frames.seconds(i) < trim[1]]
            rows = slice(inside[0], inside[-1] + 1)
            frames = FrameTable(frames.time_base, frames.pts[rows], frames.durations[rows])
            part = film_part(target.parent, len(frames))
        join([part], frames, self.source, target, tags or {}, trim)
        return target


def film_part(folder: Path, count: int) -> Path:
    """A part of so many frames."""
    color = ColorSpec("bt601", "limited")
    video = VideoFormat(
        "h264", "yuv420p", 64, 48, Fraction(25), Fraction(1), color, None, "ultrafast"
    )
    return encode(
        folder / f"part{count}.mkv", video, slopes(pixel_format("yuv420p"), 64, 48, count)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's sources lie, with subtitles and chapters to build them from."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "lines.srt").write_text(SRT)
    (folder / "chapters.txt").write_text(CHAPTERS)
    (folder / "font.ttf").write_bytes(bytes(range(256)) * 9)
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=80x60", "-frames:v", "1", folder / "cover.png")
    return folder


def given(folder: Path, name: str, *arguments: str | Path) -> Given:
    """A source made with these arguments, and its part."""
    run_ffmpeg(*arguments, folder / name)
    source = probe(folder / name)
    return Given(source, film_part(folder, len(source.frames)))


@pytest.fixture(scope="module")
def mkv(folder: Path) -> Given:
    """Two sound tracks, two subtitles, chapters, a font, a title; sound before film in the file."""
    inputs = (*HIGH, *DRAWN, *LOW, "-i", folder / "lines.srt", "-i", folder / "chapters.txt")
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "3", "-map_metadata", "4")
    codecs = (*X264, "-c:a:0", "libopus", "-c:a:1", "flac", "-c:s:0", "srt", "-c:s:1", "ass")
    stated = (
        "-metadata:s:a:0",
        "language=deu",
        "-metadata:s:a:0",
        "title=Ton",
        "-metadata",
        "DIRECTOR=Nobody",
    )
    marks = (
        "-disposition:a:1",
        "default",
        "-disposition:a:0",
        "comment",
        "-disposition:s:1",
        "forced",
    )
    font = ("-attach", folder / "font.ttf", "-metadata:s:t", "mimetype=font/ttf")
    return given(folder, "full.mkv", *inputs, *maps, *codecs, *stated, *marks, *font)


@pytest.fixture(scope="module")
def mp4(folder: Path) -> Given:
    """Two AAC tracks (one 300 ms late), text subtitles, chapters and a cover."""
    inputs = (*DRAWN, *HIGH, "-itsoffset", "0.3", *LOW, "-i", folder / "lines.srt")
    more = ("-i", folder / "chapters.txt", "-i", folder / "cover.png")
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "5", "-map_metadata", "4")
    codecs = (
        *X264,
        "-c:v:1",
        "png",
        "-c:a",
        "aac",
        "-c:s",
        "mov_text",
        "-disposition:v:1",
        "attached_pic",
    )
    return given(
        folder, "full.mp4", *inputs, *more, *maps, *codecs, "-metadata:s:a:0", "language=fra"
    )


@pytest.fixture(scope="module")
def mov(folder: Path) -> Given:
    """Uncompressed sound and a timecode track."""
    inputs = (*DRAWN, *HIGH, "-map", "0", "-map", "1", "-timecode", "01:00:00:00")
    return given(folder, "full.mov", *inputs, *X264, "-c:a", "pcm_s16le")


@pytest.fixture(scope="module")
def ts(folder: Path) -> Given:
    """AAC with ADTS headers and a clock that begins at 1.4 s."""
    inputs = (*DRAWN, *HIGH, "-map", "0", "-map", "1")
    return given(folder, "full.ts", *inputs, *X264, "-c:a", "aac")


def payloads(digests: dict[int, StreamDigest]) -> list[tuple[str, str]]:
    """What must be equal on both sides."""
    return [(digest.kind, digest.sha256) for digest in digests.values()]


def assert_copied(source: Path, result: Path, trim: Trim | None = None) -> None:
    """Same streams in the same order, the same bytes, the same moments within a millisecond."""
    before, after = stream_digests(source, trim), stream_digests(result)
    assert payloads(before) == payloads(after)
    start = trim[0] if trim else 0
    for a, b in zip(before.values(), after.values(), strict=True):
        if a.start is not None and b.start is not None and a.kind in ("audio", "subtitle"):
            assert abs(
                max(a.start - start, Fraction(0) if trim else a.start) - b.start
            ) <= Fraction(1, 1000)


def test_matroska_to_matroska_keeps_everything(mkv: Given, tmp_path: Path) -> None:
    """Sound, subtitles and the font are the same bytes; order, languages, marks, chapters stay."""
    result = mkv.joined(tmp_path / "result.mkv")
    assert_copied(mkv.source.path, result)
    found = probe(result)
    assert [(s.kind, s.codec, s.language, s.title) for s in found.streams] == [
        (s.kind, s.codec, s.language, s.title) for s in mkv.source.streams
    ]
    assert found.video == mkv.source.video == 1
    assert found.chapters == 2
    assert ("title", "The Title") in found.tags
    assert ("DIRECTOR", "Nobody") in found.tags
    with av.open(str(result)) as container:
        sound = container.streams.audio
        assert not sound[0].disposition & Disposition.default
        assert sound[0].disposition & Disposition.comment
        assert sound[1].disposition & Disposition.default
        assert container.streams.subtitles[1].disposition & Disposition.forced
        assert [chapter["metadata"]["title"] for chapter in chapters(container)] == ["One", "Two"]
        assert container.streams.attachments[0].name == "font.ttf"
        assert container.streams.attachments[0].mimetype == "font/ttf"


def test_mp4_to_mp4_keeps_everything(mp4: Given, tmp_path: Path) -> None:
    """Delayed sound stays delayed, priming stays, the cover and the chapters come along."""
    result = mp4.joined(tmp_path / "result.mp4")
    assert_copied(mp4.source.path, result)
    starts = [d.start for d in stream_digests(result).values() if d.kind == "audio"]
    assert starts[0] is not None
    assert starts[0] < 0
    assert starts[1] is not None
    assert abs(starts[1] - starts[0] - Fraction(3, 10)) < Fraction(1, 100)
    found = probe(result)
    assert found.chapters == 2
    assert [s.attached_picture for s in found.streams].count(True) == 1
    assert found.streams[1].language == "fra"
    assert dict(found.tags)["title"] == "The Title"


def test_mp4_sound_moves_to_matroska_unshifted(mp4: Given, tmp_path: Path) -> None:
    """Sound that begins before the film does not push the film back."""
    source = mp4.source
    plain = Given(probe_without_text(source, tmp_path), mp4.part)
    result = plain.joined(tmp_path / "result.mkv")
    assert_copied(plain.source.path, result)
    found = probe(result)
    assert found.frames.pts[0] == 0
    assert found.frames.end == source.frames.end


def probe_without_text(source: Source, tmp_path: Path) -> Source:
    """The same film without subtitles, chapters and cover, which Matroska takes otherwise."""
    path = tmp_path / "plain.mp4"
    run_ffmpeg(
        "-i", source.path, "-map", "0:v:0", "-map", "0:a", "-map_chapters", "-1", "-c", "copy", path
    )
    return probe(path)


def test_quicktime_keeps_pcm_and_timecode(mov: Given, tmp_path: Path) -> None:
    """Uncompressed sound is the same bytes however it is cut into packets; timecode is copied."""
    result = mov.joined(tmp_path / "result.mov")
    assert_copied(mov.source.path, result)
    assert stream_losses(mov.source, ".mov") == ()
    with av.open(str(result)) as container:
        assert timecode(container) == "01:00:00:00"
        assert [stream.type for stream in container.streams] == ["video", "audio", "data"]


def test_matroska_keeps_timecode_as_a_tag(mov: Given, tmp_path: Path) -> None:
    """Where there is no such track, the film's stream carries the text."""
    result = mov.joined(tmp_path / "result.mkv")
    assert_copied(mov.source.path, result)
    assert stream_losses(mov.source, ".mkv") == ()
    with av.open(str(result)) as container:
        stated = {
            name.lower(): value for name, value in container.streams.video[0].metadata.items()
        }
    assert stated["timecode"] == "01:00:00:00"


def test_data_that_cannot_be_stored_is_left_out_and_noted(folder: Path, tmp_path: Path) -> None:
    """Private data of a transport stream stay behind in Matroska; film and sound come along."""
    blob = ("-f", "data", "-i", folder / "font.ttf", "-map", "0", "-map", "1", "-map", "2:d")
    private = given(folder, "data.ts", *DRAWN, *HIGH, *blob, *X264, "-c:a", "mp2", "-c:d", "copy")
    for suffix in (".mkv", ".mp4", ".mov"):
        (loss,) = stream_losses(private.source, suffix)
        assert (loss.kind, loss.what) == ("data", "stream 2 (data bin_data)")
    result = private.joined(tmp_path / "result.mkv")
    before, after = stream_digests(private.source.path), stream_digests(result)
    assert payloads(after) == [pair for pair in payloads(before) if pair[0] != "data"]
    assert len(after) == 1


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_transport_streams_keep_sound_and_clock(ts: Given, suffix: str, tmp_path: Path) -> None:
    """AAC loses only its ADTS headers, and the clock's late start is kept for film and sound alike."""
    result = ts.joined(tmp_path / f"result{suffix}")
    assert_copied(ts.source.path, result)
    found = probe(result)
    assert abs(found.frames.start - ts.source.frames.start) <= Fraction(1, 2000)
    assert found.frames.start > 1


def test_own_tags_are_added_to_the_sources(mkv: Given, tmp_path: Path) -> None:
    """A tag that both have holds both texts; the source's encoder is not claimed."""
    stated = {"comment": "restored", "director": "and we"}
    found = dict(probe(mkv.joined(tmp_path / "result.mkv", tags=stated)).tags)
    assert found["COMMENT"] == "restored"
    assert found["DIRECTOR"] == "Nobody; and we"


def test_tags_about_the_file_itself_stay_behind() -> None:
    """Brand, encoder and Matroska's statistics describe another file."""
    tags = {"title": "x", "ENCODER": "e", "major_brand": "isom", "BPS-eng": "9", "DURATION": "0"}
    assert public_tags(tags) == {"title": "x", "BPS-eng": "9", "DURATION": "0"}
    assert public_tags(tags, statistics=False) == {"title": "x"}


TRIM = (Fraction(12, 25), Fraction(40, 25))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_trim_takes_what_lies_inside(mkv: Given, mp4: Given, suffix: str, tmp_path: Path) -> None:
    """The film starts at 0 and the other streams move with it; what is outside stays behind."""
    given = mkv if suffix == ".mkv" else mp4
    result = given.joined(tmp_path / f"result{suffix}", TRIM)
    assert_copied(given.source.path, result, TRIM)
    found = probe(result)
    assert (found.frames.start, len(found.frames)) == (0, 28)
    with av.open(str(result)) as container:
        texts = [p for p in container.demux(container.streams.subtitles[0]) if b"line" in bytes(p)]
        assert [round(float(p.pts * p.time_base), 2) for p in texts] == [0.0, 0.42]
        assert [round(float(p.duration * p.time_base), 2) for p in texts] == [0.22, 0.7]
        spans = [
            (
                round(float(c["start"] * c["time_base"]), 2),
                round(float(c["end"] * c["time_base"]), 2),
            )
            for c in chapters(container)
        ]
    assert spans == [(0.0, 0.32), (0.32, 1.12)]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_subtitle_ends_with_the_film_that_was_cut_out(
    mkv: Given, mp4: Given, suffix: str, tmp_path: Path
) -> None:
    """It would show longer, and make the file last longer; the audit expects the same ends."""
    given = mkv if suffix == ".mkv" else mp4
    trim = (Fraction(12, 25), Fraction(25, 25))
    result = given.joined(tmp_path / f"result{suffix}", trim)
    assert_copied(given.source.path, result, trim)
    with av.open(str(result)) as container:
        texts = [p for p in container.demux(container.streams.subtitles[0]) if b"line" in bytes(p)]
        assert [round(float(p.pts * p.time_base), 2) for p in texts] == [0.0, 0.42]
        assert [round(float(p.duration * p.time_base), 2) for p in texts] == [0.22, 0.1]
        assert 0.52 <= (container.duration or 0) / av.time_base < 0.56  # sound ends with a packet
    before, after = stream_digests(given.source.path, trim), stream_digests(result)
    for one, other in zip(before.values(), after.values(), strict=True):
        assert moments_wrong(one, other, -trim[0], SYNC) is None


def chapters(container: Any) -> list[dict[str, Any]]:
    """A container's chapters, in order."""
    return sorted(container.chapters(), key=lambda chapter: chapter["start"])


def test_sound_outside_a_trim_is_not_in_the_digest(mkv: Given) -> None:
    """The digest for a trim differs from the whole one, and an empty interval has no packets."""
    whole, part = stream_digests(mkv.source.path), stream_digests(mkv.source.path, TRIM)
    assert whole[0] != part[0]
    assert part[0].size < whole[0].size
    assert stream_digests(mkv.source.path, (Fraction(90), Fraction(99)))[0].size == 0


def test_a_changed_byte_of_sound_changes_its_digest(mov: Given, tmp_path: Path) -> None:
    """The digest can fail."""
    data = bytearray(mov.source.path.read_bytes())
    with av.open(str(mov.source.path)) as container:
        packet = next(p for p in container.demux(audio=0) if p.size > 100)
        place = packet.pos + 50
    data[place] ^= 1
    other = tmp_path / "other.mov"
    other.write_bytes(data)
    before, after = stream_digests(mov.source.path), stream_digests(other)
    assert before[1].sha256 != after[1].sha256
    assert before[1].size == after[1].size


def test_only_an_adts_header_is_removed() -> None:
    """Seven bytes, nine with a checksum; anything else stays."""
    assert without_adts(bytes([0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC, 1, 2])) == bytes([1, 2])
    assert without_adts(bytes([0xFF, 0xF0, 0x50, 0x80, 0x02, 0x1F, 0xFC, 8, 9, 1])) == bytes([1])
    assert without_adts(b"\x21\x10\x04\x60\x8c\x1c\x00\x00") == b"\x21\x10\x04\x60\x8c\x1c\x00\x00"


@pytest.mark.parametrize(("source_suffix", "suffix"), [(".mkv", ".mkv"), (".mp4", ".mkv")])
def test_a_cover_goes_into_matroska(
    folder: Path, tmp_path: Path, source_suffix: str, suffix: str
) -> None:
    """Matroska keeps it as an attached file; players and ffmpeg see the same picture again."""
    name = f"covered{source_suffix}"
    cover = (
        "-i",
        folder / "cover.png",
        "-map",
        "0",
        "-map",
        "1",
        "-disposition:v:1",
        "attached_pic",
    )
    if source_suffix == ".mkv":
        cover = ("-attach", folder / "cover.png", "-metadata:s:t", "mimetype=image/png")
    given_film = given(folder, name, *DRAWN, *cover, *X264, "-c:v:1", "png")
    result = given_film.joined(tmp_path / f"result{suffix}")
    assert_copied(given_film.source.path, result)
    assert [s.attached_picture for s in probe(result).streams] == [False, True]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_tags_of_any_name_are_kept(folder: Path, tmp_path: Path, suffix: str) -> None:
    """Names that the customary form does not know are stored in the form that takes any."""
    stated = (
        "-movflags",
        "use_metadata_tags",
        "-metadata",
        "archive_id=X-17",
        "-metadata",
        "title=A",
    )
    film = given(folder, f"tagged{suffix}", *DRAWN, *stated, *X264)
    tags = dict(probe(film.joined(tmp_path / f"result{suffix}")).tags)
    assert (tags["archive_id"], tags["title"]) == ("X-17", "A")
    plain = given(folder, f"plain{suffix}", *DRAWN, "-metadata", "title=A", *X264)
    result = plain.joined(tmp_path / f"plain{suffix}")
    assert b"\xa9nam" in result.read_bytes()  # the form that all players show


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("lpcm.vob", ("-c:a", "pcm_dvd", "-f", "vob")),
        ("lpcm.m2ts", ("-c:a", "pcm_bluray", "-mpegts_m2ts_mode", "1")),
        ("adpcm.avi", ("-c:a", "adpcm_ima_wav")),
        ("adpcm.mkv", ("-c:a", "adpcm_ms")),
    ],
)
def test_framed_sound_becomes_plain_sound(
    folder: Path, tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    """LPCM of discs and ADPCM of old AVI, which no other container takes: the same samples, as they are."""
    sound = ("-f", "lavfi", "-i", "sine=f=880:d=2:r=48000", "-map", "0", "-map", "1", "-ac", "2")
    film = given(folder, name, *DRAWN, *sound, "-c:v", "mpeg2video", *arguments)
    assert stream_losses(film.source, ".mkv") == ()
    result = film.joined(tmp_path / "result.mkv")
    assert sample_digest(film.source.path, 1) == sample_digest(result, 1)
    starts = [stream_digests(path)[1].start for path in (film.source.path, result)]
    assert abs(starts[0] - starts[1]) <= Fraction(1, 1000)  # type: ignore[operator]


def test_a_second_film_of_a_transport_stream_is_the_same_in_another_framing(
    folder: Path, tmp_path: Path
) -> None:
    """Start codes there, lengths here: what stands behind them is compared, and counts."""
    arguments = ("-map", "0", "-map", "0", *X264, "-metadata:s:v:1", "language=deu")
    second = given(folder, "second.ts", *DRAWN, *arguments)
    result = second.joined(tmp_path / "result.mkv")
    assert_copied(second.source.path, result)
    other = given(folder, "other.ts", *DRAWN, *arguments, "-crf:v:1", "40")
    assert payloads(stream_digests(other.source.path)) != payloads(stream_digests(result))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_second_film_keeps_every_pts(folder: Path, tmp_path: Path, suffix: str) -> None:
    """Matroska's first packets have no DTS where frames are reordered."""
    small = ("-f", "lavfi", "-i", "testsrc2=s=32x32:r=25:d=1")
    second = given(folder, "second.mkv", *DRAWN, *small, "-map", "0", "-map", "1", *X264)
    result = second.joined(tmp_path / f"result{suffix}")

    def pts_values(path: Path) -> list[float]:
        with av.open(str(path)) as container:
            packets = [p for p in container.demux(video=1) if p.size]
            return [round(float(p.pts * p.time_base), 3) for p in packets]

    assert pts_values(result) == pts_values(second.source.path)
    assert len(set(pts_values(result))) == 25


@pytest.mark.parametrize("start", [Fraction(3, 10), Fraction(1, 3)])
def test_sound_that_counts_in_packets_is_cut_to_the_millisecond(
    folder: Path, tmp_path: Path, start: Fraction
) -> None:
    """AVI's clock of MP3 ticks every 26 ms: a cut lies between two ticks."""
    arguments = (*DRAWN, *HIGH, "-map", "0", "-map", "1", "-c:v", "mpeg4", "-c:a", "mp3")
    film = given(folder, "mp3.avi", *arguments)
    trim = (start, Fraction(3, 2))
    assert_copied(film.source.path, film.joined(tmp_path / "result.mkv", trim), trim)


@pytest.mark.parametrize("codec", ["aac", "mp3", "eac3"])
def test_sound_that_an_edit_list_ends_ends_there(folder: Path, tmp_path: Path, codec: str) -> None:
    """What an encoder padded its last packet with is not played."""
    arguments = (*DRAWN, *HIGH, "-map", "0", "-map", "1", *X264, "-c:a", codec)
    film = given(folder, f"{codec}.mp4", *arguments)
    result = film.joined(tmp_path / "result.mp4")
    played: list[str] = []
    for path in (film.source.path, result):
        run_ffmpeg("-i", path, "-map", "0:a", "-f", "md5", tmp_path / "played.md5")
        played.append((tmp_path / "played.md5").read_text())
    assert played[0] == played[1]
