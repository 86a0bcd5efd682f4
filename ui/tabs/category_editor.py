"""The menu of a category: add, rename, hide, nest, teach. Every change can be undone.

Knows the library's verbs; where the menu opens and what is shown after, the tab knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from ..dialogs.teach import TeachDialog
from ..services import Services, tr, tr_n

Tree = tuple[dict[str, str | None], list[tuple[str, str]]]  # key -> parent; hidden (key, name)


class CategoryEditor(QObject):
    """Signals:
    changed: the categories are not what they were; photos are to be sorted again.

    Attributes:
        ask: (title, label, text so far) -> the person's text, or "" when they thought better of it.
    """

    changed = Signal()

    def __init__(self, services: Services, owner: QWidget, selected: Callable[[], list[int]]) -> None:
        super().__init__(owner)
        self._services = services
        self._owner = owner
        self._selected = selected
        self._names: dict[str, str] = {}
        self._parents: dict[str, str | None] = {}
        self._hidden: list[tuple[str, str]] = []
        self._dialog: TeachDialog | None = None
        self.ask: Callable[[str, str, str], str] = self._ask

    def set_names(self, names: Sequence[tuple[str, str]]) -> None:
        """The categories as they are now; fetches which stand below which."""
        self._names = dict(names)
        self._services.tasks.run(self._read, on_done=self._keep, group=f"category-tree-{id(self)}")

    def _read(self) -> Tree:
        library = self._services.library
        return library.category_parents(), library.hidden_categories()

    def _keep(self, tree: Tree) -> None:
        self._parents, self._hidden = tree

    # the menu

    def popup(self, place: QPoint, key: str) -> None:
        """Show the menu of a category ("" for none) at a global position."""
        menu = self.menu(key)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def menu(self, key: str) -> QMenu:
        """What can be done with a category."""
        menu = QMenu(self._owner)
        menu.setAccessibleName(tr("Category menu"))
        menu.addAction(tr("New category…"), partial(self.add, None))
        if key in self._parents:
            if self._parents[key] is None:
                menu.addAction(tr("New category below this one…"), partial(self.add, key))
            menu.addSeparator()
            menu.addAction(tr("Rename…"), partial(self.rename, key))
            menu.addAction(tr("Hide"), partial(self.hide, key))
            self._nest_menu(menu, key)
            menu.addSeparator()
            teach = menu.addAction(tr("Teach with the selected photos"), partial(self.teach, key))
            teach.setEnabled(bool(self._selected()))
            menu.addAction(tr("What it has learnt…"), partial(self.show_lesson, key))
        if self._hidden:
            menu.addSeparator()
            shown = menu.addMenu(tr("Show again"))
            for other, name in self._hidden:
                shown.addAction(name, partial(self.show, other))
        return menu

    def _nest_menu(self, menu: QMenu, key: str) -> None:
        if key in self._parents.values():
            return  # it has categories below it
        below = menu.addMenu(tr("Put below"))
        if self._parents[key] is not None:
            below.addAction(tr("No other category"), partial(self.nest, key, None))
            below.addSeparator()
        for other in self._parents:
            if self.may_nest(key, other):
                below.addAction(self._names.get(other, other), partial(self.nest, key, other))

    def may_nest(self, key: str, parent: str) -> bool:
        """Whether a category may go below another: there are two levels, and others has none."""
        return (
            key in self._parents
            and key not in self._parents.values()  # it has categories below it
            and parent != key
            and parent != self._parents[key]
            and self._parents.get(parent, "") is None
        )

    # what it does

    def add(self, parent: str | None) -> None:
        """Ask for a name and add a category."""
        name = self.ask(tr("New category"), tr("What its photos show"), "")
        if name:
            text = tr("{name} is a category now; photos are being sorted again", name=name)
            self._change(self._services.library.add_category, name, parent, text=text)

    def rename(self, key: str) -> None:
        """Ask for another name."""
        before = self._names.get(key, key)
        name = self.ask(tr("Rename"), tr("Name"), before)
        if name and name != before:
            text = tr("{name} is called {other} now", name=before, other=name)
            self._change(self._services.library.rename_category, key, name, text=text)

    def hide(self, key: str) -> None:
        """Use a category no more."""
        text = tr("{name} is hidden; its photos go to the next best", name=self._names.get(key, key))
        self._change(self._services.library.hide_category, key, text=text)

    def show(self, key: str) -> None:
        """Use a hidden category again."""
        text = tr("{name} is shown again", name=dict(self._hidden).get(key, key))
        self._change(self._services.library.hide_category, key, False, text=text)

    @Slot(str, str)
    def nest(self, key: str, parent: str | None) -> None:
        """Put a category below another, or at the top."""
        name = self._names.get(key, key)
        if parent is None:
            text = tr("{name} stands by itself now", name=name)
        else:
            text = tr("{name} is below {other} now", name=name, other=self._names.get(parent, parent))
        self._change(self._services.library.nest_category, key, parent, text=text)

    def teach(self, key: str) -> None:
        """The selected photos are examples of the category."""
        ids = self._selected()
        if ids:
            name = self._names.get(key, key)
            text = tr_n("{name} learns from {n} photo", "{name} learns from {n} photos", len(ids), name=name)
            self._change(self._services.library.teach_category, key, ids, text=text,
                         on_done=partial(self._taught, key))  # fmt: skip

    def _taught(self, key: str, _report: object) -> None:
        self.show_lesson(key)

    def show_lesson(self, key: str) -> None:
        """What the category has learnt, and the photos that it is in doubt about."""
        if self._dialog is not None:
            self._dialog.close()
            self._dialog.deleteLater()
        self._dialog = TeachDialog(self._services, key, self._names.get(key, key), self._owner)
        self._dialog.taught.connect(self.changed)
        self._dialog.show()

    def _change(self, fn: Callable[..., Any], *args: Any, text: str, on_done: Any = None) -> None:
        def done(report: object) -> None:
            self.changed.emit()
            if on_done is not None:
                on_done(report)

        self._services.undo.run(fn, *args, text=text, on_done=done)

    def _ask(self, title: str, label: str, before: str) -> str:
        text, agreed = QInputDialog.getText(self._owner, title, label, text=before)
        return text.strip() if agreed else ""
