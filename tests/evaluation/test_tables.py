"""Tables: groups, means, columns."""

import math

import pytest
import torch

from restore.evaluation.coloring import ChromaSums, ColorScore
from restore.evaluation.tables import (
    COLOR_COLUMNS,
    LUMA_COLUMNS,
    Column,
    Table,
    cell_texts,
    color_rows,
    luma_table,
    markdown,
)
from restore.evaluation.upscalers import NetCost, Upscaler
from restore.evaluation.upscaling import LumaScore

NET = Upscaler("net", 2, lambda aged, frames: iter([aged]), NetCost(1234, 5600.0))
PLAIN = Upscaler("plain", 2, lambda aged, frames: iter([aged]))


def score(upscaler: str, shot: str, steady: bool, psnr: float) -> LumaScore:
    """A score with this PSNR and arbitrary other figures."""
    return LumaScore(
        upscaler=upscaler,
        shot=shot,
        steady=steady,
        psnr=psnr,
        ssim=0.9,
        vmaf=50,
        vmaf_neg=40,
        consistency=30,
        temporal_error=2,
        seconds_per_frame=0.5,
        shown=torch.zeros(2, 2, dtype=torch.uint8),
    )


def test_unsteady_shots_have_their_own_rows() -> None:
    """Means over all, over the steady ones, over those with weave; one row for each upscaler."""
    scores = [score(name, "a", True, 30) for name in ("net", "plain")]
    scores += [score("net", "b", False, 20), score("plain", "b", False, 10)]
    table = luma_table("x2", scores, [PLAIN, NET])

    found = [(row["shots"], row["count"], row["name"], row["psnr"]) for row in table.rows]
    assert found == [
        ("all", 2, "plain", 20),
        ("all", 2, "net", 25),
        ("steady", 1, "plain", 30),
        ("steady", 1, "net", 30),
        ("weave, flicker", 1, "plain", 10),
        ("weave, flicker", 1, "net", 20),
    ]


def test_one_kind_of_shot_is_not_split() -> None:
    """Where all shots are steady there is one group."""
    table = luma_table("x2", [score("net", "a", True, 30)], [NET])
    assert [row["shots"] for row in table.rows] == ["all"]


def test_names_are_escaped() -> None:
    """A `|` in a name is escaped for Markdown: the row keeps its columns."""
    odd = Upscaler("a|b", 2, NET.restore)
    head, _, row = markdown(luma_table("x2", [score("a|b", "a", True, 30)], [odd]))[2:]
    assert r"| a\|b |" in row
    assert row.replace(r"\|", "").count("|") == head.count("|")


def test_columns_and_cost() -> None:
    """Every documented figure has its column; only networks have costs."""
    promised = {"psnr", "ssim", "vmaf", "vmaf_neg", "consistency", "temporal_error"}
    promised |= {"milliseconds_per_frame", "kmacs_per_pixel", "parameters"}
    assert promised <= {column.key for column in LUMA_COLUMNS}
    table = luma_table("x2", [score(n, "a", True, 30) for n in ("plain", "net")], [PLAIN, NET])
    plain, net = table.rows
    assert (plain["parameters"], plain["kmacs_per_pixel"]) == (None, None)
    assert (net["parameters"], net["kmacs_per_pixel"]) == (1234, pytest.approx(5.6))
    lines = markdown(table)
    assert len({line.count("|") for line in lines[2:]}) == 1
    assert "| 1,234 |" in lines[-1]


def test_missing_values_are_dashes_and_numbers_keep_their_format() -> None:
    """A key that a row lacks and a value of None look the same; 0 is a value."""
    table = Table(
        "made",
        (
            Column("a", "A", ".2f"),
            Column("b", "B", ".1%"),
            Column("c", "C", ","),
            Column("d", "D"),
        ),
        ({"a": 0.0, "b": 0.125, "c": 1234567, "d": "x"}, {"b": None, "c": 0, "d": ""}),
    )
    assert [cell_texts(table, row) for row in table.rows] == [
        ["0.00", "12.5%", "1,234,567", "x"],
        ["-", "-", "0", ""],
    ]


@pytest.mark.parametrize(("value", "text"), [(math.inf, "inf"), (-math.inf, "-inf")])
def test_infinite_figures_are_shown(value: float, text: str) -> None:
    """The PSNR of a perfect result is infinite, and so is the mean of a set that has one."""
    scores = [score("net", "a", True, value), score("net", "b", True, 30)]
    table = luma_table("x2", scores, [NET])
    assert table.rows[0]["psnr"] == value
    assert f"| {text} |" in markdown(table)[-1]


def test_a_name_with_a_line_break_stays_in_its_row() -> None:
    """A file's name may contain one: the table has as many lines as rows all the same."""
    table = Table("made", (Column("name", "upscaler"),), ({"name": "a\nb|c"},))
    assert markdown(table)[4:] == [r"| a\x0ab\|c |"]


def test_time_is_shown_in_milliseconds_and_cost_in_thousands() -> None:
    """Seconds per frame become milliseconds, operations per pixel thousands of them."""
    (row,) = luma_table("x2", [score("net", "a", True, 30)], [NET]).rows
    assert row["milliseconds_per_frame"] == 500
    assert row["kmacs_per_pixel"] == pytest.approx(5.6)


def test_colorizers_keep_their_order_and_pool_their_pictures() -> None:
    """One row for each colorizer in the order of the scores; RMSE over all samples, not a mean of RMSEs."""
    sums = [ChromaSums(1, (v / 255) ** 2 * 2, 0, 0, (0, 0), (0, 0)) for v in (1.0, 7.0)]
    scores = [
        ColorScore(name, "p", one, 2, 0.5, 1, 0, 0, torch.zeros(1))
        for one in sums
        for name in ("b", "a")
    ]
    rows = color_rows("set", scores)
    assert [(row["name"], row["count"]) for row in rows] == [("b", 2), ("a", 2)]
    assert rows[0]["rmse"] == pytest.approx(5)  # the root of (1 + 49) / 2
    assert rows[0]["ciede2000"] == 2


@pytest.mark.parametrize("columns", [LUMA_COLUMNS, COLOR_COLUMNS])
def test_columns_have_names_of_their_own(columns: tuple[Column, ...]) -> None:
    """No two columns of a table share a key or a heading."""
    assert len({column.key for column in columns}) == len(columns)
    assert len({column.title for column in columns}) == len(columns)
