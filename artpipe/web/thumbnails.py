"""Thumbnails that a page lacks, made while a person looks, by the same run as everything else."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from artpipe.actions.review_view import SMALL
from artpipe.actions.run import RunRequest, run
from artpipe.library import Place, open_library
from artpipe.pipeline.plan import Wish
from artpipe.pipeline.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from artpipe.library import Library

# A run each, so that what is at the top of a page comes first.
AT_A_TIME = 100
_STAGES = (SMALL, "blurhash")


class Thumbnails:
    """A thread that brings the thumbnails of what is asked for up to date."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._wanted: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
        self._stop = Stop()
        self._asked: set[str] = set()
        self._tried: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="review-thumbnails")
        self.trouble: str | None = None

    def ask(self, ids: Sequence[str]) -> None:
        """Have them made, unless they were asked for before."""
        new = [image_id for image_id in ids if image_id not in self._asked]
        self._asked.update(new)
        for begin in range(0, len(new), AT_A_TIME):
            self._wanted.put(new[begin : begin + AT_A_TIME])

    def tried(self, image_id: str) -> bool:
        """Whether there is no use in waiting: it was tried."""
        return image_id in self._tried

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Work in hand gets the moment that any interrupted run gives it."""
        self._stop.ask("terminated")
        self._wanted.put(None)
        self._thread.join()

    def _work(self) -> None:
        ids = self._wanted.get()
        while ids is not None and self._stop.why is None:
            try:
                with open_library(self._place) as library:
                    self._make(library, ids)
            except Exception as error:  # noqa: BLE001 - whatever it is, the page says so and deciding goes on
                self.trouble = str(error)
            self._tried.update(ids)
            ids = self._wanted.get()

    def _make(self, library: Library, ids: list[str]) -> None:
        stages = tuple(stage for stage in _STAGES if stage in library.graph.stages)
        report = run(library, RunRequest("review", Wish(stages, tuple(ids)), stop=self._stop))
        blocked = report.data["blocked"]
        self.trouble = "; ".join(f"{stage}: {why}" for stage, why in blocked.items()) or None


@contextmanager
def thumbnails(place: Place) -> Iterator[Thumbnails]:
    """Thumbnails are made for as long as this lasts."""
    making = Thumbnails(place)
    making.start()
    try:
        yield making
    finally:
        making.stop()
