"""What only the copies of a stack say, shown before it is written into the kept photo's sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHeaderView, QPushButton, QTreeWidget, QTreeWidgetItem, QWidget

from organizer.library.sidecar_notes import MergeOffer
from organizer.records import ExifFacts, SidecarFields

from ..core_words import core_words
from ..services import Services
from ..translation import tr
from ..words import place
from .frame import Frame

AIR = 24  # between the names of the fields and their values, pixels


class MergeDialog(Frame):
    """Shows an offer and carries it out.

    Args:
        names: photo id -> name of the file, for the column that says who says it.
    """

    def __init__(
        self, services: Services, stack_key: str, offer: MergeOffer, names: Mapping[int, str],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(tr("What only the copies say"), "", parent)
        self._services = services
        self._key = stack_key
        self._offer = offer
        self.table = self._table(names)
        self.body.addWidget(self.table)
        off = not services.library.settings.sidecars
        self.write = QPushButton(
            tr("Switch on sidecar files and write") if off else tr("Write into the sidecar")
        )
        self.write.setProperty("kind", "primary")
        self.write.clicked.connect(self._write)
        self.finish_buttons(self.write)
        self.close_button.setText(tr("Cancel"))
        self._say()
        self.resize(640, 400)

    def _table(self, names: Mapping[int, str]) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setHeaderLabels([tr("What"), tr("Value"), tr("Copy")])
        table.setRootIsDecorated(False)
        table.setAccessibleName(tr("What only the copies say"))
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        for name, words, value in field_words(self._offer.fields):
            said_by = ", ".join(names.get(one, "") for one in self._offer.sources.get(name, ()))
            item = QTreeWidgetItem([words, value, said_by])
            for column in range(3):
                item.setToolTip(column, item.text(column))
            table.addTopLevelItem(item)
        header = table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(0, table.sizeHintForColumn(0) + AIR)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        header.setMaximumSectionSize(240)
        return table

    def _say(self) -> None:
        preview = self._offer.preview
        if preview is not None and preview.problem:
            self.say(core_words(preview.problem))
            self.write.setEnabled(False)
            return
        name = "" if preview is None else preview.path.name
        words = tr("It is written into “{name}” beside the photo that is kept. The photo itself is not "
                   "changed, and Undo takes it back.", name=name)  # fmt: skip
        self.say(words)

    @Slot()
    def _write(self) -> None:
        library, services = self._services.library, self._services
        if not library.settings.sidecars:
            services.tasks.run_in_order(partial(library.change_settings, sidecars=True))
        services.undo.run(library.merge_into_kept, self._key, self._offer.keep)
        self.accept()


def field_words(fields: SidecarFields) -> list[tuple[str, str, str]]:
    """The fields that say something: name, words, value as text."""
    found = []
    if fields.title is not None:
        found.append(("title", tr("Title"), fields.title))
    if fields.description is not None:
        found.append(("description", tr("Caption"), fields.description))
    if fields.keywords:
        found.append(("keywords", tr("Keywords"), ", ".join(fields.keywords)))
    if fields.rating is not None:
        found.append(("rating", tr("Rating"), tr("Rejected") if fields.rating < 0 else "★" * fields.rating))
    if fields.latitude is not None:
        where = ExifFacts(latitude=fields.latitude, longitude=fields.longitude)
        found.append(("latitude", tr("Place"), place(where)))
    return found
