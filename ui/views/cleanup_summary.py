"""What "Clean all exact copies" is about to do: how many, how much, from which folders. Then it may act."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from organizer.library.views import CleanupPlan

from ..translation import number, tr, tr_n
from ..words import byte_size


class CleanupSummary(QDialog):
    """Shows the plan; accepted when the person wants it carried out."""

    def __init__(self, plan: CleanupPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Clean all exact copies"))
        self.setMinimumWidth(480)
        copies = tr_n("{n} exact copy", "{n} exact copies", plan.photos)
        heading = QLabel(tr("{copies}, {size}", copies=copies, size=byte_size(plan.bytes)))
        heading.setProperty("role", "heading")
        heading.setWordWrap(True)
        promise = QLabel(
            tr("One photo of each stack stays. The others go to the trash, and Undo brings them back.")
        )
        promise.setWordWrap(True)
        staying = QLabel(_staying(plan))
        staying.setProperty("role", "muted")
        staying.setWordWrap(True)
        staying.setVisible(bool(staying.text()))
        emptied = QLabel(_emptied(plan))
        emptied.setWordWrap(True)
        emptied.setVisible(bool(emptied.text()))
        self.folders = QTreeWidget()
        self.folders.setHeaderLabels([tr("Folder"), tr("Photos that leave it")])
        self.folders.setRootIsDecorated(False)
        self.folders.setAccessibleName(tr("Folders that photos would leave"))
        for folder, count in sorted(plan.folders.items(), key=lambda item: -item[1]):
            whole = folder in plan.emptied
            row = QTreeWidgetItem([str(folder), tr("all {n}", n=number(count)) if whole else number(count)])
            row.setToolTip(0, str(folder))
            row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.folders.addTopLevelItem(row)
        header = self.folders.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.folders.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        words = tr_n("Move {n} photo to the trash", "Move {n} photos to the trash", plan.photos)
        self.act = buttons.addButton(words, QDialogButtonBox.ButtonRole.AcceptRole)
        self.act.setProperty("kind", "primary")
        self.act.setEnabled(plan.photos > 0)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        for widget in (heading, promise, emptied, staying, self.folders, buttons):
            column.addWidget(widget)


def _emptied(plan: CleanupPlan) -> str:
    """Which folders would have no photo left: somebody may have put them together on purpose."""
    if not plan.emptied:
        return ""
    if len(plan.emptied) == 1:
        (folder,) = plan.emptied
        return tr("No photo would be left in “{name}”: all of them are copies of photos elsewhere. Protect "
                  "the folder in the settings if it is to stay as it is.", name=folder.name)  # fmt: skip
    return tr("No photo would be left in {n} of these folders: all of them are copies of photos elsewhere. "
              "Protect a folder in the settings if it is to stay as it is.",
              n=number(len(plan.emptied)))  # fmt: skip


def _staying(plan: CleanupPlan) -> str:
    """What is not counted, because removing it is not allowed or frees nothing."""
    words = []
    if plan.protected:
        words.append(
            tr_n(
                "{n} more copy is protected and stays.",
                "{n} more copies are protected and stay.",
                plan.protected,
            )
        )
    if plan.links:
        words.append(
            tr_n("{n} more is only another name of a file; deleting it would free nothing.",
                 "{n} more are only other names of a file; deleting them would free nothing.",
                 plan.links)
        )  # fmt: skip
    return " ".join(words)
