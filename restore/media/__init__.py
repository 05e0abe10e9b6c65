"""The only access to ffmpeg and PyAV: probe a film, decode and encode its frames, join the parts."""
