"""Made sources with much to lose: containers, streams, clocks, fields, aspects, depths, side data.

Each is a fraction of a second of a 96x64 picture. `SOURCES` names them; `build` makes one.
"""

from __future__ import annotations

import shlex
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av

from restore.media.container.userdata import with_payloads
from tests.media.films import run_ffmpeg

RATE = 25
PICTURE = f"testsrc2=s=96x64:r={RATE}:d=0.48"
FILM = f"-f lavfi -i {PICTURE}"
HIGH = "-f lavfi -i sine=f=880:d=0.5:r=48000"
LOW = "-f lavfi -i sine=f=220:d=0.5:r=44100"
X264 = "-c:v libx264 -preset ultrafast -crf 18 -bf 2 -pix_fmt yuv420p"
X265 = "-c:v libx265 -preset ultrafast -x265-params log-level=error"
MPEG2 = "-c:v mpeg2video -q:v 3 -bf 2 -g 6 -pix_fmt yuv420p"
AVSYNC = "-map 0:v -map 1:a"

SRT = "1\n00:00:00,100 --> 00:00:00,250\nFirst line\n\n2\n00:00:00,300 --> 00:00:00,450\nSecond\n"
CHAPTERS = """;FFMETADATA1
title=The Title
date=1903
[CHAPTER]
TIMEBASE=1/1000
START=0
END=200
title=One
[CHAPTER]
TIMEBASE=1/1000
START=200
END=480
title=Two
"""
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


@dataclass(frozen=True)
class Recipe:
    """How a source is made: its suffix, ffmpeg's words, and what is done to the file afterwards.

    `codec` is the result's; `lost` names what has no place in any result and must be allowed.
    """

    suffix: str
    words: str
    then: Callable[[Path], None] | None = None
    codec: str = "h264"
    lost: tuple[str, ...] = ()


def build(folder: Path, name: str) -> Path:
    """Make one of the sources."""
    recipe = SOURCES[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{recipe.suffix}"
    (folder / "lines.srt").write_text(SRT)
    (folder / "chapters.txt").write_text(CHAPTERS)
    (folder / "font.ttf").write_bytes(bytes(range(256)) * 9)
    cover = folder / "cover.png"
    if not cover.exists():
        run_ffmpeg("-f", "lavfi", "-i", "color=red:s=80x60", "-frames:v", "1", cover)
    words = [folder / w[1:] if w.startswith("@") else w for w in shlex.split(recipe.words)]
    run_ffmpeg(*words, path)
    if recipe.then is not None:
        recipe.then(path)
    return path


def _rewritten(
    path: Path,
    film: Callable[[Any, int], bytes] = lambda packet, index: bytes(packet),
    more: Mapping[str, bytes] | None = None,
    muxer: str | None = None,
) -> None:
    """Copy a file over itself: the film's packets changed, further streams of one packet each."""
    original = path.rename(path.with_name(f"before-{path.name}"))
    with (
        av.open(str(original)) as origin,
        av.open(str(path), "w", format=muxer) as out,
    ):
        added = {s.index: _added(out, s) for s in origin.streams}
        out.metadata.update(origin.metadata)
        out.set_chapters(origin.chapters())
        others = {codec: out.add_mux_stream(codec) for codec in more or {}}
        for stream in others.values():
            stream.time_base = Fraction(1, 1000)
        packets = [p for p in origin.demux() if p.size]
        times = sorted(p.pts for p in packets if p.stream.type == "video")
        first = float(times[0] * origin.streams.video[0].time_base)
        for codec, data in (more or {}).items():
            packet = av.Packet(data)
            packet.stream, packet.time_base = others[codec], Fraction(1, 1000)
            packet.pts = packet.dts = round(1000 * first) + 120
            packet.duration = 200
            out.mux(packet)
        for packet in packets:
            if packet.stream.type == "video":
                packet = _replaced(packet, film(packet, times.index(packet.pts)))
            packet.stream = added[packet.stream_index if packet.opaque is None else packet.opaque]
            out.mux(packet)
    original.unlink()


def _added(out: Any, stream: Any) -> Any:
    if stream.type == "attachment":
        return out.add_attachment(stream.name, stream.mimetype, stream.data)
    added = out.add_stream_from_template(stream, opaque=True)
    added.metadata.update(stream.metadata)
    added.disposition = stream.disposition
    return added


def _replaced(packet: Any, data: bytes) -> Any:
    fresh: Any = av.Packet(data)
    fresh.pts, fresh.dts, fresh.duration = packet.pts, packet.dts, packet.duration
    fresh.time_base, fresh.is_keyframe = packet.time_base, packet.is_keyframe
    fresh.opaque = packet.stream_index
    return fresh


def caption(index: int) -> bytes:
    """The caption payload of a frame: two triplets of cc_data, another text on each frame."""
    pairs = bytes([0xFC, 0x80 | (65 + index % 26), 0x80, 0xFD, 0x80, 0x80])
    return b"GA94\x03" + bytes([0x42, 0xFF]) + pairs + b"\xff"


def afd(index: int) -> bytes:
    """The active format of a frame: 4:3 full frame, then 16:9 letterbox."""
    return b"DTG1" + bytes([0x41, 0xF9 if index < 6 else 0xFA])


def _captioned(path: Path) -> None:
    """Captions and AFD on every frame, in the film's own stream."""
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context.codec.canonical_name
    put = with_mpeg2_user_data if codec == "mpeg2video" else partial(with_payloads, codec)
    _rewritten(path, lambda packet, index: put(bytes(packet), (caption(index), afd(index))))


def line21(count: int) -> bytes:
    """A DVD's captions for so many frames: other letters in each block."""
    blocks = (bytes([0xFF, 0x80 | (65 + n % 26), 0x80, 0xFE, 0x80, 0x80]) for n in range(count))
    return b"\0\0\1\xb2CC\1\xf8" + bytes([0x80 | count << 1]) + b"".join(blocks)


def _line21(path: Path) -> None:
    """Captions as DVDs have them, in the header of each group of six frames."""

    def put(packet: Any, index: int) -> bytes:
        data = bytes(packet)
        place = data.find(b"\0\0\1\xb8")
        return data if place < 0 else data[: place + 8] + line21(6) + data[place + 8 :]

    _rewritten(path, put, muxer="vob")


def with_mpeg2_user_data(data: bytes, payloads: Sequence[bytes]) -> bytes:
    """An MPEG-2 picture with user data before its first slice."""
    place = data.index(b"\0\0\1\1")
    return data[:place] + b"".join(b"\0\0\1\xb2" + each for each in payloads) + data[place:]


def _cut(path: Path) -> None:
    """The film begins between key frames: an edit list hides what comes before."""
    original = path.rename(path.with_name(f"before-{path.name}"))
    run_ffmpeg("-ss", "0.12", "-i", original, "-c", "copy", path)
    original.unlink()


def _rotated(path: Path) -> None:
    """Players rotate the picture."""
    original = path.rename(path.with_name(f"before-{path.name}"))
    run_ffmpeg("-display_rotation", "90", "-i", original, "-c", "copy", path)
    original.unlink()


def _streams(**more: bytes) -> Callable[[Path], None]:
    return lambda path: _rewritten(path, more=more)


def _pgs() -> bytes:
    """A presentation composition segment without objects, and the end of its display set."""
    body = struct.pack(">HHBHBBBB", 96, 64, 0x10, 1, 0x80, 0, 0, 0)
    return b"\x16" + struct.pack(">H", len(body)) + body + b"\x80\x00\x00"


VOBSUB = struct.pack(">HH", 32, 16) + bytes(28)
"""A DVD subtitle packet as far as copying cares: its size, where its commands are, zeros."""

SOURCES: dict[str, Recipe] = {
    # containers and clocks
    "mp4-bframes": Recipe(".mp4", f"{FILM} {HIGH} {AVSYNC} {X264} -c:a aac"),
    "mp4-vfr": Recipe(
        ".mp4",
        f"{FILM} -vf \"setpts='N*N*90+N*2400'\" -fps_mode vfr -enc_time_base 1/90000 "
        f"{X264} -video_track_timescale 90000",
    ),
    "mkv-vfr": Recipe(
        ".mkv", f"{FILM} -vf \"setpts='(N*40+7*mod(N\\,3))/1000/TB'\" -fps_mode vfr {X264}"
    ),
    "mp4-editlist": Recipe(".mp4", f"{FILM} {HIGH} {AVSYNC} {X264} -c:a aac", _cut),
    "ts-adts": Recipe(".ts", f"{FILM} {HIGH} {AVSYNC} {X264} -c:a aac"),
    "mpg-mp2": Recipe(".mpg", f"{FILM} {HIGH} {AVSYNC} {MPEG2} -c:a mp2"),
    "mxf-bframes": Recipe(".mxf", f"{FILM} {X264}", codec="ffv1"),
    "avi-mp3": Recipe(".avi", f"{FILM} {HIGH} {AVSYNC} -c:v mpeg4 -q:v 3 -c:a mp3"),
    "avi-bframes": Recipe(
        ".avi",
        f"{FILM} {HIGH} {AVSYNC} -c:v mpeg4 -bf 2 -q:v 3 -c:a pcm_s16le",
    ),
    "mov-timecode": Recipe(
        ".mov",
        f"{FILM} {HIGH} {AVSYNC} {X264} -c:a pcm_s24be -timecode 01:00:00:00 "
        "-metadata:s:v reel_name=R1",
    ),
    "mxf-mpeg2": Recipe(
        ".mxf",
        f"{FILM} {HIGH} {AVSYNC} -c:v mpeg2video -q:v 3 -pix_fmt yuv422p -c:a pcm_s24le "
        "-timecode 10:00:00:00",
    ),
    "mxf-dnxhr": Recipe(
        ".mxf",
        f"-f lavfi -i testsrc2=s=256x128:r=25:d=0.2 {HIGH} {AVSYNC} -c:v dnxhd "
        "-profile:v dnxhr_hq -pix_fmt yuv422p -c:a pcm_s16le",
    ),
    "dv-raw": Recipe(
        ".dv",
        f"-f lavfi -i testsrc2=s=720x576:r=25:d=0.2 {HIGH} {AVSYNC} -c:v dvvideo "
        "-pix_fmt yuv420p -ar 48000 -ac 2 -f dv",
    ),
    "vob-lpcm": Recipe(".vob", f"{FILM} {HIGH} {AVSYNC} {MPEG2} -c:a pcm_dvd -ac 2 -f vob"),
    "m2ts-lpcm": Recipe(
        ".m2ts",
        f"{FILM} {HIGH} {AVSYNC} {X264} -c:a pcm_bluray -ac 2 -mpegts_m2ts_mode 1",
    ),
    # sound
    "mkv-sounds": Recipe(
        ".mkv",
        f"{FILM} {HIGH} {LOW} {HIGH} {LOW} -map 0 -map 1 -map 2 -map 3 -map 4 {X264} "
        "-c:a:0 libopus -c:a:1 flac -c:a:2 libvorbis -c:a:3 ac3 -metadata:s:a:0 "
        "language=deu -metadata:s:a:1 language=fra -metadata:s:a:1 title=Ton "
        "-disposition:a:0 comment -disposition:a:1 default -disposition:a:3 "
        "hearing_impaired",
    ),
    "mov-alac": Recipe(
        ".mov",
        f"{FILM} {HIGH} {LOW} -map 0 -map 1 -map 2 {X264} -c:a:0 alac -c:a:1 pcm_f32le "
        "-metadata:s:a:0 language=ita",
    ),
    # other streams
    "mkv-full": Recipe(
        ".mkv",
        f"{FILM} {HIGH} -i @lines.srt -i @chapters.txt -map 0 -map 1 -map 2 -map 2 "
        f"-map_metadata 3 {X264} -c:a flac -c:s:0 srt -c:s:1 ass -metadata:s:s:0 "
        "language=eng -disposition:s:1 forced -metadata DIRECTOR=Nobody -attach "
        "@font.ttf -metadata:s:t mimetype=font/ttf",
    ),
    "mp4-full": Recipe(
        ".mp4",
        f"{FILM} {HIGH} -itsoffset 0.2 {LOW} -i @lines.srt -i @chapters.txt -i "
        f"@cover.png -map 0 -map 1 -map 2 -map 3 -map 5 -map_metadata 4 {X264} -c:v:1 "
        "png -c:a aac -c:s mov_text -disposition:v:1 attached_pic -metadata:s:a:0 "
        "language=fra -metadata:s:a:1 language=deu -disposition:a:1 0",
    ),
    "mkv-pictures": Recipe(
        ".mkv",
        f"{FILM} {X264}",
        _streams(hdmv_pgs_subtitle=_pgs(), dvd_subtitle=VOBSUB),
    ),
    "ts-dvbsub": Recipe(
        ".ts",
        f"{FILM} {X264}",
        _streams(dvb_subtitle=b"\x0f\x10\x00\x01\x00\x02\x10\x00"),
    ),
    "mov-c608": Recipe(".mov", f"{FILM} {X264}", _streams(eia_608=b"\0\0\0\x0acdat\x94\x20")),
    "ts-data": Recipe(
        ".ts",
        f"{FILM} -f data -i @font.ttf -map 0 -map 1:d {X264} -c:d copy",
        lost=("data",),
    ),
    "mp4-tags": Recipe(
        ".mp4",
        f"{FILM} {X264} -movflags use_metadata_tags -metadata title=A -metadata "
        'date=1903 -metadata archive_id=X-17 -metadata "comment=a copy"',
    ),
    # geometry, fields, color, depth
    "mkv-sar": Recipe(".mkv", f"{FILM} -vf setsar=16/15 {X264}"),
    "mp4-sar-rotated": Recipe(".mp4", f"{FILM} -vf setsar=64/45 {X264}", _rotated),
    "mkv-rotated": Recipe(".mkv", f"{FILM} {X264}", _rotated),
    "mkv-tff": Recipe(".mkv", f"{FILM} -vf setfield=tff {X264} -flags +ildct+ilme"),
    "mpg-bff": Recipe(".mpg", f"{FILM} -vf setfield=bff {MPEG2} -flags +ildct+ilme"),
    "mkv-10bit": Recipe(
        ".mkv",
        f"{FILM} {X265} -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc "
        "bt2020-10 -colorspace bt2020nc -color_range tv -chroma_sample_location "
        "topleft",
        codec="hevc",
    ),
    "mov-prores": Recipe(
        ".mov",
        f"{FILM} {HIGH} {AVSYNC} -c:v prores_ks -pix_fmt yuv422p10le -c:a pcm_s16le "
        "-color_primaries smpte170m -color_trc bt709 -colorspace smpte170m",
        codec="prores",
    ),
    "mkv-ffv1-gray": Recipe(".mkv", f"{FILM} -c:v ffv1 -level 3 -pix_fmt gray10le", codec="ffv1"),
    "mkv-fullrange": Recipe(".mkv", f"{FILM} -c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
    "mkv-hdr10": Recipe(
        ".mkv",
        f"-mastering_display {MASTERING} -content_light 1000,400 {FILM} {X265} -pix_fmt "
        "yuv420p10le -color_primaries bt2020 -colorspace bt2020nc -color_trc bt2020-10",
        codec="hevc",
    ),
    # everything at once
    "mkv-everything": Recipe(
        ".mkv",
        f"{FILM} {HIGH} {LOW} -i @lines.srt -i @chapters.txt -map 0 -map 1 -map 2 -map 3 "
        f"-map_metadata 4 -vf setsar=16/15 {X264} -colorspace bt709 -color_primaries bt709 "
        "-color_trc bt709 -c:a flac -c:s srt -metadata:s:a:0 language=deu -disposition:a:1 comment "
        "-attach @font.ttf -metadata:s:t mimetype=font/ttf",
        _captioned,
    ),
    # captions
    "ts-h264-captions": Recipe(".ts", f"{FILM} {HIGH} {AVSYNC} {X264} -c:a ac3", _captioned),
    "mpg-mpeg2-captions": Recipe(".mpg", f"{FILM} {MPEG2}", _captioned, codec="hevc"),
    "mp4-hevc-captions": Recipe(".mp4", f"{FILM} {X265} -pix_fmt yuv420p", _captioned),
    "mp4-h264-captions": Recipe(".mp4", f"{FILM} {X264}", _captioned),
    "mov-mpeg2-captions": Recipe(".mov", f"{FILM} {MPEG2}", _captioned),
    "vob-line21": Recipe(".vob", f"{FILM} {MPEG2} -f vob", _line21),
    "ts-captions-lost": Recipe(
        ".ts", f"{FILM} {MPEG2}", _captioned, codec="ffv1", lost=("captions", "afd")
    ),
}
