"""Tests of restore/media/ffmpeg."""
