"""`restore enhance`: a sheet and a record of inventions, from a region of any picture."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import restore
from restore.cli import main
from restore.errors import OutputError, UsageError
from restore.jobs.enhance_sheet import SIDE
from restore.jobs.enhance_still import EnhanceRequest, enhance_still, invented, reduced_region
from restore.nets.prsr import PixelRecursive
from restore.store import digest_file
from restore.training.model_export import export_model
from tests.training.test_tasks import coloring

SIZES = {"channels": 8, "blocks": 1, "width": 8, "layers": 2}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained model."""
    folder = tmp_path_factory.mktemp("models") / "tiny-v1"
    folder.mkdir()
    torch.manual_seed(5)
    settings = coloring().model_copy(update={"task": "prsr", "architecture": "PixelRecursive"})
    export_model(folder, PixelRecursive(**SIZES).state_dict(), settings, SIZES)
    return folder


@pytest.fixture
def request_(tmp_path: Path, model: Path) -> EnhanceRequest:
    """Three samples of a region of a picture that was made here."""
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "still.png"), noise)
    return EnhanceRequest(tmp_path / "still.png", (10, 4, 16, 24), 3, 7, model=str(model))


def test_sheet_and_record_lie_next_to_the_picture(request_: EnhanceRequest) -> None:
    """The record has the picture's hash, the box, the model and the seeds, and says what the samples are."""
    found = enhance_still(request_)
    record = json.loads(request_.record.read_text())
    assert record["invented"] is True
    assert record["sha256"] == digest_file(request_.picture)
    assert record["box"] == [10, 4, 16, 24]
    assert [each["seed"] for each in record["samples"]] == [7, 8, 9]
    assert record["model"]["sha256"] == found.model[1]

    sheet = cv2.imread(str(request_.sheet))
    assert sheet is not None
    assert sheet.shape[0] > 2 * SIDE
    assert sheet.shape[1] > 4 * SIDE
    red = (sheet[:50, :, 2] > 150) & (sheet[:50, :, 1] < 100)
    assert red.sum() > 500  # the warning in the title


def test_a_seed_gives_the_same_sample(request_: EnhanceRequest) -> None:
    """Whatever is drawn with it; samples are pictures of 32x32 that differ where the spread says so."""
    three, one = invented(request_), invented(replace(request_, seed=8, count=1))
    assert np.array_equal(three.samples[1], one.samples[0])
    assert three.samples[0].shape == (32, 32, 3)
    expected = np.sqrt(np.var(np.stack(three.samples), axis=0).mean(-1))
    assert three.spread is not None
    assert np.allclose(three.spread, expected, atol=1e-6)


def test_the_region_is_reduced_by_areas() -> None:
    """Means of the pixels, squeezed to a square; very small regions are enlarged."""
    region = np.arange(16 * 24 * 3, dtype=np.float32).reshape(16, 24, 3)
    small = reduced_region(region)
    assert small.shape == (8, 8, 3)
    assert np.allclose(small[2, 1], region[4:6, 3:6].mean((0, 1)), rtol=1e-4)
    assert reduced_region(region[:5, :4]).shape == (8, 8, 3)


@pytest.mark.parametrize("box", [(50, 0, 16, 16), (-1, 0, 8, 8), (0, 30, 8, 16), (0, 0, 3, 8)])
def test_boxes_that_cannot_be(request_: EnhanceRequest, box: tuple[int, int, int, int]) -> None:
    """Outside the picture, or of too few pixels: refused, and nothing is written."""
    with pytest.raises(UsageError) as caught:
        enhance_still(replace(request_, box=box))
    assert caught.value.code == "box-invalid"
    assert not request_.sheet.exists()


def test_nothing_is_replaced_without_being_asked(request_: EnhanceRequest) -> None:
    """An existing sheet or record stays; with `overwrite` both are new."""
    request_.record.write_text("mine")
    with pytest.raises(OutputError) as caught:
        enhance_still(request_)
    assert caught.value.code == "output-exists"
    assert request_.record.read_text() == "mine"
    enhance_still(replace(request_, overwrite=True))
    assert json.loads(request_.record.read_text())["invented"]


def test_files_and_models_that_do_not_fit(request_: EnhanceRequest, tmp_path: Path) -> None:
    """A file that is no image, and a model of another kind, have their codes."""
    text = tmp_path / "still.txt"
    text.write_text("no image")
    with pytest.raises(UsageError) as caught:
        invented(replace(request_, picture=text))
    assert caught.value.code == "image-unreadable"
    with pytest.raises(UsageError) as caught:
        invented(replace(request_, model="film-x4"))
    assert caught.value.code == "network-unsuitable"


def test_from_the_command_line_and_from_python(
    request_: EnhanceRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both draw the same samples; the command prints the names of its files."""
    picture = str(request_.picture)
    words = ["enhance", picture, "--box", "10,4,16,24", "-n", "2", "--model", request_.model]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sheet"] == str(request_.sheet)
    assert main([*words[:3], "10,4"]) == 2
    found = restore.enhance(picture, (10, 4, 16, 24), count=2, model=request_.model)
    assert found.seeds == (1, 2)


def test_the_source_is_never_replaced(request_: EnhanceRequest) -> None:
    """Neither by its own name nor through a link, and not with `overwrite` either."""
    link = request_.picture.with_name("link.png")
    link.symlink_to(request_.picture)
    before = digest_file(request_.picture)
    for output in (request_.picture, link):
        with pytest.raises(UsageError) as caught:
            enhance_still(replace(request_, output=output, overwrite=True))
        assert caught.value.code == "output-is-source"
    assert digest_file(request_.picture) == before


def test_folders_that_are_missing_are_found_at_once(request_: EnhanceRequest) -> None:
    """Before anything is drawn."""
    with pytest.raises(OutputError) as caught:
        enhance_still(
            replace(request_, output=request_.picture.parent / "no" / "sheet.png", model="?")
        )
    assert caught.value.code == "folder-missing"


def test_one_sample_has_no_invention_map(request_: EnhanceRequest) -> None:
    """Its spread is unknown, not 0: the sheet has an empty cell, the record null."""
    found = enhance_still(replace(request_, count=1))
    assert found.spread is None
    assert json.loads(request_.record.read_text())["mean_spread"] is None
    sheet = cv2.imread(str(request_.sheet))
    assert sheet is not None
    assert (sheet[100:300, 3 * (SIDE + 8) + 20 : 3 * (SIDE + 8) + SIDE - 20] == 255).all()


def test_many_samples_are_drawn_in_parts(request_: EnhanceRequest) -> None:
    """A sample is the same in a batch of any size."""
    many = invented(replace(request_, count=19))
    last = invented(replace(request_, seed=7 + 18, count=1))
    assert len(many.samples) == 19
    assert np.array_equal(many.samples[18], last.samples[0])


@pytest.mark.parametrize(
    ("name", "values", "dtype"),
    [
        ("gray.png", [100], np.uint8),
        ("gray16.png", [25700], np.uint16),
        ("deep.png", [12850, 25700, 51400], np.uint16),
        ("deep.tif", [12850, 25700, 51400], np.uint16),
        ("alpha.png", [50, 100, 200, 128], np.uint8),
        ("clear.png", [50, 100, 200, 0], np.uint8),
    ],
)
def test_pictures_of_every_depth(
    request_: EnhanceRequest, name: str, values: list[int], dtype: type
) -> None:
    """8 and 16 bits, gray and color; alpha is ignored, even where it is 0."""
    path = request_.picture.with_name(name)
    cv2.imwrite(str(path), np.full((20, 20, len(values)), values, dtype))
    found = invented(replace(request_, picture=path, box=(2, 3, 8, 8), count=1))
    expected = [100, 100, 100] if len(values) == 1 else [200, 100, 50]  # OpenCV writes B, G, R
    assert np.allclose(found.region[4, 4] * 255, expected, atol=0.01)


def test_guidance_makes_the_region_count_more(request_: EnhanceRequest) -> None:
    """The same random numbers give samples that are nearer to the region; the record has the factor."""
    path = request_.picture.with_name("bright.png")
    cv2.imwrite(str(path), np.full((20, 20, 3), 240, np.uint8))
    errors: list[float] = []
    for guidance in (0.1, 1.0, 10.0):
        changes = {"picture": path, "box": (2, 2, 16, 16), "count": 2, "guidance": guidance}
        found = enhance_still(replace(request_, **changes, output=None, overwrite=True))
        errors.append(float(np.mean([abs(one - 240 / 255).mean() for one in found.samples])))
    assert errors[0] > errors[1] > errors[2]
    record = json.loads(path.with_name("bright.enhanced.png.json").read_text())
    assert record["guidance"] == 10


def test_gray_regions_have_gray_samples(request_: EnhanceRequest) -> None:
    """The luma of what is drawn; one pixel with color is enough for colors."""
    path = request_.picture.with_name("mixed.png")
    picture = np.random.default_rng(2).integers(0, 256, (20, 40, 1), np.uint8).repeat(3, 2)
    picture[5, 30] = (0, 200, 90)
    cv2.imwrite(str(path), picture)
    gray, colored = (
        invented(replace(request_, picture=path, box=(left, 0, 20, 20))) for left in (0, 20)
    )
    assert all(not np.ptp(sample, axis=-1).any() for sample in gray.samples)
    assert all(np.ptp(sample, axis=-1).max() > 0.2 for sample in colored.samples)
    assert gray.samples[0].std() > 0.05


@pytest.mark.parametrize(
    "changes",
    [{"box": (1, 2, 3)}, {"box": (0.5, 0, 8, 8)}, {"tau": 0.0}, {"guidance": 11.0}, {"count": 0}],
)
def test_impossible_values_from_python(
    request_: EnhanceRequest, changes: dict[str, object]
) -> None:
    """They have the code of options, not a traceback from within."""
    given: dict[str, object] = {"box": (10, 4, 16, 24), "model": request_.model, **changes}
    with pytest.raises(UsageError) as caught:
        restore.enhance(request_.picture, **given)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "invalid-option"
