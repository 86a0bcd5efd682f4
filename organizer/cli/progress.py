"""Library events as a rich progress bar on stderr."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from organizer import events

STAGES = {
    "scan": "Looking for photos",
    "first-look": "First look",
    "photos": "Looking at photos",
    "results": "Putting in order",
    "words": "Reading the categories",
}


class TerminalProgress:
    """A listener for ``Library.subscribe``; a context manager around the long work.

    Without a terminal it prints no bar, only notices and each stage's end, so that logs stay short.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            console=self._console,
            transient=False,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> TerminalProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, event: events.Event) -> None:
        """Show one event; called from any thread."""
        if isinstance(event, events.Progress):
            with self._lock:
                self._show(event)
        elif isinstance(event, events.Notice):
            self._console.print(event.sentence, soft_wrap=True, markup=False)

    def _show(self, progress: events.Progress) -> None:
        if progress.stage not in self._tasks:
            words = STAGES.get(progress.stage, progress.stage)
            self._tasks[progress.stage] = self._bar.add_task(words, total=None, pace="")
        self._bar.update(
            self._tasks[progress.stage],
            completed=progress.done,
            total=progress.total or None,
            pace=pace(progress),
        )


def pace(progress: events.Progress) -> str:
    """Rate and time left in words: "31/s, 2 min left"."""
    parts = []
    if progress.rate > 0:
        parts.append(f"{progress.rate:.0f}/s" if progress.rate >= 10 else f"{progress.rate:.1f}/s")
    if progress.seconds_left is not None and progress.done < progress.total:
        parts.append(time_left(progress.seconds_left))
    return ", ".join(parts)


def time_left(seconds: float) -> str:
    """ "40 s left", "12 min left"."""
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
