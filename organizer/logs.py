"""The program's log file: where defects and technical causes go, beside the kind sentence a person sees."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

log = logging.getLogger(__name__)

FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
FILE_BYTES = 1_000_000


def start_logging(folder: Path, level: int = logging.INFO) -> Path:
    """Send log records to a rotating file in ``folder``; returns the file.

    A folder that cannot be written costs the log, not the program. Calling it again moves the log.
    """
    file = folder / "photo-organizer.log"
    root = logging.getLogger()
    for old in [h for h in root.handlers if getattr(h, "ours", False)]:
        root.removeHandler(old)
        old.close()
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            file, maxBytes=FILE_BYTES, backupCount=2, encoding="utf-8", errors="backslashreplace", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.ours = True  # type: ignore[attr-defined]
    handler.setFormatter(logging.Formatter(FORMAT))
    root.addHandler(handler)
    root.setLevel(level)
    for chatty in ("PIL", "watchdog", "huggingface_hub", "open_clip", "timm"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return file
