"""The ffmpeg program: decode, encode, render, measure."""
