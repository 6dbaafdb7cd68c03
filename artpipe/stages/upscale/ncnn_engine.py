"""The engine of Tencent's ncnn wheel, on any CPU or Vulkan device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artpipe.errors import EnvironmentLackError, WorkError
from artpipe.stages.upscale.engine import CPU, NCNN, Device, TileTooLargeError, installed
from artpipe.stages.upscale.silence import silence

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Literal

    import numpy as np
    from numpy.typing import NDArray

    from artpipe.stages.upscale.engine import Order

# VkPhysicalDeviceType, renumbered by ncnn (gpu.h, GpuInfo::type): the software device is last.
_KINDS: tuple[Literal["discrete", "integrated", "virtual", "software"], ...] = (
    "discrete",
    "integrated",
    "virtual",
    "software",
)
# Free GPU memory in MiB to tile side, as realesrgan-ncnn-vulkan's main.cpp has it.
_GPU_TILES = ((1900, 200), (550, 100), (190, 64), (0, 32))


class NcnnEngine:
    """A network loaded by ncnn.

    Raises:
        EnvironmentLackError: ncnn is not installed or can't read the files.
    """

    name = NCNN

    def __init__(self, order: Order) -> None:
        self.version = installed(NCNN)
        self.device = order.choice.device
        self.threads = order.threads
        on_gpu = order.choice.gpu != CPU
        # On a GPU weights and blobs are kept in half precision, as realesrgan-ncnn-vulkan ships it.
        self.precision: str = "fp16" if on_gpu else order.precision
        ncnn = _import()
        self._order = order
        self._mat = ncnn.Mat
        self._net = _network(ncnn, order)
        self.largest_tile = _gpu_tile(ncnn, order.choice.gpu) if on_gpu else 0

    def run(self, block: NDArray[np.uint8]) -> NDArray[np.float32]:
        import numpy as np

        planar = np.ascontiguousarray(block.transpose(2, 0, 1), dtype=np.float32)
        planar *= np.float32(1 / 255)
        # numpy's planes lie back to back, ncnn's start at multiples of 16 bytes, and the upload to a GPU
        # relies on it: clone() moves them (0.1 ms), and ends our duty to keep `planar` alive.
        code, result = self._extract(self._mat(planar).clone())
        if code != 0:
            # Reading the output of a failed extract would crash the process.
            height, width = block.shape[:2]
            raise TileTooLargeError(
                "out-of-memory", f"ncnn could not compute a block of {width}x{height} (code {code})"
            )
        # The array shares the Mat's memory, and keeps it alive.
        output: NDArray[np.float32] = np.asarray(result)
        with np.errstate(over="ignore"):  # the output gate judges what is no picture
            output *= np.float32(255)
        return output

    def _extract(self, source: Any) -> tuple[int, Any]:
        # The extractor ends with this function, also when it failed: it must not outlive the network, and a
        # traceback would keep it alive.
        extractor = self._net.create_extractor()
        code: int = extractor.input("data", source)
        return extractor.extract("output") if code == 0 else (code, None)

    def reset(self) -> None:
        # The network's pools keep the blocks of the larger tile, so a smaller one would fail for want of the
        # same memory. clear() ends the pools; it complains on stderr about the block that never came.
        with silence():
            self._net.clear()
        try:
            self._net = _network(_import(), self._order)
        except EnvironmentLackError as error:
            # The files were good a moment ago.
            raise WorkError("out-of-memory", "no memory left to load the network again") from error


def _network(ncnn: ModuleType, order: Order) -> Any:
    net = ncnn.Net()
    options, on_gpu = net.opt, order.choice.gpu != CPU
    options.num_threads = order.threads
    options.use_vulkan_compute = on_gpu
    options.use_fp16_packed = options.use_fp16_storage = on_gpu
    options.use_fp16_arithmetic = False
    options.use_bf16_storage = not on_gpu and order.precision == "bf16"
    if on_gpu:
        net.set_vulkan_device(order.choice.gpu)
    for load, path in ((net.load_param, order.weights.param), (net.load_model, order.weights.bin)):
        if load(str(path)) != 0:
            raise EnvironmentLackError(
                "model-broken", f"ncnn {installed(NCNN)} can't read {path}; install its package again"
            )
    return net


def vulkan_devices() -> tuple[Device, ...]:
    """Every Vulkan device; empty without a driver, which ncnn looks for and opens itself."""
    if import_problem():
        return ()
    ncnn = _import()
    with silence():
        infos = [(index, ncnn.get_gpu_info(index)) for index in range(ncnn.get_gpu_count())]
    return tuple(Device(index, info.device_name(), _KINDS[info.type()]) for index, info in infos)


def import_problem() -> str:
    """Why ncnn can't be used here; empty if it can."""
    try:
        _import()
    except EnvironmentLackError as error:
        return error.message
    return ""


def _import() -> ModuleType:
    try:
        import ncnn
    except (ImportError, OSError) as error:
        raise EnvironmentLackError("engine-missing", f"ncnn can't be imported: {error}; pip install ncnn") from error
    else:
        module: ModuleType = ncnn
        return module


def _gpu_tile(ncnn: ModuleType, gpu: int) -> int:
    free = ncnn.get_gpu_device(gpu).get_heap_budget()
    return next(tile for least, tile in _GPU_TILES if free >= least)
