"""Three pictures in three states, and what was made of them."""

from __future__ import annotations

from support.library import TestLibrary
from support.photos import small

STAGES = {"thumbnails-small", "web-optimized", "blurhash", "phash", "ersgan-enhanced", "ersgan-thumbnails"}


def three(library: TestLibrary) -> None:
    """A is approved, b undecided, c rejected."""
    for seed, name in enumerate("abc"):
        small(library.img / f"{name}.png", seed)
    library.ok("register", "img")
    library.ok("approve", "a")
    library.ok("reject", "c")


def made(library: TestLibrary) -> dict[str, set[str]]:
    rows = library.sql("SELECT image_id, stage FROM artifacts WHERE stage <> 'upstream'")
    rows += library.sql("SELECT image_id, 'blurhash' FROM blurhash_cache")
    rows += library.sql("SELECT image_id, 'phash' FROM perceptual_hashes")
    found: dict[str, set[str]] = {}
    for image_id, stage in rows:
        found.setdefault(image_id, set()).add(stage)
    return found
