"""Tests of restore/media/color."""
