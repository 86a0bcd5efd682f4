"""What the analyses found and the person decided, as the views show it.

Only present photos are shown. Decisions lie over the results when they are read, so a decision shows
at once and its undo too. A stack of which fewer than two photos are left is no stack.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.read_photos import may_be_flagged
from organizer.catalog.reader_core import IN_IDS, ReaderCore, Row, id_list
from organizer.records import HASH_BYTES
from organizer.results import Caption, Categorised, Flag, Pick, Reason, Stack, Tier

_TIERS = tuple(Tier)
LEFT_OVER = "the best copy that is left"

_CATEGORIES = """SELECT c.photo_id, coalesce(m.category, c.category), c.score, c.ranked, c.doubtful,
    c.by_user, m.category IS NOT NULL FROM categories c JOIN photos p ON p.id = c.photo_id AND p.state = 0
    LEFT JOIN category_moves m ON m.content_hash = p.content_hash AND m.category NOT IN
    (SELECT category FROM category_edits WHERE hidden)"""
_FLAGS = f"""SELECT f.photo_id, f.reason, f.score, f.why FROM flags f
    JOIN photos p ON p.id = f.photo_id AND p.state = 0 WHERE {may_be_flagged("f.reason")}"""
_CAPTIONS = """SELECT p.id, coalesce(u.text, c.text), CASE WHEN u.text IS NULL THEN c.source ELSE 'user' END
    FROM photos p LEFT JOIN captions c ON c.photo_id = p.id
    LEFT JOIN user_captions u ON u.content_hash = p.content_hash
    WHERE p.state = 0 AND coalesce(u.text, c.text) IS NOT NULL"""
_MEMBERS = """SELECT s.key, s.tier, s.why, m.photo_id, m.position, m.lacks FROM stacks s
    JOIN stack_members m ON m.stack_id = s.id JOIN photos p ON p.id = m.photo_id AND p.state = 0"""


class ResultReads(ReaderCore):
    def categories(self) -> list[Categorised]:
        """The category of every present photo that has one, by photo id."""
        return [_categorised(row) for row in self._rows(f"{_CATEGORIES} ORDER BY c.photo_id")]

    def categories_of(self, ids: Iterable[int]) -> dict[int, Categorised]:
        rows = self._rows(f"{_CATEGORIES} WHERE c.photo_id {IN_IDS}", (id_list(ids),))
        return {row[0]: _categorised(row) for row in rows}

    def stacks(self) -> list[Stack]:
        """All stacks of at least two present photos: by tier, the surest first, then by their first id."""
        return _stacks(self._rows(f"{_MEMBERS} ORDER BY s.id, m.position"))

    def stack(self, key: str) -> Stack | None:
        found = _stacks(self._rows(f"{_MEMBERS} WHERE s.key = ? ORDER BY m.position", (key,)))
        return found[0] if found else None

    def stacks_of(self, photo_id: int) -> list[Stack]:
        """The stacks that a photo is in: at most one a tier."""
        inside = "s.id IN (SELECT stack_id FROM stack_members WHERE photo_id = ?)"
        return _stacks(self._rows(f"{_MEMBERS} WHERE {inside} ORDER BY s.id, m.position", (photo_id,)))

    def flags(self, reason: Reason | None = None) -> list[Flag]:
        """Flags that were not dismissed, by reason, worst first; none of a photo that the person picked."""
        only, values = ("", ()) if reason is None else (" AND f.reason = ?", (str(reason),))
        return [
            _flag(row)
            for row in self._rows(f"{_FLAGS}{only} ORDER BY f.reason, f.score DESC, f.photo_id", values)
        ]

    def flags_of(self, ids: Iterable[int]) -> dict[int, tuple[Flag, ...]]:
        """Photo id -> its flags, worst first; photos without any are left out."""
        found: dict[int, list[Flag]] = {}
        for row in self._rows(f"{_FLAGS} AND f.photo_id {IN_IDS} ORDER BY f.score DESC", (id_list(ids),)):
            found.setdefault(row[0], []).append(_flag(row))
        return {photo_id: tuple(flags) for photo_id, flags in found.items()}

    def quality_of(self, photo_id: int) -> dict[Reason, float]:
        """Score 0..1 for each reason that was judged."""
        row = self._row(f"SELECT {', '.join(Reason)} FROM quality WHERE photo_id = ?", (photo_id,))
        if row is None:
            return {}
        return {reason: float(value) for reason, value in zip(Reason, row, strict=True) if value is not None}

    def quality(self) -> tuple[NDArray[np.int64], dict[Reason, NDArray[np.float32]]]:
        """Ids (N,) ascending and the scores float32 (N,) for each reason; NaN where not judged."""
        rows = self._rows(
            f"SELECT q.photo_id, {', '.join(f'q.{reason}' for reason in Reason)} FROM quality q "
            "JOIN photos p ON p.id = q.photo_id AND p.state = 0 ORDER BY q.photo_id"
        )
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        scores = {
            reason: np.array([row[place] for row in rows], np.float64).astype(np.float32)
            for place, reason in enumerate(Reason, start=1)
        }
        return ids, scores

    def flag_count(self, reason: Reason, threshold: float) -> int:
        """How many present photos would be flagged at a threshold; dismissed and picked ones do not count."""
        score = f"q.{Reason(reason)}"
        return self._number(
            f"SELECT count(*) FROM quality q JOIN photos p ON p.id = q.photo_id AND p.state = 0 "
            f"WHERE {score} >= ? AND {score} > 0 AND {may_be_flagged('?')}",
            (threshold, str(reason)),
        )

    def picks(self) -> list[Pick]:
        """The highlights, in the order they were stored."""
        rows = self._rows(
            "SELECT k.photo_id, k.category, k.score, k.why FROM picks k "
            "JOIN photos p ON p.id = k.photo_id AND p.state = 0 ORDER BY k.position"
        )
        return [Pick(*row) for row in rows]

    def pick_of(self, photo_id: int) -> Pick | None:
        row = self._row("SELECT photo_id, category, score, why FROM picks WHERE photo_id = ?", (photo_id,))
        return None if row is None else Pick(*row)

    def captions(self) -> list[Caption]:
        """The caption of every present photo that has one, newest photo first; a person's text wins."""
        return [Caption(*row) for row in self._rows(f"{_CAPTIONS} ORDER BY p.sort_time DESC, p.id DESC")]

    def captions_of(self, ids: Iterable[int]) -> dict[int, Caption]:
        rows = self._rows(f"{_CAPTIONS} AND p.id {IN_IDS}", (id_list(ids),))
        return {row[0]: Caption(*row) for row in rows}

    # -- decisions, by content hash ---------------------------------------------------------------

    def category_moves(self) -> dict[bytes, str]:
        """Content hash -> the category that the person put it in; hidden ones count for nothing."""
        shown = "category NOT IN (SELECT category FROM category_edits WHERE hidden)"
        rows = self._rows(f"SELECT content_hash, category FROM category_moves WHERE {shown}")
        return {row[0]: row[1] for row in rows}

    def user_captions(self) -> dict[bytes, str]:
        return {row[0]: row[1] for row in self._rows("SELECT content_hash, text FROM user_captions")}

    def dismissed(self) -> set[tuple[bytes, Reason]]:
        """(content hash, reason) of the flags that the person dismissed."""
        return {
            (row[0], Reason(row[1])) for row in self._rows("SELECT content_hash, reason FROM dismissed_flags")
        }

    def choices(self) -> dict[bytes, int]:
        """Content hash -> 1 for a pick, -1 for a reject; undecided ones are left out."""
        return {
            row[0]: row[1] for row in self._rows("SELECT content_hash, choice FROM choices WHERE choice <> 0")
        }

    def choice_of(self, photo_id: int) -> int:
        return self._number(
            "SELECT c.choice FROM choices c JOIN photos p ON p.content_hash = c.content_hash WHERE p.id = ?",
            (photo_id,),
        )

    def not_duplicates(self) -> set[frozenset[bytes]]:
        """Pairs of content hashes that are no duplicates; one hash alone where two files have the same
        bytes.
        """
        return {frozenset(row) for row in self._rows("SELECT first, second FROM not_duplicates")}

    def decided_pixels(self) -> dict[bytes, bytes]:
        """Content hash -> pixel hash of the files that those two speak of, where it is known."""
        return {row[0]: row[1] for row in self._rows("SELECT content_hash, pixel_hash FROM decided_pixels")}

    def keep_both(self) -> list[tuple[bytes, ...]]:
        """The stacks that are kept whole: their content hashes, sorted, repeated for files with the same
        bytes.

        A stack is to be hidden while its hashes are contained in one of these, counting repeats; a new member
        brings it back.
        """
        rows = self._rows("SELECT members FROM keep_both")
        return [tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)) for (raw,) in rows]


def _categorised(row: Row) -> Categorised:
    photo_id, category, score, ranked_text, doubtful, was_by_user, by_user = row
    ranked = tuple((str(key), float(value)) for key, value in json.loads(ranked_text))
    if by_user:
        return Categorised(photo_id, category, 1.0, ranked, False, True)
    if was_by_user and ranked:  # the decision was undone after the analysis had taken it in
        return Categorised(photo_id, *ranked[0], ranked, True, False)
    return Categorised(photo_id, category, score, ranked, bool(doubtful), False)


def _flag(row: Row) -> Flag:
    return Flag(row[0], Reason(row[1]), row[2], row[3])


def _stacks(rows: list[Row]) -> list[Stack]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(row)
    found = []
    for key, members in grouped.items():
        if len(members) < 2:
            continue
        first = members[0]
        why = first[2] if first[4] == 0 else LEFT_OVER  # position 0 is the one that was chosen
        ids = tuple(row[3] for row in members)
        lacks = {row[3]: row[5] for row in members[1:] if row[5] is not None}
        found.append(Stack(key, Tier(first[1]), ids, ids[0], why, lacks))
    return sorted(found, key=lambda stack: (_TIERS.index(stack.tier), min(stack.members)))
