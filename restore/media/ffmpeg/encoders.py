"""Software encoders: pixel formats, options, and ffmpeg arguments (the codecs: media/codecs.py)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from restore.clip import ColorSpec
from restore.media.codecs import CODECS, Encoder, FilmCodec
from restore.media.color.pixels import PixelFormat, format_name, pixel_format
from restore.media.ffmpeg.ffv1_slices import ffv1_slices
from restore.media.ffmpeg.hardware import hardware_device, hardware_input, hardware_options
from restore.media.ffmpeg.process import Options, command
from restore.media.names import as_input


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """How the result's video stream is encoded.

    `rate` is the mean number of frames a second; it is used for rate control only, the join sets each PTS.
    `crf` and `preset` None mean the codec's default (media/codecs.py). `hardware` is ffmpeg's name of a
    hardware encoder; None means the codec's software encoder.
    """

    codec: FilmCodec
    pixel_format: str
    width: int
    height: int
    rate: Fraction
    sar: Fraction
    color: ColorSpec
    crf: int | None
    preset: str | None
    hardware: str | None = None


_MATRICES = {"bt601": "smpte170m", "bt709": "bt709", "bt2020": "bt2020nc", "rgb": "gbr"}

SAR_TERMS = 65535
"""The largest numerator or denominator of a sample aspect that codecs store; the default of ffmpeg's filter
setsar is 100."""

_RANGES = {"limited": "tv", "full": "pc"}

_PACKED = {("ffv1", "gbrp"): "bgr0"}
"""Formats for which ffmpeg's encoder takes only the packed equivalent."""

_RATES = (Fraction(1), Fraction(240))
"""Limits of the frame rate that encoders get: rate control and levels need a plausible one."""


def output_pixel_format(
    codec: FilmCodec, source: PixelFormat, colored: bool, odd: bool, depth: int | None = None
) -> str:
    """Choose the pixel format of the encoder.

    h264    8 bit 4:2:0
    hevc    the source's depth (8, 10, 12; the next one up where there is none) 4:2:0
    av1     the same
    prores  10 bit 4:2:2
    dnxhr   10 bit 4:2:2
    ffv1    the source's own format; gray becomes 4:2:0 of the same depth if the film is `colored`
    `depth` overrides the source's depth; the codec must support it. `odd` sizes are encoded as 4:4:4 (not
    with ffv1, which does not need even sizes).
    """
    wanted = depth or source.depth
    if codec == "ffv1":
        if source.family == "gray" and colored:
            return format_name("yuv", wanted, 1, 1)
        return source.name if wanted == source.depth else _deepened(source, wanted)
    depths = CODECS[codec].chosen
    stored = next((own for own in depths if own >= wanted), depths[-1])
    if odd:
        return format_name("yuv", stored, 0, 0)
    return format_name("yuv", stored, 1, 0 if CODECS[codec].chroma == "4:2:2" else 1)


def _deepened(source: PixelFormat, depth: int) -> str:
    """The source's format in another depth; if there is none, with the next finer chroma subsampling."""
    sub_w = 1 if source.sub_w == 2 else source.sub_w
    sub_h = 1 if source.sub_h == 2 else source.sub_h
    if (sub_w, sub_h) == (0, 1):
        sub_h = 0
    return format_name(source.family, depth, sub_w, sub_h)


def encoder_of(video: VideoFormat) -> Encoder:
    """The software encoder for this format."""
    pixels, codec = pixel_format(video.pixel_format), CODECS[video.codec]
    assert codec.encoder is not None
    if codec.full and (pixels.depth > (codec.shallow or pixels.depth) or pixels.sub_w == 0):
        return codec.full
    return codec.encoder


def input_format(video: VideoFormat) -> str:
    """The pixel format of frames passed to the encoder: the format itself, or its packed equivalent."""
    if video.hardware is not None:
        return hardware_input(video.pixel_format)
    return _PACKED.get((video.codec, video.pixel_format), video.pixel_format)


def marks_fields(video: VideoFormat) -> bool:
    """Whether the bitstream itself marks its frames as interlaced, so that every player deinterlaces them.

    HEVC and AV1 cannot mark frames of two fields, x264 cannot for heights such as 486.
    """
    return video.codec == "ffv1" or _by_fields(video)


def _by_fields(video: VideoFormat) -> bool:
    """Whether the encoder encodes the two fields of an interlaced film separately."""
    rows = 2 << pixel_format(video.pixel_format).sub_h
    supported = video.codec == "prores" or (video.codec == "h264" and video.height % rows == 0)
    return video.color.fields is not None and supported


def encode_arguments(video: VideoFormat, target: Path) -> list[str]:
    """The ffmpeg arguments for encoding a part from raw frames on standard input."""
    reader: Options = {
        **hardware_device(video.hardware),
        "filename": "pipe:0",
        "format": "rawvideo",
        "pixel_format": input_format(video),
        "s": f"{video.width}x{video.height}",
        "framerate": str(min(max(video.rate, _RATES[0]), _RATES[1]).limit_denominator(10_000)),
        "protocol_whitelist": "pipe,fd",
    }
    writer: dict[str, str | int | None] = {
        "filename": as_input(target),
        "format": "matroska",
        "vcodec": video.hardware or encoder_of(video).name,
        "fps_mode": "passthrough",
        # some encoders support limited range only; ffmpeg would then convert full range by itself
        "noauto_conversion_filters": None,
        "color_range": _RANGES[video.color.range],
        # no dates, random numbers or version strings: the same frames give the same part
        "fflags": "+bitexact",
        "flags:v": "+bitexact" + ("+ildct+ilme" if _by_fields(video) else ""),
        **(_software(video) if video.hardware is None else _hardware(video)),
    }
    upload = ",hwupload" if hardware_device(video.hardware) else ""
    return command(reader, writer, filters=_tagging(video) + upload)


def _hardware(video: VideoFormat) -> dict[str, str | int | None]:
    """Quality and preset options of the hardware encoder, from the codec's own scale."""
    assert video.hardware is not None
    usual = CODECS[video.codec].encoder
    crf = usual.crf if video.crf is None and usual is not None else video.crf
    return hardware_options(video.hardware, crf or 1, video.preset)


def _software(video: VideoFormat) -> dict[str, str | int | None]:
    """The software encoder's fixed options, and its options for CRF, preset and profile."""
    encoder = encoder_of(video)
    chosen: dict[str, str | int | None] = dict(encoder.options)
    if encoder.crf is not None:
        chosen["crf"] = encoder.crf if video.crf is None else video.crf
    if encoder.preset_option is not None:
        preset = video.preset or encoder.preset
        if encoder.fastest is not None and preset is not None:
            preset = str(min(int(preset), encoder.fastest))
        chosen[encoder.preset_option] = preset
    if encoder.name == "libx264":
        chosen |= _same_anywhere(video.width, video.height)
    if video.codec == "ffv1":
        pixels = pixel_format(video.pixel_format)
        chosen["slices"] = ffv1_slices(video.width, video.height, pixels)
    if video.codec == "prores":
        chosen["profile:v"] = 4 if video.pixel_format.startswith("yuv444") else 3
    if video.codec == "dnxhr":
        full = video.pixel_format.startswith("yuv444")
        chosen["profile:v"] = "dnxhr_444" if full else "dnxhr_hqx"
    return chosen


def _same_anywhere(width: int, height: int) -> dict[str, str | int | None]:
    """Options with which x264 gives the same result on every machine, at every load.

    By default its number of threads is that of the machine's cores, and frames depend on it. Its
    macroblock tree, vectorized for AVX-512, reads past the end of a frame's arrays; for small frames that
    is memory used before, so that a frame changes occasionally.
    """
    area = width * height
    fixed: dict[str, str | int | None] = {"threads": 8 if area >= 1280 * 720 else 4}
    return fixed if area >= 640 * 360 else fixed | {"x264-params": "mbtree=0"}


def _matrix_tag(color: ColorSpec) -> str:
    """The matrix by ffmpeg's name: the source's tag; of untagged films the one that fits the primaries."""
    if color.matrix_tag is not None:
        return color.matrix_tag
    if color.matrix == "bt601" and color.primaries == "bt470bg":
        return "bt470bg"
    return _MATRICES[color.matrix]


def _tagging(video: VideoFormat) -> str:
    """Filters that set the color description of frames without changing them; encoders read it from there."""
    color, pixels = video.color, pixel_format(video.pixel_format)
    subsampled = pixels.sub_w or pixels.sub_h
    tags = {
        "range": _RANGES[color.range],
        "colorspace": _matrix_tag(color),
        "color_primaries": color.primaries,
        "color_trc": color.transfer,
        "chroma_location": color.siting if subsampled else None,
        "field_mode": color.fields or "prog",
    }
    params = ":".join(f"{name}={value}" for name, value in tags.items() if value)
    return f"setparams={params},setsar=sar={video.sar.numerator}/{video.sar.denominator}:max={SAR_TERMS}"
