"""Settings: the model in use, who writes captions, what they run on, how many photos are opened at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QPushButton, QSpinBox

from organizer.library import CaptionerChoice
from organizer.settings import Settings

from ...services import Services
from ...translation import tr
from ...words import captioner_name
from .page import Page, set_choice

NAME_WIDTH = 240  # pixels: the name comes later than the page


class ModelPage(Page):
    """The model and the device."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Model and device"))
        self.explain(tr("The model sorts and finds your photos. It works on this computer."))
        form = self.form()
        self.model = QLabel()
        self.model.setMinimumWidth(NAME_WIDTH)
        form.addRow(tr("Model in use"), self.model)
        self.captioner = self.choice([("", tr("Automatic"))], tr("Captions by"))
        self.captioner.setMinimumWidth(NAME_WIDTH)
        self.captioner.activated.connect(self._choose_captioner)
        form.addRow(tr("Captions by"), self.captioner)
        self.device = self.choice(
            [("auto", tr("Automatic")), ("cpu", tr("Processor")), ("cuda", tr("NVIDIA graphics card")),
             ("mps", tr("Apple graphics"))], tr("Device"),
        )  # fmt: skip
        self.device.activated.connect(self._choose_device)
        form.addRow(tr("Device"), self.device)
        self.processes = QSpinBox()
        self.processes.setRange(0, 2 * (os.cpu_count() or 1))
        self.processes.setSpecialValueText(tr("Automatic"))
        self.processes.setAccessibleName(tr("Photos opened at once"))
        self.processes.valueChanged.connect(self._choose_processes)
        form.addRow(tr("Photos opened at once"), self.processes)
        self.explain(tr("A device that is not there is told, and the processor does the work. "
                        "Both hold from the next look at new photos."))  # fmt: skip
        self.models = QPushButton(tr("Models…"))
        self.models.setAutoDefault(False)
        self.models.clicked.connect(self._open_models)
        self.column.addWidget(self.models)
        self.column.setAlignment(self.models, self.column.alignment())
        self.models.setMaximumWidth(self.models.sizeHint().width() + 24)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        set_choice(self.device, settings.device)
        self.processes.blockSignals(True)
        self.processes.setValue(settings.decode_processes)
        self.processes.blockSignals(False)
        tasks, library = self.services.tasks, self.services.library
        tasks.run(library.models, on_done=self._show_models, group="models-used")
        tasks.run(library.captioners, on_done=self._show_captioners, group="captioners")

    def _show_models(self, models: Sequence[dict[str, Any]]) -> None:
        self.model.setText(next((model["name"] for model in models if model["in_use"]), ""))

    def _show_captioners(self, choices: Sequence[CaptionerChoice]) -> None:
        self.captioner.clear()
        self.captioner.addItem(tr("Automatic"), "")
        for choice in choices:
            self.captioner.addItem(captioner_name(choice.key, choice.name), choice.key)
        set_choice(self.captioner, self.settings.captioner)

    @Slot(int)
    def _choose_captioner(self, _at: int) -> None:
        library = self.services.library
        self.services.tasks.run_in_order(library.use_captioner, self.captioner.currentData())

    @Slot(int)
    def _choose_device(self, _at: int) -> None:
        self.keep(device=self.device.currentData())

    @Slot(int)
    def _choose_processes(self, count: int) -> None:
        self.keep(decode_processes=count)

    @Slot()
    def _open_models(self) -> None:
        self.wish("models")
