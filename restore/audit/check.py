"""What an audit finds: one check for each thing that was compared."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared, whether it is as it must be, and what was found.

    `lost` marks what is not in the result because nothing there can hold it, and the user allowed that.
    """

    name: str
    ok: bool
    detail: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A result compared with its source: one check for each thing that was compared."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all of it is as it must be."""
        return all(check.ok for check in self.checks)


def ms(seconds: Fraction) -> str:
    """A small time in milliseconds, as checks tell it."""
    return f"{float(seconds * 1000):g} ms"
