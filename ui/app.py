"""The window's composition root: everything is made and wired here, and ended here in the reverse order.

Nothing else in ``ui/`` makes a service. Entry: ``run(paths, folders)``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from organizer.errors import CatalogError
from organizer.logs import start_logging
from organizer.paths import APP_NAME, AppPaths
from organizer.settings import load_settings

from .bridge import Bridge
from .describe_worker import Describer
from .dialogs.start_problem import WayOut, ask_way_out
from .index_worker import Indexer
from .main_window import MainWindow
from .models.thumbnails import ThumbnailLoader
from .services import Services
from .theme import Theme
from .translation import install_translators
from .undo import UndoService
from .workers import TaskRunner, sentence_for

if TYPE_CHECKING:
    from organizer.library import Library

    from .tabs.registry import TabSpec

log = logging.getLogger(__name__)

QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Shell:
    """One window over one open library.

    Attributes:
        services, indexer, window: the parts, for tests.
    """

    def __init__(self, library: Library, theme: Theme, specs: Sequence[TabSpec] | None = None) -> None:
        if specs is None:
            from .tabs.registry import TABS

            specs = TABS
        self._library = library
        self._closed = False
        bridge, tasks = Bridge(), TaskRunner()
        self.services = Services(
            library=library,
            tasks=tasks,
            bridge=bridge,
            thumbnails=ThumbnailLoader(library),
            theme=theme,
            undo=UndoService(library, tasks),
            describer=Describer(library),
        )
        bridge.committed.connect(self.services.thumbnails.on_committed)
        self.indexer = Indexer(library)
        self.window = MainWindow(self.services, self.indexer, specs)
        self.indexer.changed.connect(self._index_changed)
        bridge.attach(library.subscribe)
        library.on_folders_changed = self.indexer.request

    def _index_changed(self, _work: str) -> None:
        """Describing waits for photos that are being looked at, not for results that are made again."""
        self.services.describer.set_indexing(self.indexer.reading)

    def start(self, folders: Sequence[Path] = ()) -> None:
        """Show the window; look through the folders for what changed, then watch them."""
        self.window.show()
        self.window.start()
        tasks = self.services.tasks
        tasks.run_in_order(self._library.watch)
        self.services.undo.run(self._library.expire_trash)
        if folders:
            self.window.commands.add_folders(folders)
        self.indexer.request()
        self.services.describer.start()

    def close(self) -> bool:
        """End all work, in the reverse order of its making; False if something would not end."""
        if self._closed:
            return True
        self._closed = True
        self._library.on_folders_changed = None
        self._library.unwatch()
        ended = self.indexer.shutdown()
        ended = self.services.describer.shutdown() and ended
        ended = self.services.tasks.shutdown() and ended
        self.services.thumbnails.close()
        self.services.bridge.close()
        self._library.close()
        return ended


def run(paths: AppPaths, folders: Sequence[Path] = ()) -> int:
    """Show the window until it is closed.

    Args:
        folders: added first, as if they had been dropped.

    Returns:
        The exit code: 0, or 1 when the catalogue could not be opened.
    """
    start_logging(paths.logs)
    qInstallMessageHandler(_log_qt)
    app = make_application(paths.resources)
    settings = load_settings(paths.settings_file)
    translators = install_translators(app, paths.resources, settings.language)
    theme = Theme(paths.resources, settings.theme)
    theme.apply()
    library = open_library(paths)
    if library is None:
        return 1
    shell = Shell(library, theme)
    with _defects_told(shell.window.commands.say), _interruptible(shell.window):
        shell.start(folders)
        code = app.exec()
    if not shell.close():
        log.error("Something was still running at the end; it is left to the system.")
        logging.shutdown()
        os._exit(code)  # a thread inside a model or a drive cannot be ended in any other way
    del shell, translators
    return code


def make_application(resources: Path) -> QApplication:
    """The application object, with its name, icon and style."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([APP_NAME])
    app.setStyle("Fusion")
    app.setApplicationName(APP_NAME)
    app.setApplicationDisplayName("Photo Organizer")
    app.setDesktopFileName(APP_NAME)
    app.setWindowIcon(QIcon(str(resources / "icons" / "app-tile.svg")))
    return app


def open_library(
    paths: AppPaths,
    ask: Callable[[CatalogError], WayOut] = ask_way_out,
    opener: Callable[[AppPaths], Library] | None = None,
) -> Library | None:
    """Open the catalogue; where that fails, let the person choose a way out until one works or they quit.

    Args:
        ask, opener: given by tests.
    """
    from organizer.library.doctor import restore_backup, start_afresh

    if opener is None:
        from organizer.library import Library

        opener = Library.open
    problem: CatalogError | None = None
    while True:
        try:
            if problem is not None:
                way = ask(problem)
                if way is WayOut.QUIT:
                    return None
                if way is WayOut.RESTORE:
                    restore_backup(paths)
                elif way is WayOut.AFRESH:
                    start_afresh(paths)
            return opener(paths)
        except CatalogError as error:
            log.warning("The catalogue could not be opened: %s (%s)", error, error.detail)
            problem = error


def _log_qt(kind: QtMsgType, _context: object, message: str) -> None:
    logging.getLogger("qt").log(QT_LEVELS.get(kind, logging.WARNING), "%s", message)


class _DefectTeller(QObject):
    """Carries a sentence about a defect from any thread to the GUI thread."""

    told = Signal(str)


@contextlib.contextmanager
def _defects_told(say: Callable[[str], object]) -> Iterator[None]:
    """While it lasts, what nobody caught is logged with its trace and told in one sentence."""
    teller = _DefectTeller()
    teller.told.connect(say)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("Not caught", exc_info=(kind, error, trace))
        teller.told.emit(sentence_for(error))

    def thread_hook(what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None:
            hook(what.exc_type, what.exc_value, what.exc_traceback)

    before = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = hook, thread_hook
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before
        teller.told.disconnect()


@contextlib.contextmanager
def _interruptible(window: MainWindow) -> Iterator[None]:
    """Ctrl+C in the terminal closes the window. Python sees a signal only when it runs: a socket wakes it."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()
    for end in (reading, writing):
        end.setblocking(False)
    notifier = QSocketNotifier(reading.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(window.close)
    wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        notifier.setEnabled(False)
        reading.close()
        writing.close()


def _nothing(_number: int, _frame: object) -> None:
    """The wake-up socket does the work."""
