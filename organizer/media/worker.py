"""What runs inside a decode process before and around the decoding.

Imports nothing heavy at module level: numpy must be loaded after the number of its threads is set, and
a process should be ready quickly. Neither torch nor Qt ever comes here.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing import connection
from pathlib import Path
from typing import Any

LARGEST_LOG = 1 << 20  # bytes; a longer log of the decoders' complaints is begun anew
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def prepare(memory_limit: int, log_file: str | None, niceness: int) -> None:
    """Make this process safe to decode hostile files in. Runs once, when the process starts.

    Standard output and error go to `log_file` (or nowhere): decoders written in C print warnings by the
    thousand, and standard output belongs to the program's own results. After SIGTERM the process ends at
    once, also in the middle of a decoder; when the program dies, it ends too.

    Args:
        memory_limit: bytes of address space beyond what the process has when it is ready (Unix only).
        niceness: added to the priority's number, so that the person's own programs go first.
    """
    _redirect_output(log_file)
    for variable in ONE_THREAD:
        os.environ.setdefault(variable, "1")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    faulthandler.enable()
    warnings.simplefilter("ignore")
    _end_with_parent()
    if hasattr(os, "nice"):
        os.nice(niceness)
    import organizer.media.decode  # noqa: F401  (the first photo should not pay for it)

    _one_thread()
    _limit(memory_limit)


def guarded(work: Callable[..., Any], backstop_s: float, args: tuple[Any, ...]) -> Any:
    """Run the work; the system ends this process if it is still at it after `backstop_s` seconds.

    The pool ends a slow process earlier. This is for the case where the program is gone and a decoder
    hangs without letting Python run.
    """
    timer = getattr(signal, "setitimer", None)
    if timer is None:
        return work(*args)
    timer(signal.ITIMER_REAL, backstop_s)
    try:
        return work(*args)
    finally:
        timer(signal.ITIMER_REAL, 0)


def _redirect_output(log_file: str | None) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    target = os.devnull
    if log_file is not None:
        target = log_file
        if Path(log_file).exists() and Path(log_file).stat().st_size > LARGEST_LOG:
            flags |= os.O_TRUNC
    try:
        descriptor = os.open(target, flags, 0o600)
    except OSError:  # a log that cannot be written costs no photo
        descriptor = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)
    if sys.stderr is None or sys.stdout is None:  # a windowed bundle starts without them
        sys.stdout = sys.stderr = os.fdopen(2, "w", errors="replace", closefd=False)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        watcher = threading.Thread(target=_outlive_nobody, args=(parent.sentinel,), daemon=True)
        watcher.start()


def _outlive_nobody(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _one_thread() -> None:
    """Keep numpy to one thread also where the program's main module loaded it before `prepare` ran.

    Beside other processes a second thread spins more than it works: a fingerprint costs 22 ms of CPU
    with two threads and 3 ms with one.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def _limit(memory_limit: int) -> None:
    """Bound this process's memory, and write no core file when a hostile picture crashes it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    in_use = _address_space()
    if in_use is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = in_use + memory_limit
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _address_space() -> int | None:
    """Bytes this process maps now, or None where the system does not say (macOS ignores the limit)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
