"""What a file is, told from its first bytes alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 512  # enough for the brands of an ISO file and the document type of a Matroska one

_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))
_PPM_VARIANTS: Final = b"123456fF"
_LONGEST_BRAND_BOX: Final = 256


@dataclass(frozen=True, slots=True)
class Kind:
    """A file type.

    Args:
        mime: media type, as `images.mime_type` holds it.
        extension: of the files that artpipe writes, without dot, whatever the user's file is called.
        pillow: Pillow's name of the format; empty where artpipe opens no such file.
        plugin: Pillow's module for it: named, so that the forty others are never imported.
        problem: reason code for a kind that is not opened.
    """

    mime: str
    extension: str
    pillow: str = ""
    plugin: str = ""
    problem: str = ""


def _video(mime: str, extension: str) -> Kind:
    return Kind(f"video/{mime}", extension, problem="video")


def _unsupported(mime: str, extension: str) -> Kind:
    return Kind(mime, extension, problem="unsupported")


PNG: Final = Kind("image/png", "png", "PNG", "PngImagePlugin")
JPEG: Final = Kind("image/jpeg", "jpeg", "JPEG", "JpegImagePlugin")
WEBP: Final = Kind("image/webp", "webp", "WEBP", "WebPImagePlugin")
GIF: Final = Kind("image/gif", "gif", "GIF", "GifImagePlugin")
BMP: Final = Kind("image/bmp", "bmp", "BMP", "BmpImagePlugin")
TIFF: Final = Kind("image/tiff", "tiff", "TIFF", "TiffImagePlugin")
AVIF: Final = Kind("image/avif", "avif", "AVIF", "AvifImagePlugin")
JP2: Final = Kind("image/jp2", "jp2", "JPEG2000", "Jpeg2KImagePlugin")
J2K: Final = Kind("image/j2c", "j2k", "JPEG2000", "Jpeg2KImagePlugin")
PPM: Final = Kind("image/x-portable-anymap", "ppm", "PPM", "PpmImagePlugin")

# TGA is missing on purpose: it has no signature, so that any file may be taken for one. ICO, PSD, EPS and WMF
# hold other files or start other programs.
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"BM", BMP),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JP2),
    (b"\xff\x4f\xff\x51", J2K),
    (b"\0\0\x01\xba", _video("mpeg", "mpg")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _video("x-ms-wmv", "wmv")),
    (b"FLV\x01", _video("x-flv", "flv")),
    (b"8BPS", _unsupported("image/vnd.adobe.photoshop", "psd")),
    (b"%!PS", _unsupported("application/postscript", "eps")),
    (b"\xc5\xd0\xd3\xc6", _unsupported("application/postscript", "eps")),
    (b"\0\0\x01\0", _unsupported("image/vnd.microsoft.icon", "ico")),
    (b"\xff\x0a", _unsupported("image/jxl", "jxl")),
    (b"\0\0\0\x0cJXL \r\n\x87\n", _unsupported("image/jxl", "jxl")),
    (b"<svg", _unsupported("image/svg+xml", "svg")),
)


def sniff(head: bytes) -> Kind | None:
    """The kind of a file that starts with `head`, `HEAD_BYTES` of it; None for no picture and no video."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"AVI ": _video("x-msvideo", "avi")}.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        return _video("webm", "webm") if b"webm" in head[:64] else _video("x-matroska", "mkv")
    if head[:1] == b"P" and head[1:2] in _letters(_PPM_VARIANTS) and head[2:3].isspace():
        return PPM
    return _iso_media(head)


def _letters(text: bytes) -> frozenset[bytes]:
    return frozenset(text[i : i + 1] for i in range(len(text)))


def _iso_media(head: bytes) -> Kind | None:
    """MP4 and its relatives, told apart by their brands (ISO 14496-12, box `ftyp`)."""
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return _video("quicktime", "mov")
    if head[4:8] != b"ftyp":
        return None
    (length,) = struct.unpack_from(">I", head)
    brands = {head[at : at + 4] for at in range(8, min(length, _LONGEST_BRAND_BOX, len(head)), 4)}
    if brands & _AVIF_BRANDS:
        return AVIF
    if brands & _HEIC_BRANDS:
        return _unsupported("image/heic", "heic")
    return _video("quicktime", "mov") if head[8:12] == b"qt  " else _video("mp4", "mp4")
