"""Tests of restore/batch."""
