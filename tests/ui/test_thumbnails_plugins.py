"""Decoding in a thread asks no translator: Qt would do so under a lock, and translators need Python's."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import REPOSITORY

SCRIPT = """
import io, sys, threading
from PIL import Image
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication
from ui.models.thumbnails import decode_thumbnail

class Heard(QTranslator):
    threads = set()
    def isEmpty(self):
        return False
    def translate(self, context, source, disambiguation=None, n=-1):
        self.threads.add(threading.current_thread().name)
        return None

app = QApplication(["test"])
heard = Heard()
app.installTranslator(heard)
picture = io.BytesIO()
Image.new("RGB", (64, 48), "red").save(picture, sys.argv[1])
worker = threading.Thread(target=decode_thumbnail, args=(picture.getvalue(), 32), name="worker")
worker.start()
worker.join()
print("asked" if "worker" in heard.threads else "quiet")
"""


def _said(kind: str) -> str:
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        timeout=120,
        check=True,
    )
    return made.stdout.strip()


def test_no_translator_is_asked_from_a_thread() -> None:
    assert _said("JPEG") == "quiet"
