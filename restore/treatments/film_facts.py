"""The facts of a film and of a shot on which options, measures and decisions depend."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from restore.clip import Fields
from restore.timing import Span

Content = Literal["scene", "card", "black"]
"""A scene, lettering on a plain ground (title card, intertitle), or black leader."""

Color = Literal["mono", "tint", "color"]
"""No chroma at all, one hue over everything (sepia, toning, a faded dye), or several hues."""


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """The facts of the film on which options, measures and decisions depend.

    `fields` is the order of the fields by the film's tags (None: progressive, or no tag). `recomputed` means
    that a network computes the luma of a shot: then defects that are measured over whole shots are repaired
    by default. `resized` means that its frames get another size, in which fields would be mixed.
    """

    width: int
    height: int
    sar: Fraction = Fraction(1)
    rotation: int = 0
    fields: Fields | None = None
    recomputed: bool = False
    resized: bool = False

    @property
    def interlaced(self) -> bool:
        """Whether the film is tagged as interlaced."""
        return self.fields is not None


class ShotKind(Protocol):
    """The facts of a shot that the survey finds before any treatment's measure."""

    @property
    def span(self) -> Span:
        """The shot's frames."""
        ...

    @property
    def content(self) -> Content:
        """Scene, title card or black."""
        ...

    @property
    def color(self) -> Color:
        """Black-and-white, one tint or color."""
        ...
