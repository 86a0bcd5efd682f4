"""The top of the Captions tab: how many there are, in which language, and how more come to be."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ..services import Services, tr
from ..theme import SPACING
from .elided import LineLabel


class CaptionsHeader(QWidget):
    """Attributes:
    label: what is listed. describe: asks for sentences for all that is listed. idle: the choice to have
        the others described while nobody works.
    """

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.label = LineLabel()
        self.note = LineLabel(tr("Written in English. Your own words can be in any language."))
        self.note.setProperty("role", "muted")
        self.note.setFont(services.theme.font("small"))
        self.idle = QCheckBox(tr("Describe when idle"))
        self.idle.setToolTip(tr("Photos are described, the newest first, after a minute without a key or the "
                                "mouse. Settings > Idle work and battery has more."))  # fmt: skip
        self.idle.clicked.connect(self._keep)
        self.describe = QPushButton(tr("Describe these photos"))
        self.describe.setToolTip(tr("Write a sentence for each photo listed here; what you wrote stays. "
                                    "Ctrl+D describes the photo in focus."))  # fmt: skip
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.label)
        words.addWidget(self.note)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING["large"], SPACING["small"], SPACING["large"], SPACING["small"])
        row.setSpacing(SPACING["medium"])
        row.addLayout(words, 1)
        row.addWidget(self.idle)
        row.addWidget(self.describe)

    def show_words(self, words: str, photos: int) -> None:
        """What is listed."""
        self.label.setText(words)
        self.describe.setEnabled(photos > 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.idle.setChecked(self._services.library.settings.describe_idle)

    @Slot(bool)
    def _keep(self, on: bool) -> None:
        self._services.tasks.run_in_order(partial(self._services.library.change_settings, describe_idle=on))
