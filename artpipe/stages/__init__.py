"""Makers: bytes in, bytes out; no database, no store, no settings."""
