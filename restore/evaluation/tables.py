"""Scores put together: one row for each contestant and group of shots, as Markdown and as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from restore.evaluation.coloring import ColorScore, pooled
from restore.evaluation.upscalers import Upscaler
from restore.evaluation.upscaling import LumaScore

Cell = str | float | int | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class Column:
    """One figure: its key in a row, its heading, how it is written."""

    key: str
    title: str
    form: str = ""


@dataclass(frozen=True)
class Table:
    """A heading, what its figures are, and the rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


LUMA_COLUMNS = (
    Column("shots", "shots"),
    Column("count", "n"),
    Column("name", "upscaler"),
    Column("psnr", "PSNR dB", ".2f"),
    Column("ssim", "SSIM", ".4f"),
    Column("vmaf", "VMAF", ".2f"),
    Column("neg", "VMAF-NEG", ".2f"),
    Column("consistency", "consistency", ".2f"),
    Column("temporal", "temporal error", ".2f"),
    Column("milliseconds", "ms a frame", ".0f"),
    Column("kilomacs", "kMAC/pixel", ".0f"),
    Column("parameters", "parameters", ","),
)

COLOR_COLUMNS = (
    Column("shots", "pictures"),
    Column("count", "n"),
    Column("name", "color"),
    Column("rmse", "chroma RMSE", ".2f"),
    Column("below_grey", "below grey", ".1%"),
    Column("correlation", "correlation", ".3f"),
    Column("ciede2000", "CIEDE2000", ".2f"),
    Column("histogram", "histograms", ".3f"),
    Column("colorfulness", "colorfulness", ".2f"),
    Column("flicker", "flicker", ".2f"),
    Column("true_flicker", "truth's flicker", ".2f"),
)


def luma_table(title: str, scores: Sequence[LumaScore], upscalers: Sequence[Upscaler]) -> Table:
    """Means over the shots: all of them, then those that stand still and those that do not."""
    groups: list[tuple[str, Callable[[LumaScore], bool]]] = [("all", lambda score: True)]
    if len({score.steady for score in scores}) == 2:
        groups.append(("steady", lambda score: score.steady))
        groups.append(("weave, flicker", lambda score: not score.steady))
    rows = [
        _luma_row(name, upscaler, [s for s in scores if s.upscaler == upscaler.name and taken(s)])
        for name, taken in groups
        for upscaler in upscalers
    ]
    return Table(title, LUMA_COLUMNS, tuple(rows))


def _luma_row(shots: str, upscaler: Upscaler, scores: Sequence[LumaScore]) -> Row:
    cost = upscaler.cost
    return {
        "shots": shots,
        "count": len(scores),
        "name": upscaler.name,
        **{
            key: sum(getattr(score, key) for score in scores) / len(scores)
            for key in ("psnr", "ssim", "vmaf", "neg", "consistency", "temporal")
        },
        "milliseconds": 1000 * sum(score.seconds for score in scores) / len(scores),
        "kilomacs": None if cost is None else cost.macs / 1000,
        "parameters": None if cost is None else cost.parameters,
    }


def color_rows(shots: str, scores: Sequence[ColorScore]) -> list[Row]:
    """One row for each colorist over a whole set of pictures; grey is the measure of all."""
    names = list(dict.fromkeys(score.colorist for score in scores))
    parts = {name: [score for score in scores if score.colorist == name] for name in names}
    whole = {name: pooled([score.products for score in parts[name]]) for name in names}
    return [
        {
            "shots": shots,
            "count": len(parts[name]),
            "name": name,
            "rmse": whole[name].rmse,
            "below_grey": whole[name].below_grey,
            "correlation": whole[name].correlation,
            **{
                key: sum(getattr(score, key) for score in parts[name]) / len(parts[name])
                for key in ("ciede2000", "histogram", "colorfulness", "flicker", "true_flicker")
            },
        }
        for name in names
    ]


def markdown(table: Table) -> list[str]:
    """The table's lines."""
    titles = [column.title for column in table.columns]
    lines = [f"**{table.title}**", "", _line(titles), _line(["---"] * len(titles))]
    return [*lines, *(_line(written(table, row)) for row in table.rows)]


def written(table: Table, row: Row) -> list[str]:
    """A row's cells as they are shown; a dash where there is no such figure."""
    cells = ((row.get(column.key), column.form) for column in table.columns)
    return ["-" if cell is None else format(cell, form) for cell, form in cells]


def _line(cells: Sequence[str]) -> str:
    """A row; a `|` in a name ends no cell."""
    shown = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(shown)} |"
