"""Memory runs out at some tile: smaller tiles, the same film; where nothing helps, nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from restore import models
from restore.cli.app import main
from restore.treatments.upscale import enlarge
from tests.faults.tool import draw, with_records

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORDS = ("--upscale", "2", "--device", "cpu", "--precision", "fp32", "--codec", "ffv1")

FRAMES = 12


class Starved(torch.nn.Module):
    """The shipped net on a machine whose memory runs out at certain calls."""

    def __init__(self, at: set[int]) -> None:
        super().__init__()
        self.net = models.load(models.find("film-x2")).eval()
        self.receptive_radius = self.net.receptive_radius
        self.at = at
        self.calls = 0

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        """The net's answer, or an error."""
        self.calls += 1
        if self.calls in self.at:
            raise torch.OutOfMemoryError("out of memory")
        return self.net(window)


def restored(film: Path, output: Path, net: Starved, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a run in this process with that net."""
    monkeypatch.setattr(enlarge, "load_network", lambda model, engine: net)
    return main([str(film), "-o", str(output), *WORDS])


def lumas(path: Path) -> list[np.ndarray]:
    """Every frame's luma, as code values."""
    with av.open(str(path)) as film:
        return [frame.to_ndarray()[: frame.height].astype(int) for frame in film.decode(video=0)]


@pytest.mark.parametrize("seed", range(3))
def test_memory_runs_out_at_random_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """No frame is lost; tiles change a value by a rounding at most."""
    film = draw(tmp_path / "film.mkv", frames=FRAMES, size="160x128")
    expected, output = tmp_path / "expected.mkv", tmp_path / "out.mkv"
    assert restored(film, expected, Starved(set()), monkeypatch) == 0
    chance = random.Random(seed)
    net = Starved({chance.randrange(1, FRAMES)})
    assert restored(film, output, net, monkeypatch) == 0
    assert net.calls > FRAMES
    pairs = list(zip(lumas(expected), lumas(output), strict=True))
    assert len(pairs) == FRAMES
    assert max(np.abs(one - other).max() for one, other in pairs) <= 1


def test_memory_that_is_never_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run stops with a message and without a final name; with enough memory the same command succeeds."""
    film = draw(tmp_path / "film.mkv", frames=FRAMES, size="160x128")
    output = tmp_path / "out.mkv"
    assert restored(film, output, Starved(set(range(4, 999))), monkeypatch) == 9
    said = capsys.readouterr().err
    assert "memory" in said
    assert "--model film-x2-fast" in said
    assert "Traceback" not in said
    assert not output.exists()
    assert restored(film, output, Starved(set()), monkeypatch) == 0
    assert len(lumas(output)) == FRAMES
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"film.mkv"} | with_records("out.mkv")
