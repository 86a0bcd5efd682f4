"""Settings: from which score on a photo is flagged as of low quality, and the measured values back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton

from organizer.results import Reason
from organizer.settings import Settings

from ...services import Services
from ...translation import tr
from ...words import reason_name
from .page import Page

STEP = 0.05


class AdvancedPage(Page):
    """One threshold a reason."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Advanced"))
        self.section(tr("When a photo is flagged"))
        self.explain(tr("From this score on, 0 to 1. Lower values flag more photos."))
        form = self.form()
        self.boxes: dict[Reason, QDoubleSpinBox] = {}
        for reason in Reason:
            box = QDoubleSpinBox()
            box.setRange(0.0, 1.0)
            box.setSingleStep(STEP)
            box.setDecimals(2)
            box.setKeyboardTracking(False)
            box.setAccessibleName(reason_name(reason))
            box.valueChanged.connect(partial(self._set, reason))
            form.addRow(reason_name(reason), box)
            self.boxes[reason] = box
        self.restore = QPushButton(tr("Restore defaults"))
        self.restore.setAutoDefault(False)
        self.restore.setMaximumWidth(self.restore.sizeHint().width() + 24)
        self.restore.clicked.connect(self._restore)
        self.column.addWidget(self.restore)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        thresholds = self.services.library.thresholds()
        for reason, box in self.boxes.items():
            box.blockSignals(True)
            box.setValue(thresholds[reason])
            box.blockSignals(False)
        self.restore.setEnabled(bool(settings.thresholds))

    def _set(self, reason: Reason, value: float) -> None:
        library = self.services.library
        self.services.tasks.run_in_order(library.set_threshold, reason, value, on_done=self._changed)

    @Slot()
    def _restore(self) -> None:
        self.services.tasks.run_in_order(self.services.library.restore_thresholds, on_done=self._changed)

    def _changed(self, _nothing: object) -> None:
        self.load()
