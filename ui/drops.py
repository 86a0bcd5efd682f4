"""Which folders a drag from the file manager brings. Pure functions over MIME data."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

OWN_MIME = "application/x-photo-organizer-ids"  # photos dragged inside the program


def folders_in(mime: QMimeData) -> list[Path]:
    """Folders that were dropped, and the folders of files that were dropped, each once.

    Nothing for drags that began in this program, and nothing for addresses that are not local.
    """
    if not mime.hasUrls() or mime.hasFormat(OWN_MIME):
        return []
    found: list[Path] = []
    for url in mime.urls():
        if not url.isLocalFile():
            continue
        path = Path(url.toLocalFile())
        folder = path if path.is_dir() else path.parent
        if folder not in found:
            found.append(folder)
    return found


def may_hold_folders(mime: QMimeData) -> bool:
    """The quick question while something is dragged over the window; looks at no disk."""
    return mime.hasUrls() and not mime.hasFormat(OWN_MIME) and any(url.isLocalFile() for url in mime.urls())
