"""Export: copies of photos in a folder, as they are or smaller, or a contact sheet; off the GUI thread, with
its progress, a way to stop it, and what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths, Qt, QUrl, Signal, SignalInstance, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from organizer.errors import Cancelled
from organizer.library import ExportReport

from ..core_words import core_words
from ..services import Services, number, tr, tr_n
from ..theme import SPACING
from ..views.elided import ElidedLabel
from ..workers import sentence_for
from .frame import Frame

AS_THEY_ARE, SHEET = 0, -1
SIDES = (65_535, 4096, 2560, 1600, 1024)  # pixels; the first is as large as the photo
NAMED = 3  # photos that are named of those that could not be copied


class ExportDialog(Frame):
    """About one set of photos; a new one is made for each.

    Signals:
        ended: the work is over, however it ended.

    Attributes:
        folder: where to. form, facts: what the copies are to be.
    """

    ended = Signal()
    _moved = Signal(int, int)

    def __init__(
        self, services: Services, ids: Sequence[int], title: str = "", parent: QWidget | None = None
    ) -> None:
        words = tr_n("{n} photo. The original stays as it is.", "{n} photos. The originals stay as they are.",
                     len(ids))  # fmt: skip
        super().__init__(tr("Export photos"), words, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._services = services
        self._ids = list(ids)
        self._title = title or tr_n("{n} photo", "{n} photos", len(ids))
        self._control: Any = None
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        self.folder = Path(pictures or Path.home()) / tr("Selection")
        self._build()
        self._moved.connect(self._show_progress)
        closing = getattr(parent, "closing", None)
        if isinstance(closing, SignalInstance):  # the window's: its end is the end of what goes on here
            closing.connect(self.stop)
        self.resize(560, self.sizeHint().height())

    # building

    def _build(self) -> None:
        self.form = QComboBox()
        self.form.addItem(tr("Copies of the files, as they are"), AS_THEY_ARE)
        self.form.addItem(tr("JPEG, full size"), SIDES[0])
        for side in SIDES[1:]:
            self.form.addItem(tr("JPEG, longest side {n} pixels", n=side), side)
        self.form.addItem(tr("Contact sheet: one page for the browser"), SHEET)
        self.form.setAccessibleName(tr("What to make"))
        self.form.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.form.currentIndexChanged.connect(self._form_chosen)
        self.facts = QCheckBox(tr("Keep camera, exposure and place"))
        self.facts.setChecked(True)
        self.facts.setToolTip(tr("The time it was taken is kept in any case"))
        self.where = ElidedLabel()
        self.where.setAccessibleName(tr("Folder"))
        self.choose_button = QPushButton(tr("Choose…"))
        self.choose_button.setAutoDefault(False)
        self.choose_button.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(SPACING["small"])
        row.addWidget(self.where, 1)
        row.addWidget(self.choose_button)
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING["medium"])
        form.setVerticalSpacing(SPACING["small"])
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(tr("What to make"), self.form)
        form.addRow("", self.facts)
        form.addRow(tr("Folder"), row)
        self.body.addLayout(form)
        self._build_progress()
        self.set_folder(self.folder)
        self._form_chosen(0)

    def _build_progress(self) -> None:
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(tr("Progress"))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setMinimumHeight(40)
        self.state.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.bar.hide()
        self.body.addSpacing(SPACING["small"])
        self.body.addWidget(self.bar)
        self.body.addWidget(self.state)
        self.body.addStretch(1)
        self.start_button = QPushButton(tr("Export"))
        self.start_button.clicked.connect(self.start)
        self.stop_button = QPushButton(tr("Stop"))
        self.stop_button.clicked.connect(self.stop)
        self.open_button = QPushButton(tr("Open"))
        self.open_button.clicked.connect(self._open)
        self._made: Path | None = None
        self.finish_buttons(self.start_button, self.stop_button, self.open_button)
        self.start_button.setDefault(True)
        self._show_busy(False)
        self.open_button.hide()

    # what is wanted

    def set_folder(self, folder: Path) -> None:
        """Where the copies go; it is made if it is not there."""
        self.folder = folder
        self.where.set_text(str(folder))

    @Slot()
    def _choose(self) -> None:
        start = self.folder if self.folder.is_dir() else self.folder.parent
        chosen = QFileDialog.getExistingDirectory(self, tr("Where to export to"), str(start))
        if chosen:
            self.set_folder(Path(chosen))

    @Slot(int)
    def _form_chosen(self, _index: int) -> None:
        self.facts.setEnabled(self.form.currentData() not in (AS_THEY_ARE, SHEET))

    # the work

    @property
    def busy(self) -> bool:
        """Whether copies are being made."""
        return self._control is not None

    @Slot()
    def start(self) -> None:
        """Make what is wanted."""
        if self.busy:
            return
        self._control = control = self._services.library.new_control()
        self.open_button.hide()
        self._show_busy(True)
        self.bar.setRange(0, len(self._ids))
        self.bar.setValue(0)
        self._write(tr("Starting"))
        task = self._services.tasks.run(
            partial(self._job(), told=self._moved.emit, control=control),
            on_done=self._done, on_error=self._failed,
        )  # fmt: skip
        task.failed.connect(self._stopped)

    def _job(self) -> Callable[..., ExportReport]:
        library, wanted = self._services.library, self.form.currentData()
        if wanted == SHEET:
            return partial(library.contact_sheet, self._ids, self.folder, self._title)
        side = None if wanted == AS_THEY_ARE else int(wanted)
        return partial(library.export, self._ids, self.folder, side, facts=self.facts.isChecked())

    @Slot()
    def stop(self) -> None:
        """End the work after the photo at hand."""
        if self._control is not None:
            self._control.cancel()
            self.stop_button.setEnabled(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        super().closeEvent(event)

    @Slot(int, int)
    def _show_progress(self, done: int, of: int) -> None:
        if self.busy:
            self.bar.setRange(0, max(1, of))
            self.bar.setValue(done)
            self._write(tr("{n} of {count}", n=number(done), count=number(of)))

    def _done(self, report: ExportReport) -> None:
        sheet = self.form.currentData() == SHEET
        if sheet:
            words = tr("The contact sheet is {file}.", file=report.files[0].name)
        else:
            words = tr_n("{n} photo is in the folder.", "{n} photos are in the folder.", len(report.files))
        for path, sentence in report.failed[:NAMED]:
            why = core_words(sentence)
            words += f"\n{path.name}: {why}" if path.name not in why else f"\n{why}"
        if len(report.failed) > NAMED:
            more = len(report.failed) - NAMED
            words += "\n" + tr_n("and {n} other photo", "and {n} other photos", more)
        self._made = report.files[0] if sheet else report.folder if report.files else None
        self._end(words, failed=bool(report.failed))
        self.open_button.setText(tr("Open the page") if sheet else tr("Open the folder"))
        self.open_button.setVisible(self._made is not None)

    def _failed(self, error: BaseException) -> None:
        self._end(sentence_for(error), failed=True)

    @Slot(object)
    def _stopped(self, error: BaseException) -> None:
        if isinstance(error, Cancelled):
            self._end(tr("Stopped. The copies made so far are in the folder."))

    def _end(self, words: str, *, failed: bool = False) -> None:
        self._control = None
        self._show_busy(False)
        self._write(words, failed=failed)
        self.ended.emit()

    @Slot()
    def _open(self) -> None:
        if self._made is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._made)))

    # what is shown

    def _write(self, words: str, *, failed: bool = False) -> None:
        self.state.setProperty("role", "danger" if failed else "")
        self.state.style().polish(self.state)
        self.state.setText(words)

    def _show_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.stop_button.setVisible(busy)
        self.stop_button.setEnabled(busy)
        self.start_button.setVisible(not busy)
        for control in (self.form, self.choose_button):
            control.setEnabled(not busy)
        self.facts.setEnabled(not busy and self.form.currentData() not in (AS_THEY_ARE, SHEET))
