"""When the catalogue cannot be opened: what happened, that the photos are safe, and the ways out."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QMessageBox

from organizer.errors import CatalogDamaged, CatalogError, CatalogTooNew, CatalogUnsuitablePlace

from ..core_words import core_words
from ..translation import tr


class WayOut(StrEnum):
    """What the person chose."""

    RESTORE = "restore"
    AFRESH = "afresh"
    RETRY = "retry"
    QUIT = "quit"


def ways_out_of(error: CatalogError) -> tuple[WayOut, ...]:
    """What can be done about it; quitting always."""
    match error:
        case CatalogDamaged():
            return (WayOut.RESTORE, WayOut.AFRESH, WayOut.QUIT)
        case CatalogTooNew():
            return (WayOut.RESTORE, WayOut.QUIT)
        case CatalogUnsuitablePlace():
            return (WayOut.QUIT,)
        case _:
            return (WayOut.RETRY, WayOut.QUIT)


def ask_way_out(error: CatalogError) -> WayOut:
    """Show what happened and let the person choose."""
    words = {
        WayOut.RESTORE: tr("Use the last good backup"),
        WayOut.AFRESH: tr("Start a new catalogue"),
        WayOut.RETRY: tr("Try again"),
        WayOut.QUIT: tr("Quit"),
    }
    box = QMessageBox()
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(tr("Photo Organizer"))
    box.setText(core_words(str(error)))
    box.setInformativeText(
        tr("Your photos are not affected: the catalogue only holds what is known about them.")
    )
    buttons: dict[object, WayOut] = {}
    for way in ways_out_of(error):
        role = QMessageBox.ButtonRole.RejectRole if way is WayOut.QUIT else QMessageBox.ButtonRole.AcceptRole
        button = box.addButton(words[way], role)
        if not buttons:
            box.setDefaultButton(button)
        buttons[button] = way
    box.exec()
    return buttons.get(box.clickedButton(), WayOut.QUIT)
