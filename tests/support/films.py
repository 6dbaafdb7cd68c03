"""Small films, made with PyAV."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

CODECS = {"mp4": "mpeg4", "mov": "mpeg4", "mkv": "mpeg4", "webm": "libvpx"}
DEMUXED = {"mkv": "matroska"}
BLACK = (0, 0, 0)
Colour = tuple[int, int, int]


def colour_of(number: int) -> Colour:
    """Another one for each picture, none of them dark."""
    return (60 + number * 37 % 180, 60 + number * 83 % 180, 60 + number * 151 % 180)


def film(
    path: Path,
    colours: Sequence[Colour] | int = 30,
    *,
    fps: int = 10,
    size: tuple[int, int] = (64, 48),
    times: Sequence[int] = (),
    keys: int = 10,
) -> Path:
    """A film of plain pictures, one for each colour.

    Args:
        times: moments of the pictures in thousandths of a second, for a film of variable rate.
        keys: distance of key pictures.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = path.suffix[1:]
    shown = [colour_of(number) for number in range(colours)] if isinstance(colours, int) else colours
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=DEMUXED.get(suffix, suffix)) as container:
        stream: VideoStream = container.add_stream(CODECS[suffix], rate=fps)  # type: ignore[assignment] # of a video codec
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = keys
        stream.bit_rate = 2_000_000
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, colour in enumerate(shown):
            pixels = np.full((size[1], size[0], 3), colour, np.uint8)
            pixels[: size[1] // 4, : size[0] // 4] = (255 - np.asarray(colour)) if any(colour) else 0
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    path.write_bytes(buffer.getvalue())
    return path


def animation(path: Path, number: int = 4, *, milliseconds: int = 500, size: tuple[int, int] = (40, 30)) -> Path:
    """An animated GIF, WebP or PNG, as its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = [Image.new("RGB", size, colour_of(at)) for at in range(number)]
    shown[0].save(path, save_all=True, append_images=shown[1:], duration=milliseconds, loop=0)
    return path
