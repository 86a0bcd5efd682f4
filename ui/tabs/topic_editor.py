"""The menu of a topic: rename, merge, keep as a category. Every change can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from organizer.library import TopicView

from ..services import Services, tr

TARGETS = 30  # topics that another one can be merged with, in the menu


class TopicEditor(QObject):
    """Signals:
    changed: photos are to be sorted again.

    Attributes:
        topics: as they are now. ask: (title, label, text so far) -> the person's text, None when they
            thought better of it.
    """

    changed = Signal()

    def __init__(self, services: Services, owner: QWidget) -> None:
        super().__init__(owner)
        self._services = services
        self._owner = owner
        self.topics: Sequence[TopicView] = ()
        self.ask: Callable[[str, str, str], str | None] = self._ask

    def popup(self, place: QPoint, key: int) -> None:
        """Show the menu of a topic at a global position."""
        menu = self.menu(key)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def menu(self, key: int) -> QMenu:
        """What can be done with a topic."""
        menu = QMenu(self._owner)
        menu.setAccessibleName(tr("Topic menu"))
        menu.addAction(tr("Rename…"), partial(self.rename, key))
        others = [topic for topic in self.topics if topic.key != key]
        if others:
            targets = menu.addMenu(tr("Merge with"))
            for topic in others[:TARGETS]:
                targets.addAction(topic.name, partial(self.merge, key, topic.key))
        menu.addSeparator()
        menu.addAction(tr("Keep as a category…"), partial(self.keep, key))
        return menu

    def rename(self, key: int) -> None:
        """Ask for a name; none gives the topic its words back."""
        before = self._topic(key)
        name = self.ask(tr("Rename the topic"), tr("Name"), before.name)
        if name is not None and name != before.name:
            text = tr("{name} is called {other} now", name=before.name, other=name or ", ".join(before.words))
            self._change(self._services.library.rename_topic, key, name, text=text)

    def merge(self, key: int, other: int) -> None:
        """Make one topic of two; the first one's name stays."""
        text = tr(
            "{name} is a part of {other} now", name=self._topic(other).name, other=self._topic(key).name
        )
        self._change(self._services.library.merge_topics, key, other, text=text)

    def keep(self, key: int) -> None:
        """Ask for a name, and make a category that is taught with the topic's photos."""
        name = self.ask(tr("Keep as a category"), tr("What its photos show"), self._topic(key).name)
        if name:
            text = tr("{name} is a category now; photos are being sorted again", name=name)
            self._change(self._services.library.keep_topic, key, name, text=text)

    def _topic(self, key: int) -> TopicView:
        return next(topic for topic in self.topics if topic.key == key)

    def _change(self, fn: Callable[..., Any], *args: Any, text: str) -> None:
        self._services.undo.run(fn, *args, text=text, on_done=self._changed)

    def _changed(self, _report: object) -> None:
        self.changed.emit()

    def _ask(self, title: str, label: str, before: str) -> str | None:
        text, agreed = QInputDialog.getText(self._owner, title, label, text=before)
        return text.strip() if agreed else None
