"""A line that says how far describing is, with Pause and Stop; gone while nothing is described."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from organizer.events import Progress

from ..background import Work
from ..services import Services, tr, tr_n
from ..theme import SPACING
from ..words import progress_words, time_left
from .elided import LineLabel


class DescribeStrip(QWidget):
    """Follows ``services.describer``."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        describer = services.describer
        self.words = LineLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName(tr("Progress"))
        self.pause = QToolButton()
        self.pause.clicked.connect(self._toggle)
        self.stop = QToolButton()
        self.stop.setText(tr("Stop"))
        self.stop.setToolTip(tr("Stop describing; what was written stays"))
        self.stop.clicked.connect(describer.stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING["large"], 0, SPACING["large"], SPACING["small"])
        row.setSpacing(SPACING["medium"])
        row.addWidget(self._bar)
        row.addWidget(self.words, 1)
        row.addWidget(self.pause)
        row.addWidget(self.stop)
        self._held = 0
        describer.changed.connect(self._show_state)
        describer.held.connect(self._show_held)
        services.bridge.progress.connect(self._show_progress)
        self._show_state(describer.state)

    @Slot(object)
    def _show_progress(self, progress: Progress) -> None:
        if progress.stage == "captions":
            self._bar.setRange(0, progress.total)
            self._bar.setValue(progress.done)
            left = time_left(progress.seconds_left) if progress.done < progress.total else ""
            self.words.setText("   ".join(filter(None, (progress_words(progress), left))))

    @Slot(str)
    def _show_state(self, state: str) -> None:
        work = Work(state)
        self.setVisible(work is not Work.IDLE or self._held > 0)
        for widget in (self._bar, self.pause):
            widget.setVisible(work is not Work.IDLE)
        if work is Work.IDLE:
            self.words.setText(self._resting_words())
            self._bar.setRange(0, 0)
        self.pause.setText(tr("Resume") if work is Work.PAUSED else tr("Pause"))

    @Slot(int)
    def _show_held(self, photos: int) -> None:
        """Many photos wait until new ones have been looked at."""
        self._held = photos
        self._show_state(self._services.describer.state)

    def _resting_words(self) -> str:
        """What it says while nothing is described yet."""
        if not self._held:
            return tr("Starting")
        return tr_n("{n} photo is described when the new ones have been looked at.",
                    "{n} photos are described when the new ones have been looked at.",
                    self._held)  # fmt: skip

    @Slot()
    def _toggle(self) -> None:
        describer = self._services.describer
        if describer.state is Work.PAUSED:
            describer.resume()
        else:
            describer.pause()
