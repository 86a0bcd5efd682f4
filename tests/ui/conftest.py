"""Window tests: no screen, and strict: a Qt warning, an unexpected log line or a thread left over fails.

``make_services`` gives the bundle a view needs over a ``FakeLibrary``; ``make_shell`` a whole window. Both
end their work after the test. A test that means a warning to be logged says ``@pytest.mark.expects_log``.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QLocale, QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from organizer.paths import AppPaths, resources_dir
from tests.fakes_library import FakeLibrary
from ui.app import Shell, make_application
from ui.bridge import Bridge
from ui.describe_worker import Describer
from ui.models.thumbnails import ThumbnailLoader
from ui.services import Services
from ui.tabs.captions import CaptionsTab
from ui.theme import Theme
from ui.translation import install_translators, remove_translators
from ui.undo import UndoService
from ui.workers import TaskRunner

PATIENCE = 3.0  # seconds that a thread may take to end after a test
QT_SAYS_ANYWAY = ("This plugin does not support",)  # the offscreen platform has no window manager


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_log: the test means warnings or errors to be logged")


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session", autouse=True)
def dressed(qapp: QApplication) -> QApplication:
    """The application as ``ui.app`` makes it, in one language on every machine."""
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    return make_application(resources_dir())


@pytest.fixture(autouse=True)
def strict(request: pytest.FixtureRequest, qtlog: Any, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on what would otherwise pass unseen."""
    before = set(threading.enumerate())
    yield
    warned = [
        str(record)
        for record in qtlog.records
        if record.type_name not in ("QtDebugMsg", "QtInfoMsg")
        and not record.message.startswith(QT_SAYS_ANYWAY)
    ]
    assert not warned, "Qt warned"
    if request.node.get_closest_marker("expects_log") is None:
        logged = [
            record.getMessage()
            for phase in ("setup", "call")
            for record in caplog.get_records(phase)
            if record.levelno >= logging.WARNING
        ]
        assert not logged, "something was logged"
    assert not _left_over(before), "threads were left running"


def _left_over(before: set[threading.Thread]) -> list[str]:
    """Names of threads that do not end by themselves; those of Qt's own pools are Qt's."""
    end = time.monotonic() + PATIENCE
    while True:
        left = [
            thread.name
            for thread in threading.enumerate()
            if thread not in before and not isinstance(thread, threading._DummyThread)
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.01)


def running_qthreads() -> list[QThread]:
    """QThreads made in Python that run now."""
    main = QThread.currentThread()
    found = [thing for thing in gc.get_objects() if issubclass(type(thing), QThread)]  # wakes no lazy proxy
    return [thread for thread in found if thread is not main and thread.objectName() and thread.isRunning()]


@pytest.fixture
def in_korean(dressed: QApplication) -> Iterator[None]:
    """The window speaks Korean until the test ends."""
    installed = install_translators(dressed, resources_dir(), "ko")
    yield
    remove_translators(dressed, installed)
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.fixture
def theme(dressed: QApplication) -> Theme:
    """The light scheme, applied."""
    theme = Theme(resources_dir(), "light")
    theme.apply()
    return theme


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    """Sixty generated photos."""
    return FakeLibrary(60, paths=AppPaths.at(tmp_path / "own"))


@pytest.fixture
def make_services(theme: Theme) -> Iterator[Callable[[FakeLibrary], Services]]:
    """The bundle for a view, wired to a library."""
    made: list[Services] = []

    def make(library: FakeLibrary) -> Services:
        tasks, bridge = TaskRunner(), Bridge()
        services = Services(
            library=library,  # type: ignore[arg-type]
            tasks=tasks,
            bridge=bridge,
            thumbnails=ThumbnailLoader(library),
            theme=theme,
            undo=UndoService(library, tasks),  # type: ignore[arg-type]
            describer=Describer(library, lambda: False),  # type: ignore[arg-type]
        )
        bridge.attach(library.subscribe)
        made.append(services)
        return services

    yield make
    for services in made:
        services.describer.shutdown()
        services.tasks.shutdown()
        services.thumbnails.close()
        services.bridge.close()


@pytest.fixture
def services(make_services: Callable[[FakeLibrary], Services], library: FakeLibrary) -> Services:
    """The bundle over the sixty photos."""
    return make_services(library)


@pytest.fixture
def open_tab(services: Services, qtbot: QtBot) -> Callable[..., Any]:
    """``open_tab(CaptionsTab, filled)`` shows a tab over the sixty photos and waits until ``filled(tab)``."""

    def make(kind: Callable[[Services], Any], filled: Callable[[Any], bool], width: int = 900) -> Any:
        tab = kind(services)
        qtbot.addWidget(tab)
        tab.resize(width, 600)
        tab.show()
        qtbot.waitUntil(lambda: filled(tab))
        return tab

    return make


@pytest.fixture
def captions_tab(open_tab: Callable[..., CaptionsTab]) -> CaptionsTab:
    """The Captions tab in front, filled."""
    tab = open_tab(CaptionsTab, lambda tab: len(tab.list.content) == 60, width=800)
    tab.activateWindow()
    return tab


@pytest.fixture
def make_shell(theme: Theme, qtbot: QtBot) -> Iterator[Callable[[Any], Shell]]:
    """A whole window over a library; shown and started by the test."""
    made: list[Shell] = []

    def make(library: Any) -> Shell:
        shell = Shell(library, theme)
        qtbot.addWidget(shell.window)
        made.append(shell)
        return shell

    yield make
    for shell in made:
        shell.window.close()
        assert shell.close(), "the work did not end"
    assert not running_qthreads(), "a QThread was left running"
