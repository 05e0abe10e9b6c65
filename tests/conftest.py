"""What all tests share: one computing thread for each pytest worker, paths of the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

# Workers run side by side; each with its own pool of threads for every core is slower, not faster.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def reel(root: Path) -> Path:
    """The film that ships with the project: 96 frames of 320x240 at 16 fps, three shots, sound."""
    return root / "examples" / "reel.mp4"
