"""The catalogue as arrays: the table of facts, vectors and small pictures that the analyses take."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.reader_core import IN_IDS, ReaderCore, id_list
from organizer.catalog.rows import MEASURES, fingerprint_of, path_bytes
from organizer.records import CHROMA_SIDE, GREY_SIDE, MEASURES_VERSION, Fingerprint, Look
from organizer.results import PhotoTable

_TABLE = f"""
    SELECT p.id, p.content_hash, p.pixel_hash, p.path, p.taken, p.mtime_ns, p.size, p.width, p.height,
    p.format, coalesce(max(0, s.rating), p.rating, -1), coalesce(c.choice, 0), r.protected,
    coalesce(f.phash, 0), coalesce(f.dhash, 0), {", ".join(f"m.{name}" for name in MEASURES)},
    coalesce(p.camera, '')
    FROM photos p JOIN roots r ON r.id = p.root_id
    LEFT JOIN fingerprints f ON f.photo_id = p.id
    LEFT JOIN measurements m ON m.photo_id = p.id AND m.version = {MEASURES_VERSION}
    LEFT JOIN choices c ON c.content_hash = p.content_hash LEFT JOIN sidecars s ON s.photo_id = p.id
    WHERE +p.state = 0 AND +p.look >= ? ORDER BY p.id"""  # plus: in order of ids, without a sort
_MEASURES_AT = 15


class VectorReads(ReaderCore):
    def table(self, protected: Sequence[Path] = (), *, look: Look = Look.HEAD) -> PhotoTable:
        """Facts of all present photos as columns, ids ascending.

        Args:
            protected: folders that the settings protect, beside the protected roots.
            look: only photos known at least so well; below FULL nothing is measured, below HASHED the
                content hash is that of no file.
        """
        rows = self._rows(_TABLE, (int(look),))
        columns: list[Any] = [  # a column at a time: turning all at once would keep other threads waiting
            [row[place] for row in rows] for place in range(_MEASURES_AT + len(MEASURES) + 1)
        ]
        bounds = [path_bytes(folder).rstrip(b"/\\") for folder in protected]
        guarded = np.array(columns[12], dtype=bool)
        if bounds:
            guarded |= np.array(
                [any(_is_below(raw, bound) for bound in bounds) for raw in columns[3]], dtype=bool
            )
        return PhotoTable(
            ids=np.array(columns[0], np.int64),
            content_hash=list(columns[1]),
            pixel_hash=list(columns[2]),
            path=[os.fsdecode(raw) for raw in columns[3]],
            taken=np.array(columns[4], np.float64),
            mtime=np.array(columns[5], np.float64) / 1e9,
            size=np.array(columns[6], np.int64),
            width=np.array(columns[7], np.int32),
            height=np.array(columns[8], np.int32),
            format=list(columns[9]),
            rating=np.array(columns[10], np.int8),
            pick=np.array(columns[11], np.int8),
            protected=guarded,
            phash=np.array(columns[13], np.int64).view(np.uint64),
            dhash=np.array(columns[14], np.int64).view(np.uint64),
            measures={
                name: np.array(columns[_MEASURES_AT + index], np.float64).astype(np.float32)
                for index, name in enumerate(MEASURES)
            },
            camera=list(columns[_MEASURES_AT + len(MEASURES)]),
        )

    def vectors(self, model: str) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """The embeddings of all present photos by a model.

        Returns:
            ids: int64 (M,), ascending. vectors: float16 (M, D), as stored; (0, 0) when there are none.
        """
        return self._matrix(
            "SELECT e.photo_id, e.vector FROM embeddings e JOIN photos p ON p.id = e.photo_id "
            "WHERE e.model = ? AND p.state = 0 ORDER BY e.photo_id",
            (model,),
        )

    def vectors_of(self, ids: Iterable[int], model: str) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """The same for some photos, in any state; ids without an embedding are left out."""
        return self._matrix(
            f"SELECT photo_id, vector FROM embeddings WHERE model = ? AND photo_id {IN_IDS} "
            "ORDER BY photo_id",
            (model, id_list(ids)),
        )

    def _matrix(
        self, statement: str, values: tuple[object, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        rows = self._rows(statement, values)
        if not rows:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float16)
        length = len(rows[0][1])
        fitting = [row for row in rows if len(row[1]) == length]
        ids = np.fromiter((row[0] for row in fitting), np.int64, len(fitting))
        matrix = np.frombuffer(b"".join(row[1] for row in fitting), dtype="<f2").reshape(
            len(fitting), length // 2
        )
        return ids, matrix

    def without_vector(self, model: str) -> NDArray[np.int64]:
        """Ids of present photos that the model has not embedded yet, newest first."""
        return self._ids(
            "SELECT p.id FROM photos p WHERE p.state = 0 AND NOT EXISTS "
            "(SELECT 1 FROM embeddings e WHERE e.photo_id = p.id AND e.model = ?) "
            "ORDER BY p.sort_time DESC, p.id DESC",
            (model,),
        )

    def measured_before(self) -> NDArray[np.int64]:
        """Ids of present photos whose measurements are of an older version, or lost; newest first."""
        return self._ids(
            "SELECT p.id FROM photos p LEFT JOIN measurements m ON m.photo_id = p.id "
            "WHERE p.state = 0 AND p.look = 2 AND coalesce(m.version, 0) <> ? "
            "ORDER BY p.sort_time DESC, p.id DESC",
            (MEASURES_VERSION,),
        )

    def vector_counts(self) -> dict[str, int]:
        """Model key -> number of embeddings stored."""
        return {row[0]: row[1] for row in self._rows("SELECT model, count(*) FROM embeddings GROUP BY model")}

    def greys(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        """The small pictures of some photos for proving duplicates.

        Returns:
            ids: int64 (M,), ascending; photos without them are left out. grey: uint8 (M, GREY_SIDE,
            GREY_SIDE). chroma: uint8 (M, 2, CHROMA_SIDE, CHROMA_SIDE).
        """
        rows = self._rows(
            f"SELECT photo_id, grey, chroma FROM small_pictures WHERE photo_id {IN_IDS} ORDER BY photo_id",
            (id_list(ids),),
        )
        found = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        grey = np.frombuffer(b"".join(row[1] for row in rows), np.uint8)
        chroma = np.frombuffer(b"".join(row[2] for row in rows), np.uint8)
        return (
            found,
            grey.reshape(-1, GREY_SIDE, GREY_SIDE),
            chroma.reshape(-1, 2, CHROMA_SIDE, CHROMA_SIDE),
        )

    def fingerprint(self, photo_id: int) -> Fingerprint | None:
        """Hashes and small pictures of one photo."""
        row = self._row(
            "SELECT f.phash, f.dhash, s.grey, s.chroma FROM fingerprints f "
            "JOIN small_pictures s ON s.photo_id = f.photo_id WHERE f.photo_id = ?",
            (photo_id,),
        )
        return None if row is None else fingerprint_of(*row)


def _is_below(raw: bytes, folder: bytes) -> bool:
    return raw.startswith(folder) and raw[len(folder) : len(folder) + 1] in (b"/", b"\\")
