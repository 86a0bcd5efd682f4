"""The list of duplicate stacks: one a row, the focus moves from stack to stack, keys decide.

Says what was asked for and does none of it itself. Rows are painted; only the current row has buttons, real
ones, which travel with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from organizer.library.views import StackView

from ..keep_words import keep_words, note_words
from ..models.content import Content
from ..models.thumbnails import ThumbnailLoader
from ..theme import Theme
from ..translation import tr
from ..words import pixels
from .grid_layout import ListLayout
from .sectioned import SectionedView
from .stack_buttons import StackButtons
from .stack_row import KEYS, ROW_HEIGHT, RowState, StackRow, focused_member

HEADER = 68


class StackListView(SectionedView):
    """Signals:
    keep_asked: StackView and the id of the photo to keep; the others go to the trash.
    delete_asked: StackView and the id of the photo that goes; the others stay.
    both_asked, apart_asked, compare_asked: StackView; keep both, not duplicates, compare.
    merge_asked: what only the copies say. kept_changed: another photo of the stack is to be kept.
    photo_changed: id of the photo that has the focus, -1 for none.
    activated: id of the photo to be shown large.
    menu_requested: global position.
    """

    keep_asked = Signal(object, object)
    delete_asked = Signal(object, object)
    both_asked = Signal(object)
    apart_asked = Signal(object)
    compare_asked = Signal(object)
    merge_asked = Signal()
    kept_changed = Signal()
    photo_changed = Signal(object)
    activated = Signal(object)
    menu_requested = Signal(QPoint)

    def __init__(self, thumbnails: ThumbnailLoader, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(ListLayout(ROW_HEIGHT, gap=8, header=HEADER), thumbnails, theme, parent)
        self.stacks: Sequence[StackView] = ()
        self._row = StackRow(theme, thumbnails)
        self._current = -1
        self._photo = -1
        self._chosen: dict[str, int] = {}
        self.buttons = StackButtons(self.viewport())
        self.buttons.hide()
        self.buttons.keep.clicked.connect(self.keep_current)
        self.buttons.both.clicked.connect(self.both_current)
        self.buttons.apart.clicked.connect(self.apart_current)
        self.buttons.compare.clicked.connect(self.compare_current)
        self.setAccessibleName(tr("Duplicate stacks"))

    # contents

    def set_stacks(self, stacks: Sequence[StackView], content: Content) -> None:
        """Show stacks; ``content`` has the kept photo of each as its id, and the tiers as sections.

        The current stack, or the next one where it is gone, stands where it stood, if that was in view.
        """
        before, shown = self.stack(), self.stacks
        height = self.item_rect(self._current).top() if self._current in self.visible_places() else None
        self.stacks = stacks
        keys = {view.stack.key: row for row, view in enumerate(stacks)}
        self._chosen = {key: photo for key, photo in self._chosen.items() if key in keys}
        found = keys.get(before.stack.key, -1) if before is not None else -1
        self._current = found if found >= 0 else self._next_left(shown, keys)
        self.set_content(content)
        self._set_current(self._current, keep_photo=found >= 0)
        if height is not None and self._current >= 0:
            self.verticalScrollBar().setValue(self.rows.rect(self._current).top() - height)
        if before is not None and found < 0:
            self.ensure_visible(self._current)

    def _next_left(self, shown: Sequence[StackView], keys: dict[str, int]) -> int:
        """Row of the stack that followed the current one among those shown, the last where none did."""
        rows = [keys.get(view.stack.key, -1) for view in shown]
        left = [row for row in rows[max(self._current, 0) :] if row >= 0]
        return left[0] if left else len(keys) - 1 if max(rows, default=-1) >= 0 else min(0, len(keys) - 1)

    def stack(self) -> StackView | None:
        """The stack with the focus."""
        return self.stacks[self._current] if 0 <= self._current < len(self.stacks) else None

    def kept_of(self, view: StackView) -> int:
        """The photo that would be kept: the person's choice, or the suggestion."""
        return self._chosen.get(view.stack.key, view.stack.keep)

    def reveal(self, photo_id: int) -> None:
        """Give a photo and its stack the focus, the current stack first where it stands in several."""
        rows = [at for at, view in enumerate(self.stacks) if photo_id in view.stack.members]
        if rows:
            self._set_current(self._current if self._current in rows else rows[0])
            self._focus_photo(photo_id)
            self.ensure_visible(self._current)

    def focused_photo(self) -> int:
        """The photo that the inspector shows, -1 for none."""
        return self._photo

    def current(self) -> int:
        return self._current

    def thumbnail_side(self) -> int:
        return StackRow.measures(self.rows.width - 2 * self.rows.margin).kept

    def photo_ids(self, places: Iterable[int]) -> list[int]:
        found: list[int] = []
        for place in places:
            view = self.stacks[place]
            shown = self._row.places(self.rows.rect(place), len(view.stack.members), self._focused_in(place))
            found.extend(view.stack.members[at] for at in shown)
        return found

    def places_of(self, ids: Iterable[int]) -> Iterable[int]:
        shown = set(ids)
        return [at for at in self.visible_places() if not shown.isdisjoint(self.stacks[at].stack.members)]

    # decisions

    @Slot()
    def keep_current(self) -> None:
        """Keep the suggestion, or what was chosen instead."""
        view = self.stack()
        if view is not None:
            self.keep_asked.emit(view, self.kept_of(view))

    @Slot()
    def delete_current(self) -> None:
        """The photo that has the focus goes, the others stay."""
        view = self.stack()
        if view is not None and self._photo in view.stack.members:
            self.delete_asked.emit(view, self._photo)

    @Slot()
    def both_current(self) -> None:
        self._ask(self.both_asked)

    @Slot()
    def apart_current(self) -> None:
        self._ask(self.apart_asked)

    @Slot()
    def compare_current(self) -> None:
        self._ask(self.compare_asked)

    def _ask(self, signal: SignalInstance) -> None:
        view = self.stack()
        if view is not None:
            signal.emit(view)

    def choose(self, member: int) -> None:
        """Another photo of the current stack is to be kept (0 is the suggestion)."""
        view = self.stack()
        if view is not None and 0 <= member < len(view.stack.members):
            self._chosen[view.stack.key] = view.stack.members[member]
            self._focus_photo(view.stack.members[member])
            self.buttons.say_choice(self.kept_of(view) == view.stack.keep, len(view.stack.members))
            self.viewport().update()
            self.kept_changed.emit()

    # painting

    def paint_item(self, painter: QPainter, place: int, rect: QRect) -> None:
        view = self.stacks[place]
        self._row.paint(painter, rect, view, self._state(place))

    def _state(self, place: int) -> RowState:
        keep = self.kept_of(self.stacks[place])
        return RowState(keep, place == self._current, self._photo, self.hasFocus())

    def _focused_in(self, place: int) -> int:
        return focused_member(self.stacks[place], self._state(place))

    def paint_header(self, painter: QPainter, section: int, rect: QRect) -> None:
        shown = self.content.sections[section]
        ground = self.paint_header_ground(painter, section, rect)
        words = ground.adjusted(self.rows.margin, 14, -self.rows.margin, 0)
        painter.setFont(self.theme.font("large", bold=True))
        painter.setPen(self.theme.color("text"))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), shown.title)
        font = self.theme.font("normal")
        painter.setFont(font)
        painter.setPen(self.theme.color("muted"))
        note = QFontMetrics(font).elidedText(shown.note, Qt.TextElideMode.ElideRight, words.width())
        below = words.adjusted(0, 22, 0, 0)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), note)

    def tip_at(self, point: QPoint) -> str:
        place = self.place_at(point)
        if place < 0:
            return ""
        view = self.stacks[place]
        rect = self.item_rect(place)
        digit = self._row.digit_at(rect, len(view.stack.members), point, self._focused_in(place))
        if digit >= 0:
            return tr("Keep this one instead ({key})", key=digit + 1)
        member = self._row.member_at(rect, len(view.stack.members), point, self._focused_in(place))
        if member < 0:
            return ""
        photo = view.photos[member]
        about = keep_words(view.stack.why if member == 0 else view.stack.lacks.get(photo.id, ""))
        note = note_words(view.notes[photo.id]) if photo.id in view.notes else ""
        lines = (photo.path.name, str(photo.path.parent), pixels(photo.width, photo.height), about, note)
        return "\n".join(filter(None, lines))

    # the current stack

    def _set_current(self, place: int, *, keep_photo: bool = False) -> None:
        self._current = place
        view = self.stack()
        if view is None:
            self._focus_photo(-1)
        elif not keep_photo or self._photo not in view.stack.members:
            self._focus_photo(self.kept_of(view))
        if view is not None:
            self.buttons.say_choice(self.kept_of(view) == view.stack.keep, len(view.stack.members))
        self._place_buttons()
        self.viewport().update()
        self.current_changed.emit(place)

    def _focus_photo(self, photo_id: int) -> None:
        if photo_id != self._photo:
            self._photo = photo_id
            self.photo_changed.emit(photo_id)
        self._describe()

    def _describe(self) -> None:
        """Say the photo that has the focus to those who do not see it, and what becomes of it."""
        view = self.stack()
        if view is None or self._photo not in view.stack.members:
            self.setAccessibleDescription("")
            return
        at = view.stack.members.index(self._photo)
        said = self._row.described(view, at, self.kept_of(view))
        place = tr("{n} of {count}", n=at + 1, count=len(view.stack.members))
        self.setAccessibleDescription(f"{said}, {place}")

    def _place_buttons(self) -> None:
        if self.stack() is None:
            self.buttons.hide()
            return
        room = self._row.buttons(self.item_rect(self._current))
        section = self.content.sections[self.rows.section_of(self._current)]
        covered = room.top() < self.rows.header_height(section)
        self.buttons.setGeometry(room)
        self.buttons.setVisible(not covered and room.top() < self.viewport().height())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._place_buttons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_buttons()

    # events

    def move_current(self, place: int, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_photo(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            self._set_current(place)

    def _step_photo(self, step: int) -> None:
        view = self.stack()
        if view is not None:
            members = view.stack.members
            at = members.index(self._photo) if self._photo in members else 0
            self._focus_photo(members[min(max(at + step, 0), len(members) - 1)])
            self.refresh_visible()
            self.viewport().update()

    def _show_more(self) -> None:
        """The photos of the current stack that had no room; after the last ones the first ones again."""
        members = self.stacks[self._current].stack.members
        places = self._row.places(
            self.item_rect(self._current), len(members), self._focused_in(self._current)
        )
        further = places[-1] + len(places) - 1
        self._focus_photo(members[1 if places[-1] == len(members) - 1 else min(further, len(members) - 1)])
        self.refresh_visible()
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        verbs = {
            Qt.Key.Key_Return: self.keep_current,
            Qt.Key.Key_Enter: self.keep_current,
            Qt.Key.Key_Delete: self.delete_current,
            Qt.Key.Key_B: self.both_current,
            Qt.Key.Key_N: self.apart_current,
            Qt.Key.Key_C: self.compare_current,
            Qt.Key.Key_M: self.merge_asked.emit,
        }
        if plain and key in verbs:
            if not event.isAutoRepeat():  # a key that is held down decides about one stack, not about all
                verbs[Qt.Key(key)]()
        elif plain and Qt.Key.Key_1 <= key < Qt.Key.Key_1 + KEYS:
            self.choose(key - Qt.Key.Key_1)
        elif plain and key == Qt.Key.Key_Space and self._photo >= 0:
            self.activated.emit(self._photo)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.place_at(point)
        if place < 0:
            return
        if place != self._current:
            self._set_current(place)
        view, rect = self.stacks[place], self.item_rect(place)
        digit = self._row.digit_at(rect, len(view.stack.members), point, self._focused_in(place))
        member = self._row.member_at(rect, len(view.stack.members), point, self._focused_in(place))
        if digit >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.choose(digit)
        elif member >= 0:
            self._focus_photo(view.stack.members[member])
            self.viewport().update()
        elif event.button() == Qt.MouseButton.LeftButton and self._row.more_at(
            rect, len(view.stack.members), point
        ):
            self._show_more()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.place_at(point)
        if place >= 0:
            members = self.stacks[place].stack.members
            rect, focused = self.item_rect(place), self._focused_in(place)
            member = self._row.member_at(rect, len(members), point, focused)
            if member >= 0 and event.button() == Qt.MouseButton.LeftButton:
                self.activated.emit(members[member])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.stack() is not None:
            self.menu_requested.emit(event.globalPos())
        event.accept()
