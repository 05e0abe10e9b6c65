"""Model cards: what model.toml may contain, and the errors about mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.models import find
from restore.models.card import CARD, Card, read_card

TEXT = """\
name = "film-x2"
version = 3
task = "upscale"
architecture = "FilmNet"
arguments = { scale = 2, frames = 5 }
scale = 2
frames = 5
sha256 = "%s"
licence = "MIT"

[range]
min_lines = 96
max_lines = 1080
""" % ("a" * 64)


def card(folder: Path, text: str = TEXT) -> Card:
    """The card that is read from this text."""
    (folder / CARD).write_text(text, encoding="utf-8")
    return read_card(folder)


def refused(folder: Path, text: str) -> UsageError:
    """The error about this text."""
    with pytest.raises(UsageError) as caught:
        card(folder, text)
    assert caught.value.code == "card-invalid"
    assert caught.value.where == str(folder / CARD)
    return caught.value


def test_a_card_knows_its_names_and_files(tmp_path: Path) -> None:
    """The full name has the version; the weights lie next to the card; a checkpoint is its own file."""
    found = card(tmp_path)
    assert found.full_name == "film-x2-v3"
    assert found.weights == tmp_path / "weights.safetensors"
    assert found.place == tmp_path
    checkpoint = found.model_copy(update={"file": tmp_path / "net.pth"})
    assert checkpoint.full_name == "film-x2"
    assert checkpoint.weights == checkpoint.place == tmp_path / "net.pth"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("version = 3", "version = 0", "version"),
        ('task = "upscale"', 'task = "sharpen"', "task"),
        ("scale = 2\nframes", "scale = 0\nframes", "scale"),
        ("frames = 5\nsha256", "frames = 0\nsha256", "frames"),
        ('sha256 = "aa', 'sha256 = "AA', "sha256"),
        ("min_lines = 96", "min_lines = -1", "range.min_lines"),
        ("max_lines = 1080", "max_lines = 1080\nlines = 3", "range.lines"),
        ('licence = "MIT"\n', "", "licence"),
        ("arguments = {", 'arguments = { kind = "x",', "arguments.kind"),
        ('licence = "MIT"', 'licence = "MIT"\nauthor = "me"', "author"),
        ("[range]", "[readout]\ntemperature = 0\nsaturation = 1\nsize = 9\n\n[range]", "readout"),
    ],
)
def test_a_mistake_is_named_by_its_key(tmp_path: Path, old: str, new: str, place: str) -> None:
    """Missing, wrong and unknown keys, in tables as well."""
    assert old in TEXT
    assert place in refused(tmp_path, TEXT.replace(old, new)).what


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Two wrong keys: both are in the message."""
    text = TEXT.replace("version = 3", "version = 0").replace('licence = "MIT"\n', "")
    error = refused(tmp_path, text)
    assert "version" in error.what
    assert "licence" in error.what


@pytest.mark.parametrize("key", ["folder", "file"])
def test_a_card_cannot_name_its_folder_or_file(tmp_path: Path, key: str) -> None:
    """A card that names another folder could lead to other weights."""
    assert key in refused(tmp_path, f'{key} = "/elsewhere"\n{TEXT}').what


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_a_card_must_be_toml(tmp_path: Path, content: bytes) -> None:
    """Neither TOML nor UTF-8: the error has the path of the card."""
    (tmp_path / CARD).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_card(tmp_path)
    assert (caught.value.code, caught.value.where) == ("card-invalid", str(tmp_path / CARD))


def test_a_folder_must_have_a_card(tmp_path: Path) -> None:
    """The same code, with the path where the card should be."""
    with pytest.raises(UsageError) as caught:
        read_card(tmp_path)
    assert (caught.value.code, caught.value.where) == ("card-invalid", str(tmp_path / CARD))


def test_keys_of_the_first_release_are_read(tmp_path: Path) -> None:
    """The old names of the range mean the same; both names together are a mistake."""
    old = TEXT.replace("min_lines", "least_lines").replace("max_lines", "greatest_lines")
    assert card(tmp_path, old) == card(tmp_path)
    both = TEXT.replace("min_lines = 96", "min_lines = 96\nleast_lines = 97")
    with pytest.raises(UsageError):
        card(tmp_path, both)


@pytest.mark.parametrize("name", ["film-x2", "film-x4", "film-x1", "color"])
def test_models_that_ship_have_cards_that_are_read_again(name: str) -> None:
    """A card, written as plain values and checked again, is the same."""
    found = find(name)
    assert Card.model_validate(found.model_dump()) == found
