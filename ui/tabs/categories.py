"""Categories: a board of cards, and each opened to its photos, most certain first, doubtful ones last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QStackedWidget, QWidget

from organizer.events import Kind
from organizer.library.views import CategoryView, PhotoQuery
from organizer.results import OTHERS

from ..models.content import Content, from_groups
from ..services import Services, number, tr, tr_n
from ..views.category_board import CategoryBoard
from ..views.category_list import CategoryList
from .base import Empty, Tab
from .category_editor import CategoryEditor
from .grid_pane import GridPane
from .pane_tab import connect_pane

if TYPE_CHECKING:
    from organizer.library import Library

LIST_WIDTH = 176


class CategoriesTab(Tab):
    """The second tab."""

    kinds = frozenset({Kind.CATEGORIES, Kind.TRASH})
    icon = "categories"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self._views: dict[str, CategoryView] = {}
        self._names: list[tuple[str, str]] = []
        self._open = ""
        self.board = CategoryBoard(services.thumbnails, services.theme, self)
        self.list = CategoryList(services.theme, self)
        self.pane = GridPane(services)
        self.pane.own = [self.pane.actions_.add(tr("Belongs here"), self._confirm, "Ctrl+Return", "keep")]
        self.editor = CategoryEditor(services, self, self.selected_ids)
        self._sheets = QStackedWidget(self)
        self._sheets.addWidget(self.board)
        self._sheets.addWidget(self._opened_page())
        self.body.addWidget(self._sheets)
        self.setFocusProxy(self.board)
        self._connect()

    def _opened_page(self) -> QWidget:
        self.back = QPushButton(tr("All categories"))
        self._paint_icons()
        self.back.clicked.connect(self.close_category)
        self.pane.bar.insertWidget(0, self.back)
        self.edit = QPushButton(tr("Edit category"))
        self.edit.clicked.connect(self._edit_menu)
        self.pane.add_control(self.edit)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.list)
        split.addWidget(self.pane)
        split.setStretchFactor(1, 1)
        split.setSizes([LIST_WIDTH, 640])
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        self.list.setMinimumWidth(128)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(split)
        return page

    def _connect(self) -> None:
        self.services.theme.changed.connect(self._paint_icons)
        self.board.opened.connect(self._opened)
        self.list.chosen.connect(self.open_category)
        self.list.dropped.connect(self._dropped)
        self.editor.changed.connect(self._sort_again)
        for view in (self.board, self.list):
            view.may_nest = self.editor.may_nest
            view.nested.connect(self.editor.nest)
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.board.customContextMenuRequested.connect(self._board_menu)
        self.list.customContextMenuRequested.connect(self._list_menu)
        connect_pane(self, self.pane)

    @Slot()
    def _paint_icons(self) -> None:
        self.back.setIcon(self.services.theme.icon("chevron-left"))

    def selected_ids(self) -> list[int]:
        return self.pane.grid.selected_ids() if self._open else []

    def reveal(self, photo_id: int) -> None:
        if self._open:
            self.pane.grid.select([photo_id])

    # data

    def loader(self) -> Callable[[], Any]:
        return partial(_load, self.services.library, self.folder)

    def show_data(self, data: tuple[list[CategoryView], list[tuple[str, str]]]) -> bool:
        found, self._names = data
        self.editor.set_names(self._names)
        cards, content = board_content(found)
        self._views = {view.key: view for view in cards}
        self.board.set_categories(cards, content)
        if self._open:
            self._show_opened()
        return bool(found)

    def empty(self) -> Empty:
        if self.folder is not None:
            return Empty(tr("There are no photos in this folder."), tr("Show all photos"), "show-all")
        return self.nothing_yet(tr("Categories appear here as soon as photos have been looked at."))

    # one category

    @Slot(object)
    def _opened(self, view: CategoryView) -> None:
        self.open_category(view.key)
        self.pane.grid.setFocus()

    @Slot(str)
    def open_category(self, key: str) -> None:
        """Show the photos of a category."""
        if key != self._open:
            self._open = key
            self.pane.grid.selection.clear()
            self.pane.grid.verticalScrollBar().setValue(0)
        self._show_opened()
        self._sheets.setCurrentIndex(1)

    @Slot()
    def close_category(self) -> None:
        """Back to the board."""
        self._open = ""
        self._sheets.setCurrentIndex(0)
        self.board.setFocus()
        self.selection_changed.emit([])

    def _show_opened(self) -> None:
        view = self._views.get(self._open)
        name = view.name if view is not None else dict(self._names).get(self._open, self._open)
        ids = view.photo_ids if view is not None else ()
        doubtful = view.doubtful if view is not None else frozenset()
        sure = [photo_id for photo_id in ids if photo_id not in doubtful]
        check = [photo_id for photo_id in ids if photo_id in doubtful]
        groups = [
            ("sure", "", "", sure),
            ("check", tr("Check these"), tr("less certain: {n}", n=number(len(check))), check),
        ]
        words = f"{name}, {tr_n('{n} photo', '{n} photos', len(ids))}"
        self.pane.set_content(from_groups(groups), words)
        self.list.show_names(self._entries(), self._open)

    def _entries(self) -> list[tuple[str, str, int]]:
        """All categories, those with photos first as on the board, "others" last."""
        filled = [(view.key, view.name, len(view.photo_ids)) for view in self._views.values()]
        bare = [(key, name, 0) for key, name in self._names if key not in self._views]
        entries = filled + bare
        return sorted(entries, key=lambda entry: entry[0] == OTHERS)

    # changing the categories themselves

    @Slot(QPoint)
    def _board_menu(self, at: QPoint) -> None:
        place = self.board.place_at(at)
        key = self.board.categories[place].key if place >= 0 else ""
        self.editor.popup(self.board.viewport().mapToGlobal(at), key)

    @Slot(QPoint)
    def _list_menu(self, at: QPoint) -> None:
        self.editor.popup(self.list.viewport().mapToGlobal(at), self.list.key_at(at))

    @Slot()
    def _edit_menu(self) -> None:
        self.editor.popup(self.edit.mapToGlobal(self.edit.rect().bottomLeft()), self._open)

    @Slot()
    def _sort_again(self) -> None:
        self.wished.emit("sort-again")

    # moving

    @Slot(object, str)
    def _dropped(self, ids: Sequence[int], key: str) -> None:
        if key != self._open:
            self.pane.actions_.move_to(ids, key)
        self.list.show_names(self._entries(), self._open)

    def _confirm(self) -> None:
        """The person says that the selected photos are where they belong."""
        self.pane.actions_.move_to(self.pane.grid.selected_ids(), self._open)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._open and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self.close_category()
        else:
            super().keyPressEvent(event)


def _load(library: Library, folder: Path | None) -> tuple[list[CategoryView], list[tuple[str, str]]]:
    """In a reader thread."""
    views = library.categories()
    if folder is not None:
        inside = set(library.photo_ids(PhotoQuery(folder=folder)).tolist())
        views = [within for view in views if (within := _inside(view, inside)) is not None]
    return views, library.category_names()


def _inside(view: CategoryView, ids: set[int]) -> CategoryView | None:
    """The category with the photos of a folder alone; None where there are none."""
    kept = tuple(photo_id for photo_id in view.photo_ids if photo_id in ids)
    if not kept:
        return None
    stands = view.representative if view.representative in ids else kept[0]
    return replace(
        view,
        photo_ids=kept,
        doubtful=view.doubtful & frozenset(kept),
        representative=stands,
        share=len(kept) / len(ids),
    )


def board_content(views: Sequence[CategoryView]) -> tuple[list[CategoryView], Content]:
    """Cards and their sections: children under their parent, "others" last.

    A parent is a heading; the photos that stand in it itself and in none of its children get a card too.
    """
    parents = {view.parent for view in views if view.parent is not None}
    names = {view.key: view.name for view in views}
    groups: dict[str, list[CategoryView]] = {}
    for view in views:
        if view.key in parents:
            below = {i for child in views if child.parent == view.key for i in child.photo_ids}
            own = tuple(photo_id for photo_id in view.photo_ids if photo_id not in below)
            cards = [_rest(view, own)] if own else []
        else:
            cards = [view]
        groups.setdefault(view.parent or view.key, []).extend(cards)
    filled = [(key, cards) for key, cards in groups.items() if cards]
    filled.sort(key=lambda group: group[0] == OTHERS)
    sections = []
    for key, cards in filled:
        count = sum(len(card.photo_ids) for card in cards)
        title = names.get(key) or key.replace("-", " ").capitalize()
        note = tr_n("{n} photo", "{n} photos", count)
        sections.append((key, title, note, [card.representative for card in cards]))
    return [card for _, cards in filled for card in cards], from_groups(sections)


def _rest(view: CategoryView, own: tuple[int, ...]) -> CategoryView:
    stands = view.representative if view.representative in own else own[0]
    share = view.share * len(own) / len(view.photo_ids)
    doubtful = view.doubtful & frozenset(own)
    return replace(view, photo_ids=own, doubtful=doubtful, representative=stands, share=share)
