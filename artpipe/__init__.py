"""Curate and process a very large folder of pictures."""

__version__ = "0.1.0"
