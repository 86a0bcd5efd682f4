"""What can be done with selected photos in any tab, as actions with words and keys, and their menu.

Every change goes through ``services.undo``. Knows the library's verbs, nothing of views.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from ..services import Services, tr, tr_n

if TYPE_CHECKING:
    from organizer.library import DescribeRequest

Keys = dict[str, str]
LETTER_KEYS: Keys = {"pick": "P", "reject": "X", "clear": "U"}
QUIET_KEYS: Keys = {"pick": "Ctrl+P", "reject": "Ctrl+Shift+X", "clear": "Ctrl+U"}


class PhotoActions:
    """Actions about the photos that ``selected`` names at the moment they are used.

    Args:
        owner: the widget that the keys work in.
        letters: P, X and U by themselves, where typing does not search.
    """

    def __init__(
        self, services: Services, owner: QWidget, selected: Callable[[], list[int]], *, letters: bool = False
    ) -> None:
        self.services = services
        self.owner = owner
        self.selected = selected
        self.names: list[tuple[str, str]] = []
        keys = LETTER_KEYS if letters else QUIET_KEYS
        self.pick = self.add(tr("Pick"), self._pick, keys["pick"], "pick")
        self.reject = self.add(tr("Reject"), self._reject, keys["reject"], "reject")
        self.clear = self.add(tr("Neither pick nor reject"), self._clear, keys["clear"], "unset")
        self.describe = self.add(tr("Describe"), self._describe, "Ctrl+D", "captions")
        self.copy = self.add(tr("Copy"), self._copy, "Ctrl+C")
        self.sidecar = self.add(tr("Write sidecar files"), self._write_sidecars, "Ctrl+Shift+W")
        self.show_file = self.add(tr("Show in its folder"), self._show_file, "Ctrl+Shift+O", "folder")
        self.export = self.add(tr("Export…"), self._export, "Ctrl+E", "export")
        self.remove = self.add(tr("Move to the trash"), self._remove, "Delete", "trash")

    def add(self, words: str, slot: Callable[[], object], key: str = "", icon: str = "") -> QAction:
        """An action with its key, for the tab's own verbs also."""
        action = QAction(words, self.owner)
        action.triggered.connect(slot)
        action.setProperty("icon_name", icon)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.owner.addAction(action)
        return action

    def load_names(self) -> None:
        """Fetch the categories for the menu; called when the tab loads."""
        self.services.tasks.run(
            self.services.library.category_names,
            on_done=self._keep_names,
            group=f"names-{id(self)}",
        )

    def _keep_names(self, names: list[tuple[str, str]]) -> None:
        self.names = names

    def popup(self, place: QPoint, first: Sequence[QAction] = (), own: Sequence[QAction] = ()) -> None:
        """Show the menu of the selected photos at a global position.

        Args:
            first: actions of the view (full view, inspector). own: actions of the tab.
        """
        menu = self.menu(first, own)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def menu(self, first: Sequence[QAction] = (), own: Sequence[QAction] = ()) -> QMenu:
        """The menu of the selected photos."""
        menu = QMenu(self.owner)
        menu.setAccessibleName(tr("Photo menu"))
        for actions in (first, own, (self.pick, self.reject, self.clear)):
            for action in actions:
                self._dress(action)
                menu.addAction(action)
            if actions:
                menu.addSeparator()
        if self.names:
            self._category_menu(menu)
            menu.addSeparator()
        for action in (self.describe, self.sidecar, self.copy, self.export, self.show_file):
            self._dress(action)
            menu.addAction(action)
        menu.addSeparator()
        self._dress(self.remove)
        menu.addAction(self.remove)
        return menu

    def _dress(self, action: QAction) -> None:
        name = action.property("icon_name")
        if name:
            action.setIcon(self.services.theme.icon(name))

    def _category_menu(self, menu: QMenu) -> None:
        targets = menu.addMenu(tr("Move to category"))
        for key, name in self.names:
            targets.addAction(name, partial(self._move_selected, key))

    def _move_selected(self, key: str) -> None:
        self.move_to(self.selected(), key)

    def move_to(self, ids: Sequence[int], key: str) -> None:
        """Put photos into a category."""
        if not ids:
            return
        name = dict(self.names).get(key, key)
        text = tr_n("{n} photo moved to {name}.", "{n} photos moved to {name}.", len(ids), name=name)
        self.services.undo.run(self.services.library.move_to_category, list(ids), key, text=text)

    def choose(self, choice: int) -> None:
        """Pick (1), reject (-1) or neither (0)."""
        ids = self.selected()
        if ids:
            texts = {
                1: tr_n("{n} photo picked.", "{n} photos picked.", len(ids)),
                0: tr_n("{n} photo is neither picked nor rejected now.",
                        "{n} photos are neither picked nor rejected now.", len(ids)),
                -1: tr_n("{n} photo rejected.", "{n} photos rejected.", len(ids)),
            }  # fmt: skip
            quiet = len(ids) == 1
            self.services.undo.run(self.services.library.choose, ids, choice, text=texts[choice], quiet=quiet)

    def _pick(self) -> None:
        self.choose(1)

    def _reject(self) -> None:
        self.choose(-1)

    def _clear(self) -> None:
        self.choose(0)

    def _remove(self) -> None:
        ids = self.selected()
        if ids:
            self.services.undo.run(self.services.library.remove_photos, ids)

    def _write_sidecars(self) -> None:
        ids = self.selected()
        if ids:
            self.services.undo.run(self.services.library.export_sidecars, ids)

    def _describe(self) -> None:
        describe(self.services, self.selected())

    def _copy(self) -> None:
        from ..views.grid import DRAG_LIMIT, photo_mime

        ids = self.selected()[:DRAG_LIMIT]
        if ids:
            photos = self.services.library.photos(ids).values()
            QGuiApplication.clipboard().setMimeData(photo_mime(ids, [photo.path for photo in photos]))

    def _export(self) -> None:
        self.export_photos(self.selected())

    def export_photos(self, ids: Sequence[int], title: str = "") -> None:
        """Ask what copies to make of photos, and where. title: of a contact sheet."""
        from ..dialogs.export import ExportDialog

        if ids:
            ExportDialog(self.services, ids, title, self.owner.window()).show()

    def _show_file(self) -> None:
        ids = self.selected()[:1]
        for photo in self.services.library.photos(ids).values():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(photo.path.parent)))


def describe(services: Services, ids: Sequence[int]) -> None:
    """Ask for a sentence for each photo; what the person wrote stays."""

    def asked(request: DescribeRequest) -> None:
        services.describer.request()
        if request.own:
            own = tr_n("{n} photo keeps the words that you wrote.",
                       "{n} photos keep the words that you wrote.", request.own)  # fmt: skip
            services.undo.told.emit(own, request.waiting > 0)

    if ids:
        services.undo.run(services.library.describe, list(ids), on_done=asked)
