"""How quick the grid is with 100,000 photos: ``python -m tests.bench.bench_grid [COUNT]``.

Prints the CPU time of a resize, of new contents, and of a frame while scrolling with thumbnails at hand.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from organizer.paths import resources_dir
from ui.models.days import by_day
from ui.models.thumbnails import ThumbnailLoader
from ui.theme import Theme
from ui.views.grid import GridView

FRAMES = 120


class Pictures:
    """The same small picture for every photo."""

    def __init__(self) -> None:
        noise = np.random.default_rng(1).integers(0, 255, (256, 384, 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(noise).save(stream, "JPEG", quality=80)
        self._data = stream.getvalue()

    def thumbnail(self, photo_id: int) -> bytes | None:
        return self._data


def milliseconds(fn: Callable[[], object]) -> float:
    """CPU time of this thread, so that what else the machine does is left out."""
    started = time.thread_time()
    fn()
    return (time.thread_time() - started) * 1000


def settle(ms: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def line(name: str, values: list[float]) -> None:
    worst = sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]
    print(f"{name:34} median {statistics.median(values):7.2f} ms   p95 {worst:7.2f} ms")


def main(count: int) -> None:
    app = QApplication([])
    theme = Theme(resources_dir(), "light")
    theme.apply()
    loader = ThumbnailLoader(Pictures())
    days = np.array(
        [f"20{10 + i // 9000:02}-{1 + i // 700 % 12:02}-{1 + i // 30 % 28:02}" for i in range(count)]
    )
    ids = np.arange(count, dtype=np.int64)
    grid = GridView(loader, theme)
    grid.resize(1200, 800)
    grid.show()
    print(f"{count:,} photos, window 1200 x 800")
    content = by_day(ids, days)
    line("sorting into days", [milliseconds(lambda: by_day(ids, days)) for _ in range(3)])
    line("new contents", [milliseconds(lambda: grid.set_content(content)) for _ in range(5)])
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 2)
    settle(1500)
    widths = [1200 - 40 * (step % 10) for step in range(20)]
    line("resize with layout", [milliseconds(lambda w=width: grid.resize(w, 800)) for width in widths])
    grid.resize(1200, 800)
    settle(2500)
    bar = grid.verticalScrollBar()
    top = bar.value()
    for step in range(20):
        bar.setValue(top + step * 12)
        settle(60)
    side = grid.thumbnail_side()
    pixmaps = [grid.thumbnails.pixmap(i, side) for i in grid.photo_ids(grid.visible_places())]
    exact = sum(pixmap is not None and pixmap.width() == side for pixmap in pixmaps)
    frames = []
    for step in range(FRAMES):
        bar.setValue(top + (step % 20) * 12)
        frames.append(milliseconds(grid.viewport().repaint))
    line("frame while scrolling", frames)
    print(
        f"cells in view {len(pixmaps)}, at their exact size {exact}, pixmaps {loader.bytes_used / 1e6:.1f} MB"
    )
    loader.close()
    grid.close()
    app.quit()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
