"""Reduced frames of a whole film in one pass, and the 32x32 thumbnails by which frames are identified.

Reduced frames are area means, 8 bit, 4:4:4, limited range, scaled by ffmpeg right after decoding. The
thumbnail of a frame is the area mean of its reduced frame's luma. Source and result are reduced in the same
way, so an exact enlargement gives the same thumbnail within rounding: 2 code values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.clip import LUMA_WEIGHTS, Matrix
from restore.errors import SourceError
from restore.media.color.pixels import PixelFormat, Plane, RawFrame, pixel_format
from restore.media.ffmpeg.log_lines import other_messages, video_and_audio_messages
from restore.media.ffmpeg.process import split_changes
from restore.media.ffmpeg.raw_frames import RawFrameReader, seek_points_before, whole_frames
from restore.media.images.reader import ImageReader
from restore.media.source import Source

THUMBNAIL = 32
"""Rows and columns of a thumbnail."""

REDUCED_FORMAT = pixel_format("yuv444p")
"""The pixel format of reduced frames."""

_FIELD_COLUMNS = ((1600, 8), (400, 4), (160, 2))
"""The film's width from which only one of so many columns is kept for fields."""

_DAMAGE_LINES = 20
"""The largest number of lines of a decoder's errors that are kept."""

_SILENT = 2
"""Number of packets at the end that may have no frame: second fields, repetitions."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ReducedFrame:
    """A frame scaled down: PTS and duration in the film's time base, three planes [h, w].

    Always limited range; RGB is converted to BT.709, as in clips and in results that are YUV; other matrices
    are kept.
    """

    pts: int
    duration: int
    y: Bytes
    cb: Bytes
    cr: Bytes


def reduced_size(width: int, height: int, wanted: int) -> tuple[int, int]:
    """Width and height of the reduced frames of a film: about `wanted` columns, never enlarged.

    Both are multiples of the thumbnail's side, so that a thumbnail is exactly the area mean of the full
    frame; the aspect is only roughly the film's.
    """
    columns = _cells(width, wanted)
    return columns, _cells(height, height * columns / width)


def _cells(length: int, wanted: float) -> int:
    """The multiple of the thumbnail's side nearest to `wanted`, at most `length` (shorter ones are kept)."""
    if length < THUMBNAIL:
        return length
    return max(1, min(round(wanted / THUMBNAIL), length // THUMBNAIL)) * THUMBNAIL


def reduced_filter(
    source: Source,
    size: tuple[int, int],
    matrix: Matrix | None = None,
    pixels: PixelFormat = REDUCED_FORMAT,
) -> str:
    """Ffmpeg's filter for reducing: area means, no dither, limited range.

    `matrix` is the matrix of the reduced frames; None: the film's own, BT.709 for RGB. `pixels` is their
    pixel format.
    """
    full = _is_full(source)
    if source.format.family == "gray":
        # swscale reads every gray as full range: to keep limited values, the result is called full, too
        ranges = {"in_range": "full", "out_range": "limited" if full else "full"}
    else:
        ranges = {"in_range": "full" if full else "limited", "out_range": "limited"}
    if source.color.matrix == "rgb":
        ranges["out_color_matrix"] = matrix or "bt709"
    elif matrix is not None:
        ranges |= {"in_color_matrix": source.color.matrix, "out_color_matrix": matrix}
    return f"{_scaling(size, ranges)},format={pixels.name}"


def luma_filter(size: tuple[int, int]) -> str:
    """Filter for reducing the luma plane only, in the film's own range."""
    ranges = {"in_range": "full", "out_range": "full"}
    return f"extractplanes=y,{_scaling(size, ranges)},format=gray"


def _scaling(size: tuple[int, int], ranges: Mapping[str, str]) -> str:
    options = "".join(f":{name}={value}" for name, value in ranges.items())
    return f"scale=w={size[0]}:h={size[1]}:flags=area+accurate_rnd:sws_dither=none{options}"


class ReducedReader:
    """One pass over reduced frames, in order; its messages are complete when the pass is over."""

    def __init__(
        self,
        source: Source,
        size: tuple[int, int],
        within: tuple[int, int] | None = None,
        pixels: PixelFormat = REDUCED_FORMAT,
    ) -> None:
        """`size` is (columns, rows), `pixels` what ffmpeg gives; see `read_reduced`."""
        self._source = source
        self._pixels = pixels
        self._within = within
        self.size = size
        self._damage: tuple[str, ...] = ()
        self._notes: tuple[str, ...] = ()
        self._changes: tuple[str, ...] = ()

    @property
    def damage(self) -> tuple[str, ...]:
        """Errors of demuxer and decoder so far, a line each; empty for an undamaged film."""
        return self._damage

    @property
    def notes(self) -> tuple[str, ...]:
        """Their errors in streams other than video and audio."""
        return self._notes

    @property
    def changes(self) -> tuple[str, ...]:
        """Formats, ranges, matrices and sizes that later frames have, as ffmpeg describes them."""
        return self._changes

    def __iter__(self) -> Iterator[ReducedFrame]:
        held: RawFrame | None = None
        duration = 0
        for raw in self._raw():
            if held is not None:
                duration = raw.pts - held.pts
                yield _small(held, duration)
            held = raw
        if held is not None:
            yield _small(held, self._last_duration(held.pts) or duration or 1)

    def _raw(self) -> Iterator[RawFrame]:
        """The frames of the range, from the nearest seek point that gives its first frame."""
        first, stop = self._bounds()
        tries = [None] if first is None else seek_points_before(self._source.keys, first)
        for number, seek in enumerate(tries):
            reader = _opened(self._source, self.size, seek, self._pixels)
            began, status = False, 0
            last: int | None = None
            try:
                for raw in reader:
                    if first is not None and raw.pts < first:
                        continue
                    if not began and raw.pts != first and number < len(tries) - 1:
                        break  # the seek went past the first frame
                    if stop is not None and raw.pts >= stop:
                        break
                    began, last = True, raw.pts
                    yield _shrunk(self._source, raw, self.size)
                else:
                    status = reader.wait()
            finally:
                reader.close()
            if status < 0:
                raise _killed(self._source, -status)
            self._changes, messages = split_changes(reader.messages())
            damage = video_and_audio_messages(messages, self._source)
            self._damage = _shortened(damage) or self._missing_at_end(last, stop)
            self._notes = _shortened(other_messages(messages, self._source))
            if began:
                return

    def _bounds(self) -> tuple[int | None, int | None]:
        """The PTS of the first frame of the range and of the first frame after it."""
        if self._within is None:
            return None, None
        start, stop = self._within
        known = [pts for pts in self._source.frames.pts if pts >= start]
        return (known[0] if known else start), stop

    def _missing_at_end(self, last: int | None, stop: int | None) -> tuple[str, ...]:
        """A line about frames at the end that are missing although the decoder reported no error."""
        wanted = [pts for pts in self._source.frames.pts if stop is None or pts < stop]
        missing = sum(1 for pts in wanted if last is None or pts > last)
        if missing <= _SILENT:
            return ()
        return (f"the decoder stopped {missing} frames before the film's end",)

    def _last_duration(self, pts: int) -> int | None:
        frames = self._source.frames
        return frames.durations[-1] if frames.pts[-1] == pts else None


def read_reduced(
    source: Source, width: int, within: tuple[int, int] | None = None
) -> ReducedReader:
    """Every frame reduced to about `width` columns, in order, with PTS in the film's time base.

    `within` limits the pass to the PTS from the first to before the second.
    """
    return ReducedReader(source, reduced_size(source.width, source.height, width), within)


def read_strips(source: Source, rows: int, within: tuple[int, int] | None = None) -> ReducedReader:
    """Every frame at its full width and at most this many rows, which are means: for vertical structures."""
    return ReducedReader(source, (source.width, min(rows, source.height)), within)


def read_fields(source: Source, within: tuple[int, int] | None = None) -> ReducedReader:
    """Every frame with all its rows, none of them mixed with others, and fewer columns (`field_columns`).

    The rows of chroma are the film's own, too (one of them where it has fewer).
    """
    sub_h = source.format.sub_h if source.format.family == "yuv" else 0
    pixels = pixel_format("yuv420p" if sub_h else "yuv422p")
    return ReducedReader(source, (field_columns(source.width), source.height), within, pixels)


def field_columns(width: int) -> int:
    """The columns of frames for fields: a quarter; more of narrow films, less of very wide ones."""
    share = next((share for least, share in _FIELD_COLUMNS if width >= least), 1)
    return -(-width // share)


def _opened(
    source: Source, size: tuple[int, int], seek: int | None, pixels: PixelFormat
) -> RawFrameReader | ImageReader:
    """A reader of frames reduced by ffmpeg, or of whole frames of files that ffmpeg does not read."""
    if source.decoder != "ffmpeg":
        return whole_frames(source, seek)
    filters = reduced_filter(source, size, pixels=pixels)
    return RawFrameReader(source, pixels, size, seek, filters, changes=True)


def _shrunk(source: Source, raw: RawFrame, size: tuple[int, int]) -> RawFrame:
    """Reduce a whole frame (gray or full-range RGB); frames that ffmpeg reduced are returned unchanged."""
    if source.decoder == "ffmpeg":
        return raw
    import cv2

    means = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in raw.planes]
    white = np.float32((1 << source.format.depth) - 1)
    units = [np.asarray(mean, np.float32) / white for mean in means]
    green, blue, red = units if len(units) == 3 else units * 3
    of_red, of_green, of_blue = LUMA_WEIGHTS["bt709"]
    luma = of_red * red + of_green * green + of_blue * blue
    y = np.asarray(16 + 219 * luma, np.float32)
    cb = np.asarray(128 + 112 * (blue - luma) / (1 - of_blue), np.float32)
    cr = np.asarray(128 + 112 * (red - luma) / (1 - of_red), np.float32)
    return RawFrame(raw.pts, (_rounded(y, 8), _rounded(cb, 8), _rounded(cr, 8)))


def _small(raw: RawFrame, duration: int) -> ReducedFrame:
    y, cb, cr = (plane.view(np.uint8) for plane in raw.planes)
    return ReducedFrame(raw.pts, duration, y, cb, cr)


def _killed(source: Source, number: int) -> SourceError:
    """The error for a decoder that was killed: the frames that are missing are not damage of the film."""
    return SourceError(
        f"The decoder was ended by signal {number} while it decoded the film.",
        str(source.path),
        "If memory ran out, free some; then run the same command again.",
        code="decoder-killed",
    )


def _shortened(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    more = len(lines) - _DAMAGE_LINES
    kept = lines[:_DAMAGE_LINES]
    return (*kept, f"... and {more} more messages") if more > 0 else kept


def thumbnail(luma: Plane, depth: int = 8) -> Bytes:
    """Area means [32, 32] of a plane [h, w] in code values of `depth` bit, rounded to 8 bit."""
    return _rounded(_area(luma), depth)


def frame_thumbnail(source: Source, planes: Sequence[Plane], matrix: Matrix = "bt709") -> Bytes:
    """The thumbnail of a whole frame (RGB: luma by `matrix`), comparable with that of the reduced frame.

    Both are area means of luma in limited range; the reduced frame was rounded once more, so they are equal
    within 2 code values.
    """
    return _luma(source, planes, matrix, _area)


def reduced_luma(source: Source, planes: Sequence[Plane], size: tuple[int, int]) -> Bytes:
    """The luma [h, w] of a whole frame reduced to `size` (columns, rows)."""
    import cv2

    def area(plane: Plane) -> npt.NDArray[np.float32]:
        means = cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return np.asarray(means, np.float32)

    return _luma(source, planes, "bt709", area)


def _luma(
    source: Source,
    planes: Sequence[Plane],
    matrix: Matrix,
    area: Callable[[Plane], npt.NDArray[np.float32]],
) -> Bytes:
    """Luma in limited range and 8 bit, of planes brought to one size by `area`."""
    depth = source.format.depth
    if source.format.family == "rgb":
        red, green, blue = LUMA_WEIGHTS[matrix]
        shares = zip((green, blue, red), planes, strict=True)
        mean = np.sum([np.float32(share) * area(plane) for share, plane in shares], axis=0)
    else:
        mean = area(planes[0])
    return _rounded(_limited(mean, depth, source), depth)


def limited_thumbnail(source: Source, luma: Bytes) -> Bytes:
    """Convert an 8-bit thumbnail in the film's own range to limited range."""
    return _rounded(_limited(luma.astype(np.float32), 8, source), 8)


def _limited(mean: npt.NDArray[np.float32], depth: int, source: Source) -> npt.NDArray[np.float32]:
    if not _is_full(source):
        return mean
    return mean * np.float32(219 / 255) + np.float32(16 * (1 << (depth - 8)))


def _is_full(source: Source) -> bool:
    """Whether the film is read as full range: swscale does so with every RGB format, whatever its tag."""
    return source.color.range == "full" or source.format.family == "rgb"


def _rounded(mean: npt.NDArray[np.float32], depth: int) -> Bytes:
    return np.clip(np.rint(mean / (1 << (depth - 8))), 0, 255).astype(np.uint8)


def _area(plane: Plane) -> npt.NDArray[np.float32]:
    """Area means [32, 32] of a plane; OpenCV gives the same faster, but not for enlarging."""
    height, width = plane.shape
    if height >= THUMBNAIL and width >= THUMBNAIL:
        import cv2

        cells = (THUMBNAIL, THUMBNAIL)
        means = cv2.resize(plane.astype(np.float32), cells, interpolation=cv2.INTER_AREA)
        return np.asarray(means, np.float32)
    rows, columns = area_weights(height, THUMBNAIL), area_weights(width, THUMBNAIL)
    return np.asarray(rows @ plane.astype(np.float32) @ columns.T, np.float32)


@functools.lru_cache(maxsize=16)
def area_weights(length: int, cells: int) -> npt.NDArray[np.float32]:
    """Weights of `length` samples in `cells` equal cells: [cells, length]."""
    edges = np.arange(cells + 1) * (length / cells)
    samples = np.arange(length)
    upper = np.minimum(edges[1:, None], samples + 1)
    lower = np.maximum(edges[:-1, None], samples)
    return (np.maximum(upper - lower, 0) * (cells / length)).astype(np.float32)
