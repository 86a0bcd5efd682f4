"""Settings: what the program does while nobody works with it, and whether it does it from the battery."""

from __future__ import annotations

from PySide6.QtCore import Slot

from organizer.settings import Settings

from ...services import Services
from ...theme import SPACING
from ...translation import tr
from .page import Page


class IdlePage(Page):
    """Two switches."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Idle work and battery"))
        self.explain(tr("While new photos are looked at and while you work, idle work rests."))
        self.describe = self.switch(tr("Describe photos when idle, the newest first"), "describe_idle")
        self.describe.clicked.connect(self._update)
        self.explain(tr("Idle is a minute without a key or the mouse. What you wrote yourself stays. "
                        "Ctrl+D describes the photos that you selected, at any time."))  # fmt: skip
        self.column.addSpacing(SPACING["small"])
        self.battery = self.switch(tr("Rest while the computer runs from its battery"), "pause_on_battery")
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self.describe.setChecked(settings.describe_idle)
        self.battery.setChecked(settings.pause_on_battery)
        self._update()

    @Slot()
    def _update(self) -> None:
        self.battery.setEnabled(self.describe.isChecked())
