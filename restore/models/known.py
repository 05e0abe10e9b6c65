"""Published models that can be pulled: addresses, sizes, hashes, terms, and the folder for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter


class KnownModel(BaseModel):
    """One published file, as described in known.json. None: not stated, or not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    task: str
    architecture: str
    scale: int | None
    file: str
    """its file name where it is published"""
    address: str
    page: bool
    """the address is a web page for people, not the file"""
    licence: str | None
    licence_in: str | None
    """where the licence is stated"""
    non_commercial: bool
    size: int | None
    """bytes"""
    sha256: str | None
    runs: Literal["itself", "zoo", "no"]
    """whether restore can use it: by itself, with the extra `zoo`, or not yet"""
    seen_in: str
    """where the address was found"""
    note: str | None

    @property
    def must_accept(self) -> bool:
        """Whether its terms must be accepted before it is fetched."""
        return self.non_commercial or self.licence is None

    @property
    def terms(self) -> str:
        """The licence as text."""
        return self.licence or "no licence stated by its authors"

    def path(self, folder: Path) -> Path:
        """The path of the file after it was pulled."""
        return folder / f"{self.name}{Path(self.file).suffix}"

    def is_pulled(self, folder: Path) -> bool:
        """Whether a file of its size exists (its hash is verified whenever it is used)."""
        path = self.path(folder)
        return path.is_file() and self.size in (None, path.stat().st_size)


def known_models() -> tuple[KnownModel, ...]:
    """The table of published models, in the order of known.json."""
    data = Path(__file__).with_name("known.json").read_bytes()
    return TypeAdapter(tuple[KnownModel, ...]).validate_json(data)


def known_model(name: str) -> KnownModel | None:
    """The published model with exactly that name."""
    return next((model for model in known_models() if model.name == name), None)


def pulled_folder() -> Path:
    """The folder of pulled models: RESTORE_MODELS, or in the user's data folder."""
    import platformdirs

    chosen = os.environ.get("RESTORE_MODELS")
    return Path(chosen) if chosen else platformdirs.user_data_path("restore-film") / "models"
