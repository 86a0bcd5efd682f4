"""What the file beside a photo says, and where that differs from the person's words: they choose."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from organizer.library.sidecar_notes import SidecarView
from organizer.records import SidecarFields

from ..core_words import core_words
from ..dialogs.merge import field_words
from ..services import Services
from ..theme import SPACING
from ..translation import tr
from .elided import ElidedLabel


class SidecarNote(QWidget):
    """A part of the inspector; hidden where there is no sidecar.

    Attributes:
        take: makes the sidecar's words the caption. write: writes the person's words into the sidecar.
    """

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._photo_id = 0
        self._view: SidecarView | None = None
        self._name = ElidedLabel()
        self._words, self._differs = QLabel(), QLabel()
        self._differs.setProperty("role", "small")
        for label in (self._words, self._differs):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(1)  # a long name in it must not make the whole column wider
        self.take = QPushButton(tr("Use as the caption"))
        self.take.clicked.connect(self._take)
        self.write = QPushButton(tr("Write mine"))
        self.write.setToolTip(tr("Write your caption into the sidecar, in place of what it says"))
        self.write.clicked.connect(self._write)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING["small"])
        buttons.addWidget(self.take)
        buttons.addWidget(self.write)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING["tiny"])
        column.addWidget(self._name)
        column.addWidget(self._words)
        column.addWidget(self._differs)
        column.addLayout(buttons)

    def show_view(self, photo_id: int, view: SidecarView | None, caption: str) -> bool:
        """Show a photo's sidecar; whether there is anything to show.

        Args:
            caption: the words that are shown for the photo now.
        """
        self._photo_id, self._view = photo_id, view
        if view is None or not (view.problem or view.fields):
            return False
        said = [f"{words}: {value}" for _, words, value in field_words(view.fields)]
        self._name.set_text(view.path.name)
        self._words.setText("\n".join(said))
        self._words.setVisible(bool(said))
        differs = "description" in view.conflicts
        self._differs.setText(
            core_words(view.problem) or (tr("You wrote something else.") if differs else "")
        )
        self._differs.setVisible(bool(self._differs.text()))
        theirs = view.fields.description
        self.take.setVisible(theirs is not None and theirs != caption)
        self.write.setVisible(differs)
        return True

    @Slot()
    def _take(self) -> None:
        if self._view is not None and self._view.fields.description is not None:
            self._run(self._services.library.set_caption, self._photo_id, self._view.fields.description,
                      text=tr("Caption changed."))  # fmt: skip

    @Slot()
    def _write(self) -> None:
        if self._view is not None:
            mine = SidecarFields(description=str(self._view.conflicts["description"]))
            wanted, library = {self._photo_id: mine}, self._services.library
            self._run(partial(library.write_sidecars, wanted, replace=("description",)))

    def _run(self, fn: Any, *args: Any, text: str = "") -> None:
        self._services.undo.run(fn, *args, text=text)
