"""Which fields of a film show the same moment: comb energies, hypotheses, the best path, a verdict."""

from restore.treatments.deinterlace.cadence.see import see_fields

__all__ = ["see_fields"]
