"""What all tabs share: they load when seen, refresh when stale, and say why they are empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from organizer.errors import CatalogLocked
from organizer.events import Committed, Kind
from tests.fakes_library import FakeLibrary
from ui.services import Services
from ui.tabs.base import Empty, Tab
from ui.tabs.duplicates import DuplicatesTab
from ui.tabs.registry import TABS


class Probe(Tab):
    """Counts how often it loads and shows."""

    kinds = frozenset({Kind.QUALITY})

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.answer: Any = 1
        self.shown: list[Any] = []

    def loader(self) -> Callable[[], Any]:
        answer = self.answer

        def load() -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        return load

    def show_data(self, data: Any) -> bool:
        self.shown.append(data)
        return bool(data)

    def empty(self) -> Empty:
        return Empty("Nothing here.", "Do it", "analyse")


@pytest.fixture
def probe(services: Services, qtbot: QtBot) -> Probe:
    tab = Probe(services)
    qtbot.addWidget(tab)
    return tab


def test_a_hidden_tab_does_not_load(probe: Probe, library: FakeLibrary, qtbot: QtBot) -> None:
    library.send(Committed((1,), frozenset({Kind.QUALITY})))
    qtbot.wait(150)
    assert probe.shown == []
    probe.show()
    qtbot.waitUntil(lambda: probe.shown == [1])


def test_a_visible_tab_follows_its_kinds_alone(probe: Probe, library: FakeLibrary, qtbot: QtBot) -> None:
    probe.show()
    qtbot.waitUntil(lambda: probe.shown == [1])
    probe.answer = 2
    library.send(Committed((1,), frozenset({Kind.CAPTIONS})))
    qtbot.wait(450)
    assert probe.shown == [1]
    for photo_id in range(30):
        library.send(Committed((photo_id,), frozenset({Kind.QUALITY})))
    qtbot.waitUntil(lambda: probe.shown == [1, 2])
    qtbot.wait(400)
    assert probe.shown == [1, 2]


def test_an_empty_tab_says_what_to_do(probe: Probe, qtbot: QtBot) -> None:
    probe.answer = 0
    probe.show()
    qtbot.waitUntil(lambda: probe.shown == [0])
    assert probe._empty.isVisible()
    assert probe._empty.accessibleName() == "Nothing here."
    with qtbot.waitSignal(probe.wished) as wish:
        probe._empty.button.click()
    assert wish.args == ["analyse"]
    probe.answer = 5
    probe.mark_stale()
    qtbot.waitUntil(lambda: probe.shown == [0, 5])
    assert not probe._empty.isVisible()


def test_a_tab_that_waits_for_work_says_so_and_asks_for_nothing(
    services: Services, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "stacks", list)
    tab = DuplicatesTab(services)
    qtbot.addWidget(tab)
    tab.set_working(True)
    tab.show()
    qtbot.waitUntil(tab._empty.isVisible)
    assert tab._empty.accessibleName().startswith("Duplicates are looked for when")
    assert not tab._empty.button.isVisible()
    tab.set_working(False)
    assert tab._empty.accessibleName().startswith("No duplicates were found")
    assert tab._empty.button.text() == "Add a folder…"


def test_a_failure_is_told_and_leaves_what_was_shown(probe: Probe, services: Services, qtbot: QtBot) -> None:
    probe.show()
    qtbot.waitUntil(lambda: probe.shown == [1])
    probe.answer = CatalogLocked("Another program holds the catalogue.")
    with qtbot.waitSignal(services.tasks.problem) as told:
        probe.mark_stale()
    assert told.args == ["Another program holds the catalogue."]
    assert probe.shown == [1]
    probe.answer = 3
    probe.mark_stale()
    qtbot.waitUntil(lambda: probe.shown == [1, 3])


@pytest.mark.parametrize("spec", TABS, ids=lambda spec: spec.key)
def test_every_tab_fills_and_counts(
    spec: Any, services: Services, library: FakeLibrary, open_tab: Callable[..., Any]
) -> None:
    tab = open_tab(spec.factory, lambda tab: tab._loaded and services.tasks.pending == 0)
    assert not tab._empty.isVisible()
    assert spec.count(library.counts()) > 0
    assert tab.focusProxy() is not None
    assert tab.focusProxy().accessibleName()


@pytest.mark.parametrize("spec", TABS, ids=lambda spec: spec.key)
def test_every_tab_is_empty_kindly(
    spec: Any, make_services: Callable[[FakeLibrary], Services], qtbot: QtBot
) -> None:
    tab = spec.factory(make_services(FakeLibrary(0)))
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab._empty.isVisible())
    assert tab._empty.accessibleName().endswith(".")
    with qtbot.waitSignal(tab.wished) as wish:
        tab._empty.button.click()
    assert wish.args == ["add-folder"]


@pytest.mark.parametrize("spec", TABS, ids=lambda spec: spec.key)
def test_every_tab_shows_one_folder_alone(
    spec: Any, services: Services, library: FakeLibrary, open_tab: Callable[..., Any], qtbot: QtBot
) -> None:
    tab = open_tab(spec.factory, lambda tab: tab._loaded and services.tasks.pending == 0)
    loads = []
    shown = tab.show_data
    tab.show_data = lambda data: loads.append(data) or shown(data)
    folder = library.folders()[0].children[0].path
    tab.set_folder(folder)
    qtbot.waitUntil(lambda: len(loads) == 1)
    view = getattr(tab, "pane", None)
    ids = view.grid.content.ids.tolist() if view is not None else []
    assert all(library.photos([i])[i].path.is_relative_to(folder) for i in ids)
