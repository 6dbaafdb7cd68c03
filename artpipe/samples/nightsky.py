"""What shines at night: stars, northern lights."""

import numpy as np

from artpipe.samples.canvas import Field, patch, smooth, tinted
from artpipe.samples.noise import line


def starlight(rng: np.random.Generator, width: int, height: int, count: int, spikes: int = 0) -> Field:
    """Linear light of stars of all colours; the `spikes` brightest ones get rays."""
    light = np.zeros((height, width, 3), dtype=np.float32)
    strength = np.minimum(np.sort(rng.pareto(1.6, count) * 0.12 + 0.02)[::-1], 6)
    hues = np.exp(rng.normal(0, 1, count)[:, None] * np.array([0.25, 0, -0.35])) * strength[:, None]
    places = rng.random((count, 2)) * (width, height)
    for number, (hue, (x, y)) in enumerate(zip(hues.astype(np.float32), places.tolist(), strict=True)):
        _star(light, x, y, hue, spiked=number < spikes)
    return light


def _star(light: Field, x: float, y: float, hue: Field, *, spiked: bool) -> None:
    """Add a small round spot and, for a bright star, a halo with four rays."""
    part, across, down = patch(light, x, y, 60 if spiked else 5)
    squared = down**2 + across**2
    spot = np.exp(-squared / 0.9)
    if spiked:
        rays = np.exp(-np.abs(across) / 9 - down**2 / 0.7) + np.exp(-np.abs(down) / 9 - across**2 / 0.7)
        spot += np.exp(-squared / 6) + 0.35 * rays + 0.035 * np.exp(-np.sqrt(squared) / 11)
    part += spot[..., None] * hue


def curtain(rng: np.random.Generator, width: int, height: int, sweep: tuple[float, float, float]) -> Field:
    """Linear light of one curtain: rays that stand on a folded line, brightest where it folds back.

    Args:
        rng: where the randomness comes from.
        width: in pixels.
        height: in pixels.
        sweep: where the line begins and how far it rises, in heights; how far it leans, in widths.
    """
    low_end, rise, lean = sweep
    count = width * 3 // 2
    t = np.linspace(0, 1, count, dtype=np.float32)
    fold = np.sin(2 * np.pi * (2.3 * t + rng.random())) * (0.06 + 0.08 * t) + line(rng, count, 1.8, 500) * 0.02
    x = (-0.1 + 1.2 * t + lean * np.sin(3 * t) + fold) * width
    foot = height * (low_end - rise * t**1.6 + 0.35 * np.roll(fold, count // 9))
    rays = np.exp(0.45 * line(rng, count, 1.0, 120)) * (0.35 + 0.65 * np.sin(np.pi * t) ** 2)
    tall = height * (0.05 + 0.16 * t + 0.02 * line(rng, count, 1.3, 200))
    up = (foot[None, :] - np.arange(height, dtype=np.float32)[:, None]) / np.maximum(tall, 4)[None, :]
    return _rays(np.maximum(up, -1), x, rays / 2, width)


def _rays(up: Field, x: Field, rays: Field, width: int) -> Field:
    """Draw rays side by side: how far up each row is on each ray, the rays' columns, their strength."""
    columns = np.arange(width, dtype=np.float32)[None, :]
    spread = np.maximum(0, 1 - np.abs(x[:, None] - columns) / 2) * rays[:, None]
    above = np.maximum(up, 0)
    green = smooth(-0.15, 0.1, up) * np.exp(-above * 1.1) @ spread
    violet = np.exp(-((above - 1.5) ** 2) / 0.7) * smooth(0, 0.5, up) @ spread
    return tinted(green, (0.06, 0.8, 0.3)) + tinted(violet, (0.13, 0.03, 0.2))
