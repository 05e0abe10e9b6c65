"""The table from which a color model's one operating point is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from restore.evaluation.benchmark import GreyShot, chroma_of, colored, luma_of
from restore.evaluation.coloring import pooled, products
from restore.evaluation.colorists import model
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
    Column("below_grey", "below grey", ".1%"),
    Column("correlation", "correlation", ".3f"),
    Column("colorfulness", "colorfulness", ".2f"),
    Column("ships", "ships"),
)


def readout_rows(name: str, shots: Sequence[GreyShot], engine: Engine) -> Iterator[Row]:
    """Every temperature with every saturation, and the point that ships, on these pictures.

    Everything as the run does it; chroma RMSE as a share of grey's, colorfulness as a share of the
    truth's.
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
        below, correlation, share = _measured(name, point, shots, engine)
        yield {
            "temperature": point.temperature,
            "doubt": point.doubt,
            "saturation": point.saturation,
            "below_grey": below,
            "correlation": correlation,
            "colorfulness": share,
            "ships": "yes" if point == shipped else "",
        }


def _measured(
    name: str, point: Readout, shots: Sequence[GreyShot], engine: Engine
) -> tuple[float | None, float, float]:
    """The share by which chroma RMSE lies below grey's, correlation, mean share of colorfulness."""
    colorist = model(name, engine, point)
    found = [colorist.color(shot) for shot in shots]
    whole = pooled(
        [products(chroma, chroma_of(shot.rgb)) for chroma, shot in zip(found, shots, strict=True)]
    )
    shares = [
        colorfulness(colored(luma_of(shot.rgb), chroma).clamp(0, 1))
        / max(1, colorfulness(shot.rgb))
        for chroma, shot in zip(found, shots, strict=True)
    ]
    return whole.below_grey, whole.correlation, sum(shares) / len(shares)
