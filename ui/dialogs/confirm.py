"""The one kind of question: asked only before what cannot be undone."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from ..translation import tr


def confirm(parent: QWidget | None, question: str, explanation: str, action: str) -> bool:
    """Ask, with the action's own words on its button; Escape and Enter mean no.

    Args:
        question: short, ends with a question mark. explanation: what will be lost and what will not.
        action: the words of the button that does it ("Delete 14 files").
    """
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(tr("Photo Organizer"))
    box.setText(question)
    box.setInformativeText(explanation)
    yes = box.addButton(action, QMessageBox.ButtonRole.DestructiveRole)
    yes.setProperty("kind", "danger")
    no = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.exec()
    chosen = box.clickedButton() is yes
    box.deleteLater()
    return chosen
