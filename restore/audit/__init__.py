"""The result against its source: every frame in its place and time, everything beside it intact."""
