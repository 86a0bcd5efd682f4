"""The long work in a QThread of its own: look for photos, read them, embed them, sort them.

``Indexer`` lives in the GUI thread and is what the window talks to; ``_IndexWorker`` lives in the thread
and runs ``library.index`` and ``library.analyse`` there, so the embedding model runs in that thread.
Requests that arrive while it works are served by one more run.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread

from .background import Background, Piece, Wanted, Worker

if TYPE_CHECKING:
    from organizer.library import Library


class _Wanted(Wanted):
    """What to read next. ``everything`` outweighs single folders."""

    def __init__(self) -> None:
        super().__init__()
        self.everything = False
        self.folders: list[Path] = []
        self.results_only = False
        self.reading = False  # photos are looked at, or were until a moment ago

    def take(self) -> tuple[bool, list[Path] | None] | None:
        """(whether to index, folders or None for all), or None when nothing is wanted."""
        with self.lock:
            self.overtaken = False
            if self.closing or not (self.everything or self.folders or self.results_only):
                return None
            job = (self.everything or bool(self.folders), None if self.everything else list(self.folders))
            self.everything, self.folders, self.results_only = False, [], False
            self.reading = job[0]
            return job


class _IndexWorker(Worker):
    """Lives in the thread."""

    _wanted: _Wanted

    def choose(self) -> Piece | None:
        job = self._wanted.take()
        return None if job is None else partial(self._read, *job)

    def _read(self, reading: bool, folders: list[Path] | None, control: Any) -> None:
        if reading:
            self._library.index(control, folders)
        if not control.cancelled:
            self._library.analyse(control=control)


class Indexer(Background):
    """Make it in the GUI thread; its methods may be called from any thread."""

    _wanted: _Wanted

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        wanted = _Wanted()
        super().__init__("index", _IndexWorker(library, wanted), wanted, parent)
        self._thread.start(QThread.Priority.LowPriority)

    @property
    def reading(self) -> bool:
        """Whether photos are being looked at, not only results made again."""
        return self._busy and self._wanted.reading

    def request(self, folders: Iterable[Path] | None = None) -> None:
        """Read these folders (all of them without any) soon, then bring the results up to date."""
        with self._wanted.lock:
            if folders is None:
                self._wanted.everything = True
            else:
                self._wanted.folders += [f for f in folders if f not in self._wanted.folders]
        self._go.emit()

    def request_results(self) -> None:
        """Bring the results up to date without looking at the folders."""
        with self._wanted.lock:
            self._wanted.results_only = True
        self._go.emit()

    def cancel(self) -> None:
        """Stop the current run soon; what was committed stays."""
        self._wanted.cancel()
