"""The table of published models, and pulled ones found by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from restore import models
from restore.errors import UsageError
from restore.models import known, lookup
from restore.nets.srvgg import SRVGGNetCompact
from restore.store import digest_file

TABLE = models.known_models()


def test_the_table_is_consistent() -> None:
    """Names are unique and none is that of a model that ships; addresses and hashes have their form."""
    names = [model.name for model in TABLE]
    assert len(set(names)) == len(names)
    assert not set(names) & {
        name for card in models.shelf() for name in (card.name, card.full_name)
    }
    for model in TABLE:
        assert not set(model.name) & set(" /\\'\""), model.name
        assert model.address.startswith(("https://", "http://"))
        assert model.sha256 is None or (len(model.sha256) == 64 and int(model.sha256, 16))
        assert model.size is None or model.size > 100_000
        assert model.runs == "no" or (model.sha256 and model.scale and "upscale" in model.task)


def test_terms_that_must_be_accepted_are_marked() -> None:
    """Non-commercial licences and missing ones have to be accepted, the others are shown."""
    marked = {model.name for model in TABLE if model.must_accept}
    assert marked == {"BSRGAN", "DeepRemaster"}
    for model in TABLE:
        assert model.non_commercial == ("NC" in (model.licence or ""))


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """RESTORE_MODELS goes before the user's data folder."""
    monkeypatch.delenv("RESTORE_MODELS", raising=False)
    assert "restore-film" in models.pulled_folder().parts
    monkeypatch.setenv("RESTORE_MODELS", str(tmp_path))
    assert models.pulled_folder() == tmp_path


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> known.KnownModel:
    """A published model that is known and was pulled."""
    monkeypatch.setenv("RESTORE_MODELS", str(tmp_path))
    torch.manual_seed(8)
    path = tmp_path / "toy.pth"
    torch.save({"params": SRVGGNetCompact(2, 4, 1).state_dict()}, path)
    changes = {
        "name": "toy",
        "sha256": digest_file(path),
        "size": None,
        "licence": "MIT, of a test",
    }
    model = TABLE[0].model_copy(update=changes)
    for place in (known, lookup):
        monkeypatch.setattr(place, "known_models", lambda: (model,))
    return model


def test_a_pulled_model_is_found_by_its_name(toy: known.KnownModel) -> None:
    """`--model toy` is the pulled file, with its published licence; it is found again by that name."""
    card = models.find("toy")
    assert (card.full_name, card.scale, card.licence) == ("toy", 2, "MIT, of a test")
    assert models.load(card)(torch.rand(1, 1, 4, 5)).shape == (1, 1, 8, 10)


def test_a_published_file_anywhere_has_its_licence(toy: known.KnownModel, tmp_path: Path) -> None:
    """A published file is recognized by its hash, whatever its name."""
    other = (tmp_path / "toy.pth").rename(tmp_path / "renamed.pth")
    assert models.find(str(other)).licence == "MIT, of a test"


def test_a_model_that_was_not_pulled_is_an_error(toy: known.KnownModel, tmp_path: Path) -> None:
    """The error says how to get it, and under which terms."""
    (tmp_path / "toy.pth").unlink()
    with pytest.raises(UsageError) as caught:
        models.find("toy")
    assert caught.value.code == "model-not-pulled"
    assert "restore models pull toy" in caught.value.what_to_do
    assert "MIT, of a test" in caught.value.what_to_do


def test_a_pulled_file_that_changed_is_refused(toy: known.KnownModel, tmp_path: Path) -> None:
    """Other weights under the published name are not used."""
    torch.save({"params": SRVGGNetCompact(2, 4, 1).state_dict()}, tmp_path / "toy.pth")
    with pytest.raises(UsageError, match="SHA-256"):
        models.find("toy")


def test_models_without_a_network_here_say_so() -> None:
    """What restore cannot run is refused before any download."""
    with pytest.raises(UsageError, match="no network for DeepRemaster"):
        models.find("DeepRemaster")
