"""Stages whose work an external program does."""
