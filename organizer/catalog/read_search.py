"""Questions of the search: photos that hold words, photos that pass filters, photos near a place.

The words of names, folders, cameras and captions are looked up in the full-text index; everything else is a
condition on the photo's row. Knows neither likeness nor the search's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.reader_core import IN_IDS, ReaderCore, id_list
from organizer.catalog.schema import COLOUR_COLUMNS
from organizer.catalog.words import match_expressions, phrase_expression

_SQUARE = 1.05  # a side may be longer by this much
_SHAPES = {
    "landscape": f"p.width > {_SQUARE} * p.height",
    "portrait": f"p.height > {_SQUARE} * p.width",
    "square": f"p.width <= {_SQUARE} * p.height AND p.height <= {_SQUARE} * p.width",
}
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Condition:
    """What a photo must be; exactly one of these is given.

    Attributes:
        since, until: seconds of local time as ``rows.taken_seconds`` gives them; until is exclusive.
        camera, folder: words that the camera's or the folders' names must hold. formats: names of formats.
        shape: "landscape", "portrait" or "square". colour, least: share of the colour, 0..1.
        negated: it must not be so.
    """

    since: float | None = None
    until: float | None = None
    camera: str = ""
    folder: str = ""
    formats: tuple[str, ...] = ()
    shape: str = ""
    colour: str = ""
    least: float = 0.0
    negated: bool = False


class SearchReads(ReaderCore):
    def holding(self, text: str, phrase: bool = False) -> NDArray[np.int64]:
        """Ids of photos (in any state) whose name, folder, camera or caption holds every word of a text.

        Args:
            phrase: the words must stand beside each other.

        Returns:
            int64 (M,), ascending.
        """
        expressions = phrase_expression(text) if phrase else match_expressions(text)
        found: NDArray[np.int64] | None = None
        for expression in expressions:
            ids = _sorted(
                self._ids(
                    "SELECT rowid AS id FROM photo_words WHERE photo_words MATCH ?1 "
                    "UNION ALL SELECT rowid FROM caption_words WHERE caption_words MATCH ?1",
                    (expression,),
                )
            )
            found = ids if found is None else np.intersect1d(found, ids, assume_unique=True)
        return np.zeros(0, np.int64) if found is None else found

    def near(self, latitude: float, longitude: float, km: float) -> NDArray[np.int64]:
        """Ids of photos (in any state) that were taken at most so far away, as their EXIF says; int64 (M,),
        ascending.
        """
        ids, norths, easts = self.unchanged("positions", self._positions)
        band = np.abs(norths - latitude) <= km / _KM_PER_DEGREE
        north, east = np.radians(norths[band]), np.radians(easts[band] - longitude)
        here = np.radians(latitude)
        cosine = np.sin(north) * np.sin(here) + np.cos(north) * np.cos(here) * np.cos(east)
        away = np.degrees(np.arccos(np.clip(cosine, -1, 1))) * _KM_PER_DEGREE
        near: NDArray[np.int64] = ids[band][away <= km]
        return near

    def _positions(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Ids of photos that say where they were taken, ascending, and their degrees north and east."""
        rows = self._rows("SELECT id, latitude, longitude FROM photos WHERE latitude IS NOT NULL ORDER BY id")
        numbers = np.array(rows, np.float64).reshape(-1, 3)
        return numbers[:, 0].astype(np.int64), numbers[:, 1], numbers[:, 2]

    def passing(
        self, conditions: Sequence[Condition], ids: Iterable[int] | None = None, limit: int = -1
    ) -> NDArray[np.int64]:
        """Ids of present photos that fulfil all conditions, newest first.

        Args:
            ids: only among these; None for all photos. limit: so many at most; -1 for all.
        """
        clauses, values = ["p.state = 0"], list[object]()
        if ids is not None:
            clauses = [f"p.id {IN_IDS}", "+p.state = 0"]  # plus: by ids, not along the order of all photos
            values.append(id_list(ids))
        elsewhere: list[tuple[NDArray[np.int64], bool]] = []  # conditions on other tables: ids, negated
        for condition in conditions:
            clause, given = _clause(condition, few=ids is not None)
            if clause.startswith("SELECT"):
                elsewhere.append((self._ids(clause, given), condition.negated))
            else:
                clauses.append(f"NOT ({clause})" if condition.negated else f"({clause})")
                values += given
        if any(not len(others) and not negated for others, negated in elsewhere):
            return np.zeros(0, np.int64)
        found = self._ids(
            f"SELECT p.id FROM photos p WHERE {' AND '.join(clauses)} ORDER BY p.sort_time DESC, p.id DESC "
            "LIMIT ?",
            [*values, -1 if elsewhere else limit],
        )
        for others, negated in elsewhere:
            found = found[np.isin(found, others, invert=negated)]
        return found if limit < 0 else found[:limit]

    def present_count(self) -> int:
        """How many photos are present."""
        return self.unchanged("present", lambda: self._number("SELECT count(*) FROM photos WHERE state = 0"))

    def cameras(self) -> list[str]:
        """Names of the cameras that present photos were taken with, the most used first."""
        rows = self._rows(
            "SELECT camera FROM photos WHERE state = 0 AND camera IS NOT NULL AND camera <> '' "
            "GROUP BY camera ORDER BY count(*) DESC, camera"
        )
        return [row[0] for row in rows]

    def without_colours(self) -> NDArray[np.int64]:
        """Ids of photos whose small pictures were not looked at for colours yet."""
        return self.unchanged(
            "colourless",
            lambda: self._ids(
                "SELECT s.photo_id AS id FROM small_pictures s "
                "WHERE NOT EXISTS (SELECT 1 FROM colours c WHERE c.photo_id = s.photo_id)",
                (),
            ),
        )


def _sorted(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ascending and each once; quick where they are so already, as they mostly are."""
    return ids if (np.diff(ids) > 0).all() else np.unique(ids)


def _clause(condition: Condition, *, few: bool) -> tuple[str, list[object]]:
    """SQL over ``photos p`` and its values, or a query of its own for ids in another table; few: where it is
    about some photos, which are looked up one by one.
    """
    if condition.since is not None or condition.until is not None:
        bounds = [("p.sort_time >= ?", condition.since), ("p.sort_time < ?", condition.until)]
        given = [(sql, value) for sql, value in bounds if value is not None]
        return " AND ".join(sql for sql, _ in given), [value for _, value in given]
    for column, text in (("camera", condition.camera), ("folder", condition.folder)):
        if text:
            expressions = [f"{column} : {one}" for one in match_expressions(text)]
            return "SELECT rowid AS id FROM photo_words WHERE photo_words MATCH ?", [
                " AND ".join(expressions)
            ]
    if condition.formats:
        return f"p.format IN ({', '.join('?' * len(condition.formats))})", list(condition.formats)
    if condition.shape:
        return _SHAPES[condition.shape], []
    if condition.colour:
        if condition.colour not in COLOUR_COLUMNS:
            raise ValueError(f"no colour is called {condition.colour}")
        enough = f"SELECT photo_id AS id FROM colours WHERE {condition.colour} >= ?"
        share = round(255 * condition.least)
        return (f"EXISTS ({enough} AND photo_id = p.id)" if few else enough), [share]
    return "1", []
