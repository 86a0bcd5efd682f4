"""CPU time of a thread of this process, for telling what a run cost a stage."""

from __future__ import annotations

import threading
import time


def thread_cpu_seconds(name: str) -> float | None:
    """CPU seconds spent so far by the running thread of this name.

    None where there is none, or where the system does not tell (POSIX clocks of threads are needed).
    """
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    if clock_of is None:
        return None
    for thread in threading.enumerate():
        if thread.name == name and thread.ident is not None and thread.is_alive():
            return float(time.clock_gettime(clock_of(thread.ident)))
    return None
