"""Settings: light or dark, and the language."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot

from organizer.settings import Settings

from ...menus import LANGUAGES
from ...services import Services
from ...translation import tr
from .page import Page, as_system, set_choice


class AppearancePage(Page):
    """Two choices."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Appearance and language"))
        form = self.form()
        self.theme = self.choice(
            [("system", as_system()), ("light", tr("Light")), ("dark", tr("Dark"))], tr("Appearance")
        )
        self.theme.activated.connect(self._choose_theme)
        form.addRow(tr("Appearance"), self.theme)
        self.language = self.choice([(code, name or as_system()) for code, name in LANGUAGES], tr("Language"))
        self.language.activated.connect(self._choose_language)
        form.addRow(tr("Language"), self.language)
        self.explain(tr("The language changes when you start the program again."))
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        set_choice(self.theme, self.services.theme.choice)
        set_choice(self.language, settings.language)

    @Slot(int)
    def _choose_theme(self, _at: int) -> None:
        choice = self.theme.currentData()
        self.services.theme.choose(choice)
        self.keep(partial(self.wish, "theme"), theme=choice)

    @Slot(int)
    def _choose_language(self, _at: int) -> None:
        self.keep(partial(self.wish, "language"), language=self.language.currentData())
