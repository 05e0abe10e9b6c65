"""TIFFs of all makes: right values whoever decodes them, or a refusal that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restore.errors import SourceError
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails
from restore.media.ffmpeg.decode import frame_thumbnail, read_frames, read_reduced, thumbnail
from restore.recipe import Recipe
from restore.timing import Span
from tests.media.images.made import planar, random_samples, sequence, tiff
from tests.media.test_identity import planes_of, worst


def refused(path: Path) -> SourceError:
    """The error that probing ends with."""
    with pytest.raises(SourceError) as caught:
        probe(path)
    return caught.value


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("compression", ["none", "lzw", "zip", "packbits"])
@pytest.mark.parametrize("layout", ["strips", "planes", "tiles", "tiles planes"])
def test_every_layout_gives_the_stored_values(
    layout: str, compression: str, channels: int, dtype: type, tmp_path: Path
) -> None:
    """Strips by ffmpeg, tiles by OpenImageIO; colors are not multiplied by alpha."""
    more: dict[str, Any] = {"compression": compression, "tile": 16 if "tiles" in layout else 0}
    if "planes" in layout:
        more["planarconfig"] = "separate"
    if channels == 4:
        more |= {"names": "RGBA", "oiio__UnassociatedAlpha": 1}
    frames = random_samples(dtype, channels)
    source = probe(sequence(tmp_path / "reel", ".tif", frames, **more))
    by_ffmpeg = "tiles" not in layout and not (channels == 1 and "planes" in layout)
    assert source.decoder == ("ffmpeg" if by_ffmpeg else "openimageio")
    assert source.color.range == "full"
    assert worst(planes_of(source), [planar(frame) for frame in frames]) == 0
    kept = [note for note in source.notes if "transparency" in note]
    assert len(kept) == (channels == 4)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_depths_are_read(bits: int, channels: int, tmp_path: Path) -> None:
    """Their own values, not filled up to 16 bit."""
    frames = random_samples(channels=channels)
    source = probe(sequence(tmp_path / "reel", ".tif", frames, oiio__BitsPerSample=bits))
    assert source.format.depth == bits
    assert worst(planes_of(source), [planar(frame >> (16 - bits)) for frame in frames]) == 0


def test_bigtiff_is_read(tmp_path: Path) -> None:
    """Scans above 4 GB have it, and so may all others of their maker."""
    frames = random_samples()
    folder = sequence(tmp_path / "reel", ".tif", frames, tiff__bigtiff=1)
    assert (folder / "f_0001.tif").read_bytes()[:4] == b"II+\0"
    source = probe(folder)
    assert (source.width, source.height, source.streams[0].summary) == (64, 48, "video tiff 64x48")
    assert worst(planes_of(source), [planar(frame) for frame in frames]) == 0


def test_ink_becomes_light(tmp_path: Path) -> None:
    """CMYK, (1 - ink) * (1 - black), within half a value; a note says that no profile was used."""
    (ink,) = random_samples(channels=4, count=1)
    tiff(tmp_path / "f_0001.tif", (ink, {262: 5}))
    source = probe(tmp_path / "f_%04d.tif")
    assert any("CMYK" in note for note in source.notes)
    exact = (65535 - ink[..., :3].astype(float)) * (65535 - ink[..., 3:].astype(float)) / 65535
    (planes,) = planes_of(source)
    for plane, wanted in zip(planes, planar(exact), strict=True):
        assert np.abs(plane - wanted).max() <= 0.51


def test_pages_are_refused(tmp_path: Path) -> None:
    """A file is a frame: which pages would be frames, nobody has said; the file is named."""
    for number in (1, 2):
        pages = [(samples, {}) for samples in random_samples(count=3)]
        tiff(tmp_path / f"f_{number:04d}.tif", *pages)
    error = refused(tmp_path)
    assert (error.code, error.exit_code) == ("image-unsupported", 3)
    assert "several pages" in error.what
    assert error.where.endswith("f_0001.tif")
    assert "tiffsplit" in error.what_to_do


def test_one_file_with_pages_is_named_among_the_others(tmp_path: Path) -> None:
    """Not only the first file is looked at."""
    frames = random_samples(count=3)
    for number in (1, 2, 3):
        pages = frames if number == 2 else frames[:1]
        tiff(tmp_path / f"f_{number:04d}.tif", *[(samples, {}) for samples in pages])
    error = refused(tmp_path)
    assert error.code == "images-differ"
    assert "f_0002.tif" in error.where
    assert "f_0003.tif" not in error.where


def test_a_thumbnail_is_no_page(tmp_path: Path) -> None:
    """Scanners add a small copy of the picture, marked as such."""
    samples = random_samples(count=1)[0]
    tiff(tmp_path / "f_0001.tif", (samples, {}), (samples[::8, ::8].copy(), {254: 1}))
    assert worst(planes_of(probe(tmp_path / "f_%04d.tif")), [planar(samples)]) == 0


@pytest.mark.parametrize(
    ("dtype", "photometric", "text"),
    [
        (np.float32, 2, "samples are float"),
        (np.uint32, 2, "samples are uint"),
        (np.int16, 2, "samples are int16"),
        (np.uint8, 8, "colors are CIELAB"),
    ],
)
def test_what_no_working_format_holds_is_refused(
    dtype: type, photometric: int, text: str, tmp_path: Path
) -> None:
    """Signed samples were read as large numbers before, the others failed without a reason."""
    samples = np.zeros((48, 64, 3), dtype)
    sample_format = {"f": 3, "i": 2}.get(np.dtype(dtype).kind, 1)
    tiff(tmp_path / "f_0001.tif", (samples, {262: photometric, 339: sample_format}))
    error = refused(tmp_path)
    assert error.code == "image-unsupported"
    assert text in error.what


def test_white_as_zero_in_tiles(tmp_path: Path) -> None:
    """Of 8 bits it is turned round, of 16 OpenImageIO would not do it: refused."""
    for dtype in (np.uint8, np.uint16):
        samples = random_samples(dtype, channels=1, count=1, size=(64, 64))[0]
        path = tmp_path / np.dtype(dtype).name / "f_0001.tif"
        tiff(path, (samples, {262: 0, 322: 64, 323: 64, 324: 0, 325: samples.nbytes}))
        data = bytearray(path.read_bytes())
        at = data.index((324).to_bytes(2, "little") + b"\4\0\1\0\0\0\0\0\0\0")
        data[at + 8 : at + 12] = (10).to_bytes(4, "little")
        path.write_bytes(bytes(data))
        if dtype == np.uint8:
            assert worst(planes_of(probe(path.parent)), [planar(255 - samples)]) == 0
        else:
            assert "photometric 0" in refused(path.parent).what


def test_small_pictures_of_tiles_show_the_same(tmp_path: Path) -> None:
    """As those of strips, which ffmpeg makes, within its rounding; and the audit's thumbnails as well."""
    rows, columns = np.mgrid[0:96, 0:128]
    colors = np.stack((columns * 500, rows * 600, (rows + columns) * 250), -1).astype(np.uint16)
    for name, samples in (("rgb", colors), ("gray", colors[..., :1])):
        strips = probe(sequence(tmp_path / f"{name}-s", ".tif", [samples] * 2))
        tiles = probe(sequence(tmp_path / f"{name}-t", ".tif", [samples] * 2, tile=32))
        assert (strips.decoder, tiles.decoder) == ("ffmpeg", "openimageio")
        for one, other in zip(read_reduced(strips, 64), read_reduced(tiles, 64), strict=True):
            for a, b in ((one.y, other.y), (one.cb, other.cb), (one.cr, other.cr)):
                assert np.abs(a.astype(int) - b).max() <= 2
        (first, *_) = planes_of(tiles)
        seen = [image for _, image in read_thumbnails(tiles.path)]
        assert len(seen) == 2
        assert np.abs(seen[0].astype(int) - frame_thumbnail(tiles, first)).max() <= 2
        small = next(iter(read_reduced(tiles, 64)))
        assert np.abs(thumbnail(small.y).astype(int) - seen[0]).max() <= 2


def test_any_span_of_tiles_is_found_by_number(tmp_path: Path) -> None:
    """From any frame on, across gaps, in order."""
    frames = random_samples(count=7)
    folder = sequence(tmp_path / "reel", ".tif", frames, tile=16)
    (folder / "f_0003.tif").unlink()
    source = probe(folder)
    assert source.frames.pts == (0, 1, 3, 4, 5, 6)
    wanted = [planar(frame) for number, frame in enumerate(frames) if number != 2]
    assert worst(planes_of(source), wanted) == 0
    for span in (Span(0, 1), Span(2, 5), Span(5, 6)):
        part = list(read_frames(source, source.frames, span))
        assert [picture.index for picture in part] == list(range(span.start, span.stop))
        assert worst([p.planes for p in part], wanted[span.start : span.stop]) == 0
    assert [small.pts for small in read_reduced(source, 64, (1, 4))] == [1, 3]


def test_a_tile_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    """The file is named, the others come."""
    folder = sequence(
        tmp_path / "reel", ".tif", random_samples(count=3), tile=16, compression="zip"
    )
    path = folder / "f_0002.tif"
    data = bytearray(path.read_bytes())
    data[9000:9500] = bytes(500)
    path.write_bytes(bytes(data))
    reader = read_reduced(probe(folder), 64)
    assert [small.pts for small in reader] == [0, 2]
    assert any("f_0002.tif" in line for line in reader.damage)


def test_a_run_on_tiles_passes_its_audit(tmp_path: Path) -> None:
    """Value for value into FFV1, by the real audit."""
    frames = random_samples(count=3)
    folder = sequence(tmp_path / "reel", ".tif", frames, tile=16)
    result = restore_film(JobRequest(folder, Recipe(codec="ffv1")), lambda event: None)
    assert worst(planes_of(probe(result)), [planar(frame) for frame in frames]) == 0
