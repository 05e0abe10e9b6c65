"""The only door to ffmpeg and PyAV: probe a film, decode and encode its frames, join the parts."""
