"""Which sample pictures there are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from artpipe.samples import (
    city,
    desert,
    formats,
    garden,
    glass,
    landscapes,
    ornaments,
    patterns,
    planets,
    pond,
    sea,
    space,
    wood,
)


@dataclass(frozen=True)
class Sample:
    """One file.

    Args:
        path: below the folder of all samples.
        paint: draws it from a source of randomness, a width and a height.
        width, height: as it is looked at; a turned file stores them the other way round.
        seed: the number that gives the best view.
        encode: turns it into the bytes of a file.
    """

    path: str
    paint: Callable[[np.random.Generator, int, int], Image.Image]
    width: int
    height: int
    seed: int
    encode: Callable[[Image.Image], bytes]


SAMPLES = (
    Sample("landscapes/misty-lake.jpg", landscapes.misty_lake, 960, 640, 7, formats.jpeg),
    Sample("landscapes/alpine-dawn.webp", landscapes.alpine_dawn, 512, 768, 7, formats.webp),
    Sample("landscapes/dunes.jpg", desert.dunes, 600, 800, 6, formats.jpeg_on_its_left_side),
    Sample("landscapes/aurora.png", landscapes.aurora, 720, 480, 10, formats.png),
    Sample("landscapes/autumn/birch-wood.jpg", wood.birch_wood, 576, 768, 7, formats.jpeg_on_its_right_side),
    Sample("space/nebula.jpg", space.nebula, 1024, 1536, 20, formats.progressive_jpeg),
    Sample("space/spiral-galaxy.jpg", space.spiral_galaxy, 720, 720, 9, formats.jpeg),
    Sample("space/aurora.jpg", planets.aurora_from_orbit, 800, 534, 8, formats.jpeg),
    Sample("space/planets/ringed-planet.webp", planets.ringed_planet, 800, 534, 6, formats.webp),
    Sample("space/planets/half-moon.png", space.half_moon, 512, 512, 7, formats.png),
    Sample("city/skyline-at-dusk.webp", city.skyline, 960, 540, 7, formats.webp),
    Sample("city/rainy-window.jpg", city.rainy_window, 480, 640, 7, formats.jpeg),
    Sample("city/lanterns.png", city.lanterns, 320, 240, 7, formats.png),
    Sample("patterns/malachite-and-gold.jpg", patterns.marble, 640, 800, 7, formats.jpeg),
    Sample("patterns/ink-currents.png", patterns.ink_flow, 640, 480, 11, formats.png),
    Sample("patterns/julia.webp", patterns.julia, 640, 640, 7, formats.webp),
    Sample("patterns/satin-weave.gif", ornaments.weave, 400, 300, 7, formats.gif),
    Sample("patterns/woodblock-sea.png", ornaments.waves, 640, 480, 7, formats.png),
    Sample("patterns/stained-glass.jpg", glass.stained_glass, 600, 600, 7, formats.cmyk_jpeg),
    Sample("garden/dahlia.png", garden.dahlia, 480, 480, 7, formats.png),
    Sample("garden/pond/koi.webp", pond.koi_pond, 640, 800, 7, formats.webp),
    Sample("sea/jellyfish.jpg", sea.jellyfish, 480, 640, 7, formats.jpeg),
    Sample("inbox/half-a-download.jpg", desert.dunes, 480, 320, 11, formats.broken_jpeg),
)
SECOND_NAMES = {"favourites/still-water.jpg": "landscapes/misty-lake.jpg"}
"""Exact duplicates: the path of a copy, and of what it is a copy of."""


def write_samples(folder: Path) -> list[Path]:
    """Paint all samples into `folder`, return their paths; what had these names there is replaced."""
    return [_written(folder / sample.path, _bytes_of(sample)) for sample in SAMPLES] + [
        _written(folder / second, (folder / first).read_bytes()) for second, first in SECOND_NAMES.items()
    ]


def _bytes_of(sample: Sample) -> bytes:
    rng = np.random.default_rng(sample.seed)
    return sample.encode(sample.paint(rng, sample.width, sample.height))


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
