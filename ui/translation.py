"""The words of the window, in the person's language.

The English sentence is the key. ``resources/translations/<code>.json`` maps it to another language;
a small ``QTranslator`` serves that map, so that Qt's own dialogs and ours go through one mechanism and
no build step is needed. A sentence without a translation stays English. What the core says has a file of its
own, ``<code>.core.json`` (see ``core_words``). Knows no widgets.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from .core_words import learn

log = logging.getLogger(__name__)

CONTEXT = "organizer"


def tr(text: str, /, **values: object) -> str:
    """The sentence in the person's language, with ``{name}`` replaced by the values given."""
    translated = QCoreApplication.translate(CONTEXT, text)
    return translated.format(**values) if values else translated


def tr_n(one: str, many: str, n: int, /, **values: object) -> str:
    """``one`` or ``many`` by the number; ``{n}`` is the number with the language's separators."""
    return tr(one if n == 1 else many, n=number(n), **values)


def number(value: int) -> str:
    """12408 as "12,408", the way the language writes it."""
    return QLocale().toString(value)


class JsonTranslator(QTranslator):
    """Serves one JSON file of English sentence -> translated sentence."""

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sentences: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))

    def isEmpty(self) -> bool:
        return not self._sentences

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        """The translation, or None, which tells Qt to ask the next translator."""
        if context != CONTEXT:
            return None
        return self._sentences.get(source)


def language_code(setting: str) -> str:
    """ "system" becomes the system's language; others stay as they are."""
    return QLocale.system().name().split("_")[0] if setting == "system" else setting


def install_translators(app: QCoreApplication, resources: Path, setting: str) -> list[QTranslator]:
    """Give the application its language; returns the translators now installed.

    Args:
        resources: the folder of the files that ship with the program.
        setting: "system" or a language code. A code without a file means English.
    """
    code = language_code(setting)
    if setting != "system":
        QLocale.setDefault(QLocale(code))
    installed: list[QTranslator] = []
    qt_words = QTranslator(app)
    if code != "en" and qt_words.load(
        f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        app.installTranslator(qt_words)
        installed.append(qt_words)
    learn({})
    file = resources / "translations" / f"{code}.json"
    if file.is_file():
        try:
            own = JsonTranslator(file, app)
            learn(json.loads(file.with_suffix(".core.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            log.warning("The translation %s could not be read; the window stays English.", file.name)
            return installed
        app.installTranslator(own)
        installed.append(own)
    return installed


def remove_translators(app: QCoreApplication, installed: list[QTranslator]) -> None:
    """Speak English again."""
    learn({})
    for translator in installed:
        app.removeTranslator(translator)
