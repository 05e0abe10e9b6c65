"""EXR pictures: what their headers say, read as light, refused where they are more, and written."""

from __future__ import annotations

import base64
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import OpenImageIO as oiio
import pytest

from restore.errors import SourceError, UsageError
from restore.jobs.prepare import JobRequest, set_up_job
from restore.jobs.restore_film import restore_film
from restore.media.codecs import CodecName
from restore.media.color.linear import to_codes
from restore.media.color.pixels import Plane, pixel_format
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import frame_thumbnail, read_frames, read_reduced, thumbnail
from restore.media.images.header import Header, read_header
from restore.media.images.image_facts import ImageFacts
from restore.media.images.writer import read_back, write_image
from restore.recipe import Recipe
from restore.run.events import Event, Joining, Planned, Reused
from restore.timing import Span
from tests.media.films import make, noise, run_ffmpeg
from tests.media.images.made import draw, image, random_samples, sequence, write_header
from tests.media.test_identity import planes_of, worst

RGB16, GRAY16 = pixel_format("gbrp16le"), pixel_format("gray16le")

# made by OpenEXR 3.5.3: 12x9 halves in PIZ compression, red = x / 16, green = y / 16, blue = (x + y) / 32
PIZ = zlib.decompress(
    base64.b85decode(
        "c-n=LPiq1(5XIk$he9dzWAq?x-Kx8u`tQ(V!HYK`-HjSplVuaE-g4~6>PPFiwrJ}NoyU;j<;{;k);Im61E5$cYjx#ms"
        "EiND$a_M9eI?)ha^g%*929O<H`;sS?5}xu*)3I2Q)5f_jyJbS4K8u0bLund()hYk+kbPFvHG<sb#pYePpHjCSC78dMV"
        "P2y9Oji%0o`^x-ut4_+V1hs+6G!%r}Gy1Q^%31DZ}y)B5Z379~xs9xM=gr?jB)QYN0Vp4y2Dxdt9N1Yuuub6n7ZJ0fu"
        "o1xq6gMK`D&rGxC^Y9LEA>L@qCh!&2giJYEuqr)1>tk~l0SW|ZS4ad=8jDP9tXr99-6;U#fc3f*ObBo0gY%ppnOd;yc"
        "hq&N"
    )
)


def numbered(folder: Path, pictures: list[bytes]) -> Path:
    """Files with numbers from 1 on."""
    folder.mkdir()
    for number, data in enumerate(pictures, start=1):
        (folder / f"f_{number:04d}.exr").write_bytes(data)
    return folder


def written(
    folder: Path, facts: ImageFacts, kind: str = "RGB", size: tuple[int, int] = (8, 6)
) -> Path:
    """An EXR of random values as results have it."""
    pixels = GRAY16 if kind == "Y" else RGB16
    path = folder / "f_0001.exr"
    write_image(path, pixels, noise(pixels, *size, 1)[0], facts)
    return path


def header_of(path: Path, channels: str, dtype: type = np.float32) -> Header:
    """The header of an EXR of OpenImageIO's with these channels."""
    samples = random_samples(dtype, len(channels), 1)[0]
    return read_header(image(path, samples, names=channels))


@pytest.mark.parametrize("size", [(64, 48), (33, 17), (5, 16), (1, 1)], ids=str)
@pytest.mark.parametrize("kind", ["RGB", "Y"])
def test_headers_say_rate_timecode_and_primaries(
    kind: str, size: tuple[int, int], tmp_path: Path
) -> None:
    """OpenImageIO writes them, ffmpeg reads the values back bit for bit, and our own reader the facts."""
    facts = ImageFacts(
        rate=Fraction(30000, 1001), timecode="01:02:03;04", transfer="bt709", primaries="bt2020"
    )
    path = written(tmp_path, facts, kind, size)
    pixels = GRAY16 if kind == "Y" else RGB16
    back = read_back(path, pixels, "bt709")
    assert all(np.array_equal(a, b) for a, b in zip(noise(pixels, *size, 1)[0], back, strict=True))
    header = read_header(path)
    assert (header.width, header.height, header.rate) == (*size, Fraction(30000, 1001))
    assert (header.timecode, header.primaries) == ("01:02:03;04", "bt2020")
    assert header.make == f"{kind} float, bt2020 primaries"


def test_the_same_image_gives_the_same_file(tmp_path: Path) -> None:
    """No time of day in it."""
    first = written(tmp_path, ImageFacts(timecode="01:02:03:04")).read_bytes()
    assert written(tmp_path, ImageFacts(timecode="01:02:03:04")).read_bytes() == first
    assert b"capDate" not in first


def test_the_reason_of_a_failed_write_is_the_systems(tmp_path: Path) -> None:
    """OpenImageIO says only that it failed: a missing folder, and a file that is a folder, are named."""
    with pytest.raises(FileNotFoundError):
        written(tmp_path / "missing", ImageFacts())
    (tmp_path / "f_0001.exr").mkdir()
    with pytest.raises(IsADirectoryError):
        written(tmp_path, ImageFacts())


def test_the_timecode_of_a_file_is_read(tmp_path: Path) -> None:
    """With the drop-frame mark, above 30 frames a second as a pair; without one BT.709 and nothing else."""
    path = written(tmp_path, ImageFacts(timecode="10:20:30;15"))
    assert (read_header(path).timecode, read_header(path).rate) == ("10:20:30;15", 24)
    path = written(tmp_path, ImageFacts(rate=Fraction(50), timecode="10:20:30:41"))
    assert read_header(path).timecode == "10:20:30:41"
    header = header_of(tmp_path / "x.exr", "RGB")
    assert (header.timecode, header.rate, header.primaries) == (None, None, "bt709")


@pytest.mark.parametrize(
    ("channels", "dtype", "text"),
    [
        ("RGB", np.uint32, "samples are uint"),
        ("RG", np.float32, "neither R, G, B nor Y"),
        ("RGBZX", np.float16, ""),
    ],
)
def test_other_channels_are_refused_or_named(
    channels: str, dtype: type, text: str, tmp_path: Path
) -> None:
    """What is no picture is refused; depth and masks next to one are left out with a note."""
    header = header_of(tmp_path / "x.exr", channels, dtype)
    assert text in header.unfit
    assert bool(header.unfit) == bool(text)
    left_out = "EXR channels that are left out: X, Z"
    assert (left_out in header.notes) == ("Z" in channels)


def test_a_window_that_is_not_the_picture_is_refused(tmp_path: Path) -> None:
    """The data window lies inside a larger display window; the advice fills it up."""
    path = tmp_path / "f_0001.exr"
    spec = oiio.ImageSpec(8, 6, 3, oiio.HALF)
    spec.full_width, spec.full_height = 10, 8
    output = oiio.ImageOutput.create(str(path))
    assert output is not None
    assert output.open(str(path), spec)
    output.write_image(np.zeros((6, 8, 3), np.float16))
    output.close()
    with pytest.raises(SourceError) as caught:
        probe(tmp_path / "f_%04d.exr")
    assert caught.value.code == "image-unsupported"
    assert "data window" in caught.value.what
    assert "--croptofull" in caught.value.what_to_do


def test_several_parts_are_refused(tmp_path: Path) -> None:
    """Two pictures in one file are not one frame."""
    path = str(tmp_path / "f_0001.exr")
    specs = [oiio.ImageSpec(8, 6, 3, oiio.HALF) for _ in range(2)]
    for number, spec in enumerate(specs):
        spec.attribute("oiio:subimagename", f"part{number}")
    output = oiio.ImageOutput.create(path)
    assert output is not None
    assert output.open(path, tuple(specs))
    output.write_image(np.zeros((6, 8, 3), np.float16))
    assert output.open(path, specs[1], "AppendSubimage")
    output.write_image(np.zeros((6, 8, 3), np.float16))
    output.close()
    assert "several parts" in read_header(Path(path)).unfit


@pytest.mark.parametrize("cut", [4, 9, 60, 200])
def test_a_header_that_is_cut_off_is_reported(cut: int, tmp_path: Path) -> None:
    """Wherever it ends."""
    path = written(tmp_path, ImageFacts())
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="its header"):
        read_header(path)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    "coding", ["none", "rle", "zips", "zip", "piz", "pxr24", "b44", "none tiles", "piz tiles"]
)
def test_every_coding_gives_what_ffmpeg_decodes(coding: str, dtype: type, tmp_path: Path) -> None:
    """The code values of two independent decoders are the same; half floats and floats, strips and tiles."""
    compression, _, tiles = coding.partition(" ")
    frames = random_samples(dtype)
    folder = sequence(
        tmp_path / "x", ".exr", frames, compression=compression, tile=16 if tiles else 0
    )
    ours = planes_of(probe(folder))
    theirs = [read_light(path, dtype) for path in sorted(folder.iterdir())]
    assert worst(ours, theirs) == 0


def read_light(path: Path, dtype: type) -> tuple[Plane, ...]:
    """The code values of an RGB EXR as ffmpeg decodes it."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    rows = (
        np.frombuffer(bytes(plane), np.uint8).reshape(frame.height, -1) for plane in frame.planes
    )
    return tuple(
        to_codes(row[:, : frame.width * np.dtype(dtype).itemsize].copy().view(dtype))
        for row in rows
    )


@pytest.mark.parametrize("coding", ["none half", "rle float", "zip1 half", "zip16 float"])
def test_light_becomes_code_values(coding: str, tmp_path: Path) -> None:
    """Full range, tagged BT.709, the same from any frame on; small pictures show the same."""
    compression, kind = coding.split()
    folder = tmp_path / "reel"
    folder.mkdir()
    arguments = ("-vf", "format=gbrpf32le", "-compression", compression, "-format", kind)
    drawn = "testsrc2=s=96x64:r=24:d=0.125,noise=alls=30:allf=t"
    run_ffmpeg("-f", "lavfi", "-i", drawn, *arguments, folder / "f_%04d.exr")
    source = probe(folder)
    bits = {"half": 16, "float": 32}[kind]
    assert (source.stored_format, source.format) == (f"gbrpf{bits}le", RGB16)
    color = source.color
    assert (color.matrix, color.range, color.transfer, color.primaries) == (
        *("rgb", "full", "bt709", "bt709"),
    )
    frames = planes_of(source)
    assert len({planes[0].tobytes() for planes in frames}) == 3
    assert max(int(planes[0].max()) for planes in frames) > 60_000
    (last,) = read_frames(source, source.frames, Span(2, 3))
    assert worst([last.planes], frames[2:]) == 0
    for small, planes in zip(read_reduced(source, 64), frames, strict=True):
        seen = thumbnail(small.y).astype(int) - frame_thumbnail(source, planes)
        assert np.abs(seen).max() <= 2
        assert int(small.cb.max()) - int(small.cb.min()) > 40


def test_piz_is_read_exactly(tmp_path: Path) -> None:
    """A picture that OpenEXR itself wrote, sample by sample."""
    source = probe(numbered(tmp_path / "reel", [PIZ, PIZ]))
    y, x = np.mgrid[0:9, 0:12]
    drawn = [to_codes(plane.astype(np.float32)) for plane in (y / 16, (x + y) / 32, x / 16)]
    assert worst(planes_of(source), [tuple(drawn)] * 2) == 0


def test_light_beyond_white_is_refused_by_the_survey(tmp_path: Path) -> None:
    """Before the work, naming the picture: nothing is cut off silently."""
    light = np.full((4, 40, 40), 0.5, np.float32)
    light[2, 7, 9] = 2
    folder, raw = tmp_path / "reel", tmp_path / "light.raw"
    folder.mkdir()
    raw.write_bytes(light.tobytes())
    arguments = ("-f", "rawvideo", "-pix_fmt", "grayf32le", "-s", "40x40", "-i", raw)
    run_ffmpeg(*arguments, "-c:v", "exr", folder / "f_%04d.exr")
    with pytest.raises(SourceError, match="to 2, beyond black") as caught:
        list(read_reduced(probe(folder), 64))
    assert caught.value.where.endswith("f_0003.exr")
    assert "oiiotool" in caught.value.what_to_do
    stated: list[Event] = []
    with pytest.raises(SourceError, match="beyond black"):
        restore_film(JobRequest(folder, Recipe(codec="ffv1")), stated.append)
    assert not any(isinstance(event, Planned) for event in stated)
    assert {path.name for path in tmp_path.iterdir()} == {"reel", "light.raw"}


def test_a_film_without_a_known_curve_gives_no_light(tmp_path: Path) -> None:
    """Logarithmic values are refused before the film is looked at, by tag or by a DPX's header."""
    film = make(tmp_path / "x.mkv", "-c:v", "ffv1", "-vf", "setparams=color_trc=log100")
    with pytest.raises(UsageError, match="log100"):
        set_up_job(JobRequest(film, Recipe(codec="exr")))
    folder = draw(tmp_path / "dpx", ".dpx", "gbrp10le")
    write_header(folder, "B", 801, 3)
    with pytest.raises(UsageError, match="film densities"):
        set_up_job(JobRequest(folder, Recipe(codec="exr")))


def run(source: Path, codec: CodecName, output: Path | None = None) -> Path:
    """Restored without any treatment, by the real audit."""
    return restore_film(JobRequest(source, Recipe(codec=codec), output), lambda event: None)


@pytest.mark.parametrize("kind", ["gbrpf32le", pytest.param("grayf32le", marks=pytest.mark.slow)])
def test_light_comes_through_a_run(kind: str, tmp_path: Path) -> None:
    """EXR to EXR: within one 16-bit code value (RGB goes through its matrix; gray has none)."""
    folder = draw(tmp_path / "reel", ".exr", kind)
    result = run(folder, "exr")
    assert result == tmp_path / "reel.restored"
    assert {"frame_000001.exr", "frame_000006.exr"} <= {path.name for path in result.iterdir()}
    back = probe(result / "frame_%06d.exr")
    assert (back.stored_format, back.frames.rate) == (kind, 24)
    assert worst(planes_of(probe(folder)), planes_of(back)) <= (1 if kind == "gbrpf32le" else 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gbrpf32le", "grayf32le"])
def test_light_as_a_lossless_film(kind: str, tmp_path: Path) -> None:
    """The values that an editor sees are those of the curve, and the film's tags say which."""
    folder = draw(tmp_path / "reel", ".exr", kind)
    film = probe(run(folder, "ffv1"))
    assert worst(planes_of(probe(folder)), planes_of(film)) <= 1
    assert (film.color.transfer, film.color.range) == ("bt709", "full")


@pytest.mark.slow
@pytest.mark.parametrize("transfer", ["bt709", "iec61966-2-1", "bt470bg"])
def test_films_become_light_by_their_own_curve(transfer: str, tmp_path: Path) -> None:
    """YUV as RGB, by its matrix: EXR and 16-bit TIFF of one film hold the same values."""
    arguments = ("-c:v", "ffv1", "-pix_fmt", "yuv422p10le", "-t", "0.2", "-vf")
    film = make(tmp_path / "x.mkv", *arguments, f"setparams=color_trc={transfer}:colorspace=bt709")
    assert probe(film).color.transfer == transfer
    tiff = planes_of(probe(run(film, "tiff", tmp_path / "tiff" / "f_%04d.tif")))
    folder = run(film, "exr", tmp_path / "exr" / "f_%04d.exr")
    for number, planes in enumerate(tiff, start=1):
        back = read_back(folder / f"f_{number:04d}.exr", RGB16, transfer)
        assert worst([back], [planes]) == 0


@pytest.mark.slow
def test_a_stopped_run_of_light_goes_on(tmp_path: Path) -> None:
    """Parts are kept and reused; the pictures are those of an undisturbed run, byte for byte."""
    folder = draw(tmp_path / "reel", ".exr", "gbrpf32le")
    order = JobRequest(folder, Recipe(codec="exr"))

    def stop(event: Event) -> None:
        if isinstance(event, Joining):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_film(order, stop)
    stated: list[Event] = []
    result = restore_film(order, stated.append)
    assert any(isinstance(event, Reused) for event in stated)
    other = run(folder, "exr", tmp_path / "other" / "frame_%06d.exr")
    for path in result.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()
