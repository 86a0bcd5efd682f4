"""Actions and decisions: run off the GUI thread one after another, told in a toast, taken back again.

Knows the library's ``undo``/``redo`` and nothing of what an action does. Views refresh through the
events that the library sends, not from here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from .core_words import core_words
from .translation import tr, tr_n
from .workers import Callback, TaskRunner, call_if_alive, sentence_for

if TYPE_CHECKING:
    from organizer.library import Library


class UndoService(QObject):
    """Runs what changes something.

    Signals:
        told: the words for the toast, and whether Undo belongs beside them.
        changed: what Edit > Undo and Redo would do now: two sentences, "" for nothing.
        stepped: an action was taken back or done again; what was made from it may be out of date.
        busy: True while an action is under way.
    """

    told = Signal(str, bool)
    changed = Signal(str, str)
    stepped = Signal()
    busy = Signal(bool)

    def __init__(self, library: Library, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._running = 0

    def run(
        self,
        fn: Callable[..., Any],
        *args: Any,
        text: str = "",
        on_done: Callback | None = None,
        on_error: Callback | None = None,
        quiet: bool = False,
    ) -> None:
        """Call a changing method of the library with the toast and Undo that belong to it.

        Args:
            text: words for the toast where the method returns no report of its own.
            on_done: called in the GUI thread with what ``fn`` returned.
            on_error: called after the failure was told, for example to put a value back.
            quiet: no toast on success (a pick given by a key, many times in a row).
        """

        def done(report: Any) -> None:
            self._ended()
            self._tell(report, text, quiet)
            call_if_alive(on_done, report)

        self._began()
        self._tasks.run_in_order(fn, *args, on_done=done, on_error=self._failing(on_error))

    def undo(self) -> None:
        """Take back the newest action or decision, also one from before a restart."""
        self._step(self._library.undo, tr("There is nothing to undo."))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._step(self._library.redo, tr("There is nothing to redo."))

    def refresh(self) -> None:
        """Ask the library what could be undone, and say so with ``changed``."""
        self._tasks.run(self._texts, on_done=self._say_texts, group="undo-texts")

    def _texts(self) -> tuple[str, str]:
        undo, redo = self._library.undo_text(), self._library.redo_text()
        return core_words(undo or ""), core_words(redo or "")

    def _say_texts(self, texts: tuple[str, str]) -> None:
        self.changed.emit(*texts)

    def _step(self, fn: Callable[[], Any], nothing: str) -> None:
        def done(report: Any) -> None:
            self._ended()
            self.told.emit(_with_refusals(report) if report is not None else nothing, False)
            if report is not None:
                self.stepped.emit()

        self._began()
        self._tasks.run_in_order(fn, on_done=done, on_error=self._failing(None))

    def _tell(self, report: Any, text: str, quiet: bool) -> None:
        words = _with_refusals(report) if hasattr(report, "refused") else text
        refused = bool(getattr(report, "refused", ()))
        if words and (refused or not quiet):
            undoable = report is None or not hasattr(report, "action_id") or report.action_id is not None
            self.told.emit(words, undoable)

    def _failing(self, on_error: Callback | None) -> Callback:
        def failed(error: BaseException) -> None:
            self._ended()
            self.told.emit(sentence_for(error), False)
            call_if_alive(on_error, error)

        return failed

    def _began(self) -> None:
        self._running += 1
        if self._running == 1:
            self.busy.emit(True)

    def _ended(self) -> None:
        self._running -= 1
        if self._running == 0:
            self.busy.emit(False)
        self.refresh()


def _with_refusals(report: Any) -> str:
    """The report's sentence, and the first reason where some photos were left alone."""
    refused = report.refused
    if not refused:
        return core_words(report.text)
    left = tr_n(
        "{n} photo was left as it is: {why}",
        "{n} photos were left as they are: {why}",
        len(refused),
        why=core_words(refused[0][1]),
    )
    return f"{core_words(report.text)} {left}".strip()
