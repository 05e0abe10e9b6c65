"""The table from which a color model's readout is chosen: how its scores become chroma."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from restore.evaluation.benchmark import GrayShot, chroma_of, colored, luma_of
from restore.evaluation.coloring import chroma_sums, pooled
from restore.evaluation.colorizers import model
from restore.evaluation.colormetrics import colorfulness
from restore.evaluation.tables import Column, Row
from restore.models import Readout, find
from restore.treatments.treatment import Engine

TEMPERATURES = (0.4, 0.6, 0.8, 1.0)
DOUBTS = (0.0, 0.3, 0.6)
SATURATIONS = (1.0, 1.2, 1.5, 1.8, 2.2)

READOUT_COLUMNS = (
    Column("temperature", "temperature", ".2f"),
    Column("doubt", "doubt", ".2f"),
    Column("saturation", "saturation", ".2f"),
    Column("rmse_reduction", "RMSE reduction", ".1%"),
    Column("correlation", "correlation", ".3f"),
    Column("colorfulness", "colorfulness", ".2f"),
    Column("ships", "ships"),
)


def readout_rows(name: str, shots: Sequence[GrayShot], engine: Engine) -> Iterator[Row]:
    """One row for each combination of temperature, doubt and saturation, and for the readout that ships.

    Computed as in a run: the reduction of chroma RMSE compared with gray, and colorfulness as a share
    of the ground truth's.
    """
    shipped = find(name).readout
    size = shipped.size if shipped else 144
    points = [
        Readout(temperature=temperature, saturation=saturation, doubt=doubt, size=size)
        for temperature in TEMPERATURES
        for doubt in DOUBTS
        for saturation in SATURATIONS
    ]
    if shipped is not None and shipped not in points:
        points.append(shipped)
    for point in points:
        reduction, correlation, share = _measured(name, point, shots, engine)
        yield {
            "temperature": point.temperature,
            "doubt": point.doubt,
            "saturation": point.saturation,
            "rmse_reduction": reduction,
            "correlation": correlation,
            "colorfulness": share,
            "ships": "yes" if point == shipped else "",
        }


def _measured(
    name: str, point: Readout, shots: Sequence[GrayShot], engine: Engine
) -> tuple[float | None, float, float]:
    """Reduction of chroma RMSE compared with gray, correlation, mean share of colorfulness."""
    colorizer = model(name, engine, point)
    found = [colorizer.color(shot) for shot in shots]
    whole = pooled(
        [
            chroma_sums(chroma, chroma_of(shot.rgb))
            for chroma, shot in zip(found, shots, strict=True)
        ]
    )
    shares = [
        colorfulness(colored(luma_of(shot.rgb), chroma).clamp(0, 1))
        / max(1, colorfulness(shot.rgb))
        for chroma, shot in zip(found, shots, strict=True)
    ]
    return whole.rmse_reduction, whole.correlation, sum(shares) / len(shares)
