"""Questions about topics and the vectors of captions that they are made from."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.reader_core import IN_IDS, ReaderCore, id_list
from organizer.results import Topic


class TopicReads(ReaderCore):
    def topics(self, text_model: str = "") -> list[Topic]:
        """All topics with their present photos, largest first.

        Args:
            text_model: centres of other models are left out, as (0, 0).
        """
        rows = self._rows(
            "SELECT key, words, name, by_user, model, width, centres, reach, photos FROM topics"
        )
        members = [np.frombuffer(row[8], "<i8") for row in rows]
        everyone = np.unique(np.concatenate(members)) if members else np.zeros(0, np.int64)
        present = {
            row[0]
            for row in self._rows(
                f"SELECT id FROM photos WHERE state = 0 AND id {IN_IDS}", (id_list(everyone.tolist()),)
            )
        }
        found = []
        for row, photos in zip(rows, members, strict=True):
            key, words, name, by_user, model, width, raw, reach, _ = row
            fits = width and (not text_model or model == text_model)
            centres = np.frombuffer(raw, "<f4").reshape(-1, width) if fits else np.zeros((0, 0), np.float32)
            here = tuple(photo_id for photo_id in photos.tolist() if photo_id in present)
            found.append(Topic(key, tuple(json.loads(words)), here, centres, reach, name, bool(by_user)))
        return sorted(found, key=lambda topic: (-len(topic.photo_ids), topic.key))

    def topic_models(self) -> dict[int, str]:
        """Key of each topic -> the model whose vectors its centres are."""
        return {row[0]: row[1] for row in self._rows("SELECT key, model FROM topics")}

    def caption_vectors(self, model: str) -> dict[int, tuple[bytes, NDArray[np.float16]]]:
        """Photo id -> digest of the caption that was read, and its vector (D,) in half precision."""
        rows = self._rows("SELECT photo_id, digest, vector FROM caption_vectors WHERE model = ?", (model,))
        return {row[0]: (row[1], np.frombuffer(row[2], "<f2")) for row in rows}
