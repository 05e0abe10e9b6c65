"""Tables: groups, means, columns."""

import pytest
import torch

from restore.evaluation.tables import LUMA_COLUMNS, luma_table, markdown
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
