#!/usr/bin/env python3
"""Set one picture, with the colours of another, softly into the middle of that other one."""

from __future__ import annotations

import argparse

from PIL import Image, ImageDraw, ImageFilter, ImageOps, ImageStat


def coloured_like(picture: Image.Image, model: Image.Image) -> Image.Image:
    """Shift each channel of a picture to the mean and the spread of the model's."""
    mine, theirs = ImageStat.Stat(picture), ImageStat.Stat(model)
    channels = []
    for at, channel in enumerate(picture.split()):
        scale = theirs.stddev[at] / max(mine.stddev[at], 1.0)
        table = [round((level - mine.mean[at]) * scale + theirs.mean[at]) for level in range(256)]
        channels.append(channel.point([min(max(level, 0), 255) for level in table]))
    return Image.merge("RGB", channels)


def composed(style: Image.Image, source: Image.Image, share: float, radius: float) -> Image.Image:
    side = max(round(min(style.size) * share), 1)
    face = coloured_like(ImageOps.fit(source, (side, side)), style)
    mask = Image.new("L", face.size)
    margin = min(2 * radius, side / 4)
    ImageDraw.Draw(mask).ellipse((margin, margin, side - 1 - margin, side - 1 - margin), fill=255)
    result = style.copy()
    corner = ((style.width - side) // 2, (style.height - side) // 2)
    result.paste(face, corner, mask.filter(ImageFilter.GaussianBlur(radius)))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("style")
    parser.add_argument("source")
    parser.add_argument("output")
    parser.add_argument("--share", type=float, default=0.6)
    parser.add_argument("--radius", type=float, default=4.0)
    options = parser.parse_args()
    with Image.open(options.style) as style, Image.open(options.source) as source:
        result = composed(style.convert("RGB"), source.convert("RGB"), options.share, options.radius)
    result.save(options.output)


if __name__ == "__main__":
    main()
