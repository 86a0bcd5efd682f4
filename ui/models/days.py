"""Sections of time for the photos: a day where there are many, a few days together where there are few.

Pure functions over ids and ISO days; knows no catalogue and no pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDate, QLocale

from ..services import number, tr
from .content import Content, Section

BUSY_DAY = 6  # photos that give a day its own section


def by_day(ids: NDArray[np.int64], days: NDArray[np.str_]) -> Content:
    """Newest day first, photos without a date last; the order inside a day is kept.

    Quiet days of one month that follow each other share a section, so that a library with a photo now
    and then is not a ladder of single photos.

    Args:
        ids: (N,). days: (N,), "2024-05-01" or "".
    """
    if not len(ids):
        return Content(ids)
    names, group = np.unique(days, return_inverse=True)
    order = np.argsort(-group, kind="stable")
    counts = np.bincount(group, minlength=len(names))[::-1]
    sections: list[Section] = []
    start = 0
    for run in _runs(names[::-1].tolist(), counts.tolist()):
        count = sum(many for _day, many in run)
        first, last = run[-1][0], run[0][0]
        sections.append(Section(last, _title(first, last), number(count), start, count))
        start += count
    return Content(ids[order], tuple(sections))


def _runs(days: list[str], counts: list[int]) -> list[list[tuple[str, int]]]:
    """Days newest first, quiet neighbours of one month together."""
    runs: list[list[tuple[str, int]]] = []
    quiet = False
    for day, count in zip(days, counts, strict=True):
        calm = count < BUSY_DAY and bool(day)
        if calm and quiet and runs[-1][-1][0][:7] == day[:7]:
            runs[-1].append((day, count))
        else:
            runs.append([(day, count)])
        quiet = calm
    return runs


def _title(first: str, last: str) -> str:
    if not last:
        return tr("Without a date")
    date = QDate.fromString(last, "yyyy-MM-dd")
    if not date.isValid():
        return last
    if first == last:
        return QLocale().toString(date, QLocale.FormatType.LongFormat)
    month = QLocale().toString(date, tr("MMMM yyyy"))
    return tr("{first} – {last} {month}", first=int(first[8:]), last=int(last[8:]), month=month)
