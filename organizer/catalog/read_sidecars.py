"""Questions about sidecars: what they said, and what was written into them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from pathlib import Path

from organizer.catalog.reader_core import IN_IDS, ReaderCore, Row, id_list
from organizer.catalog.rows import path_bytes, path_of
from organizer.catalog.values import SidecarRow, SidecarWrite
from organizer.records import SidecarFields

_ROW = (
    "SELECT photo_id, path, size, mtime_ns, title, description, keywords, rating, latitude, longitude, "
    "problem FROM sidecars"
)
_WRITE = "SELECT id, action_id, path, before, after, wanted FROM sidecar_writes"


class SidecarReads(ReaderCore):
    def sidecars(self, photo_ids: Iterable[int] | None = None) -> dict[int, SidecarRow]:
        """What the sidecars of photos said when they were last read; of all photos when no ids are given."""
        if photo_ids is None:
            rows = self._rows(_ROW)
        else:
            rows = self._rows(f"{_ROW} WHERE photo_id {IN_IDS}", (id_list(photo_ids),))
        return {row[0]: _sidecar(row) for row in rows}

    def sidecar_writes(self, action_id: int) -> list[SidecarWrite]:
        """The files of an action, in the order they were written."""
        return [_write(row) for row in self._rows(f"{_WRITE} WHERE action_id = ? ORDER BY id", (action_id,))]

    def sidecar_history(self, path: Path) -> list[SidecarWrite]:
        """What was written into one file and stands, newest first."""
        standing = "action_id IN (SELECT id FROM actions WHERE state NOT IN ('undone', 'abandoned'))"
        rows = self._rows(f"{_WRITE} WHERE path = ? AND {standing} ORDER BY id DESC", (path_bytes(path),))
        return [_write(row) for row in rows]


def _sidecar(row: Row) -> SidecarRow:
    said = SidecarFields(row[4], row[5], tuple(json.loads(row[6])), row[7], row[8], row[9])
    return SidecarRow(row[0], path_of(row[1]), row[2], row[3], said, row[10])


def _write(row: Row) -> SidecarWrite:
    wanted = json.loads(row[5])
    fields = {**wanted["fields"], "keywords": tuple(wanted["fields"]["keywords"])}
    before = None if row[3] is None else zlib.decompress(row[3])
    return SidecarWrite(
        row[0], row[1], path_of(row[2]), before, row[4], SidecarFields(**fields), tuple(wanted["replace"])
    )
