"""The line at the bottom: what is being done, how fast, how long still; Pause; the device.

Shows what it is told; asks for nothing itself.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget

from organizer.events import Progress

from ..background import Work
from ..theme import SPACING, Theme
from ..translation import tr, tr_n
from ..words import COUNTED, progress_words, rate_words, time_left


class StatusBar(QWidget):
    """Signals:
    pause, resume: the button. unreadable: the words about files that could not be read were pressed.
    """

    pause = Signal()
    resume = Signal()
    unreadable = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", "status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._work = Work.IDLE
        self._resting = ""
        self._describing = ""  # how far that is, while nothing else is being done
        self._words = QLabel(self)
        self._bar = QProgressBar(self, textVisible=False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName(tr("Progress"))
        self._rate = _muted(self)
        self._left = _muted(self)
        self._button = QToolButton(self)
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.clicked.connect(self._toggle)
        self._failed = QPushButton(self)
        self._failed.setProperty("kind", "quiet")
        self._failed.clicked.connect(self.unreadable)
        self._device = _muted(self)
        self._device.setAccessibleName(tr("Device and model"))
        self._build()
        self._paint_icons()
        theme.changed.connect(self._paint_icons)
        self.show_work(Work.IDLE)
        self.show_unreadable(0)

    def _build(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING["medium"], 0, SPACING["medium"], 0)
        layout.setSpacing(SPACING["medium"])
        for widget in (self._words, self._bar, self._rate, self._left, self._button, self._failed):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._device)
        self.setFixedHeight(36)

    def show_device(self, label: str) -> None:
        """Device and model: "CPU - Starter"."""
        self._device.setText(label)

    def show_total(self, photos: int) -> None:
        """What it says while nothing is being done."""
        self._resting = tr_n("{n} photo", "{n} photos", photos) if photos else ""
        if self._work is Work.IDLE:
            self._words.setText(self._describing or self._resting)

    def show_unreadable(self, files: int) -> None:
        """How many files could not be read; nothing for none."""
        self._failed.setVisible(bool(files))
        self._failed.setText(tr_n("{n} file could not be read", "{n} files could not be read", files))

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        """The newest progress, while there is work."""
        if (self._work is Work.IDLE) is not (progress.stage == "captions"):
            return
        if progress.stage == "captions":
            self._show_describing(progress)
            return
        self._words.setText(progress_words(progress))
        self._bar.setRange(0, progress.total if progress.stage in COUNTED else 0)
        self._bar.setValue(progress.done)
        self._rate.setText(rate_words(progress))
        self._left.setText("" if self._work is Work.PAUSED else time_left(progress.seconds_left))

    def _show_describing(self, progress: Progress) -> None:
        """Words alone: its buttons are in the Captions tab."""
        self._describing = progress_words(progress) if progress.done < progress.total else ""
        self._words.setText(self._describing or self._resting)

    @Slot()
    def show_described(self) -> None:
        """Nothing is being described any more."""
        self._describing = ""
        if self._work is Work.IDLE:
            self._words.setText(self._resting)

    @Slot(str)
    def show_work(self, work: str) -> None:
        """Idle, working or paused."""
        self._work = Work(work)
        busy = self._work is not Work.IDLE
        for widget in (self._bar, self._rate, self._left, self._button):
            widget.setVisible(busy)
        if busy:
            if not self._bar.isVisible() or not self._words.text() or self._words.text() == self._resting:
                self._words.setText(tr("Starting"))
                self._bar.setRange(0, 0)
        else:
            self._words.setText(self._resting)
            self._rate.clear()
            self._left.clear()
        if self._work is Work.PAUSED:
            self._left.setText(tr("paused"))
        self._button.setText(tr("Resume") if self._work is Work.PAUSED else tr("Pause"))
        self._button.setAccessibleName(self._button.text())
        self._paint_icons()

    @Slot()
    def _toggle(self) -> None:
        (self.resume if self._work is Work.PAUSED else self.pause).emit()

    @Slot()
    def _paint_icons(self) -> None:
        self._button.setIcon(self._theme.icon("resume" if self._work is Work.PAUSED else "pause"))


def _muted(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", "muted")
    return label
