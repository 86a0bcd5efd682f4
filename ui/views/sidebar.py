"""The left column: the folders with their counts, and the trash.

Shows what it is given, says what is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from organizer.library.views import FolderNode

from ..theme import SPACING, Theme
from ..translation import number, tr

PATH = Qt.ItemDataRole.UserRole
ROOT = Qt.ItemDataRole.UserRole + 1


class Sidebar(QWidget):
    """Signals:
    folder_chosen: Path, or None for all photos.
    remove_folder: root id. protect_folder: Path and whether to protect it.
    show_folder: Path, to be shown in the file manager. trash: the trash was pressed.
    """

    folder_chosen = Signal(object)
    remove_folder = Signal(int)
    protect_folder = Signal(object, bool)
    show_folder = Signal(object)
    trash = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._protected: frozenset[str] = frozenset()
        self._nodes: tuple[FolderNode, ...] = ()
        self._total = 0
        self._tree = self._make_tree()
        self._trash = QPushButton(self)
        self._trash.setProperty("kind", "row")
        self._trash.clicked.connect(self.trash)
        title = QLabel(tr("Folders"))
        title.setProperty("role", "section")
        title.setContentsMargins(SPACING["medium"], SPACING["medium"], 0, SPACING["tiny"])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, SPACING["small"])
        layout.setSpacing(0)
        layout.addWidget(title)
        layout.addWidget(self._tree, 1)
        layout.addWidget(self._trash)
        self.show_trash(0)
        theme.changed.connect(self._repaint)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setColumnCount(2)
        tree.setHeaderHidden(True)
        tree.setIndentation(SPACING["large"])
        tree.setUniformRowHeights(True)
        tree.setAccessibleName(tr("Folders"))
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._menu)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.currentItemChanged.connect(self._chosen)
        return tree

    def show_folders(self, nodes: Sequence[FolderNode], protected: Sequence[str] = ()) -> None:
        """Show the tree anew; what was open stays open, what was chosen stays chosen."""
        chosen = self.folder()
        opened = self._opened()
        first = not self._nodes
        self._nodes, self._protected = tuple(nodes), frozenset(protected)
        self._total = sum(node.photos for node in nodes)
        self._tree.blockSignals(True)
        self._tree.clear()
        everything = self._item(tr("All photos"), self._total, None, 0)
        everything.setIcon(0, self._theme.icon("photos", "muted"))
        self._tree.addTopLevelItem(everything)
        self._tree.setCurrentItem(everything)
        for node in nodes:
            self._tree.addTopLevelItem(self._branch(node))
        current = self._find(chosen)
        if current is not None:
            self._tree.setCurrentItem(current)
        self._tree.blockSignals(False)
        self._open(opened, first)
        if current is None and chosen is not None:
            self.folder_chosen.emit(None)

    def show_trash(self, count: int) -> None:
        """How many files are in the trash."""
        words = tr("Trash")
        self._trash.setText(f"{words}   {number(count)}" if count else words)
        self._trash.setIcon(self._theme.icon("trash", "muted"))
        self._trash.setAccessibleName(f"{words}, {number(count)}")

    def folder(self) -> Path | None:
        """The folder that is chosen, None for all photos."""
        item = self._tree.currentItem()
        return None if item is None else item.data(0, PATH)

    def choose(self, folder: Path | None) -> None:
        """Choose a folder as a click would."""
        item = self._find(folder)
        if item is not None:
            self._tree.setCurrentItem(item)

    def _branch(self, node: FolderNode, top: bool = True) -> QTreeWidgetItem:
        item = self._item(node.name, node.photos, node.path, node.root_id if top else 0)
        kept = str(node.path) in self._protected
        item.setIcon(0, self._theme.icon("protected" if kept else "folder", "muted"))
        for child in node.children:
            item.addChild(self._branch(child, top=False))
        return item

    def _item(self, name: str, photos: int, path: Path | None, root_id: int) -> QTreeWidgetItem:
        item = QTreeWidgetItem([name, number(photos) + "\u2002"])  # an en space keeps it off the edge
        item.setData(0, PATH, path)
        item.setData(0, ROOT, root_id)
        item.setToolTip(0, str(path) if path else name)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setFont(1, self._theme.font("small"))
        item.setForeground(1, self._theme.color("muted"))
        return item

    def _items(self) -> list[QTreeWidgetItem]:
        return self._tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)

    def _find(self, folder: Path | None) -> QTreeWidgetItem | None:
        return next((item for item in self._items() if item.data(0, PATH) == folder), None)

    def _opened(self) -> set[Path]:
        return {item.data(0, PATH) for item in self._items() if item.isExpanded()}

    def _open(self, opened: set[Path], first: bool) -> None:
        for item in self._items():
            top = item.parent() is None
            item.setExpanded(item.data(0, PATH) in opened or (first and top and item.childCount() <= 12))

    @Slot(object, object)
    def _chosen(self, item: QTreeWidgetItem | None, _before: object) -> None:
        if item is not None:
            self.folder_chosen.emit(item.data(0, PATH))

    @Slot(QPoint)
    def _menu(self, position: QPoint) -> None:
        item = self._tree.itemAt(position)
        if item is not None and item.data(0, PATH) is not None:
            self.menu_for(item.data(0, PATH), item.data(0, ROOT)).popup(
                self._tree.viewport().mapToGlobal(position)
            )

    def menu_for(self, path: Path, root_id: int) -> QMenu:
        """What can be done with a folder; ``root_id`` is 0 for folders inside an added one."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(
            self._theme.icon("open"), tr("Show in the file manager"), lambda: self.show_folder.emit(path)
        )
        kept = str(path) in self._protected
        protect = menu.addAction(self._theme.icon("protected"), tr("Protect: never remove photos from here"))
        protect.setCheckable(True)
        protect.setChecked(kept)
        protect.triggered.connect(lambda on: self.protect_folder.emit(path, on))
        if root_id:
            menu.addSeparator()
            menu.addAction(
                self._theme.icon("clear"),
                tr("Take this folder off the list"),
                lambda: self.remove_folder.emit(root_id),
            )
        return menu

    @Slot()
    def _repaint(self) -> None:
        self.show_folders(self._nodes, tuple(self._protected))
        words = self._trash.text()
        self._trash.setIcon(self._theme.icon("trash", "muted"))
        self._trash.setText(words)
