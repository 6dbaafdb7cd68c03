"""Reading a film with PyAV: by the one demuxer that its first bytes call for, from an open file alone."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn

from artpipe.errors import EnvironmentLackError, PictureError, WorkError
from artpipe.stages.video.choice import Moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

    from artpipe.stages.imaging import Limits

_HD_HEIGHT: Final = 720
_UNSPECIFIED: Final = 2
# Some files order their key pictures by when they are decoded, a little before they are shown.
_MARGIN: Final = 2
_MICROSECONDS: Final = 1_000_000
_LACKING: Final = "Videos need PyAV. Install it with: pip install 'artpipe[video]'"


class Film:
    """The first moving picture of an open file.

    Args:
        damaged: how often the file could not be read since.
    """

    def __init__(self, container: Any, demuxer: str, limits: Limits) -> None:
        self._container, self._demuxer, self._limits = container, demuxer, limits
        self._stream = next(iter(container.streams.video))
        self._coder = self._stream.codec_context
        limits.check_pixels(self._coder.width, self._coder.height)
        self.damaged = 0
        self.can_be_entered = True

    def facts(self) -> dict[str, Any]:
        """What a person wants to know of it; what the file does not tell is left out."""
        stream, rate = self._stream, self._stream.average_rate or self._stream.guessed_rate
        length = self._container.duration
        seconds = length / _MICROSECONDS if length else float((stream.duration or 0) * (stream.time_base or 0))
        width, height = self._coder.width, self._coder.height
        return {
            "width": width,
            "height": height,
            "seconds": round(seconds, 3) or None,
            "fps": round(float(rate), 3) if rate else None,
            "codec": self._coder.name,
        }

    def complaints(self, file: BinaryIO) -> int:
        """How often the demuxer finds something wrong in the same file, opened a second time.

        It steps over holes and missing ends without an error and speaks of them in its log alone. That is asked for
        where nothing is decoded, on this one thread, since a log that decoders write to from theirs can block them.
        """
        import av

        av.logging.set_level(av.logging.ERROR)
        av.logging.set_skip_repeated(False)
        try:
            with av.logging.Capture() as said, _container(file, self._demuxer) as container:
                for _ in container.demux(container.streams.video[0]):
                    pass
        except (av.FFmpegError, ValueError):
            return 1
        finally:
            av.logging.set_level(av.logging.PANIC)
        # It is called by all of its names, as in `matroska,webm`.
        return sum(self._demuxer in who.split(",") for _, who, _ in said)

    def moments(
        self, *, only_keys: bool = False, threads: int = 1, since: tuple[int, int, float] | None = None
    ) -> Iterator[Moment]:
        """All pictures that can be read, damaged ones and places left out.

        Args:
            since: from this one on: its `pts`, its number, when the film began. None follow if it is not found.
        """
        self._coder.thread_count = threads
        self._coder.options = {"max_pixels": str(self._limits.max_pixels)}
        if only_keys:
            self._coder.skip_frame = "NONKEY"
        first: float | None = since[2] if since else None
        frames = self._from(since[0]) if since else self._frames()
        for number, frame in enumerate(frames, since[1] if since else 0):
            seconds = frame.time if frame.time is not None else self._guessed(number)
            first = seconds if first is None else first
            yield Moment(max(seconds - first, 0.0), number, partial(self._picture, frame), frame.pts, first)

    def _from(self, pts: int) -> Iterator[Any]:
        """Enter the film at a key picture before, and let pass what comes up to this one."""
        import av

        back = int(_MARGIN / self._stream.time_base) if self._stream.time_base else 0
        with suppress(av.FFmpegError):
            self._container.seek(pts - back, stream=self._stream)
        frames = self._frames()
        found = next((frame for frame in frames if frame.pts is not None and frame.pts >= pts), None)
        if found is not None and found.pts == pts:
            # Pictures between, made from some before the key picture, may not have been whole.
            self.damaged = 0
            yield found
            yield from frames

    def _guessed(self, number: int) -> float:
        rate = self._stream.average_rate
        return number / float(rate) if rate else float(number)

    def _frames(self) -> Iterator[Any]:
        for packet in self._packets():
            for frame in self._decoded(packet):
                self._limits.check_pixels(frame.width, frame.height)
                if frame.is_corrupt:
                    self.damaged += 1
                else:
                    yield frame

    def _packets(self) -> Iterator[Any]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                self.damaged += 1
                return
            if packet is None:
                return
            self.damaged += bool(packet.is_corrupt)
            yield packet

    def _decoded(self, packet: Any) -> list[Any]:
        import av

        try:
            return list(packet.decode())
        except MemoryError:
            raise
        except av.FFmpegError:
            self.damaged += 1
            return []

    def _picture(self, frame: Any) -> Image.Image:
        """Upright, with square pixels, in the colours that are meant."""
        silent = int(frame.colorspace) == _UNSPECIFIED and frame.height >= _HD_HEIGHT
        rgb = frame.reformat(format="rgb24", src_colorspace="ITU709" if silent else None)
        picture: Image.Image = rgb.to_image()
        ratio = self._stream.sample_aspect_ratio
        if ratio and ratio != 1:
            width = max(round(picture.width * float(ratio)), 1)
            self._limits.check_pixels(width, picture.height)
            picture = picture.resize((width, picture.height))
        return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


@contextmanager
def opened(file: BinaryIO, demuxer: str, limits: Limits) -> Iterator[Film]:
    """A film that is read from `file` and from nothing else, whatever it refers to.

    Raises:
        PictureError: it is none, or too large.
        EnvironmentLackError: there is no PyAV here.
    """
    try:
        import av
    except ModuleNotFoundError as error:
        raise EnvironmentLackError("no-pyav", _LACKING) from error
    except ImportError as error:
        raise EnvironmentLackError("pyav-broken", f"PyAV can't be loaded here: {error}") from error
    av.logging.set_level(av.logging.PANIC)
    with _blaming_the_film():
        container = _container(file, demuxer)
    with container, _blaming_the_film():
        if not container.streams.video:
            raise PictureError("invalid", "it holds no moving picture")
        yield Film(container, demuxer, limits)


def _container(file: BinaryIO, demuxer: str) -> Any:
    import av

    return av.open(file, format=demuxer, options={"enable_drefs": "0"}, io_open=_refuse)


def _refuse(url: str, *_: object) -> NoReturn:
    raise PermissionError(url)


@contextmanager
def _blaming_the_film() -> Iterator[None]:
    import av

    try:
        yield
    except WorkError:
        raise
    except MemoryError as error:
        raise WorkError("out-of-memory", "not enough memory to decode it") from error
    except (av.FFmpegError, ValueError, PermissionError) as error:
        raise PictureError("invalid", f"it cannot be read: {error}") from error
