"""Settings: the ordered rules by which the photo to keep of a stack is chosen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
)

from organizer.settings import Settings

from ...services import Services
from ...theme import SPACING
from ...translation import tr
from .page import Page

KEY = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 30  # pixels


def rule_names() -> dict[str, str]:
    """Rule -> its words."""
    return {
        "protected": tr("In a protected folder"),
        "raw": tr("RAW file rather than JPEG"),
        "rating": tr("Picked or better rated"),
        "pixels": tr("Most pixels (enlarged ones do not count)"),
        "bytes": tr("Least compressed"),
        "sharpness": tr("Sharpest where it matters"),
        "exposure": tr("Best exposure"),
        "aesthetic": tr("Best looking"),
        "oldest": tr("Oldest file"),
        "name": tr("Shortest name"),
    }


class KeepingPage(Page):
    """The rules as a list to be put in order: by dragging, by buttons, by Alt and the arrow keys."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Which copy to keep"))
        self.explain(tr("Of each stack the first rule that tells two photos apart decides. Drag the rules "
                        "into your order; a rule without a tick does not count."))  # fmt: skip
        self.rules = QListWidget()
        self.rules.setAccessibleName(tr("Rules, the most important first"))
        self.rules.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.rules.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.rules.setProperty("kind", "field")
        self.rules.setMinimumHeight(len(rule_names()) * ROW_HEIGHT + 4)
        self.rules.itemChanged.connect(self._changed)
        self.rules.model().rowsMoved.connect(self._changed)
        self.rules.currentRowChanged.connect(self._update)
        self.up = self._button(tr("Move up"), "Alt+Up", partial(self._move, -1))
        self.down = self._button(tr("Move down"), "Alt+Down", partial(self._move, 1))
        self.restore = self._button(tr("Restore defaults"), "", self._restore)
        buttons = QVBoxLayout()
        buttons.setSpacing(SPACING["small"])
        for button in (self.up, self.down):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.restore)
        row = QHBoxLayout()
        row.addWidget(self.rules, 1)
        row.addLayout(buttons)
        self.add_layout(row)
        self.column.addStretch(1)

    def _button(self, words: str, key: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        if key:
            button.setShortcut(key)
            button.setToolTip(f"{words} ({key})")
        button.clicked.connect(slot)
        return button

    def order(self) -> tuple[str, ...]:
        """The rules as the list shows them, "-name" for one without a tick."""
        items = [self.rules.item(row) for row in range(self.rules.count())]
        off = {True: "", False: "-"}
        return tuple(off[item.checkState() == Qt.CheckState.Checked] + str(item.data(KEY)) for item in items)

    def show_settings(self, settings: Settings) -> None:
        rules = self.services.library.keep_rules()
        if rules == self.order():
            return
        names = rule_names()
        self.rules.blockSignals(True)
        self.rules.clear()
        for rule in rules:
            key = rule.removeprefix("-")
            item = QListWidgetItem(names[key])
            item.setSizeHint(QSize(0, ROW_HEIGHT))
            item.setData(KEY, key)
            flags = item.flags() | Qt.ItemFlag.ItemIsUserCheckable
            item.setFlags(flags & ~Qt.ItemFlag.ItemIsDropEnabled)
            item.setCheckState(Qt.CheckState.Unchecked if rule.startswith("-") else Qt.CheckState.Checked)
            self.rules.addItem(item)
        self.rules.blockSignals(False)
        self.rules.setCurrentRow(0)
        self._update()

    @Slot()
    def _changed(self, *_what: object) -> None:
        self._update()
        self._keep(self.order())

    def _move(self, by: int) -> None:
        row = self.rules.currentRow()
        if not 0 <= row + by < self.rules.count():
            return
        self.rules.blockSignals(True)
        self.rules.insertItem(row + by, self.rules.takeItem(row))
        self.rules.blockSignals(False)
        self.rules.setCurrentRow(row + by)
        self._changed()

    def _restore(self) -> None:
        self._keep(())

    def _keep(self, rules: tuple[str, ...]) -> None:
        self.keep(self._kept, keep_rules=rules)

    def _kept(self, _settings: object) -> None:
        self.load()
        self.wish("sort-again")

    @Slot()
    def _update(self, *_row: object) -> None:
        row = self.rules.currentRow()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < self.rules.count() - 1)
        self.restore.setEnabled(bool(self.settings.keep_rules))
