"""Decoding in separate processes: a crash, a hang or a bomb costs the file it happened on.

Every file gets a verdict: `Decoded`, or `Unreadable` with a reason. Knows the processes (`crew`) and the
decoder (`decode`); knows neither the catalogue nor who asks.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from organizer.errors import EnvironmentProblem, MediaError, MediaReason
from organizer.media.crew import Crew, ProcessDied, TookTooLong
from organizer.media.decode import decode_file, load_upright
from organizer.media.head import glance_at
from organizer.media.limits import default_memory_limit
from organizer.records import Decoded, FileStamp, Glance, InputSpec, Unreadable

log = logging.getLogger(__name__)

DECODING_NICENESS = 5

Work = Callable[[FileStamp, InputSpec | None], Decoded]
LoadWork = Callable[[Path, int | None], NDArray[np.uint8]]


def default_processes(share: float = 0.5) -> int:
    """A share of the cores this program may use, at most eight; half, where a model needs the other half."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, min(8, int(cores * share)))


class DecodePool:
    """Processes that decode photos for the catalogue, and one that loads pictures for the screen.

    Both start with their first job. Use as a context manager to close it, or call `close` or `stop`.
    """

    def __init__(
        self,
        processes: int = 0,
        spec: InputSpec | None = None,
        *,
        timeout_s: float = 30.0,
        memory_limit: int | None = None,
        log_file: Path | None = None,
        head_spec: InputSpec | None = None,
        work: Work | None = None,
        load_work: LoadWork | None = None,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            processes: how many photos are decoded at once; 0 chooses from the number of cores.
            spec: what the model wants to see; None where no model input is needed.
            timeout_s: wall-clock seconds a photo may take.
            memory_limit: bytes a process may use for a photo; None sizes it from the memory.
            log_file: where the decoders' warnings and crash traces go; None drops them.
            head_spec: what the model of the first look wants to see.
            work, load_work: what runs in the processes; module-level functions. None decodes.
        """
        self._processes = processes or default_processes()
        self._spec = spec
        self._head_spec = head_spec
        limit = memory_limit or default_memory_limit(self._processes + 1)
        log_name = None if log_file is None else str(log_file)
        crew = partial(Crew, timeout_s=timeout_s, memory_limit=limit, log_file=log_name)
        self._decoders = crew(self._processes, niceness=DECODING_NICENESS)
        self._viewer = crew(1, niceness=0)
        self._work: Work = work or partial(decode_file, memory_limit=limit)
        self._load_work: LoadWork = load_work or partial(load_upright, memory_limit=limit)
        self._ending = threading.Lock()

    @property
    def processes(self) -> int:
        """How many photos are decoded at once."""
        return self._processes

    def submit(self, stamp: FileStamp) -> Future[Decoded | Unreadable]:
        """Decode one file.

        Returns:
            A future that never raises over a file: what cannot be read resolves to `Unreadable`. It is
            cancelled by `stop`; it raises EnvironmentProblem where no process can be kept running.

        Raises:
            RuntimeError: the pool was closed or stopped.
        """
        return self._decoders.submit(self._work, (stamp, self._spec), partial(_unreadable, stamp))

    def submit_head(self, stamp: FileStamp) -> Future[Glance | None]:
        """Take the first look at one file.

        Returns:
            A future of what its head tells; None for a file that has to wait for the full look, whatever
            the reason. It is cancelled by `stop`; it raises EnvironmentProblem where no process can be kept
            running.

        Raises:
            RuntimeError: the pool was closed or stopped.
        """
        return self._decoders.submit(glance_at, (stamp, self._head_spec), partial(_unglanced, stamp))

    def submit_load(self, path: Path, max_side: int | None) -> Future[NDArray[np.uint8] | Unreadable]:
        """Load a picture for the screen, in a process of its own that no indexing keeps busy.

        Args:
            max_side: longest side at most, pixels; None for the full size.

        Returns:
            A future of uint8 (H, W, 3), upright, sRGB; may be cancelled while it waits.

        Raises:
            RuntimeError: the pool was closed or stopped.
        """
        nothing_known = FileStamp(path, 0, 0)
        return self._viewer.submit(self._load_work, (path, max_side), partial(_unreadable, nothing_known))

    def close(self) -> None:
        """Finish what was submitted, then end the processes."""
        with self._ending:
            self._decoders.close()
            self._viewer.close()

    def stop(self) -> None:
        """End the processes now; what was not finished is cancelled."""
        self._decoders.stop()
        self._viewer.stop()

    def __enter__(self) -> DecodePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.stop()


def _unglanced(stamp: FileStamp, error: BaseException) -> None:
    """The full look finds out what is wrong with the file.

    Raises:
        EnvironmentProblem: not the file's fault.
    """
    if isinstance(error, EnvironmentProblem) and not isinstance(error, MediaError):
        raise error
    log.info("%r waits for the full look.", str(stamp.path), exc_info=error)


def _unreadable(stamp: FileStamp, error: BaseException) -> Unreadable:
    """The verdict on a file that could not be decoded.

    Raises:
        EnvironmentProblem: not the file's fault.
    """
    if isinstance(error, MediaError):
        log.info("%r: %s (%s)", str(stamp.path), error, error.detail or error.reason)
        return Unreadable(stamp, error.reason.value, str(error), error.content_hash)
    if isinstance(error, EnvironmentProblem):
        raise error
    if isinstance(error, TookTooLong):
        reason, sentence = MediaReason.TIMEOUT, f"Decoding took longer than {error}, so it was given up."
    elif isinstance(error, ProcessDied):
        reason, sentence = MediaReason.CRASHED, "The decoder crashed on this file."
    elif isinstance(error, MemoryError):
        reason, sentence = MediaReason.TOO_LARGE, "The picture is too large for this computer's memory."
    else:  # a defect of ours; it costs this photo, and the log has what is needed to mend it
        log.error("Decoding %r failed because of a defect.", str(stamp.path), exc_info=error)
        reason, sentence = MediaReason.CRASHED, "The program failed on this file; the log has the details."
    log.info("%r: %s (%r)", str(stamp.path), sentence, error)
    return Unreadable(stamp, reason.value, sentence)
