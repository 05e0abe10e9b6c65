"""Tests of restore/ageing."""
