"""Two plain lists: the files that could not be read, and what the doctor found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from organizer.library.doctor import doctor_checks
from organizer.library.views import Check
from organizer.records import Unreadable

from ..core_words import core_words
from ..services import Services
from ..translation import tr, tr_n
from .frame import Frame


class UnreadableDialog(Frame):
    """Files that could not be read, and why."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(tr("Files that could not be read"), tr("Looking…"), parent)
        self.table = _two_columns(tr("File"), tr("Why"), self)
        self.body.addWidget(self.table)
        self.finish_buttons()
        self.resize(720, 420)
        services.tasks.run(services.library.unreadable, on_done=self._show, group="unreadable")

    def _show(self, files: Sequence[Unreadable]) -> None:
        for file in files:
            why = core_words(file.sentence)
            item = QTreeWidgetItem([file.stamp.path.name, why])
            item.setToolTip(0, str(file.stamp.path))
            item.setToolTip(1, why)
            self.table.addTopLevelItem(item)
        if not files:
            self.say(tr("Every file could be read."))
            return
        self.say(tr_n("{n} file. It was left as it is and is tried again when it changes.",
                      "{n} files. They were left as they are and are tried again when they change.",
                      len(files)))  # fmt: skip


class DoctorDialog(Frame):
    """Whether everything the program needs is there."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(tr("Doctor"), tr("Looking…"), parent)
        self._theme = services.theme
        self.table = _two_columns(tr("What"), tr("Found"), self)
        self.body.addWidget(self.table)
        self.finish_buttons()
        self.resize(640, 420)
        services.tasks.run(doctor_checks, services.library.paths, on_done=self._show, group="doctor")

    def _show(self, checks: Sequence[Check]) -> None:
        for check in checks:
            words = " ".join(filter(None, (core_words(check.found), core_words(check.advice))))
            item = QTreeWidgetItem([core_words(check.name), words])
            item.setIcon(0, self._theme.icon(*(("keep", "good") if check.ok else ("quality", "danger"))))
            item.setToolTip(1, words)
            self.table.addTopLevelItem(item)
        wrong = sum(not check.ok for check in checks)
        good = tr("Everything the program needs is there.")
        self.say(tr_n("{n} thing needs a look.", "{n} things need a look.", wrong) if wrong else good)


def _two_columns(left: str, right: str, parent: QWidget) -> QTreeWidget:
    table = QTreeWidget(parent)
    table.setHeaderLabels([left, right])
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setAccessibleName(f"{left}, {right}")
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.header().setMaximumSectionSize(420)
    table.header().setStretchLastSection(True)
    return table
