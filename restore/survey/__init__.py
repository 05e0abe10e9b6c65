"""The survey of a film: its shots, and for each its content (scene, title card, black) and color."""
