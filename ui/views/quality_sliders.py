"""A slider for each quality reason, with how many photos it would flag while it moves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QSlider, QWidget

from organizer.results import Reason

from ..services import Services, tr, tr_n
from ..words import reason_name

STEPS = 100
ITEM_WIDTH = 168  # pixels that one slider needs with its words
REST_MS = 60  # between two counts while a slider moves


class QualitySliders(QWidget):
    """Signals:
    moved: Reason and the threshold (0..1) that the slider stands for, while it moves.
    settled: the same when it was let go, or moved by a key.
    """

    moved = Signal(object, float)
    settled = Signal(object, float)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: dict[Reason, QLabel] = {}
        self._counts: dict[Reason, QLabel] = {}
        self.sliders: dict[Reason, QSlider] = {}
        self._timers: dict[Reason, QTimer] = {}
        self._columns = 0
        self._cells = QGridLayout(self)
        self._cells.setContentsMargins(16, 4, 16, 12)
        self._cells.setHorizontalSpacing(24)
        self._cells.setVerticalSpacing(4)
        for reason in Reason:
            self._make(services, reason)
        self._arrange(3)

    def _make(self, services: Services, reason: Reason) -> None:
        words = reason_name(reason)
        name = QLabel(words, self)
        count = QLabel(self)
        count.setFont(services.theme.font("small"))
        count.setProperty("role", "muted")
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, STEPS)
        slider.setAccessibleName(tr("{reason}: how many photos are flagged", reason=words))
        slider.setToolTip(tr("Left: only the worst. Right: more photos."))
        slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        name.setBuddy(slider)
        timer = QTimer(self, singleShot=True, interval=REST_MS)
        timer.timeout.connect(partial(self._say_moved, reason))
        slider.valueChanged.connect(partial(self._value_changed, reason))
        slider.sliderReleased.connect(partial(self._say_settled, reason))
        self._names[reason], self._counts[reason] = name, count
        self.sliders[reason], self._timers[reason] = slider, timer

    def set_thresholds(self, thresholds: Mapping[Reason, float]) -> None:
        """Put the sliders where the thresholds are; one that is held stays."""
        for reason, threshold in thresholds.items():
            slider = self.sliders[reason]
            if not slider.isSliderDown():
                slider.blockSignals(True)
                slider.setValue(round((1 - threshold) * STEPS))
                slider.blockSignals(False)

    def set_count(self, reason: Reason, count: int) -> None:
        """How many photos are, or would be, flagged."""
        self._counts[reason].setText(tr_n("{n} photo", "{n} photos", count))

    def threshold(self, reason: Reason) -> float:
        """The threshold that a slider stands for: further right flags more."""
        return (STEPS - self.sliders[reason].value()) / STEPS

    def _value_changed(self, reason: Reason, _value: int) -> None:
        if not self._timers[reason].isActive():
            self._timers[reason].start()
        if not self.sliders[reason].isSliderDown():
            self._say_settled(reason)

    def _say_moved(self, reason: Reason) -> None:
        self.moved.emit(reason, self.threshold(reason))

    def _say_settled(self, reason: Reason) -> None:
        self.settled.emit(reason, self.threshold(reason))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fitting = max(1, self.width() // ITEM_WIDTH)
        self._arrange(next(columns for columns in (6, 3, 2, 1) if columns <= fitting))

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for at, reason in enumerate(Reason):
            row, column = divmod(at, columns)
            self._cells.addWidget(self._names[reason], 2 * row, 2 * column, Qt.AlignmentFlag.AlignLeft)
            self._cells.addWidget(self._counts[reason], 2 * row, 2 * column + 1)
            self._cells.addWidget(self.sliders[reason], 2 * row + 1, 2 * column, 1, 2)
        for column in range(2 * len(Reason)):
            used = column < 2 * columns
            self._cells.setColumnStretch(column, 1 if used else 0)
