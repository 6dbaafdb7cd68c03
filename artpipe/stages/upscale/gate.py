"""The output gate: an upscale that can't be one never becomes a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.errors import WorkError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Standard deviation in grey levels. Networks smooth single specks away completely, but from grain, lines or
# edges this strong every model leaves at least 2 levels (measured); "flat" below means less than 1.
_GRAIN = 4
# Comparing every pixel with the first is needed only where a sparse grid of them is equal.
_SPARSE = 16


class ImplausibleError(WorkError):
    """The output cannot be an upscale of the input."""


def inspect(source: NDArray[np.uint8], result: NDArray[np.float32], scale: int, max_shift: float) -> None:
    """Refuse an upscaled tile that is not an enlargement of its source.

    Args:
        source: height x width x 3, 0 to 255.
        result: 3 x scaled height x scaled width, nominally 0 to 255, not rounded.
        scale: promised factor.
        max_shift: how far the mean of each colour may be off, in grey levels.

    Raises:
        ImplausibleError: the message says what is wrong.
    """
    import numpy as np

    height, width = source.shape[:2]
    if result.shape != (3, height * scale, width * scale):
        raise _implausible(f"{'x'.join(map(str, result.shape))} values instead of {width}x{height} times {scale}")
    with np.errstate(invalid="ignore", over="ignore"):
        after = result.mean(axis=(1, 2))
    # One value that is no number spoils the mean: no need to look at each.
    if not np.isfinite(after).all():
        raise _implausible("values that are not numbers")
    shift = float(np.abs(after - source.mean(axis=(0, 1), dtype=np.float32)).max())
    if shift > max_shift:
        raise _implausible(f"mean colour off by {shift:.0f} of 255 grey levels (max_colour_shift {max_shift:g})")
    if _flat(result) and float(source.std(axis=(0, 1)).max()) > _GRAIN:
        raise _implausible("one single colour where the picture has several")


def _implausible(what: str) -> ImplausibleError:
    return ImplausibleError("implausible-output", f"the upscaling engine returned {what}")


def _flat(result: NDArray[np.float32]) -> bool:
    first = result[:, :1, :1]
    sparse = result[:, ::_SPARSE, ::_SPARSE]
    return bool((abs(sparse - first) < 1).all() and (abs(result - first) < 1).all())
