"""How one photo is drawn: a calm tile, the photo in its shape, a frame, a few small badges.

Knows pixels and the theme; nothing of positions, ids or events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap

from ..theme import RADIUS, Theme

FRAME = 3  # width of the accent frame around a selected photo
BADGE = 20  # height of a badge
BADGE_INSET = 6
OVERLAY_ALPHA = 205
ENLARGE = 1.6  # a small original is enlarged up to this, then stands small on its tile


@dataclass(frozen=True, slots=True)
class Badge:
    """A small mark on a photo. icon: name of a theme icon, or ""; text: a few characters, or "".

    Attributes:
        tone: "plain", "good", "danger" or "warning".
    """

    icon: str
    text: str = ""
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Look:
    """What a cell shows besides its place.

    Attributes:
        opacity: of the photo while it fades in, 0..1. absent: there is no picture to show.
        focused: the current photo of a view that has the keyboard. cover: fill the cell, crop the rest.
    """

    pixmap: QPixmap | None
    selected: bool = False
    focused: bool = False
    opacity: float = 1.0
    absent: bool = False
    cover: bool = False
    badges: Sequence[Badge] = ()


class CellPainter:
    """Draws cells; one for each view."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme

    def paint(self, painter: QPainter, rect: QRect, look: Look) -> None:
        """Draw a photo into its cell."""
        self._tile(painter, rect)
        if look.pixmap is not None:
            self._photo(painter, rect, look)
        elif look.absent:
            self._no_picture(painter, rect)
        if look.badges:
            self.badges(painter, rect, look.badges)
        if look.selected:
            self.frame(painter, rect, self.theme.color("accent"), FRAME)
        if look.focused:
            self.paint_focus(painter, rect, look.selected)

    def _tile(self, painter: QPainter, rect: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("tile"))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)

    def _photo(self, painter: QPainter, rect: QRect, look: Look) -> None:
        pixmap = look.pixmap
        assert pixmap is not None
        if look.opacity < 1.0:
            painter.setOpacity(look.opacity)
        if look.cover:
            painter.drawPixmap(QRectF(rect), pixmap, covering(pixmap, rect))
        else:
            target = photo_rect(pixmap, rect)
            if target.size() == pixmap.deviceIndependentSize():
                painter.drawPixmap(target.topLeft(), pixmap)
            else:
                painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
        if look.opacity < 1.0:
            painter.setOpacity(1.0)

    def _no_picture(self, painter: QPainter, rect: QRect) -> None:
        """A quiet outline of a picture where there is none."""
        side = min(32.0, rect.width() / 4)
        box = QRectF(0, 0, side, side * 0.75)
        box.moveCenter(QRectF(rect).center())
        painter.setPen(QPen(self.theme.color("disabled"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 2, 2)
        painter.drawLine(box.bottomLeft(), box.topRight())

    def frame(self, painter: QPainter, rect: QRect, colour: QColor, width: int) -> None:
        """A rounded frame inside the cell."""
        inset = width / 2
        painter.setPen(QPen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)

    def paint_focus(self, painter: QPainter, rect: QRect, selected: bool = False) -> None:
        """The ring of the keyboard, outside the cell, so that it also shows on a selected one."""
        colour = self.theme.color("accent" if selected else "text")
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(-2.5, -2.5, 2.5, 2.5), RADIUS + 2, RADIUS + 2)

    def badges(self, painter: QPainter, rect: QRect, badges: Sequence[Badge]) -> None:
        """Small chips along the lower edge, from the left; what does not fit is left out."""
        left = rect.left() + BADGE_INSET
        top = rect.bottom() + 1 - BADGE_INSET - BADGE
        for badge in badges:
            width = self.badge_width(badge)
            if left + width > rect.right() - BADGE_INSET + 1:
                break
            self.badge(painter, QRect(left, top, width, BADGE), badge)
            left += width + 4

    def badge_width(self, badge: Badge) -> int:
        """How wide a badge is, pixels."""
        text = QFontMetrics(self.theme.font("small", bold=True)).horizontalAdvance(badge.text)
        icon = 16 if badge.icon else 0
        between = 3 if badge.icon and badge.text else 0
        side = 2 if badge.icon and not badge.text else 6
        return icon + between + text + 2 * side

    def badge(self, painter: QPainter, rect: QRect, badge: Badge) -> None:
        """One chip."""
        overlay = self.theme.color("overlay")
        overlay.setAlpha(OVERLAY_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(overlay)
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        left = rect.left() + (2 if badge.icon and not badge.text else 6)
        if badge.icon:
            icon = self.theme.icon(badge.icon, "on_overlay")
            icon.paint(painter, QRect(left, rect.top() + 2, 16, 16))
            left += 19
        if badge.text:
            painter.setPen(self.theme.color("on_overlay"))
            painter.setFont(self.theme.font("small", bold=True))
            words = QRect(left, rect.top(), rect.right() - left + 1, rect.height())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, badge.text)


def photo_rect(pixmap: QPixmap, rect: QRect) -> QRectF:
    """Where a picture stands in its cell: whole, centred, on whole pixels, not blown up."""
    natural = pixmap.deviceIndependentSize()
    scale = min(rect.width() / natural.width(), rect.height() / natural.height())
    if scale > ENLARGE and max(natural.width(), natural.height()) < 96:
        scale = ENLARGE
    size = natural if abs(scale - 1.0) < 0.01 else QSizeF(natural.width() * scale, natural.height() * scale)
    left = rect.left() + int((rect.width() - size.width()) / 2)
    top = rect.top() + int((rect.height() - size.height()) / 2)
    return QRectF(QPointF(left, top), size)


def covering(pixmap: QPixmap, rect: QRect) -> QRectF:
    """The part of a picture, in its pixels, that fills a cell of another shape."""
    width, height = float(pixmap.width()), float(pixmap.height())
    wanted = rect.width() / max(1, rect.height())
    if width / height > wanted:
        part = height * wanted
        return QRectF((width - part) / 2, 0, part, height)
    part = width / wanted
    return QRectF(0, (height - part) / 3, width, part)  # a little above the middle: faces, horizons
