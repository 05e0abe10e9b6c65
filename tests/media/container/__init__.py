"""Tests of restore/media/container."""
