"""Two to four photos side by side: zoom and pan together, flicker, difference, and who is better in what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from organizer.library.views import PhotoDetail

from ..services import Services, tr
from ..translation import number
from ..words import byte_size
from ..workers import sentence_for
from .compare_pane import ComparePane, SharedLook, difference, image_of, shows_nothing, turned_like
from .stack_row import WIDE_ROW, shown_names

if TYPE_CHECKING:
    from organizer.library import Library

MOST = 4
SIDE = 2560  # longest side of the pictures compared, pixels
FLICKER_MS = 450
VERBS = {Qt.Key.Key_Return: "keep", Qt.Key.Key_Enter: "keep", Qt.Key.Key_B: "both", Qt.Key.Key_N: "apart"}


class CompareView(QWidget):
    """Signals:
    closed: Escape or Back.
    keep_asked: id of the photo whose "Keep this" was pressed, or whose digit.
    decided: "keep" (as things stand), "both" or "apart", by the keys of the list.
    """

    closed = Signal()
    keep_asked = Signal(object)
    decided = Signal(str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._ids: list[int] = []
        self._kept = -1
        self._arrays: dict[int, NDArray[np.uint8]] = {}
        self._images: dict[int, QImage] = {}
        self._differences: dict[int, QImage] = {}
        self._equal: set[int] = set()  # the others that do not differ from the first one
        self._turned: dict[int, QImage] = {}  # the others, the way round that the first one is
        self._details: dict[int, PhotoDetail] = {}
        self._turn = 0
        self.look = SharedLook(self)
        self._panes = [ComparePane(self.look, self) for _ in range(MOST)]
        self._notes = [_note(self) for _ in range(MOST)]
        self._keeps = [self._keep_button(at) for at in range(MOST)]
        self._columns = [QWidget(self) for _ in range(MOST)]
        self._flicker_timer = QTimer(self, interval=FLICKER_MS)
        self._flicker_timer.timeout.connect(self._flick)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Compare photos"))
        self._build()

    def _build(self) -> None:
        self.back = QPushButton(tr("Back"), self)
        self._paint_icons()
        self._services.theme.changed.connect(self._paint_icons)
        self.back.setToolTip(tr("Key: {key}", key=tr("Escape")))
        self.back.clicked.connect(self.closed)
        self.flicker = QPushButton(tr("Flicker"), self)
        self.flicker.setCheckable(True)
        self.flicker.setToolTip(tr("Show them in turn in one place ({key})", key="F"))
        self.flicker.toggled.connect(self._set_flicker)
        self.differ = QPushButton(tr("Difference"), self)
        self.differ.setCheckable(True)
        self.differ.setToolTip(tr("Show where the others differ from the first ({key})", key="D"))
        self.differ.toggled.connect(self._set_difference)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        bar.addWidget(self.back)
        bar.addStretch(1)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        bar.addWidget(self.count)
        bar.addStretch(1)
        bar.addWidget(self.flicker)
        bar.addWidget(self.differ)
        panes = QHBoxLayout()
        panes.setContentsMargins(16, 0, 16, 16)
        panes.setSpacing(8)
        for column, pane, note, keep in zip(
            self._columns, self._panes, self._notes, self._keeps, strict=True
        ):
            inside = QVBoxLayout(column)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(8)
            inside.addWidget(keep, 0, Qt.AlignmentFlag.AlignLeft)  # not below, where messages appear
            inside.addWidget(pane, 1)
            inside.addWidget(note)
            panes.addWidget(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(bar)
        whole.addLayout(panes, 1)

    @Slot()
    def _paint_icons(self) -> None:
        self.back.setIcon(self._services.theme.icon("chevron-left"))

    def _keep_button(self, at: int) -> QPushButton:
        button = QPushButton(tr("Keep this"), self)
        button.setToolTip(tr("Key: {key}", key=at + 1))
        button.clicked.connect(partial(self._keep_pressed, at))
        return button

    def show_photos(self, ids: Sequence[int], kept: int = -1, of: int = 0) -> None:
        """Compare these photos (the first four of them).

        Args:
            kept: the one that is kept as things stand. of: how many photos the whole stack has.
        """
        self._ids = [int(photo_id) for photo_id in ids][:MOST]
        self._kept = kept
        self.count.setText(tr("{n} of {count}", n=len(self._ids), count=of) if of > len(self._ids) else "")
        self._arrays, self._images, self._details = {}, {}, {}
        self._differences, self._turned, self._equal = {}, {}, set()
        self.flicker.setChecked(False)
        self.differ.setChecked(False)
        self.look.set(1.0, QPointF(0.5, 0.5))
        library = self._services.library
        for at, column in enumerate(self._columns):
            column.setVisible(at < len(self._ids))
            self._panes[at].show_image(None)
            self._notes[at].setText("")
        for photo_id in self._ids:
            self._services.tasks.run(_fetch, library, photo_id, on_done=self._fetched, on_error=self._failed)
        self._show_images()
        self.setFocus()

    def ids(self) -> list[int]:
        """The photos that are compared."""
        return list(self._ids)

    def _fetched(self, found: tuple[int, NDArray[np.uint8], QImage, PhotoDetail]) -> None:
        photo_id, array, image, detail = found
        if photo_id not in self._ids:
            return
        self._arrays[photo_id], self._images[photo_id], self._details[photo_id] = array, image, detail
        self._show_images()
        self._show_notes()
        if self.differ.isChecked() or self.flicker.isChecked():
            self._ask_differences()

    def _failed(self, error: BaseException) -> None:
        self._services.tasks.problem.emit(sentence_for(error))

    # flicker and difference

    @Slot(bool)
    def _set_flicker(self, on: bool) -> None:
        if on:
            self.differ.setChecked(False)
            self._turn = 0
            self._flicker_timer.start()
            self._ask_differences()
        else:
            self._flicker_timer.stop()
        for at, column in enumerate(self._columns):
            column.setVisible(at < (1 if on else len(self._ids)))
        self._show_images()
        self._show_notes()

    @Slot(bool)
    def _set_difference(self, on: bool) -> None:
        if on:
            self.flicker.setChecked(False)
            self._ask_differences()
        self._show_images()

    @Slot()
    def _flick(self) -> None:
        self._turn = (self._turn + 1) % max(1, len(self._ids))
        self._show_images()
        self._show_notes()

    def _ask_differences(self) -> None:
        first = self._arrays.get(self._ids[0]) if self._ids else None
        for photo_id in self._ids[1:]:
            array = self._arrays.get(photo_id)
            if first is not None and array is not None and photo_id not in self._differences:
                self._services.tasks.run(_differ, photo_id, first, array, on_done=self._differed)

    def _differed(self, found: tuple[int, QImage, QImage, bool]) -> None:
        photo_id, apart, turned, equal = found
        if photo_id in self._ids:  # else other photos are compared by now
            self._differences[photo_id], self._turned[photo_id] = apart, turned
            self._equal |= {photo_id} if equal else set()
            self._show_images()

    # showing

    def _shown_in(self, at: int) -> int:
        """The photo in a pane: while it flickers they take turns in the first."""
        return self._ids[self._turn if self.flicker.isChecked() else at]

    def _show_images(self) -> None:
        for at in range(len(self._ids)):
            photo_id = self._shown_in(at)
            image = self._images.get(photo_id) or self._small(photo_id)
            if self.flicker.isChecked():
                image = self._turned.get(photo_id, image)
            words = ""
            if self.differ.isChecked() and at > 0:
                image = self._differences.get(photo_id)
                words = tr("No difference to be seen") if photo_id in self._equal else ""
            self._panes[at].show_image(image, words)

    def _small(self, photo_id: int) -> QImage | None:
        """The thumbnail, until the picture is there."""
        pixmap = self._services.thumbnails.pixmap(photo_id, WIDE_ROW.other)
        return None if pixmap is None else pixmap.toImage()

    def _show_notes(self) -> None:
        sharpest = _best(self._details, _sharpness)
        largest = _best(self._details, _pixel_count)
        heaviest = _best(self._details, _file_size)
        known = [self._details[one].photo.path for one in self._ids if one in self._details]
        names = dict(zip(known, shown_names(known), strict=True))
        for at in range(len(self._ids)):
            detail = self._details.get(self._shown_in(at))
            if detail is not None:
                self._notes[at].setText(
                    self._words(detail, names[detail.photo.path], sharpest, largest, heaviest)
                )
                self._notes[at].setToolTip(str(detail.photo.path))
            kept = detail is not None and detail.photo.id == self._kept
            self._keeps[at].setText(tr("Kept") if kept else tr("Keep this"))
            self._keeps[at].setIcon(self._services.theme.icon("keep", "good") if kept else QIcon())
            self._panes[at].set_frame(self._services.theme.color("good") if kept else None)

    def _words(self, detail: PhotoDetail, name: str, sharpest: float, largest: float, heaviest: float) -> str:
        photo = detail.photo
        sides = _strong(f"{number(photo.width)} × {number(photo.height)}", _pixel_count(detail) >= largest)
        weight = _strong(byte_size(photo.size), _file_size(detail) >= heaviest)
        lines = [_plain(self._name(name)), f"{sides}, {weight}"]
        if detail.measures is not None:
            sharp = tr("Sharpness {n}", n=f"{100 * _sharpness(detail):.0f}")
            lines.append(_strong(sharp, _sharpness(detail) >= sharpest))
        return "<br>".join(lines)

    def _name(self, name: str) -> str:
        """In one line of a pane: names that wrap would set the panes at different heights."""
        room = max(pane.width() for pane in self._panes[: max(1, len(self._ids))])
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room - 8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_notes()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif key == Qt.Key.Key_F:
            self.flicker.toggle()
        elif key == Qt.Key.Key_D:
            self.differ.toggle()
        elif key in VERBS:
            if not event.isAutoRepeat():
                self.decided.emit(VERBS[Qt.Key(key)])
        elif self.look.key(Qt.Key(key)):
            pass
        elif Qt.Key.Key_1 <= key < Qt.Key.Key_1 + len(self._ids):
            self.keep_asked.emit(self._ids[key - Qt.Key.Key_1])
        else:
            super().keyPressEvent(event)

    def _keep_pressed(self, at: int, _checked: bool = False) -> None:
        if at < len(self._ids):
            self.keep_asked.emit(self._shown_in(at))


def _note(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setMinimumHeight(56)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    return label


def _fetch(library: Library, photo_id: int) -> tuple[int, NDArray[np.uint8], QImage, PhotoDetail]:
    """In a reader thread."""
    array = library.picture(photo_id, SIDE)
    return photo_id, array, image_of(array), library.detail(photo_id)


def _differ(
    photo_id: int, first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> tuple[int, QImage, QImage, bool]:
    """In a reader thread: where the second differs, the second the way round that the first is, and whether
    there is nothing to be seen of a difference.
    """
    turned = turned_like(first, second)
    apart = difference(first, turned)
    return photo_id, apart, image_of(turned), shows_nothing(apart)


def _sharpness(detail: PhotoDetail) -> float:
    """In steps that can be seen, 0..1."""
    return -np.inf if detail.measures is None else round(detail.measures.sharpness * 20) / 20


def _pixel_count(detail: PhotoDetail) -> float:
    return float(detail.photo.width * detail.photo.height)


def _file_size(detail: PhotoDetail) -> float:
    return float(detail.photo.size)


def _best(details: dict[int, PhotoDetail], value: object) -> float:
    """The best value, or infinity where all are the same: then nobody is better."""
    values = {value(detail) for detail in details.values()}  # type: ignore[operator]
    return max(values) if len(values) > 1 else float("inf")


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _strong(text: str, better: bool) -> str:
    return f"<b>{_plain(text)}</b>" if better else _plain(text)
