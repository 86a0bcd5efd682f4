"""The program's log file: where defects and technical causes go, beside the kind sentence a person sees."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
FILE_BYTES = 1_000_000


class _ProgramLog(RotatingFileHandler):
    """Our handler, told apart from those of tests and libraries."""


def start_logging(folder: Path, level: int = logging.INFO) -> Path:
    """Send log records to a rotating file in ``folder``; returns the file.

    A folder that cannot be written costs the log, not the program. Calling it again moves the log.
    """
    file = folder / "photo-organizer.log"
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _ProgramLog)]:
        root.removeHandler(old)
        old.close()
    root.setLevel(level)
    for chatty in ("PIL", "watchdog", "huggingface_hub", "open_clip", "timm"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = _ProgramLog(
            file, maxBytes=FILE_BYTES, backupCount=2, encoding="utf-8", errors="backslashreplace", delay=True
        )
    except OSError:
        return file
    handler.setFormatter(logging.Formatter(FORMAT))
    root.addHandler(handler)
    return file
