"""Model versions that no longer ship: their hashes, and the commit of this repository that holds them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

HISTORY = 'models/README.md, "Earlier versions", says how to get it from the project\'s history.'
"""What to do when weights that a record or a train.toml names no longer ship."""


class RetiredModel(BaseModel):
    """Weights that shipped once. A version whose weights were replaced has one entry for each file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: int = Field(gt=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """of weights.safetensors"""
    commit: str = Field(pattern="^[0-9a-f]{40}$")
    """whose tree holds the model's folder with these weights"""

    @property
    def full_name(self) -> str:
        """Name and version, as the folder was called: film-x4-v3."""
        return f"{self.name}-v{self.version}"


def retired_models() -> tuple[RetiredModel, ...]:
    """The table of retired models, by name and version, oldest weights first."""
    data = Path(__file__).with_name("retired.json").read_bytes()
    return TypeAdapter(tuple[RetiredModel, ...]).validate_json(data)


def is_retired(full_name: str) -> bool:
    """Whether a model of that name and version shipped once and no longer does."""
    return any(model.full_name == full_name for model in retired_models())


def retired_by_hash(sha256: str) -> RetiredModel | None:
    """The retired weights with that hash."""
    return next((model for model in retired_models() if model.sha256 == sha256), None)
