"""The models: which there are, which one is used; download, add from a file, choose, remove.

What a download means stands in the dialog before its button is pressed. The work itself runs in another
thread and goes on while the dialog is closed; ``stop`` ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from organizer.errors import Cancelled

from ..services import Services
from ..theme import SPACING
from ..translation import number, tr
from ..words import byte_size, time_left
from ..workers import sentence_for
from .confirm import confirm
from .frame import Frame

if TYPE_CHECKING:
    from organizer.library import Fetched

KEY = Qt.ItemDataRole.UserRole
NARROWEST = 96  # pixels of a column
STEPS = 1000  # of the progress bar; bytes do not fit its 32-bit numbers
Model = dict[str, Any]


class ModelsDialog(Frame):
    """Lists the models.

    Args:
        ask: the question before files are deleted; given by tests.

    Signals:
        chosen: key of the model that is used from now on. told: one sentence for the window.
    """

    chosen = Signal(str)
    told = Signal(str)
    _moved = Signal(object)

    def __init__(
        self, services: Services, parent: QWidget | None = None, ask: Callable[..., bool] = confirm
    ) -> None:
        sentence = tr("A larger model sorts and finds photos better, and takes longer. "
                      "Models work on this computer; your photos stay here.")  # fmt: skip
        super().__init__(tr("Models"), sentence, parent)
        self._services = services
        self._ask = ask
        self._models: dict[str, Model] = {}
        self._control: Any = None
        self.table = self._make_table()
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.facts.setMinimumHeight(84)
        self.facts.setAccessibleName(tr("About the model"))
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.facts)
        self._make_progress()
        self._make_buttons()
        self._moved.connect(self._show_progress)
        self.resize(760, 520)
        self.load()

    # building

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setHeaderLabels([tr("Model"), tr("State"), tr("Languages"), tr("Size")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAccessibleName(tr("Models"))
        header = table.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(NARROWEST)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.currentItemChanged.connect(self._update)
        return table

    def _make_progress(self) -> None:
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, STEPS)
        self.bar.setAccessibleName(tr("Progress"))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.stop_button = QPushButton(tr("Stop"))
        self.stop_button.setAutoDefault(False)
        self.stop_button.clicked.connect(self.stop)
        row = QHBoxLayout()
        row.setSpacing(SPACING["small"])
        row.addWidget(self.state, 2)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop_button)
        self.body.addLayout(row)
        self._show_busy(False)
        self.state.hide()

    def _make_buttons(self) -> None:
        self.use_button = QPushButton(tr("Use"))
        self.use_button.clicked.connect(self._use)
        self.download_button = QPushButton(tr("Download"))
        self.download_button.clicked.connect(self._download)
        self.remove_button = QPushButton(tr("Remove…"))
        self.remove_button.clicked.connect(self._remove)
        self.import_button = QPushButton(tr("Add from a file"))
        menu = QMenu(self.import_button)
        menu.addAction(tr("A folder with a model…")).triggered.connect(self._choose_folder)
        self.import_file = menu.addAction("")
        self.import_file.triggered.connect(self._choose_file)
        self.import_button.setMenu(menu)
        self.finish_buttons(self.use_button, self.download_button, self.remove_button, self.import_button)

    # what is shown

    def load(self) -> None:
        """Read the list anew."""
        self._services.tasks.run(self._services.library.models, on_done=self._show_models, group="models")

    def _show_models(self, models: list[Model]) -> None:
        before = self.current()
        wanted = before["key"] if before else next((m["key"] for m in models if m["in_use"]), "")
        self._models = {model["key"]: model for model in models}
        self.table.blockSignals(True)
        self.table.clear()
        for model in models:
            item = QTreeWidgetItem([model["name"], state_words(model), languages(model["languages"]),
                                    byte_size(model["bytes"])])  # fmt: skip
            item.setData(0, KEY, model["key"])
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if model["in_use"]:
                item.setIcon(0, self._services.theme.icon("keep", "good"))
            self.table.addTopLevelItem(item)
            if model["key"] == wanted:
                self.table.setCurrentItem(item)
        self.table.blockSignals(False)
        self._update()

    def current(self) -> Model | None:
        """The model of the selected row."""
        item = self.table.currentItem()
        return self._models.get(item.data(0, KEY)) if item is not None else None

    def select(self, key: str) -> None:
        """Select the row of a model."""
        for row in range(self.table.topLevelItemCount()):
            item = self.table.topLevelItem(row)
            if item is not None and item.data(0, KEY) == key:
                self.table.setCurrentItem(item)

    @property
    def busy(self) -> bool:
        """Whether a model is being added."""
        return self._control is not None

    @Slot()
    def _update(self) -> None:
        model = self.current()
        self.facts.setText(facts(model) if model else "")
        idle, here = not self.busy, bool(model and model["installed"])
        usable = bool(model and here and model["kind"] == "embedder" and not model["needs"])
        self.use_button.setEnabled(bool(usable and model and not model["in_use"]))
        self.download_button.setEnabled(bool(model and idle and not here))
        words = tr("Download")
        if model and not here:
            left = byte_size(max(0, model["bytes"] - model["partial"]))
            words = tr("Download the rest ({size})", size=left) if model["partial"] else tr(
                "Download ({size})", size=left)  # fmt: skip
        self.download_button.setText(words)
        left_over = bool(model and (model["seen"] or model["partial"] or (here and not model["bundled"])))
        self.remove_button.setEnabled(bool(left_over and model and idle and not model["in_use"]))
        self.import_button.setEnabled(idle)
        known = bool(model and not here)
        name = model["name"] if model else ""
        self.import_file.setText(
            tr("A file with the weights of {name}…", name=name) if known
            else tr("A file with weights: choose its model in the list first")
        )  # fmt: skip
        self.import_file.setEnabled(known)

    # actions

    @Slot()
    def _use(self) -> None:
        model = self.current()
        if model:
            key = model["key"]
            self._services.tasks.run_in_order(
                self._services.library.use_model, key, on_done=partial(self._used, model), on_error=self._say
            )

    def _used(self, model: Model, _nothing: object) -> None:
        sentence = tr("{name} is used from now on.", name=model["name"])
        if model["seen"] < model["photos"]:
            sentence += " " + tr("Each photo keeps its results until this model has seen it.")
        self._tell(sentence)
        self.chosen.emit(model["key"])
        self.load()

    @Slot()
    def _download(self) -> None:
        model = self.current()
        if model:
            self._work(partial(self._services.library.download_model, model["key"]), model["name"])

    @Slot()
    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("A folder with a model"))
        if chosen:
            self.add(Path(chosen))

    @Slot()
    def _choose_file(self) -> None:
        model = self.current()
        kinds = "safetensors (*.safetensors)"
        chosen, _ = QFileDialog.getOpenFileName(self, tr("A file with weights"), "", kinds)
        if chosen and model:
            self.add(Path(chosen), model["key"])

    def add(self, path: Path, key: str | None = None) -> None:
        """Take a model from a folder, or the weights of a known one from a file."""
        self._work(partial(self._services.library.import_model, path, key), path.name)

    def _work(self, job: Callable[..., Any], name: str) -> None:
        """Run a job that adds a model, with its progress here."""
        self._control = control = self._services.library.new_control()
        self._show_busy(True)
        self.state.setText(tr("Starting"))
        self.bar.setRange(0, 0)
        self._update()
        task = self._services.tasks.run(
            partial(job, on_progress=self._moved.emit, control=control),
            on_done=partial(self._worked, name), on_error=self._failed,
        )  # fmt: skip
        task.failed.connect(self._stopped)

    def _worked(self, name: str, _outcome: object) -> None:
        self._end()
        self._tell(tr("{name} is on this computer now.", name=name))

    def _failed(self, error: BaseException) -> None:
        self._end()
        self._say(error)

    @Slot(object)
    def _stopped(self, error: BaseException) -> None:
        if isinstance(error, Cancelled):
            self._end()
            self._tell(tr("Stopped. What came so far is kept, and the next download goes on from there."))

    def _end(self) -> None:
        self._control = None
        self._show_busy(False)
        self.load()

    @Slot()
    def stop(self) -> None:
        """End the work that runs, if any."""
        if self._control is not None:
            self._control.cancel()
            self.stop_button.setEnabled(False)

    @Slot()
    def _remove(self) -> None:
        model = self.current()
        if model is None:
            return
        files = model["installed"] and not model["bundled"]
        explanation = tr("What it found in {n} photos is forgotten; the results that are shown stay.",
                         n=number(model["seen"]))  # fmt: skip
        if files or model["partial"]:
            explanation += " " + tr("Its files are deleted; they can be downloaded or added again.")
        if self._ask(self, tr("Remove {name}?", name=model["name"]), explanation, tr("Remove")):
            self._services.tasks.run_in_order(
                self._services.library.forget_model, model["key"], bool(files),
                on_done=partial(self._removed, model["name"]), on_error=self._say,
            )  # fmt: skip

    def _removed(self, name: str, _freed: object) -> None:
        self._tell(tr("{name} is removed.", name=name))
        self.load()

    # messages

    def _say(self, error: BaseException) -> None:
        self._tell(sentence_for(error))
        self.load()

    def _tell(self, sentence: str) -> None:
        """Here, and in the window when the dialog is closed."""
        self.state.setText(sentence)
        self.state.show()
        if not self.isVisible():
            self.told.emit(sentence)

    def _show_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.stop_button.setVisible(busy)
        self.stop_button.setEnabled(busy)
        self.state.setVisible(busy or bool(self.state.text()))

    @Slot(object)
    def _show_progress(self, at: Fetched) -> None:
        if not self.busy:
            return
        self.bar.setRange(0, STEPS)
        self.bar.setValue(STEPS * at.done // max(1, at.total))
        self.state.setText(progress_words(at))


def state_words(model: Model) -> str:
    """What a model is to the person, in a few words."""
    if model["in_use"] and model["seen"] < model["photos"]:
        return tr("In use, has seen {n} of {total}", n=number(model["seen"]), total=number(model["photos"]))
    if model["in_use"]:
        return tr("In use")
    if model["installed"]:
        return tr("On this computer")
    if model["partial"]:
        return tr("Partly downloaded")
    return tr("Not here")


def languages(codes: list[str]) -> str:
    """The languages of a model's words."""
    if "*" in codes:
        return tr("Many")
    names = [QLocale(code).nativeLanguageName() or code for code in codes]
    return ", ".join(name.removeprefix("American ") for name in names) or tr("Unknown")


def facts(model: Model) -> str:
    """What to know of a model before it is downloaded or used."""
    lines = [model["note"]] if model["note"] else []
    details = [tr("Licence: {licence}", licence=model["licence"] or tr("Unknown"))]
    details.append(tr("Languages: {names}", names=languages(model["languages"])))
    details.append(tr("Size: {size}", size=byte_size(model["bytes"])))
    if model["host"] and not model["installed"]:
        details.append(tr("from {host}", host=model["host"]))
    lines.append("  ·  ".join(details))
    if model["kind"] == "captioner":
        lines.append(tr("It only writes captions, so it cannot be used for sorting and search."))
    if model["needs"]:
        lines.append(tr("It needs packages that are not installed: {names}", names=", ".join(model["needs"])))
    return "\n".join(lines)


def progress_words(at: Fetched) -> str:
    """How far the work is: "Downloading: 120 MB of 605 MB, 12 MB/s, about 1 min left"."""
    if at.stage == "check":
        return tr("Checking that the files are whole")
    done, total = byte_size(at.done), byte_size(at.total)
    words = (tr("Copying: {done} of {total}", done=done, total=total) if at.stage == "copy"
             else tr("Downloading: {done} of {total}", done=done, total=total))  # fmt: skip
    parts = [words]
    if at.rate:
        parts.append(tr("{size}/s", size=byte_size(int(at.rate))))
    parts.append(time_left(at.seconds_left))
    return ", ".join(part for part in parts if part)
