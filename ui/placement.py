"""Where the window was and how wide its columns were: to one short text for the settings, and back."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from .views.columns import Columns

FIRST_SIZE = (1280, 800)
ROOMY = 1180  # from this width on the inspector is shown at first


def save(window: QMainWindow, columns: Columns, inspector: bool) -> str:
    """The present placement."""
    parts = (window.saveGeometry().data(), columns.state().data(), b"1" if inspector else b"0")
    return ".".join(base64.b64encode(part).decode("ascii") for part in parts)


def restore(window: QMainWindow, columns: Columns, text: str) -> bool:
    """Place the window as it was, or well on this screen; returns whether the inspector is shown."""
    try:
        geometry, widths, inspector = (base64.b64decode(part, validate=True) for part in text.split("."))
    except (ValueError, binascii.Error):
        room = window.screen().availableSize()
        width, height = min(FIRST_SIZE[0], room.width()), min(FIRST_SIZE[1], room.height())
        window.resize(width, height)
        return width >= ROOMY
    window.restoreGeometry(QByteArray(geometry))
    columns.show_state(QByteArray(widths))
    return inspector == b"1"
