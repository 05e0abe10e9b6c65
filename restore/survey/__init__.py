"""What a film is: its shots, and per shot whether it is a scene, a title card or black, and its color."""
