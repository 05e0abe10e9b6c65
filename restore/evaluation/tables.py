"""Tables of mean scores: one row for each model and group of shots, as Markdown and as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from restore.evaluation.coloring import ColorScore, pooled
from restore.evaluation.upscalers import Upscaler
from restore.evaluation.upscaling import LumaScore
from restore.report.quantities import line as on_one_line

Cell = str | float | int | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class Column:
    """One column: its key in a row, its heading, its number format."""

    key: str
    title: str
    form: str = ""


@dataclass(frozen=True)
class Table:
    """A heading, the columns, and the rows."""

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
    Column("vmaf_neg", "VMAF-NEG", ".2f"),
    Column("consistency", "consistency", ".2f"),
    Column("temporal_error", "temporal error", ".2f"),
    Column("milliseconds_per_frame", "ms per frame", ".0f"),
    Column("kmacs_per_pixel", "kMAC/pixel", ".0f"),
    Column("parameters", "parameters", ","),
)

COLOR_COLUMNS = (
    Column("shots", "images"),
    Column("count", "n"),
    Column("name", "colorizer"),
    Column("rmse", "chroma RMSE", ".2f"),
    Column("rmse_reduction", "RMSE reduction", ".1%"),
    Column("correlation", "correlation", ".3f"),
    Column("ciede2000", "CIEDE2000", ".2f"),
    Column("histogram", "histograms", ".3f"),
    Column("colorfulness", "colorfulness", ".2f"),
    Column("flicker", "flicker", ".2f"),
    Column("true_flicker", "true flicker", ".2f"),
)


def luma_table(title: str, scores: Sequence[LumaScore], upscalers: Sequence[Upscaler]) -> Table:
    """Means over all shots, then over the steady ones and over those with weave or flicker."""
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
            key: _mean([getattr(score, key) for score in scores])
            for key in ("psnr", "ssim", "vmaf", "vmaf_neg", "consistency", "temporal_error")
        },
        "milliseconds_per_frame": 1000 * _mean([score.seconds_per_frame for score in scores]),
        "kmacs_per_pixel": None if cost is None else cost.macs / 1000,
        "parameters": None if cost is None else cost.parameters,
    }


def color_rows(shots: str, scores: Sequence[ColorScore]) -> list[Row]:
    """One row for each colorizer over a whole set of images."""
    names = list(dict.fromkeys(score.colorizer for score in scores))
    parts = {name: [score for score in scores if score.colorizer == name] for name in names}
    whole = {name: pooled([score.chroma_sums for score in parts[name]]) for name in names}
    return [
        {
            "shots": shots,
            "count": len(parts[name]),
            "name": name,
            "rmse": whole[name].rmse,
            "rmse_reduction": whole[name].rmse_reduction,
            "correlation": whole[name].correlation,
            **{
                key: _mean([getattr(score, key) for score in parts[name]])
                for key in ("ciede2000", "histogram", "colorfulness", "flicker", "true_flicker")
            },
        }
        for name in names
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def markdown(table: Table) -> list[str]:
    """The table as lines of Markdown."""
    titles = [column.title for column in table.columns]
    lines = [f"**{table.title}**", "", _line(titles), _line(["---"] * len(titles))]
    return [*lines, *(_line(cell_texts(table, row)) for row in table.rows)]


def cell_texts(table: Table, row: Row) -> list[str]:
    """A row's cells as text; a dash where there is no value."""
    cells = ((row.get(column.key), column.form) for column in table.columns)
    return ["-" if cell is None else format(cell, form) for cell, form in cells]


def _line(cells: Sequence[str]) -> str:
    """A row; line breaks and `|` in a name are escaped."""
    shown = (on_one_line(cell).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(shown)} |"
