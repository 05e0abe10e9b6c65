"""Tests of restore/jobs."""
