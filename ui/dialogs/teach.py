"""What a category has learnt from its examples, and the photos it is in doubt about, to say yes or no to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QPushButton, QWidget

from organizer.library import LessonView

from ..services import Services, tr, tr_n
from ..words import percent
from .frame import Frame

SIDE = 128  # of a photo in the list, pixels
ID = Qt.ItemDataRole.UserRole


class TeachDialog(Frame):
    """Signals:
    taught: the person gave an example; photos are to be sorted again.
    """

    taught = Signal()

    def __init__(self, services: Services, key: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(tr("Teach: {name}", name=name), tr("Looking…"), parent)
        self._services = services
        self._key = key
        self._name = name
        self.table = QLabel()
        self.table.setTextFormat(Qt.TextFormat.PlainText)
        self.doubts = QLabel()
        self.doubts.setProperty("role", "section")
        self.photos = QListWidget()
        self.photos.setViewMode(QListView.ViewMode.IconMode)
        self.photos.setMovement(QListView.Movement.Static)
        self.photos.setResizeMode(QListView.ResizeMode.Adjust)
        self.photos.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.photos.setIconSize(QSize(SIDE, SIDE))
        self.photos.setGridSize(QSize(SIDE + 16, SIDE + 32))
        self.photos.setAccessibleName(tr("Photos that may be in the wrong place"))
        self.yes = QPushButton(tr("Yes, {name}", name=name))
        self.no = QPushButton(tr("No"))
        self.yes.clicked.connect(self._yes)
        self.no.clicked.connect(self._no)
        self.photos.itemSelectionChanged.connect(self._selected)
        for part in (self.table, self.doubts):
            self.body.addWidget(part)
        self.body.addWidget(self.photos, 1)
        self.finish_buttons(self.yes, self.no)
        self.resize(640, 560)
        services.thumbnails.ready.connect(self._thumbnails_came)
        self._selected()
        self._load()

    def _load(self) -> None:
        self._services.tasks.run(
            self._services.library.lesson, self._key, on_done=self._show, group=f"lesson-{id(self)}"
        )

    def _show(self, lesson: LessonView) -> None:
        self.say(_sentence(lesson))
        self.table.setText(_table(lesson))
        self.table.setVisible(bool(self.table.text()))
        self.photos.clear()
        for photo_id, chance, inside in lesson.mistakes:
            share = percent(chance)
            words = (
                tr("in it, {share} sure", share=share) if inside else tr("outside, {share} sure", share=share)
            )
            item = QListWidgetItem(words, self.photos)
            item.setData(ID, photo_id)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._services.thumbnails.want("teach", [photo_id for photo_id, _, _ in lesson.mistakes], SIDE)
        self._draw()
        count = len(lesson.mistakes)
        self.doubts.setText(
            tr_n("{n} photo to check, most doubtful first", "{n} photos to check, most doubtful first", count)
            if count
            else tr("No photo seems to be in the wrong place.")
        )
        self._selected()

    @Slot(object)
    def _thumbnails_came(self, _ids: object) -> None:
        if self.isVisible():
            self._draw()

    def _draw(self) -> None:
        for row in range(self.photos.count()):
            item = self.photos.item(row)
            pixmap = self._services.thumbnails.pixmap(item.data(ID), SIDE)
            if isinstance(pixmap, QPixmap) and item.icon().isNull():
                item.setIcon(QIcon(_on_tile(pixmap, self.devicePixelRatioF())))

    def chosen(self) -> list[int]:
        """The photos that the buttons are about."""
        return [item.data(ID) for item in self.photos.selectedItems()]

    @Slot()
    def _selected(self) -> None:
        some = bool(self.photos.selectedItems())
        self.yes.setEnabled(some)
        self.no.setEnabled(some)

    @Slot()
    def _yes(self) -> None:
        self._teach(self.chosen(), ())

    @Slot()
    def _no(self) -> None:
        self._teach((), self.chosen())

    def _teach(self, shown: Sequence[int], not_shown: Sequence[int]) -> None:
        count = len(shown) + len(not_shown)
        text = tr_n("{name} learns from {n} photo", "{name} learns from {n} photos", count, name=self._name)
        library = self._services.library
        self._services.undo.run(
            library.teach_category, self._key, list(shown), list(not_shown), text=text, on_done=self._learnt
        )

    def _learnt(self, _report: object) -> None:
        self.taught.emit()
        self._load()


def _on_tile(pixmap: QPixmap, ratio: float) -> QPixmap:
    """The picture in the middle of a square, so that all photos stand in one raster."""
    side = round(SIDE * ratio)
    tile = QPixmap(side, side)
    tile.fill(Qt.GlobalColor.transparent)
    shape, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    small = pixmap.scaled(side, side, shape, smooth)
    small.setDevicePixelRatio(1.0)
    painter = QPainter(tile)
    painter.drawPixmap((side - small.width()) // 2, (side - small.height()) // 2, small)
    painter.end()
    tile.setDevicePixelRatio(ratio)
    return tile


def _sentence(lesson: LessonView) -> str:
    if not lesson.taught:
        return tr("It goes by its name alone. Move photos into it, or teach it with selected ones.")
    words = tr_n("Learnt from {n} example.", "Learnt from {n} examples.", lesson.taught)
    if lesson.accuracy is not None:
        known = f"{100 * lesson.accuracy:.0f}"
        words += " " + tr("Photos held back were told right in {n} of 100 cases.", n=known)
    if not lesson.enough:
        words += " " + tr("A few more, and it moves other photos too.")
    return words


def _table(lesson: LessonView) -> str:
    if lesson.confusion is None:
        return ""
    (out, let_in), (missed, found) = lesson.confusion
    return "\n".join(
        (
            tr("Examples: {found} found, {missed} missed", found=found, missed=missed),
            tr("Other photos: {out} kept out, {let_in} let in", out=out, let_in=let_in),
        )
    )
