"""What every tab is: loads its data off the GUI thread, knows when it is stale, says why it is empty.

Only a visible tab loads. While it loads it shows what it had; answers that come too late are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QVBoxLayout, QWidget

from organizer.events import Kind

from ..services import Services, tr
from ..views.empty_state import EmptyState
from ..workers import sentence_for

PATIENCE_MS = 300  # commits that follow each other are shown together
LONGEST_PATIENCE_MS = 5000
REST = 4  # a tab rests this many times as long as its last load took


@dataclass(frozen=True, slots=True)
class Empty:
    """Why a tab shows nothing: one sentence, what to do next, and what its button does.

    Attributes:
        button: "" for none.
        wish: the name of what the window is asked to do: "add-folder", "show-all", "analyse",
            "clear-search", "show-nearest".
    """

    sentence: str
    button: str
    wish: str


class Tab(QWidget):
    """The page of a tab.

    Signals:
        selection_changed: list of selected photo ids.
        activated: (photo id, sequence of the ids it stands in), for the full view.
        status: one line for the status bar.
        inspect_requested: show or hide the inspector.
        text_typed: letters typed into a grid, for the search field.
        similar_requested: id of a photo to find others like.
        wished: what the button of an empty tab asks for (see ``Empty``).

    Attributes:
        kinds: what makes this tab stale. icon: of the tab while it is empty.
        body: where a subclass puts its widgets.
    """

    selection_changed = Signal(object)
    activated = Signal(object)
    status = Signal(str)
    inspect_requested = Signal()
    text_typed = Signal(str)
    similar_requested = Signal(object)
    wished = Signal(str)

    kinds: frozenset[Kind] = frozenset()
    icon = "photos"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.services = services
        self.folder: Path | None = None
        self._stale = True
        self._loading = False
        self._working = False
        self._loaded = False
        self._wish = ""
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self._page = QWidget()
        self._page.setLayout(self.body)
        self._empty = EmptyState(services.theme, self.icon, "")
        self._empty.pressed.connect(self._empty_pressed)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._page)
        self._pages.addWidget(self._empty)
        self._clock = QElapsedTimer()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self.refresh)
        services.bridge.committed.connect(self._committed)

    # for subclasses

    def loader(self) -> Callable[[], Any]:
        """A function that fetches the data in a reader thread; it carries all it needs with it."""
        raise NotImplementedError

    def show_data(self, data: Any) -> bool:
        """Show what was fetched; False when there is nothing to show."""
        raise NotImplementedError

    def empty(self) -> Empty:
        """The words for a tab with nothing in it."""
        raise NotImplementedError

    def selected_ids(self) -> list[int]:
        """Photos that an action of the window would be about."""
        return []

    def reveal(self, photo_id: int) -> None:
        """Bring a photo into view and select it, as far as this tab shows it."""

    # life

    def mark_stale(self) -> None:
        """The data has changed; a visible tab loads anew in a moment."""
        self._stale = True
        if self.isVisible() and not self._patience.isActive():
            self._patience.start()

    @Slot()
    def refresh(self) -> None:
        """Load, if what is shown is old."""
        if self._stale and not self._loading:
            self._stale = False
            self._loading = True
            self._clock.restart()
            self.services.tasks.run(self.loader(), on_done=self._arrived, on_error=self._failed)

    def set_folder(self, folder: Path | None) -> None:
        """Show only photos in and below a folder; None for all."""
        if folder != self.folder:
            self.folder = folder
            self.mark_stale()

    def set_working(self, working: bool) -> None:
        """Say whether photos are being looked at, or wait for it: an empty tab has other words then."""
        if working != self._working:
            self._working = working
            if self._pages.currentWidget() is self._empty and self._wish in ("", "add-folder"):
                self._show_empty()

    @property
    def is_stale(self) -> bool:
        """Whether newer data exists than what is shown or on its way."""
        return self._stale

    def _arrived(self, data: Any) -> None:
        self._loading = False
        self._loaded = True
        self._patience.setInterval(min(max(PATIENCE_MS, REST * self._clock.elapsed()), LONGEST_PATIENCE_MS))
        if self.show_data(data):
            self._show_page()
        else:
            self._show_empty()
        if self._stale and self.isVisible():
            self._patience.start()

    def _failed(self, error: BaseException) -> None:
        self._loading = False
        self.services.tasks.problem.emit(sentence_for(error))

    def _show_page(self) -> None:
        """What the tab shows, with the focus where the empty page had it: Qt would give it to any button."""
        focused = QApplication.focusWidget()
        within = focused is not None and self._empty.isAncestorOf(focused)
        self._pages.setCurrentWidget(self._page)
        if within:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_empty(self) -> None:
        words = self.empty()
        self._wish = words.wish
        self._empty.set_words(self.icon, words.sentence, words.button)
        self._pages.setCurrentWidget(self._empty)

    def say_empty(self, words: Empty) -> None:
        """Other words for the empty tab, if that is what is shown."""
        if self._pages.currentWidget() is self._empty:
            self._wish = words.wish
            self._empty.set_words(self.icon, words.sentence, words.button)

    @Slot()
    def _empty_pressed(self) -> None:
        self.wished.emit(self._wish)

    @Slot(object, object)
    def _committed(self, _ids: frozenset[int], kinds: frozenset[Kind]) -> None:
        if self.kinds & kinds:
            self.mark_stale()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    # helpers

    def nothing_yet(self, sentence: str, working: str = "") -> Empty:
        """The empty state of a tab that waits for photos.

        Args:
            working: other words while photos are being looked at, when nothing is known yet.
        """
        if self._working:
            return Empty(working or sentence, "", "")
        return Empty(sentence, tr("Add a folder…"), "add-folder")

    def add_action(
        self,
        words: str,
        slot: Callable[..., object],
        key: str | QKeySequence.StandardKey = "",
        icon: str = "",
    ) -> QAction:
        """An action of this tab, with its key while the tab has the focus."""
        action = QAction(words, self)
        action.triggered.connect(slot)
        action.setProperty("icon_name", icon)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(action)
        return action
