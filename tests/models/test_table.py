"""The tables of models/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from restore import models
from restore.models import table


def test_the_readme_is_up_to_date(root: Path) -> None:
    """The table is what the cards say now; `python -m restore.models.table` renews it."""
    text = (root / "models" / "README.md").read_text(encoding="utf-8")
    assert table.renewed(text, models.shelf(), models.retired_models()) == text


def test_every_model_has_its_line() -> None:
    """Name, task, count of values and the card's first sentence are in one line of the table."""
    lines = table.table(models.shelf()).splitlines()
    assert len(lines) == 2 + len(models.shelf())
    assert len({line.count("|") for line in lines}) == 1
    (line,) = [line for line in lines if "[film-x4-v7]" in line]
    assert "| upscale x4 | 9 | 1,198,288 |" in line
    assert "Luma upscaler for old film" in line


def test_values_are_counted_from_the_header(tmp_path: Path) -> None:
    """The numbers of all tensors, without reading them."""
    state = {"a": torch.zeros(3, 4), "b": torch.zeros(()), "c": torch.zeros(0)}
    save_file(state, tmp_path / "w.safetensors", metadata={"made": "here"})
    assert table.values(tmp_path / "w.safetensors") == 13


def test_only_the_table_is_renewed(tmp_path: Path) -> None:
    """The text around it stays; a README without the marks is refused."""
    path = tmp_path / "README.md"
    begin, end, begin_retired, end_retired = (
        *(table.BEGIN, table.END),
        *(table.RETIRED_BEGIN, table.RETIRED_END),
    )
    path.write_text(f"before\n{begin}\nold\n{end}\nbetween\n{begin_retired}{end_retired}\nafter\n")
    table.main([str(path)])
    retired = table.retired_table(models.retired_models())
    assert path.read_text() == (
        f"before\n{begin}\n\n{table.table([])}\n{end}\n"
        f"between\n{begin_retired}\n\n{retired}\n{end_retired}\nafter\n"
    )
    for text in ("text", f"{begin}{end}"):
        with pytest.raises(ValueError, match="marks"):
            table.renewed(text, [], [])
