"""The menu bar: every command of the window with its key, in one table.

Commands that belong to selected photos are in the photos' own menu, made by the tabs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from .translation import tr

if TYPE_CHECKING:
    from .main_window import MainWindow

THEMES = ("system", "light", "dark")
LANGUAGES = (("system", ""), ("en", "English"), ("ko", "한국어"))
Key = str | QKeySequence.StandardKey


class Menus:
    """Fills the menu bar of a window.

    Attributes:
        undo, redo: their words and state follow the undo service.
        themes: the choice of scheme, by setting. inspector, sidebar: whether these are shown.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._file()
        self.undo, self.redo = self._edit()
        self.inspector, self.sidebar, self.themes = self._view()
        self._help()

    def show_theme(self, choice: str) -> None:
        """Tick the scheme that was chosen elsewhere."""
        self.themes[choice].setChecked(True)

    def show_undo(self, undo: str, redo: str) -> None:
        """What Undo and Redo would do now; "" for nothing."""
        self.undo.setText(tr("Undo: {what}", what=undo) if undo else tr("Undo"))
        self.undo.setEnabled(bool(undo))
        self.redo.setText(tr("Redo: {what}", what=redo) if redo else tr("Redo"))
        self.redo.setEnabled(bool(redo))

    def _file(self) -> None:
        window, menu = self._window, self._menu(tr("File"))
        self._add(menu, tr("Add folder…"), window.commands.choose_folder, "Ctrl+O")
        self._add(menu, tr("Look again for new photos"), window.commands.look_again, "F5")
        menu.addSeparator()
        self._add(menu, tr("Save a report…"), window.commands.save_report, "Ctrl+Shift+S")
        menu.addSeparator()
        self._add(menu, tr("Quit"), window.close, QKeySequence.StandardKey.Quit)

    def _edit(self) -> tuple[QAction, QAction]:
        window, menu = self._window, self._menu(tr("Edit"))
        undo = self._add(menu, tr("Undo"), window.services.undo.undo, QKeySequence.StandardKey.Undo)
        redo = self._add(menu, tr("Redo"), window.services.undo.redo, QKeySequence.StandardKey.Redo)
        menu.addSeparator()
        self._add(menu, tr("Search"), window.focus_search, QKeySequence.StandardKey.Find)
        menu.addSeparator()
        self._add(menu, tr("Models…"), window.commands.show_models, "Ctrl+M")
        self._add(menu, tr("Settings…"), window.commands.show_settings, "Ctrl+,")
        return undo, redo

    def _view(self) -> tuple[QAction, QAction, dict[str, QAction]]:
        window, menu = self._window, self._menu(tr("View"))
        for at, spec in enumerate(window.specs):
            self._add(menu, tr(spec.title), partial(window.show_tab, at), f"Ctrl+{at + 1}")
        menu.addSeparator()
        inspector = self._switch(menu, tr("Inspector"), window.show_inspector, "Ctrl+I")
        sidebar = self._switch(menu, tr("Folders"), window.show_sidebar, "Ctrl+B")
        self._add(menu, tr("Full screen"), window.toggle_full_screen, "F11")
        menu.addSeparator()
        names = dict(zip(THEMES, (tr("As the system"), tr("Light"), tr("Dark")), strict=True))
        themes = self._choices(menu.addMenu(tr("Appearance")), names, window.services.theme.choice,
                               window.choose_theme)  # fmt: skip
        languages = {code: name or tr("As the system") for code, name in LANGUAGES}
        self._choices(menu.addMenu(tr("Language")), languages, window.services.library.settings.language,
                      window.choose_language)  # fmt: skip
        return inspector, sidebar, themes

    def _help(self) -> None:
        menu = self._menu(tr("Help"))
        self._add(menu, tr("Doctor"), self._window.commands.show_doctor)
        self._add(menu, tr("About Photo Organizer"), self._window.commands.show_about)

    def _menu(self, title: str) -> QMenu:
        menu = self._window.menuBar().addMenu(title)
        menu.setToolTipsVisible(True)
        return menu

    def _add(self, menu: QMenu, words: str, slot: Callable[[], object], key: Key = "") -> QAction:
        action = menu.addAction(words)
        action.triggered.connect(_calling(slot))
        if key:
            if isinstance(key, str):
                action.setShortcut(QKeySequence(key))
            else:
                action.setShortcuts(QKeySequence.keyBindings(key))  # all that people know it by
        return action

    def _switch(self, menu: QMenu, words: str, slot: Callable[[bool], object], key: str) -> QAction:
        action = menu.addAction(words)
        action.setCheckable(True)
        action.setShortcut(QKeySequence(key))
        action.toggled.connect(slot)
        return action

    def _choices(
        self, menu: QMenu, names: dict[str, str], chosen: str, choose: Callable[[str], object]
    ) -> dict[str, QAction]:
        group = QActionGroup(menu)
        actions = {}
        for key, name in names.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(key == chosen)
            action.triggered.connect(_calling(choose, key))
            group.addAction(action)
            actions[key] = action
        return actions


def _calling(slot: Callable[..., object], *args: object) -> Callable[[bool], object]:
    """``triggered`` brings whether it is checked; these commands want their own arguments only."""

    def call(_checked: bool = False) -> object:
        return slot(*args)

    return call
