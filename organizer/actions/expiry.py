"""Which photos have been in the trash for the days that the person chose, and may leave it.

None goes unannounced: what is due is announced first, and goes at the earliest a day later, at a start of the
program. A clock that is set back makes nothing due and starts the announcement anew; one that jumps ahead
announces, and takes nothing on that day. Pure: knows neither files nor the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from organizer.actions.report import ActionReport, TrashEntry

NOTICE = timedelta(days=1)  # between the announcement and the end


@dataclass(frozen=True, slots=True)
class Expiry:
    """Attributes:
    expired: ids of entries that may go now.
    announced: id -> when it was announced (ISO 8601), to be kept until the next time.
    fresh: ids that are announced for the first time.
    """

    expired: tuple[int, ...]
    announced: dict[int, str]
    fresh: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expired:
    """What a start of the program did about the days.

    Attributes:
        report: what left the trash. announced: how many photos will leave it another day, told for the first
            time. held: how many stay, told for the first time, because the copy that was kept is lost.
    """

    report: ActionReport
    announced: int = 0
    held: int = 0


def is_due(entry: TrashEntry, now: datetime, days: int) -> bool:
    """Whether an entry has been in the trash for so many days; 0 for never."""
    return days > 0 and datetime.fromisoformat(entry.removed_at) + timedelta(days=days) <= now


def expiry(entries: Iterable[TrashEntry], announced: Mapping[int, str], now: datetime, days: int) -> Expiry:
    """Decide for all entries of the trash.

    Args:
        announced: what the last answer said. now: with its zone.
        days: that a photo stays in the trash; 0 for ever.
    """
    if days <= 0:
        return Expiry((), {}, ())
    expired, kept, fresh = [], {}, []
    for entry in entries:
        due = datetime.fromisoformat(entry.removed_at) + timedelta(days=days)
        if due > now:
            continue
        told = announced.get(entry.id)
        when = None if told is None else datetime.fromisoformat(told)
        if when is None or when > now or when < due:  # a clock was set, or the days were changed
            kept[entry.id] = now.isoformat()
            fresh.append(entry.id)
        elif now - when >= NOTICE:
            expired.append(entry.id)
        else:
            kept[entry.id] = told or ""
    return Expiry(tuple(expired), kept, tuple(fresh))
