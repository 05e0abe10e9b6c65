"""Tests of restore/media/images."""
