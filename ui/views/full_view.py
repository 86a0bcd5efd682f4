"""The full view: one photo on black, the next one already decoded, everything by keys.

Walks through the ids it was given. Decisions and removals go through the undo service; what a photo is
comes from ``library.detail``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QCursor,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from organizer.library.views import ActionReport, PhotoDetail
from organizer.records import Photo

from ..pictures import PictureLoader
from ..services import Services
from ..theme import DARK, SPACING
from ..translation import number, tr
from .elided import ElidedLabel
from .facts import read_detail
from .full_view_parts import FactsPanel, Mark, strip_label
from .image_view import ImageView
from .region import RegionPicker
from .toast import Toast
from .why import WhyButton

PAN = 80.0  # logical pixels of an arrow key while zoomed in
THUMBNAIL_SIDE = 384
ROOM_FOR_HINT = 1000  # a narrower window shows no line of keys


class FullView(QWidget):
    """A window of its own over the whole screen.

    Signals:
        closed: id of the photo that was shown last (0 when none was left).
        moved: id of the photo that is shown now.
        similar_requested: id of a photo, the part of it that others are to be like (None: all of it), and
            the colour that they must show ("": any).
    """

    closed = Signal(int)
    moved = Signal(int)
    similar_requested = Signal(int, object, str)

    def __init__(self, services: Services, pictures: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._services = services
        self._pictures = pictures
        self._ids: list[int] = []
        self._at = 0
        self._step = 1
        self._detail: PhotoDetail | None = None
        self._removed: dict[int, int] = {}  # id -> where it stood
        self._problem = ""
        services.theme.dress(self, DARK)
        self.setWindowTitle(tr("Photo"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.image = ImageView(self)
        self._region = RegionPicker(self.image)
        self._region.chosen.connect(self._region_chosen)
        self._region.left.connect(self.setFocus)
        self.facts = FactsPanel(self)
        self._name = ElidedLabel(parent=self)
        self._name.setMaximumWidth(360)
        self._place = strip_label(self)
        self._mark = Mark(self)
        self._scale = strip_label(self)
        self._hint = strip_label(self)
        self._hint.setText(tr("P pick   X reject   U neither   I facts   S find a part   Z zoom   Esc back"))
        self.toast = Toast(services.theme, self, lift=64)
        self.why = WhyButton(services, self.image, self.toast, self)
        self._build()
        self._keys = self._make_keys()
        self.image.zoomed.connect(self._zoomed)
        pictures.ready.connect(self._picture_came)
        pictures.failed.connect(self._picture_failed)
        services.thumbnails.ready.connect(self._thumbnails_came)
        services.undo.told.connect(self._told)
        services.bridge.committed.connect(self._committed)

    def open(self, photo_id: int, ids: Sequence[int], *, full_screen: bool = True) -> None:
        """Show a photo out of the set it stands in."""
        self._ids = [int(i) for i in ids]
        self._removed.clear()
        self._at = self._ids.index(photo_id) if photo_id in self._ids else 0
        self._step = 1
        if full_screen:
            self.showFullScreen()
        else:
            self.show()
        self.activateWindow()
        self.setFocus()
        self._show_current()

    @property
    def photo_id(self) -> int | None:
        """The photo that is shown."""
        return self._ids[self._at] if self._ids else None

    def go(self, by: int) -> None:
        """On or back in the set; stays at its ends."""
        at = min(max(self._at + by, 0), len(self._ids) - 1)
        if at != self._at:
            self._step = 1 if by > 0 else -1
            self._at = at
            self._show_current()

    # keys

    def _make_keys(self) -> dict[int, Callable[[], object]]:
        key = Qt.Key
        return {
            key.Key_Right: lambda: self._arrow(QPointF(-PAN, 0), 1),
            key.Key_Left: lambda: self._arrow(QPointF(PAN, 0), -1),
            key.Key_Down: lambda: self._arrow(QPointF(0, -PAN), 1),
            key.Key_Up: lambda: self._arrow(QPointF(0, PAN), -1),
            key.Key_PageDown: lambda: self.go(1),
            key.Key_PageUp: lambda: self.go(-1),
            key.Key_Space: lambda: self.go(1),
            key.Key_Backspace: lambda: self.go(-1),
            key.Key_Home: lambda: self.go(-len(self._ids)),
            key.Key_End: lambda: self.go(len(self._ids)),
            key.Key_P: lambda: self._choose(1),
            key.Key_X: lambda: self._choose(-1),
            key.Key_U: lambda: self._choose(0),
            key.Key_S: self.draw_region,
            key.Key_H: self.why.click,
            key.Key_I: lambda: self.facts.setVisible(self.facts.isHidden()),
            key.Key_Z: lambda: self.image.toggle(self._pointer()),
            key.Key_Plus: lambda: self.image.zoom_to(self.image.scale * 1.5, self._pointer()),
            key.Key_Minus: lambda: self.image.zoom_to(self.image.scale / 1.5, self._pointer()),
            key.Key_0: self.image.fit,
            key.Key_1: lambda: self.image.zoom_to(1.0, self._pointer()),
            key.Key_Delete: self._remove,
            key.Key_F11: self._toggle_full_screen,
            key.Key_Escape: self.close,
            key.Key_Return: self.close,
        }

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_Z:
            self._services.undo.undo()
            return
        act = None if control else self._keys.get(event.key())
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _arrow(self, pan: QPointF, by: int) -> None:
        if self.image.fitted:
            self.go(by)
        else:
            self.image.pan(pan)

    def _pointer(self) -> QPointF | None:
        at = self.image.mapFromGlobal(QCursor.pos())
        return QPointF(at) if self.image.rect().contains(at) else None

    def _toggle_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    # decisions

    def _choose(self, choice: int) -> None:
        if self.photo_id is not None:
            library = self._services.library
            self._services.undo.run(library.choose, [self.photo_id], choice, quiet=True)
            self._mark.show_mark(choice)

    def _remove(self) -> None:
        photo_id = self.photo_id
        if photo_id is not None:
            self._services.undo.run(self._services.library.remove_photos, [photo_id], on_done=self._gone)

    def _gone(self, report: ActionReport) -> None:
        """Walk on past what is now in the trash; close after the last one."""
        for photo_id in report.done:
            if photo_id in self._ids:
                self._removed[photo_id] = self._ids.index(photo_id)
                self._ids.remove(photo_id)
        self._at = min(self._at, len(self._ids) - 1)
        if not self._ids:
            self._at = 0
            self.close()
        elif self.isVisible():
            self._show_current()

    def draw_region(self) -> None:
        """Let the person draw a rectangle around what to look for."""
        if self.photo_id is not None:
            self._region.start()

    @Slot(object, bool)
    def _region_chosen(self, box: tuple[float, float, float, float], coloured: bool) -> None:
        photo_id = self.photo_id
        if photo_id is None:
            return
        colour = self._services.library.region_colour(photo_id, box) if coloured else ""
        self.close()
        self.similar_requested.emit(photo_id, box, colour or "")

    @Slot(object, object)
    def _committed(self, ids: frozenset[int], _kinds: object) -> None:
        """Put back what was taken out of the trash again; read anew what was decided elsewhere."""
        if not self.isVisible():
            return
        known = [photo_id for photo_id in self._removed if photo_id in ids]
        if known:
            self._services.tasks.run(self._put_back, known, on_done=self._restored)
        if self.photo_id is not None and (not ids or self.photo_id in ids):
            self._read()

    def _put_back(self, ids: list[int]) -> list[int]:
        """In a reader thread: which of these are not in the trash any more."""
        trashed = {entry.photo_id for entry in self._services.library.trash()}
        return [photo_id for photo_id in ids if photo_id not in trashed]

    def _restored(self, ids: list[int]) -> None:
        for photo_id in ids:
            if photo_id in self._removed:
                self._ids.insert(min(self._removed.pop(photo_id), len(self._ids)), photo_id)
                self._at = self._ids.index(photo_id)
        if ids:
            self._show_current()

    # showing

    def _show_current(self) -> None:
        photo_id = self.photo_id
        if photo_id is None:
            return
        self._detail, self._problem = None, ""
        self.why.forget()
        self._place.setText(tr("{n} of {total}", n=number(self._at + 1), total=number(len(self._ids))))
        self.image.show_photo(QSize(), None)
        self._services.thumbnails.want("full-view", [photo_id, *self._near()], THUMBNAIL_SIDE)
        self._read()
        self._want_pictures()
        self.moved.emit(photo_id)

    def _read(self) -> None:
        read, library = read_detail, self._services.library
        self._services.tasks.run(read, library, self.photo_id, on_done=self._show_detail, group="full-view")

    def _near(self) -> list[int]:
        """The next photo in the direction of walking, then the one behind."""
        places = (self._at + self._step, self._at - self._step)
        return [self._ids[at] for at in places if 0 <= at < len(self._ids)]

    def _screen_side(self) -> int:
        size = self.screen().size() * self.devicePixelRatioF()
        return int(max(size.width(), size.height()))

    def _want_pictures(self) -> None:
        photo_id, side = self.photo_id, self._screen_side()
        if photo_id is None:
            return
        wishes = [(near, side) for near in (photo_id, *self._near())]
        if self._detail is not None and self.image.scale > self._coarse_scale(self._detail.photo):
            wishes.insert(1, (photo_id, max(self._detail.photo.width, self._detail.photo.height)))
        self._pictures.want("full-view", wishes)

    def _coarse_scale(self, photo: Photo) -> float:
        """Up to this scale the picture decoded for the screen has pixels enough."""
        share = self._screen_side() / max(photo.width, photo.height)
        return share * 1.01 if share < 1 else float("inf")

    def _show_detail(self, detail: PhotoDetail | None) -> None:
        if detail is None or detail.photo.id != self.photo_id:
            return
        photo = detail.photo
        first = self._detail is None
        self._detail = detail
        self._name.set_text(photo.path.name)
        self.setWindowTitle(photo.path.name)
        self._mark.show_mark(detail.choice)
        self.facts.show_detail(detail)
        self.why.about(detail)
        if first:
            self.image.show_photo(QSize(photo.width, photo.height), self._best_picture())

    def _best_picture(self) -> QImage | QPixmap | None:
        if self.photo_id is None:
            return None
        thumbnails = self._services.thumbnails
        return self._pictures.picture(self.photo_id) or thumbnails.pixmap(self.photo_id, THUMBNAIL_SIDE)

    @Slot(int)
    def _picture_came(self, photo_id: int) -> None:
        if photo_id == self.photo_id and self.isVisible():
            self.image.show_picture(self._best_picture())

    @Slot(object)
    def _thumbnails_came(self, ids: list[int]) -> None:
        if self.photo_id in ids and self.isVisible():
            self.image.show_picture(self._best_picture())

    @Slot(int, str)
    def _picture_failed(self, photo_id: int, sentence: str) -> None:
        if photo_id == self.photo_id and self.isVisible() and sentence != self._problem:
            self._problem = sentence
            self.toast.say(sentence)

    @Slot(float)
    def _zoomed(self, scale: float) -> None:
        self._scale.setText(tr("{n}%", n=str(round(100 * scale))))
        self._want_pictures()

    @Slot(str, bool)
    def _told(self, text: str, undoable: bool) -> None:
        if self.isVisible():
            self.toast.say(text, tr("Undo") if undoable else "", self._services.undo.undo)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.why.forget()
        self._pictures.want("full-view", [])
        self._services.thumbnails.want("full-view", [], THUMBNAIL_SIDE)
        super().closeEvent(event)
        self.closed.emit(self.photo_id or 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._region.hide()
        self._hint.setVisible(event.size().width() >= ROOM_FOR_HINT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), Qt.GlobalColor.black)

    def _build(self) -> None:
        strip = QHBoxLayout()
        strip.setContentsMargins(SPACING["large"], SPACING["small"], SPACING["large"], SPACING["small"])
        strip.setSpacing(SPACING["large"])
        strip.addWidget(self._name, 0)
        strip.addWidget(self._mark)
        strip.addWidget(self._place)
        strip.addStretch(1)
        strip.addWidget(self._hint)
        strip.addWidget(self.why)
        strip.addWidget(self._scale)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.image, 1)
        middle.addWidget(self.facts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addLayout(strip)
        self.resize(1024, 700)
