"""Settings: how long removed photos stay in the trash, and where they go then."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QSpinBox

from organizer.settings import Settings

from ...services import Services
from ...translation import tr
from .page import Page, set_choice

LONGEST_DAYS = 3650


class TrashPage(Page):
    """Days and way."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Trash"))
        self.explain(tr("Photos that you remove lie in a trash folder on their own drive and can be put "
                        "back from there."))  # fmt: skip
        form = self.form()
        self.days = QSpinBox()
        self.days.setRange(0, LONGEST_DAYS)
        self.days.setSpecialValueText(tr("Never"))
        self.days.setSuffix(tr(" days"))
        self.days.setAccessibleName(tr("Empty after"))
        self.days.valueChanged.connect(self._choose_days)
        form.addRow(tr("Empty after"), self.days)
        self.how = self.choice(
            [("system-trash", tr("To the system's trash")), ("delete", tr("Delete for good"))],
            tr("What is emptied goes"),
        )
        self.how.activated.connect(self._choose_how)
        form.addRow(tr("What is emptied goes"), self.how)
        words = tr("This happens only when the program starts, and only to photos that were announced "
                   "on an earlier day. “Empty the trash” in the trash window does it at once.")  # fmt: skip
        self.explain(words)
        self.pairs = self.switch(tr("The RAW and the JPEG of one shot go together"), "pairs_together")
        words = tr("When you delete one of them by hand, the other one goes to the trash as well. From a "
                   "stack it goes along only where a copy of it stays.")  # fmt: skip
        self.explain(words)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self.days.blockSignals(True)
        self.days.setValue(min(settings.trash_days, LONGEST_DAYS))
        self.days.blockSignals(False)
        set_choice(self.how, settings.empty_how)
        self.pairs.setChecked(settings.pairs_together)

    @Slot(int)
    def _choose_days(self, days: int) -> None:
        self.keep(trash_days=days)

    @Slot(int)
    def _choose_how(self, _at: int) -> None:
        self.keep(empty_how=self.how.currentData())
