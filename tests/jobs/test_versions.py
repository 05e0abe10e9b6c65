"""The versions of a run: of everything that can change frames."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from restore import __version__
from restore.jobs.versions import _processor, versions  # pyright: ignore[reportPrivateUsage]
from restore.plan import FRAME_CODE
from restore.report.record import Versions


def test_nothing_is_left_out() -> None:
    """Every field of the record has a value."""
    found = versions("cpu", "bf16")
    assert (found.restore, found.frame_code, found.torch) == (
        __version__,
        FRAME_CODE,
        torch.__version__,
    )
    assert (found.device, found.precision, found.device_name) == ("cpu", "bf16", "processor")
    assert found.threads == torch.get_num_threads()
    values = found.model_dump()
    assert set(values) == set(Versions.model_fields)
    assert all(value not in ("", None) for value in values.values())


def test_a_gpu_has_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As its driver calls it."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"a card at {device}")
    assert versions("cuda:1", "fp16").device_name == "a card at cuda:1"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor: 0\nmodel name\t: Z80 @ 4 MHz\nmodel name\t: other\n", "Z80 @ 4 MHz"),
        ("model name : a: b\n", "a: b"),
    ],
)
def test_the_processor_is_the_first_that_the_system_names(
    tmp_path: Path, text: str, name: str
) -> None:
    """Machines have many of one kind."""
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert _processor(file) == name


def test_without_a_name_the_architecture_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ARM's list has no names, and other systems have no list."""
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    (tmp_path / "cpuinfo").write_bytes(b"BogoMIPS\t: 50.00\n\xff\n")
    assert _processor(tmp_path / "cpuinfo") == "aarch64"
    assert _processor(tmp_path / "gone") == "aarch64"
