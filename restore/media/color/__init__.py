"""Code values: pixel formats, linear light, and the conversion to and from Clips."""
