"""Versions that no longer ship: named with their hash and commit, refused with the way to them."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from restore import models
from restore.errors import UsageError

SHIPPED = models.shelf()


def test_only_the_newest_version_of_each_name_ships() -> None:
    """One version for each name, newer than all retired ones."""
    names = [card.name for card in SHIPPED]
    assert len(set(names)) == len(names)
    newest = {card.name: card.version for card in SHIPPED}
    for model in models.retired_models():
        assert model.version <= newest[model.name]
        assert model.sha256 not in {card.sha256 for card in SHIPPED}


def test_the_table_has_each_file_of_weights_once() -> None:
    """A hash identifies one entry, which `retired_by_hash` finds."""
    table = models.retired_models()
    assert len({model.sha256 for model in table}) == len(table) == 20
    assert [models.retired_by_hash(model.sha256) for model in table] == list(table)
    assert models.retired_by_hash("0" * 64) is None


def test_an_earlier_version_is_refused_with_the_way_to_it() -> None:
    """The error names the newest version and the table in models/README.md."""
    with pytest.raises(UsageError, match="no longer ships") as caught:
        models.find("film-x4-fast-v1")
    assert caught.value.where == "film-x4-fast-v1"
    assert "--model film-x4-fast," in caught.value.what_to_do
    assert "models/README.md" in caught.value.what_to_do


def test_a_folder_of_an_earlier_version_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken out of the history into the current folder, it is found by its name."""
    folder = tmp_path / "film-x4-v3"
    folder.mkdir()
    card = SHIPPED[0].folder / models.CARD
    (folder / models.CARD).write_bytes(card.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert models.find("film-x4-v3").folder == Path("film-x4-v3")


def test_the_commits_hold_the_weights(root: Path) -> None:
    """Each commit's tree has the model's folder, with weights of that hash."""
    if not (root / ".git").exists():
        pytest.skip("not a checkout")
    # variables that git sets for its hooks would name another repository
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *words], cwd=root, env=clean, capture_output=True, check=False, timeout=60
        )

    for model in models.retired_models():
        if git("cat-file", "-e", model.commit).returncode:
            pytest.skip("a shallow clone has no history")
        path = f"models/{model.full_name}/{models.WEIGHTS}"
        weights = git("show", f"{model.commit}:{path}").stdout
        assert hashlib.sha256(weights).hexdigest() == model.sha256, model.full_name
