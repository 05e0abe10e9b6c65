"""The files of an evaluation: what they contain, and which earlier ones are removed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.errors import OutputError
from restore.evaluation.comparison import EvaluationResult
from restore.evaluation.result_files import as_record, write
from restore.evaluation.tables import Column, Table


def result(value: float, red: int | None = None) -> EvaluationResult:
    """A result with one table, one score and, if wanted, a contact sheet of that red."""
    table = Table("made", (Column("psnr", "PSNR dB", ".2f"),), ({"psnr": value},))
    sheet = None if red is None else np.full((4, 6, 3), (red, 0, 0), np.uint8)
    return EvaluationResult((table,), ({"shot": "a", "psnr": value},), sheet)


def test_a_record_has_facts_tables_and_scores() -> None:
    """All results together, as plain values."""
    record = as_record([result(30.5), result(31.5)], {"device": "cpu"})
    assert record["device"] == "cpu"
    assert [table["rows"] for table in record["tables"]] == [[{"psnr": 30.5}], [{"psnr": 31.5}]]
    assert [score["psnr"] for score in record["scores"]] == [30.5, 31.5]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_not_finite_are_null(value: float) -> None:
    """JSON cannot express them: in tables and scores they are null."""
    record = as_record([result(value)], {})
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text)["tables"][0]["rows"] == [{"psnr": None}]
    assert json.loads(text)["scores"][0]["psnr"] is None


def test_all_files_are_written(tmp_path: Path) -> None:
    """Tables as Markdown, figures as JSON, and a PNG for each contact sheet, with its colors."""
    results = [result(30.5, 200), result(31.5), result(32.5, 90)]
    record = as_record(results, {})
    write(results, record, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "table.md",
        "figures.json",
        "sheet.png",
        "sheet-2.png",
    }
    assert json.loads((tmp_path / "figures.json").read_text()) == record
    assert (tmp_path / "table.md").read_text().count("**made**") == 3
    for name, red in (("sheet.png", 200), ("sheet-2.png", 90)):
        assert cv2.imread(str(tmp_path / name))[0, 0].tolist() == [0, 0, red]


def test_sheets_of_an_earlier_evaluation_are_removed(tmp_path: Path) -> None:
    """Numbered ones that were not written now; files with similar names stay."""
    others = {"sheet-1.png", "sheet-02.png", "sheet-two.png", "my-sheet-2.png"}
    for name in others | {"sheet-2.png", "sheet-13.png"}:
        (tmp_path / name).touch()
    write([result(30.5, 200)], {}, tmp_path)
    expected = others | {"table.md", "figures.json", "sheet.png"}
    assert {path.name for path in tmp_path.iterdir()} == expected


def test_a_folder_with_the_name_of_a_file_is_an_error(tmp_path: Path) -> None:
    """The error has the path that cannot be written."""
    (tmp_path / "table.md").mkdir()
    with pytest.raises(OutputError) as caught:
        write([result(30.5)], {}, tmp_path)
    assert caught.value.where == str(tmp_path / "table.md")
