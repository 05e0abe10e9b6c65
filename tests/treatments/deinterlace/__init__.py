"""Tests of deinterlacing."""
