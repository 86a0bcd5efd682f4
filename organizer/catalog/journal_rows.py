"""New entries of the journal. Each begins here, and ends what could be redone."""

from __future__ import annotations

import sqlite3

from organizer.catalog.values import ActionKind, ActionState, now

FOUND = "found"  # stands for the changes of an entry that nobody made: files found in a trash folder


def open_action(c: sqlite3.Connection, kind: ActionKind, why: str, changes: str = "") -> int:
    """Write a new entry that stands; returns its id. What was undone before it cannot be done again, unless
    nobody did anything (FOUND)."""
    if changes != FOUND:
        c.execute(
            "UPDATE actions SET state = ? WHERE state = ?",
            (str(ActionState.ABANDONED), str(ActionState.UNDONE)),
        )
    cursor = c.execute(
        "INSERT INTO actions (at, kind, why, state, changes) VALUES (?, ?, ?, ?, ?)",
        (now(), str(kind), why, str(ActionState.DONE), changes),
    )
    return int(cursor.lastrowid or 0)
