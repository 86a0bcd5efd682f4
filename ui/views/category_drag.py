"""Dragging a category onto another one, to put it below: what is carried, how it looks, what may be dropped.

Whether a category may go below another is asked of a rule that the owner of a view sets; what a drop does,
the owner knows.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QDrag, QDropEvent, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from ..theme import RADIUS, Theme

MIME_CATEGORY = "application/x-photo-organizer-category"
PAD = 12  # beside the name on the dragged pill, pixels

Rule = Callable[[str, str], bool]  # key of a category, key of the one to put it below -> whether it may


def nowhere(_key: str, _parent: str) -> bool:
    """The rule of a view in which nothing can be dropped."""
    return False


def mime_of(key: str) -> QMimeData:
    """What a drag of a category carries."""
    data = QMimeData()
    data.setData(MIME_CATEGORY, key.encode("utf-8"))
    return data


def category_in(data: QMimeData) -> str:
    """Key of the category that a drag from this program carries; "" for anything else."""
    return bytes(data.data(MIME_CATEGORY).data()).decode("utf-8", "replace")


def answer(event: QDropEvent, takes: bool) -> None:
    """Say whether what is dragged may be dropped here."""
    if takes:
        event.acceptProposedAction()
    else:
        event.ignore()


def far_enough(start: QPointF, now: QPointF) -> bool:
    """Whether the pointer has moved so far that a press is a drag."""
    return (now - start).manhattanLength() >= QApplication.startDragDistance()


def drag(source: QWidget, theme: Theme, key: str, name: str) -> None:
    """Carry a category until it is let go; blocking, as Qt's drags are."""
    carried = QDrag(source)
    carried.setMimeData(mime_of(key))
    pill = pill_of(theme, name, source.devicePixelRatioF())
    carried.setPixmap(pill)
    carried.exec(Qt.DropAction.MoveAction)


def pill_of(theme: Theme, name: str, ratio: float = 1.0) -> QPixmap:
    """The name on a small ground of its own."""
    font = theme.font("normal", bold=True)
    width = QFontMetrics(font).horizontalAdvance(name) + 2 * PAD
    pixmap = QPixmap(round(width * ratio), round(32 * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color("accent"))
    painter.setBrush(theme.color("surface"))
    painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, 31), 16, 16)
    painter.setFont(font)
    painter.setPen(theme.color("text"))
    painter.drawText(QRectF(0, 0, width, 32), int(Qt.AlignmentFlag.AlignCenter), name)
    painter.end()
    return pixmap


def paint_target(painter: QPainter, theme: Theme, rect: QRect) -> None:
    """The frame around the place where what is dragged would go."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color("accent"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.restore()
