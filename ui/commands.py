"""What the window's commands do: folders, report, dialogs, messages. Each is short; long work is asked
of the indexer or run as a task.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from organizer import __version__
from organizer.errors import FolderProblem
from organizer.events import Kind
from organizer.library import DescribeSummary
from organizer.records import Root

from .core_words import core_words
from .dialogs.frame import Frame
from .dialogs.listing import DoctorDialog, UnreadableDialog
from .dialogs.models import ModelsDialog
from .dialogs.settings import SettingsDialog
from .dialogs.trash import TrashDialog
from .index_worker import Indexer
from .services import Services
from .translation import tr, tr_n
from .views.toast import Toast


class Commands(QObject):
    """Signals:
    folder_added: at least one folder was added. wished: what a page of the settings asks the window for.
    """

    folder_added = Signal()
    wished = Signal(str)

    def __init__(self, services: Services, indexer: Indexer, toast: Toast, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._library = services.library
        self._indexer = indexer
        self._toast = toast
        self._window = window
        self._dialogs: dict[type[Frame], Frame] = {}
        self._models: ModelsDialog | None = None
        services.undo.stepped.connect(self.sort_if_stale)

    # messages

    @Slot(str)
    def say(self, sentence: str) -> None:
        """One sentence, without a button."""
        self._toast.say(sentence)

    @Slot(str, bool)
    def tell(self, sentence: str, undoable: bool) -> None:
        """The words of an action, with Undo where there is something to undo."""
        self._toast.say(sentence, tr("Undo") if undoable else "", self._services.undo.undo)

    def keep(self, **changes: Any) -> None:
        """Keep some settings, off the GUI thread."""
        self._services.tasks.run_in_order(partial(self._library.change_settings, **changes))

    # folders

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder and add it."""
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        chosen = QFileDialog.getExistingDirectory(self._window, tr("Choose a folder of photos"), pictures)
        if chosen:
            self.add_folders([Path(chosen)])

    def add_folders(self, folders: Sequence[Path]) -> None:
        """Add folders and look through them."""
        self._services.tasks.run_in_order(self._add, list(folders), on_done=self._added)

    def _add(self, folders: list[Path]) -> tuple[list[Root], list[str]]:
        """In the action thread: the roots that the folders belong to, and what went wrong."""
        roots, problems = [], []
        for folder in folders:
            try:
                root = self._library.add_folder(folder)
            except FolderProblem as problem:
                problems.append(core_words(str(problem)))
                continue
            roots.append(root)
            if root.path != folder:
                inside = tr(
                    "“{name}” is already there, as part of “{root}”.", name=folder.name, root=root.path.name
                )
                problems.append(inside)
        return roots, problems

    def _added(self, outcome: tuple[list[Root], list[str]]) -> None:
        roots, problems = outcome
        if problems:
            self.say(" ".join(problems))
        if roots:
            self.folder_added.emit()
            self._indexer.request(root.path for root in roots)

    @Slot(int)
    def remove_folder(self, root_id: int) -> None:
        """Take a folder off the list; the toast can put it back."""
        root = next((root for root in self._library.roots() if root.id == root_id), None)
        if root is None:
            return
        self._indexer.cancel()
        self._services.tasks.run_in_order(
            self._library.remove_folder, root_id, on_done=partial(self._removed, root.path)
        )

    def _removed(self, folder: Path, _nothing: object) -> None:
        words = tr("“{name}” is off the list. Its photos are still where they were.", name=folder.name)
        self._toast.say(words, tr("Undo"), partial(self.add_folders, [folder]))
        self._indexer.request()  # the run that was under way may not have been through with the others

    @Slot(object, bool)
    def protect_folder(self, folder: Path, protect: bool) -> None:
        """Never remove photos from this folder, or allow it again."""
        others = tuple(kept for kept in self._library.settings.protected if kept != str(folder))
        protected = (*others, str(folder)) if protect else others
        self._services.tasks.run_in_order(
            partial(self._library.change_settings, protected=protected), on_done=self._protection_changed
        )
        name = folder.name
        self.say(tr("Photos in “{name}” will not be removed.", name=name) if protect
                 else tr("Photos in “{name}” may be removed again.", name=name))  # fmt: skip

    def _protection_changed(self, _settings: object) -> None:
        self.folder_added.emit()
        self._indexer.request_results()

    @Slot(object)
    def show_in_file_manager(self, folder: Path) -> None:
        """Open a folder outside the program."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot()
    def look_again(self) -> None:
        """Look through all folders for what is new, then bring the results up to date."""
        self._indexer.request()

    def sort_again(self) -> None:
        """Bring the results up to date without looking for new photos."""
        self._indexer.request_results()

    @Slot()
    def sort_if_stale(self) -> None:
        """After Undo, Redo and new captions: sort again where that changes what photos belong to."""
        self._services.tasks.run(self._library.stale_kinds, on_done=self._sort_if_stale, group="stale")

    def _sort_if_stale(self, stale: set[Kind]) -> None:
        if stale & {Kind.CATEGORIES, Kind.TOPICS}:
            self.sort_again()

    @Slot(object)
    def tell_described(self, summary: DescribeSummary) -> None:
        """What became of the photos that the person asked about."""
        words = [tr_n("{n} photo described.", "{n} photos described.", summary.said)] if summary.said else []
        if summary.speechless:
            words.append(tr_n("For {n} photo there were no words.", "For {n} photos there were no words.",
                              summary.speechless))  # fmt: skip
        if summary.unreadable:
            words.append(tr_n("{n} photo could not be opened: {why}",
                              "{n} photos could not be opened: {why}",
                              len(summary.unreadable), why=summary.unreadable[0][1]))  # fmt: skip
        if words:
            self.tell(" ".join(words), summary.said > 0)

    # report and dialogs

    @Slot()
    def save_report(self) -> None:
        """Ask where to, and write the HTML report."""
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        start = str(Path(documents) / "photo-report.html")
        chosen, _ = QFileDialog.getSaveFileName(self._window, tr("Save a report"), start, "HTML (*.html)")
        if chosen:
            file = Path(chosen)
            self._services.tasks.run_in_order(
                self._library.write_html_report, file, on_done=partial(self._report_saved, file)
            )

    def _report_saved(self, file: Path, _nothing: object) -> None:
        opening = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(file)))
        self._toast.say(tr("The report is saved."), tr("Open"), opening)

    @Slot()
    def show_trash(self) -> None:
        """The files in the trash."""
        self._show(TrashDialog)

    @Slot()
    def show_unreadable(self) -> None:
        """The files that could not be read."""
        self._show(UnreadableDialog)

    @Slot()
    def show_doctor(self) -> None:
        """Whether everything that is needed is there."""
        self._show(DoctorDialog)

    @Slot()
    def show_settings(self) -> None:
        """What the person can choose."""
        fresh = self.dialog(SettingsDialog) is None
        self._show(SettingsDialog)
        found = self.dialog(SettingsDialog)
        if fresh and isinstance(found, SettingsDialog):
            found.wished.connect(self.wished)

    @Slot()
    def show_models(self) -> None:
        """The models; the dialog stays, since a download goes on in it while it is closed."""
        if self._models is None:
            self._models = ModelsDialog(self._services, self._window)
            self._models.told.connect(self.say)
            self._models.chosen.connect(self._model_chosen)
        self._models.load()
        self._models.show()
        self._models.raise_()
        self._models.activateWindow()

    @Slot(str)
    def _model_chosen(self, _key: str) -> None:
        """Let the new model look at the photos; what the old one was doing ends."""
        self._indexer.cancel()
        self._indexer.request()
        self.folder_added.emit()

    @Slot()
    def stop_work(self) -> None:
        """End what dialogs are doing, because the window closes."""
        if self._models is not None:
            self._models.stop()

    def dialog(self, kind: type[Frame]) -> Frame | None:
        """The dialog of that kind, if it is open."""
        found = self._dialogs.get(kind)
        return found if found is not None and found.isVisible() else None

    def _show(self, kind: type[Frame]) -> None:
        open_one = self.dialog(kind)
        if open_one is None:
            old = self._dialogs.pop(kind, None)
            if old is not None:
                old.deleteLater()
            open_one = self._dialogs[kind] = kind(self._services, self._window)  # type: ignore[arg-type]
        open_one.show()
        open_one.raise_()
        open_one.activateWindow()

    @Slot()
    def show_about(self) -> None:
        """Version and promises."""
        words = tr(
            "Version {version}\n\nPuts your photos in order on your own computer. Nothing is sent anywhere, "
            "and nothing is removed unless you ask for it.",
            version=__version__,
        )
        box = QMessageBox(QMessageBox.Icon.NoIcon, tr("About Photo Organizer"), words, parent=self._window)
        box.setModal(False)
        box.finished.connect(box.deleteLater)
        box.show()
