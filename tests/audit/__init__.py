"""Tests of the audit: result against source."""
