"""Tests of restore.training.degrade."""
