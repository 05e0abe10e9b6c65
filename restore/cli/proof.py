"""The proof that a run asks for: the audit's findings, as the lines of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restore.run.film import Proof, Unproven


def prove(unproven: Unproven) -> Proof:
    """Compare a joined result with its source, frame by frame (see restore/audit.py)."""
    raise NotImplementedError
