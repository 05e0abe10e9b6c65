"""restore: old films in, restored films out."""

__version__ = "0.1.0"
