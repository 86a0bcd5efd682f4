"""The models: which there are, which one is used; download, add from a file, choose, remove.

What a download means stands in the dialog before its button is pressed. The work itself runs in another
thread and goes on while the dialog is closed; ``stop`` ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPixmap
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
from ..words import byte_size
from ..workers import sentence_for
from .confirm import confirm
from .frame import Frame
from .model_words import Model, facts, languages, progress_words, state_words

if TYPE_CHECKING:
    from organizer.library import Fetched

KEY = Qt.ItemDataRole.UserRole
NARROWEST = 96  # pixels of a column
ROW = 26  # pixels of a row, with or without an icon
STEPS = 1000  # of the progress bar; bytes do not fit its 32-bit numbers


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
        self._adding = ""  # key of the model that is being added
        self.table = self._make_table()
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.facts.setMinimumHeight(76)
        self.facts.setAccessibleName(tr("About the model"))
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.facts)
        self._make_progress()
        self._make_buttons()
        self._moved.connect(self._show_progress)
        self.resize(760, 560)
        self.load()

    # building

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setHeaderLabels([tr("Model"), tr("State"), tr("Languages"), tr("Size")])
        table.headerItem().setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAccessibleName(tr("Models"))
        header = table.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(NARROWEST)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.currentItemChanged.connect(self._selected)
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
        row.addWidget(self.state, 3)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop_button)
        policy = self.stop_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the table keeps its height when a download begins
        self.stop_button.setSizePolicy(policy)
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
        menu.addAction(tr("A head that judges how photos look…")).triggered.connect(self._choose_head)
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
            state = state_words(model, being_added=model["key"] == self._adding)
            words = [model["name"], state, languages(model["languages"]), byte_size(model["bytes"])]
            item = QTreeWidgetItem(words)
            item.setData(0, KEY, model["key"])
            item.setSizeHint(0, QSize(0, ROW))
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setIcon(0, self._services.theme.icon("keep", "good") if model["in_use"] else self._no_tick())
            self.table.addTopLevelItem(item)
            if model["key"] == wanted:
                self.table.setCurrentItem(item)
        self.table.blockSignals(False)
        self._update()

    def _no_tick(self) -> QIcon:
        """As wide as a tick, so that the names stand below each other."""
        nothing = QPixmap(self.table.iconSize().expandedTo(QSize(16, 16)))
        nothing.fill(Qt.GlobalColor.transparent)
        return QIcon(nothing)

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
    def _selected(self) -> None:
        """What was said of another model goes."""
        if not self.busy:
            self._write("")
        self._update()

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
            key = model["key"]
            self._work(partial(self._services.library.download_model, key), model["name"], key)

    @Slot()
    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("A folder with a model"))
        if chosen:
            self.add(Path(chosen))

    @Slot()
    def _choose_head(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, tr("A head"), "", "safetensors (*.safetensors)")
        if chosen:
            self.add_head(Path(chosen))

    def add_head(self, file: Path) -> None:
        """Let a head say how pleasing photos look, to highlights and to the rules of what to keep."""
        import_head = self._services.library.import_head
        self._services.tasks.run_in_order(import_head, file, on_done=self._head_added, on_error=self._say)

    def _head_added(self, key: str) -> None:
        name = self._models[key]["name"] if key in self._models else key
        self._tell(tr("The head judges how photos look to {name} from now on.", name=name))
        self.load()

    @Slot()
    def _choose_file(self) -> None:
        model = self.current()
        kinds = "safetensors (*.safetensors)"
        chosen, _ = QFileDialog.getOpenFileName(self, tr("A file with weights"), "", kinds)
        if chosen and model:
            self.add(Path(chosen), model["key"])

    def add(self, path: Path, key: str | None = None) -> None:
        """Take a model from a folder, or the weights of a known one from a file."""
        self._work(partial(self._services.library.import_model, path, key), path.name, key or "")

    def _work(self, job: Callable[..., Any], name: str, key: str) -> None:
        """Run a job that adds a model, with its progress here."""
        self._control = control = self._services.library.new_control()
        self._adding = key
        self._show_busy(True)
        self._write(tr("Starting"))
        self.bar.setRange(0, 0)
        self._show_models(list(self._models.values()))
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
        self._control, self._adding = None, ""
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
        self._tell(sentence_for(error), failed=True)
        self.load()

    def _write(self, sentence: str, *, failed: bool = False) -> None:
        """The line above the buttons; a failure in the colour of trouble."""
        self.state.setProperty("role", "danger" if failed else "")
        self.state.style().polish(self.state)
        self.state.setText(sentence)
        self.state.setVisible(bool(sentence))

    def _tell(self, sentence: str, *, failed: bool = False) -> None:
        """Here, and in the window when the dialog is closed."""
        self._write(sentence, failed=failed)
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
