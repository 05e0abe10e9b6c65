"""What an audit finds: one check for each thing that was compared."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: whether it passed, and what was found.

    `lost` marks what the result's container cannot store, if the user allowed its loss.
    """

    name: str
    ok: bool
    detail: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A result compared with its source: one check for each comparison."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether all checks passed."""
        return all(check.ok for check in self.checks)


def ms(seconds: Fraction) -> str:
    """A small time in milliseconds, as text for a check."""
    return f"{float(seconds * 1000):g} ms"
