"""Tests of restore/jobs/batch."""
