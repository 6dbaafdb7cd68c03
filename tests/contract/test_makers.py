"""What every maker promises, checked on each of them."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artpipe.errors import SettingsError
from artpipe.stages import makers, registry
from artpipe.stages.imaging import Limits, Picture
from artpipe.stages.stage import FileMaker, Order, Product

pytestmark = pytest.mark.usefixtures("engine")

KINDS = sorted(makers.BUILT_IN)
# What a maker that works on files can't do without.
FILE_PARAMS: dict[str, dict[str, Any]] = {
    "command": {"command": "cp {input} {output}"},
    "frames": {},
    "poster": {},
}


def encoded(size: tuple[int, int], mode: str) -> bytes:
    random = np.random.default_rng(sum(size))
    channels = len(mode)
    pixels = random.integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode).save(file, "PNG")
    return file.getvalue()


def make(kind: str, data: bytes, **params: Any) -> Product:
    maker = makers.maker_class(kind)
    defaults = {key: parameter.default for key, parameter in maker.parameters.items()}
    made_by = makers.maker(kind)
    if makers.makes_of_pictures(made_by):
        return made_by.make(Picture(data), {**defaults, **params})
    assert isinstance(made_by, FileMaker)
    return deliver(made_by, data, {**defaults, **FILE_PARAMS[kind], **params})


def deliver(made_by: FileMaker, data: bytes, params: dict[str, Any]) -> Product:
    """What a maker that works on files makes of a file with these bytes."""
    with tempfile.TemporaryDirectory() as temporary:
        source, folder = Path(temporary, "source"), Path(temporary, "folder")
        source.write_bytes(data)
        folder.mkdir()
        order = Order("an id", {"upstream": source}, params, folder, folder, 60.0, Limits())
        made = made_by.deliver(order)
        return Product(made.width, made.height, made.path.read_bytes(), made.extension, how=made.how)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (40, 24)])
def test_every_picture_has_a_product(kind: str, mode: str, size: tuple[int, int]) -> None:
    product = make(kind, encoded(size, mode))
    if kind == "frames":
        assert len(json.loads(product.data or b"")["frames"]) == 1
        return
    assert product.width > 0
    assert product.height > 0
    if makers.TABLES.get(kind):
        assert product.data is None
        assert product.values
        assert all(product.values.values())
    else:
        assert product.data
        made = Picture(product.data)
        assert (made.width, made.height) == (product.width, product.height)
        assert made.full().size == (product.width, product.height)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_input_gives_the_same_bytes(kind: str) -> None:
    data = encoded((40, 24), "RGB")
    assert make(kind, data) == make(kind, data)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_is_plain_data(kind: str) -> None:
    product = make(kind, encoded((8, 8), "RGB"))
    assert json.loads(json.dumps(dict(product.how))) == dict(product.how)
    for parameter in makers.maker_class(kind).parameters.values():
        assert parameter.check(parameter.default) == parameter.default
        assert parameter.help


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_values_are_refused(kind: str) -> None:
    for parameter in makers.maker_class(kind).parameters.values():
        for wrong in (None, [], {}, object()):
            with pytest.raises(SettingsError, match="must be"):
                parameter.check(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_wanted_is_part_of_the_recipe(kind: str) -> None:
    parameters = makers.maker_class(kind).parameters
    defaults = {key: parameter.default for key, parameter in parameters.items()}
    before = registry.recipe(kind, defaults)
    for key, parameter in parameters.items():
        if isinstance(parameter.default, bool):
            changed: Any = not parameter.default
        elif parameter.choices:
            changed = next(choice for choice in parameter.choices if choice != parameter.default)
        elif isinstance(parameter.default, str):
            changed = parameter.default + "0"
        else:
            changed = parameter.default + 1
        assert (registry.recipe(kind, {**defaults, key: changed}) != before) is parameter.wanted, key
