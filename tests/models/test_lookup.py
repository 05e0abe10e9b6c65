"""The shelf: models are found by name, read strictly, and loaded only when their hash is right."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from restore import models
from restore.errors import UsageError
from restore.models import lookup
from restore.nets.film import FilmNet
from restore.store import digest_file

CARD = """\
name = "{name}"
version = {version}
task = "upscale"
architecture = "FilmNet"
arguments = {{ scale = 2, frames = 3, channels = 4, depth = 1 }}
scale = 2
frames = 3
sha256 = "{sha256}"
licence = "MIT"

[range]
min_lines = 64
max_lines = 480
"""


def made(shelf: Path, name: str = "tiny", version: int = 1) -> Path:
    """A small model's folder on a shelf."""
    folder = shelf / f"{name}-v{version}"
    folder.mkdir(parents=True)
    torch.manual_seed(version)
    state = FilmNet(2, frames=3, channels=4, depth=1).state_dict()
    save_file({key: value.half() for key, value in state.items()}, folder / models.WEIGHTS)
    digest = digest_file(folder / models.WEIGHTS)
    (folder / models.CARD).write_text(CARD.format(name=name, version=version, sha256=digest))
    return folder


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf of its own, in place of the one that ships."""
    monkeypatch.setattr(lookup, "_shipped", lambda: tmp_path)
    return tmp_path


def test_a_name_without_version_means_the_newest(shelf: Path) -> None:
    """Tiny is tiny-v10, not v9 and not v2; each version is found by name and version."""
    for version in (2, 10, 9):
        made(shelf, version=version)

    assert models.find("tiny").version == 10
    assert models.find("tiny-v2").version == 2


def test_a_folder_works_as_a_name(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A model of the user's own, anywhere, is given by its folder."""
    folder = made(tmp_path_factory.mktemp("own"), name="mine")

    assert folder == models.find(str(folder)).folder


@pytest.mark.parametrize("name", [b"fi\xfflm-v1", b"fi\xfflm.pth"])
def test_a_name_that_no_record_can_hold_is_refused(shelf: Path, name: bytes) -> None:
    """A folder or checkpoint whose name is not UTF-8: an error before any work begins."""
    path = shelf / os.fsdecode(name)
    made(shelf).rename(path)

    with pytest.raises(UsageError, match="UTF-8") as caught:
        models.find(str(path))

    assert caught.value.where == str(path)
    assert "another name" in caught.value.what_to_do


def test_models_may_be_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are read, too, if restore is installed below a folder whose name is not UTF-8."""
    place = tmp_path / os.fsdecode(b"fi\xfflms")
    made(place)
    monkeypatch.setattr(lookup, "_shipped", lambda: place)

    assert models.load(models.find("tiny")).scale == 2


def test_weights_in_another_format_are_an_error(shelf: Path) -> None:
    """The hash is right, but the file is not safetensors: an error, no traceback."""
    folder = made(shelf)
    card = models.find("tiny")
    (folder / models.WEIGHTS).write_bytes(b"PK\x03\x04 a checkpoint of PyTorch")
    card = card.model_copy(update={"sha256": digest_file(card.weights)})

    with pytest.raises(UsageError, match="damaged"):
        models.load(card)


def test_an_unknown_name_lists_the_known_ones(shelf: Path) -> None:
    """The error has the exit code for usage and lists the models that exist."""
    made(shelf)
    made(shelf, name="other", version=3)

    with pytest.raises(UsageError) as caught:
        models.find("tiyn")

    assert caught.value.exit_code == 2
    assert caught.value.where == "tiyn"
    assert "other-v3, tiny-v1" in caught.value.what_to_do


def test_shelf_is_sorted_by_name_and_number(shelf: Path) -> None:
    """Cards come by name, then by version as a number; folders without a card are ignored."""
    for name, version in (("b", 1), ("a", 10), ("a", 9)):
        made(shelf, name=name, version=version)
    (shelf / "notes").mkdir()

    assert [card.full_name for card in models.shelf()] == ["a-v9", "a-v10", "b-v1"]


def test_loaded_weights_are_those_of_the_file(shelf: Path) -> None:
    """Half-precision weights are loaded as fp32, in evaluation mode, without another rounding."""
    made(shelf)

    net = models.load(models.find("tiny"))

    torch.manual_seed(1)
    expected = FilmNet(2, frames=3, channels=4, depth=1).state_dict()
    assert not net.training
    for name, value in net.state_dict().items():
        assert torch.equal(value, expected[name].half().float()), name


def test_damaged_weights_are_named_with_both_hashes(shelf: Path) -> None:
    """One changed bit is found before anything is loaded: file, found and expected hash, advice."""
    folder = made(shelf)
    card = models.find("tiny")
    data = bytearray((folder / models.WEIGHTS).read_bytes())
    data[-5] ^= 1
    (folder / models.WEIGHTS).write_bytes(data)

    with pytest.raises(UsageError) as caught:
        models.load(card)

    assert str(folder / models.WEIGHTS) == caught.value.where
    assert card.sha256 in caught.value.what
    assert digest_file(folder / models.WEIGHTS) in caught.value.what
    assert caught.value.what_to_do


def test_missing_weights_are_an_error_with_the_file(shelf: Path) -> None:
    """A folder with a card alone is not loaded."""
    folder = made(shelf)
    (folder / models.WEIGHTS).unlink()

    with pytest.raises(UsageError) as caught:
        models.verify(models.find("tiny"))
    assert caught.value.code == "weights-unreadable"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("frames = 3\n", "frames = 3\nsharpness = 3\n"), "sharpness"),
        (('licence = "MIT"\n', ""), "licence"),
        (("version = 1", "version = 0"), "version"),
        (('task = "upscale"', 'task = "paint"'), "task"),
        (("min_lines = 64", "min_lines = 64\nwidth = 3"), "range.width"),
        (("frames = 3\n", "frames =\n"), "not TOML"),
        (('name = "tiny"', 'folder = "/"\nname = "tiny"'), "folder"),
    ],
)
def test_wrong_cards_are_refused_with_the_key(
    shelf: Path, change: tuple[str, str], complaint: str
) -> None:
    """Unknown, missing and impossible keys are named, with the card's path."""
    path = made(shelf) / models.CARD
    text = path.read_text()
    path.write_text(text.replace(*change, 1))

    with pytest.raises(UsageError) as caught:
        models.find("tiny")

    assert complaint in caught.value.what
    assert str(path) == caught.value.where


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('"FilmNet"', '"GiantNet"'), "GiantNet"),
        (("channels = 4", "channels = 8"), "do not match"),
        (("channels = 4", "bins = 4"), "do not match"),
    ],
)
def test_card_and_weights_must_fit(shelf: Path, change: tuple[str, str], complaint: str) -> None:
    """An unknown network, other shapes or other arguments are errors, not tracebacks."""
    path = made(shelf) / models.CARD
    path.write_text(path.read_text().replace(*change, 1))

    with pytest.raises(UsageError, match=complaint):
        models.load(models.find("tiny"))


def test_finding_does_not_load_torch() -> None:
    """`find` and `shelf` do not import torch: help pages and model lists are quick."""
    code = "import sys; from restore import models; models.shelf(); print('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "False"


SHIPPED = models.shelf()


def test_the_models_for_color_and_upscaling_ship() -> None:
    """Upscaling 2 and 4 times, and color."""
    assert {"color", "film-x2", "film-x4"} <= {card.name for card in SHIPPED}


@pytest.mark.parametrize("card", SHIPPED, ids=lambda card: card.full_name)
def test_shipped_models_load_and_state_their_terms(card: models.Card) -> None:
    """Hash, shapes and half precision are right, the folder has the card's name, documents lie next to it."""
    net = models.load(card)

    assert all(torch.isfinite(value.float()).all() for value in net.state_dict().values())
    matrices = [v for v in load_file(card.folder / models.WEIGHTS).values() if v.ndim > 1]
    assert {value.dtype for value in matrices} == {torch.float16}
    assert card.full_name == card.folder.name
    assert "MIT" in card.licence
    for name in ("CARD.md", "train.toml"):
        assert (card.folder / name).is_file()


def test_keys_of_the_first_release_are_read(shelf: Path) -> None:
    """A card with `least_lines` and `greatest_lines` is that with `min_lines` and `max_lines`."""
    path = made(shelf) / models.CARD
    new = models.find("tiny")
    text = path.read_text().replace("min_lines", "least_lines")
    path.write_text(text.replace("max_lines", "greatest_lines"))
    assert models.find("tiny") == new
