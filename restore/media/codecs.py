"""The codecs of a result: what each of them stores, how it is encoded, and which options it has.

Recipe, encoders, plan, containers, command line and the tables in docs/ read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeGuard

FilmCodec = Literal["h264", "hevc", "av1", "prores", "dnxhr", "ffv1"]
"""The codecs of films."""

CodecName = Literal["h264", "hevc", "av1", "prores", "dnxhr", "ffv1", "dpx", "tiff", "png", "exr"]
"""The same, and the formats of image sequences."""

Family = Literal["nvenc", "qsv", "vaapi", "videotoolbox"]
"""Hardware encoders of one manufacturer or interface."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """One of ffmpeg's software encoders with its defaults; None for settings that it does not have.

    `fastest` is its largest preset number where that is smaller than the codec's.
    """

    name: str
    crf: int | None = None
    preset_option: str | None = None
    preset: str | None = None
    options: tuple[tuple[str, str | int], ...] = ()
    fastest: int | None = None


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec.

    name        what `--codec` calls it
    use         what it is used for
    depths      the depths that can be requested, in bits per sample
    chosen      the depths that are chosen by the source's, smallest first
    chroma      how it stores color, as text for people
    containers  the suffixes of its results, the usual one first
    encoder     its software encoder; None: frames become image files
    full        the encoder for 4:4:4, and for depths that `encoder` does not have
    shallow     the largest depth of `encoder`, where `full` has larger ones
    ffmpeg      ffmpeg's name of the codec
    variant     the profile that is used, as text for people
    crf_max     the largest value of constant quality (0 is the best); None: it has no such setting
    presets     its settings of speed, fastest first (AV1 counts the other way)
    hardware    the hardware families that encode it
    images      whether results are image sequences
    siting      whether the bitstream stores every position of chroma samples
    limited     whether it stores limited range only
    bt709       whether it stores the matrix of BT.709 only
    """

    name: CodecName
    use: str
    depths: tuple[int, ...]
    chosen: tuple[int, ...]
    chroma: str
    containers: tuple[str, ...]
    encoder: Encoder | None = None
    full: Encoder | None = None
    shallow: int | None = None
    ffmpeg: str = ""
    variant: str = ""
    crf_max: int | None = None
    presets: tuple[str, ...] = ()
    hardware: tuple[Family, ...] = ()
    images: bool = False
    siting: bool = True
    limited: bool = False
    bt709: bool = False

    @property
    def ffmpeg_name(self) -> str:
        """Ffmpeg's name of the codec."""
        return self.ffmpeg or self.name


_X26X = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)
_MOVIES = (".mp4", ".mov", ".mkv")
_ALL: tuple[Family, ...] = ("nvenc", "qsv", "vaapi", "videotoolbox")

_TABLE = (
    Codec(
        "h264",
        "playback everywhere",
        depths=(8,),
        chosen=(8,),
        chroma="4:2:0",
        containers=_MOVIES,
        # CRF 16 keeps grain at these sizes; the other values give similar quality on their encoders' scales
        encoder=Encoder("libx264", 16, "preset", "medium"),
        crf_max=51,
        presets=_X26X,
        hardware=_ALL,
    ),
    Codec(
        "hevc",
        "smaller files, 10 bit",
        depths=(8, 10, 12),
        chosen=(8, 10, 12),
        chroma="4:2:0",
        containers=_MOVIES,
        encoder=Encoder(
            "libx265",
            18,
            "preset",
            "medium",
            # closed GOPs, because a part must decode without its neighbors; a fixed number of threads,
            # because frames depend on it, and x265's default is the machine's number of cores
            (("x265-params", "log-level=error:open-gop=0:frame-threads=3:pools=16"),),
        ),
        crf_max=51,
        presets=_X26X,
        hardware=_ALL,
    ),
    Codec(
        "av1",
        "the smallest files",
        depths=(8, 10, 12),
        chosen=(8, 10, 12),
        chroma="4:2:0",
        containers=_MOVIES,
        encoder=Encoder("libsvtav1", 24, "preset", "6"),
        full=Encoder("libaom-av1", 20, "cpu-used", "6", (("row-mt", 1), ("threads", 8)), fastest=8),
        shallow=10,
        crf_max=63,
        presets=tuple(str(step) for step in range(14)),
        hardware=("nvenc", "qsv", "vaapi"),
        siting=False,
    ),
    Codec(
        "prores",
        "editing",
        depths=(10,),
        chosen=(10,),
        chroma="4:2:2",
        containers=(".mov", ".mkv", ".mxf"),
        encoder=Encoder("prores_ks", options=(("vendor", "apl0"),)),
        variant="422 HQ",
        siting=False,
        limited=True,
    ),
    Codec(
        "dnxhr",
        "editing; frames of 256x120 or more",
        depths=(10,),
        chosen=(10,),
        chroma="4:2:2",
        containers=(".mov", ".mxf"),
        encoder=Encoder("dnxhd"),
        ffmpeg="dnxhd",
        variant="HQX",
        limited=True,
        bt709=True,
    ),
    Codec(
        "ffv1",
        "archives",
        depths=(8, 10, 12, 16),
        chosen=(8, 9, 10, 12, 14, 16),
        chroma="the source's; gray stays gray unless it is colored",
        containers=(".mkv", ".mp4"),
        encoder=Encoder("ffv1", options=(("level", 3), ("slicecrc", 1), ("g", 1))),
        variant="lossless, level 3, CRC in every slice",
        siting=False,
    ),
    Codec(
        "dpx",
        "scanners and grading",
        depths=(8, 10, 12, 16),
        chosen=(10, 12, 16),
        chroma="RGB",
        containers=(".dpx",),
        images=True,
    ),
    Codec(
        "tiff",
        "archives of images",
        depths=(8, 16),
        chosen=(16,),
        chroma="RGB or gray",
        containers=(".tif", ".tiff"),
        variant="uncompressed",
        images=True,
    ),
    Codec(
        "png",
        "everything else",
        depths=(8, 16),
        chosen=(8, 16),
        chroma="RGB or gray",
        containers=(".png",),
        images=True,
    ),
    Codec(
        "exr",
        "compositing",
        depths=(16,),
        chosen=(16,),
        chroma="RGB or gray",
        containers=(".exr",),
        variant="linear light in 32-bit floats, uncompressed",
        images=True,
    ),
)

CODECS: Mapping[str, Codec] = MappingProxyType({codec.name: codec for codec in _TABLE})
"""All codecs by name, in the order of the help text."""

FILM_CODECS = tuple(codec.name for codec in _TABLE if not codec.images)
"""The codecs of films."""

IMAGE_CODECS = tuple(codec.name for codec in _TABLE if codec.images)
"""The codecs whose results are image sequences."""

LOSSLESS: FilmCodec = "ffv1"
"""The codec of the film that an image sequence is made from."""


def is_film_codec(name: str) -> TypeGuard[FilmCodec]:
    """Whether the results of a codec are films."""
    return name in FILM_CODECS


def codec_by_ffmpeg_name(name: str) -> str:
    """The name in restore of a codec that ffmpeg calls `name`."""
    return next((codec.name for codec in _TABLE if codec.ffmpeg_name == name), name)
