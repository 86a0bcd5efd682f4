"""One program at a time may write a catalogue; a lock file says which. Reading is free.

The lock is the operating system's, so it ends with the process however that ends. It is a record lock,
which decode processes started by fork do not inherit. Two catalogues opened by one process are told apart
by a list of our own, because record locks do not see each other inside a process.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

from organizer.catalog.connection import translated
from organizer.errors import CatalogLocked

log = logging.getLogger(__name__)

SENTENCE = "Photo Organizer is already open with this catalogue. Use that window, or close it and try again."

_held: set[str] = set()
_held_guard = threading.Lock()


class WriteLock:
    """The right to write one catalogue, from construction to ``release``.

    Raises:
        CatalogLocked: another program, or another part of this one, has it.
    """

    def __init__(self, file: Path) -> None:
        self._key = os.path.realpath(file)
        with _held_guard:
            if self._key in _held:
                raise CatalogLocked(SENTENCE, detail="held by this process")
            with translated():
                self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _take(self._descriptor)
            except OSError as error:
                os.close(self._descriptor)
                raise CatalogLocked(SENTENCE, detail=str(error)) from error
            _held.add(self._key)

    def release(self) -> None:
        """Give the right back; harmless when done twice."""
        with _held_guard:
            if self._key in _held:
                _held.discard(self._key)
                os.close(self._descriptor)  # ends the lock


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
