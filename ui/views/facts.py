"""The facts of one photo as rows of name and value; used by the inspector and the full view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from organizer.library.views import PhotoDetail
from organizer.records import Photo

from ..theme import SPACING
from ..translation import tr
from ..words import byte_size, exposure, focal_length, pixels, place, taken
from .elided import ElidedLabel

if TYPE_CHECKING:
    from organizer.library import Library


def read_detail(library: Library, photo_id: int) -> PhotoDetail | None:
    """All that is known of a photo; None when it has left the catalogue since it was chosen."""
    try:
        return library.detail(photo_id)
    except LookupError:
        return None


def facts_of(photo: Photo) -> list[tuple[str, str]]:
    """Names and values, only what is known, in the order to be read."""
    exif = photo.exif
    rows = [
        (tr("Taken"), taken(exif.taken_at)),
        (tr("Camera"), exif.camera or ""),
        (tr("Lens"), exif.lens or ""),
        (tr("Exposure"), exposure(exif)),
        (tr("Focal length"), focal_length(exif)),
        (tr("Size"), pixels(photo.width, photo.height)),
        (tr("File"), f"{photo.format}, {byte_size(photo.size)}"),
        (tr("Title"), exif.title or ""),
        (tr("Rating"), "★" * exif.rating if exif.rating else ""),
        (tr("Place"), place(exif)),
        (tr("Folder"), str(photo.path.parent)),
    ]
    return [(name, value) for name, value in rows if value]


class FactsGrid(QWidget):
    """Two columns; long values are shortened, with a tooltip. Rows are used again, so nothing flickers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[QLabel, ElidedLabel]] = []
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(SPACING["medium"])
        self._layout.setVerticalSpacing(SPACING["tiny"])
        self._layout.setColumnStretch(1, 1)

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        """Show these rows and no others."""
        while len(self._rows) < len(facts):
            self._add_row()
        for at, (name, value) in enumerate(self._rows):
            used = at < len(facts)
            name.setVisible(used)
            value.setVisible(used)
            if used:
                name.setText(facts[at][0])
                value.set_text(facts[at][1])
                value.setAccessibleName(f"{facts[at][0]}: {facts[at][1]}")

    def values(self) -> dict[str, str]:
        """What is shown now, by name."""
        return {name.text(): value.text for name, value in self._rows if not name.isHidden()}

    def _add_row(self) -> None:
        name, value = QLabel(self), ElidedLabel(parent=self)
        name.setProperty("role", "muted")
        name.setTextFormat(Qt.TextFormat.PlainText)
        at = len(self._rows)
        self._layout.addWidget(name, at, 0)
        self._layout.addWidget(value, at, 1)
        self._rows.append((name, value))
