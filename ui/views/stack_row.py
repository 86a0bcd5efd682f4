"""How one stack of duplicates is drawn: the kept photo first and larger, the others with what they lack.

Geometry and painting of a row; knows stacks and thumbnails, no events and no library.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from organizer.library.views import StackView
from organizer.results import Tier

from ..keep_words import keep_words, note_words
from ..models.thumbnails import ThumbnailLoader
from ..theme import RADIUS, Theme
from ..translation import number, tr, tr_n
from ..words import byte_size
from .grid_delegate import BADGE, FRAME, Badge, CellPainter, Look

ROW_HEIGHT = 220
TALLEST_LINE = 17  # pixels of a line of small words in Korean, whatever the font says
PADDING = 12
GAP = 8
SMALLEST = 72  # side of a tile in a stack of many photos
TINIEST = 52  # where there is hardly any room
FEWEST = 3  # tiles beside the kept photo: two of photos, so that the one in focus has its place, and "+n"
MOST_LINES = 4  # of what is said about a photo
WIDEST_SPREAD = 120  # pixels that words may be wider than their tile
NARROW = 640  # a row of less width has smaller tiles
_TOP_LEFT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
_TOP_RIGHT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
KEYS = 9  # photos of a stack that a digit can choose


@dataclass(frozen=True, slots=True)
class Measures:
    """Sides of the tiles, at most, and width of the right column, pixels."""

    kept: int
    other: int
    column: int


WIDE_ROW, NARROW_ROW = Measures(160, 128, 176), Measures(136, 104, 152)


@dataclass(frozen=True, slots=True)
class RowState:
    """What a row shows besides its stack.

    Attributes:
        keep: id of the photo that would be kept. current: the row has the focus. focused_photo: the
            photo that the inspector shows, -1 for none; where not all photos have room, it is among those
            shown. lively: the view has the keyboard.
    """

    keep: int
    current: bool
    focused_photo: int
    lively: bool


class StackRow:
    """Draws rows and says where their parts are."""

    def __init__(self, theme: Theme, thumbnails: ThumbnailLoader) -> None:
        self.theme = theme
        self.thumbnails = thumbnails
        self.cells = CellPainter(theme)

    @staticmethod
    def measures(width: int) -> Measures:
        """Sizes for a row of this width."""
        return WIDE_ROW if width >= NARROW else NARROW_ROW

    def tiles(self, rect: QRect, members: int) -> list[QRect]:
        """Tiles of the photos that fit, the kept one first. All members, or the last slot says "+n".

        Tiles are made smaller before photos are left out: who decides about a stack wants to see all of it.
        """
        kept, side = self._sides(rect, members)
        top, spread = rect.top() + PADDING, self.spread(rect, members)
        found = [QRect(rect.left() + PADDING, top, kept, kept)]
        left = found[0].right() + 1 + 2 * GAP + spread
        limit = rect.left() + PADDING + self._room(rect)
        while len(found) < members and left + side <= limit:
            found.append(QRect(left, top, side, side))
            left += side + GAP + spread
        return found

    def _room(self, rect: QRect) -> int:
        """Width for tiles, pixels."""
        return rect.width() - 2 * PADDING - self.measures(rect.width()).column - GAP

    def _sides(self, rect: QRect, members: int) -> tuple[int, int]:
        """Sides of the kept photo's tile and of the others'."""
        size, others = self.measures(rect.width()), max(1, members - 1)
        for kept, least in ((size.kept, SMALLEST), (NARROW_ROW.other, SMALLEST), (SMALLEST, TINIEST)):
            room = self._room(rect) - kept - GAP
            if room // (least + GAP) >= min(others, FEWEST):
                break
        return kept, min(size.other, kept, max(least, room // others - GAP))

    def spread(self, rect: QRect, members: int) -> int:
        """How much wider than its tile the words below it may be, where there is room for that."""
        kept, other = self._sides(rect, members)
        used = kept + GAP + (members - 1) * (other + GAP)
        return min(WIDEST_SPREAD, max(0, self._room(rect) - used) // members)

    def column(self, rect: QRect) -> QRect:
        """The right column: savings, and the buttons of the current row."""
        width = self.measures(rect.width()).column
        left = rect.right() + 1 - PADDING - width
        return QRect(left, rect.top() + PADDING, width, rect.height() - 2 * PADDING)

    def buttons(self, rect: QRect) -> QRect:
        """Room for the buttons below the savings."""
        return self.column(rect).adjusted(0, 44, 0, 0)

    def shown(self, rect: QRect, members: int) -> int:
        """How many members have a tile of their own; one slot less where "+n" stands."""
        fitting = len(self.tiles(rect, members))
        return fitting if fitting == members or fitting < 2 else fitting - 1

    def places(self, rect: QRect, members: int, focused: int = 0) -> list[int]:
        """Which member each tile shows: the kept one, then as many others as fit, with the focused one."""
        shown = self.shown(rect, members)
        first = max(1, focused - shown + 2)
        return [0, *range(first, first + shown - 1)]

    def member_at(self, rect: QRect, members: int, point: QPoint, focused: int = 0) -> int:
        """Which member's tile is under a point, -1 for none."""
        places = zip(self.places(rect, members, focused), self.tiles(rect, members), strict=False)
        return next((at for at, tile in places if tile.contains(point)), -1)

    def digit_at(self, rect: QRect, members: int, point: QPoint, focused: int = 0) -> int:
        """Which member's digit is under a point, -1 for none."""
        places = zip(self.places(rect, members, focused), self.tiles(rect, members), strict=False)
        return next((at for at, tile in places if at < KEYS and _digit_rect(tile).contains(point)), -1)

    def more_at(self, rect: QRect, members: int, point: QPoint) -> bool:
        """Whether "+n" is under a point."""
        tiles = self.tiles(rect, members)
        return len(tiles) > self.shown(rect, members) and tiles[-1].contains(point)

    # painting

    def paint(self, painter: QPainter, rect: QRect, view: StackView, state: RowState) -> None:
        """Draw a row into its place."""
        self._ground(painter, rect, state)
        members = len(view.stack.members)
        tiles = self.tiles(rect, members)
        focused = focused_member(view, state)
        places = self.places(rect, members, focused)
        spread = self.spread(rect, members)
        names = shown_names([photo.path for photo in view.photos])
        for at, tile in zip(places, tiles, strict=False):
            self._member(painter, tile, view, at, state)
            kept = view.stack.members[at] == state.keep
            words = tile.adjusted(0, 0, spread, 0)
            self._words(painter, words, names[at], self._about(view, at, kept))
        if len(places) < members and len(tiles) > len(places):
            self._more(painter, tiles[-1], members - len(places))
        self._savings(painter, self.column(rect), view)

    def _ground(self, painter: QPainter, rect: QRect, state: RowState) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color("line"))
        painter.setBrush(self.theme.color("window"))
        painter.drawRoundedRect(rect, 2 * RADIUS, 2 * RADIUS)
        if state.current:
            colour = self.theme.color("accent" if state.lively else "border")
            self.cells.frame(painter, rect, colour, 2)

    def _member(self, painter: QPainter, tile: QRect, view: StackView, at: int, state: RowState) -> None:
        photo_id = view.stack.members[at]
        kept = photo_id == state.keep
        pixmap = self.thumbnails.pixmap(photo_id, tile.width())
        look = Look(
            pixmap,
            absent=pixmap is None and self.thumbnails.is_absent(photo_id),
            focused=state.current and state.lively and photo_id == state.focused_photo and not kept,
        )
        self.cells.paint(painter, tile, look)
        if kept:
            self.cells.frame(painter, tile, self.theme.color("good"), FRAME)
        mark = self._fate(view, photo_id, tile, state)
        if mark is not None:
            left, top = tile.left() + 8, tile.bottom() + 1 - 8 - BADGE
            self.cells.badge(painter, QRect(left, top, self.cells.badge_width(mark), BADGE), mark)
        if at < KEYS:
            self.cells.badge(painter, _digit_rect(tile), Badge("", str(at + 1)))

    def _fate(self, view: StackView, photo_id: int, tile: QRect, state: RowState) -> Badge | None:
        """What becomes of a photo when the stack is decided as it stands: in words in the current row."""
        if photo_id == state.keep:
            mark = Badge("keep", tr("Keep"))
        elif photo_id in view.notes:
            return None
        else:
            mark = Badge("trash", tr("Trash") if state.current else "")
        return mark if self.cells.badge_width(mark) <= tile.width() - 16 else Badge(mark.icon)

    def described(self, view: StackView, at: int, keep: int) -> str:
        """A photo in words: its name, what becomes of it, and why."""
        name = shown_names([photo.path for photo in view.photos])[at]
        kept = view.stack.members[at] == keep
        fate = tr("Keep") if kept else "" if view.stack.members[at] in view.notes else tr("Trash")
        return ", ".join(filter(None, (name, fate, self._about(view, at, kept))))

    def _about(self, view: StackView, at: int, kept: bool) -> str:
        photo_id = view.stack.members[at]
        why = keep_words(view.stack.why)
        if kept:
            return why if photo_id == view.stack.keep else tr("Your choice")
        if photo_id == view.stack.keep:
            return tr("Suggested: {why}", why=why)
        note = view.notes.get(photo_id)
        return note_words(note) if note else keep_words(view.stack.lacks.get(photo_id, ""))

    def _words(self, painter: QPainter, tile: QRect, name: str, about: str) -> None:
        """The file's name below the tile, and why it is kept or what it lacks."""
        font = self.theme.font("small")
        metrics = QFontMetrics(font)
        line = max(metrics.lineSpacing(), TALLEST_LINE)
        room = QRect(tile.left(), tile.bottom() + 5, tile.width(), line)
        painter.setFont(font)
        painter.setPen(self.theme.color("text"))
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft), shown)
        painter.setPen(self.theme.color("muted"))
        lines = min(MOST_LINES, (ROW_HEIGHT - PADDING - 5 - tile.height()) // line - 1)
        below = room.translated(0, line).adjusted(0, 0, 0, (lines - 1) * line)
        if lines == 1:
            about = metrics.elidedText(about, Qt.TextElideMode.ElideRight, below.width())
        painter.save()
        painter.setClipRect(below)
        painter.drawText(below, int(_TOP_LEFT | Qt.TextFlag.TextWordWrap), about)
        painter.restore()

    def _more(self, painter: QPainter, tile: QRect, count: int) -> None:
        self.cells.paint(painter, tile, Look(None))
        painter.setFont(self.theme.font("large", bold=True))
        painter.setPen(self.theme.color("muted"))
        painter.drawText(tile, int(Qt.AlignmentFlag.AlignCenter), f"+{number(count)}")

    def _savings(self, painter: QPainter, column: QRect, view: StackView) -> None:
        painter.setFont(self.theme.font("large", bold=True))
        painter.setPen(self.theme.color("text"))
        painter.drawText(column, int(_TOP_RIGHT), byte_size(view.savings))
        painter.setFont(self.theme.font("small"))
        painter.setPen(self.theme.color("muted"))
        spare = len(view.stack.members) - 1 - len(view.notes)
        if not spare:
            words = tr("nothing to free")
        elif view.stack.tier is Tier.BURST:
            words = tr_n("in {n} other shot", "in {n} other shots", spare)
        else:
            words = tr_n("in {n} copy", "in {n} copies", spare)
        painter.drawText(column.adjusted(0, 20, 0, 0), int(_TOP_RIGHT), words)


def focused_member(view: StackView, state: RowState) -> int:
    """Which member of the stack has the focus, 0 where none has."""
    if not state.current or state.focused_photo not in view.stack.members:
        return 0
    return view.stack.members.index(state.focused_photo)


def shown_names(paths: Sequence[Path]) -> list[str]:
    """What tells the files of a stack apart: their names, and their folders where they lie in several."""
    folders = {path.parent for path in paths}
    if len(folders) < 2:
        return [path.name for path in paths]
    try:
        common = Path(os.path.commonpath(folders))
    except ValueError:  # on two drives
        return [f"{path.parent.name}/{path.name}" for path in paths]
    return [path.relative_to(common if path.parent != common else common.parent).as_posix() for path in paths]


def _digit_rect(tile: QRect) -> QRect:
    return QRect(tile.right() - 6 - 19, tile.top() + 7, 20, BADGE)
