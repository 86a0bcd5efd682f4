"""Requests of the writer about topics: what the analysis found, what the person made of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.rows import marks
from organizer.catalog.values import ActionKind
from organizer.catalog.write_decisions import Change, DecisionWrites
from organizer.catalog.write_results import settle
from organizer.catalog.writer_core import Touched
from organizer.events import Kind
from organizer.results import Topic


class TopicWrites(DecisionWrites):
    """All block until committed."""

    def store_topics(
        self,
        found: Iterable[Topic],
        before: Sequence[Topic],
        *,
        text_model: str,
        model: str,
        generation: int,
    ) -> bool:
        """Replace all topics.

        Args:
            before: what they were made from. Where the person has changed a topic since, nothing is
                stored and the kind stays stale.
            text_model: whose vectors their centres are.

        Returns:
            Whether they were stored.
        """
        rows = [(topic.key, *topic_values(topic, text_model)) for topic in found]
        expected = {(topic.key, topic.name, topic.by_user) for topic in before}

        def work(c: sqlite3.Connection, touched: Touched) -> bool:
            present = {
                (key, name, bool(by_user))
                for key, name, by_user in c.execute("SELECT key, name, by_user FROM topics")
            }
            if present != expected:
                return False
            c.execute("DELETE FROM topics")
            c.executemany(f"INSERT INTO topics VALUES ({marks(9)})", rows)
            settle(c, Kind.TOPICS, model, generation)
            touched.add((), Kind.TOPICS)
            return True

        return self._blocking(work)

    def change_topics(
        self, changed: Iterable[Topic], gone: Iterable[int], why: str, *, text_model: str
    ) -> int:
        """Keep what the person made of topics; returns the id of the journal's action.

        Args:
            gone: keys of topics that became part of others. text_model: whose vectors the centres are.
        """
        changes: list[Change] = [
            ("topics", (topic.key,), topic_values(topic, text_model)) for topic in changed
        ]
        changes += [("topics", (key,), None) for key in gone]
        return self._decide(ActionKind.TOPIC, why, lambda _c: ([], changes))

    def store_caption_vectors(
        self, ids: Sequence[int], digests: Sequence[bytes], vectors: NDArray[Any], model: str
    ) -> None:
        """Keep the vectors of captions, in half precision; photos that are gone are passed over.

        Args:
            ids: N photo ids. digests: of their captions. vectors: float (N, D).
        """
        packed = np.asarray(vectors).astype("<f2")
        rows = [
            (model, digest, row.tobytes(), photo_id)
            for photo_id, digest, row in zip(ids, digests, packed, strict=True)
        ]
        statement = (
            "INSERT OR REPLACE INTO caption_vectors (photo_id, model, digest, vector) "
            "SELECT id, ?, ?, ? FROM photos WHERE id = ?"
        )
        self._blocking(lambda c, _touched: c.executemany(statement, rows))


def topic_values(topic: Topic, text_model: str) -> tuple[Any, ...]:
    """The columns of a topic behind its key."""
    centres = np.ascontiguousarray(topic.centres, "<f4")
    photos = np.asarray(topic.photo_ids, "<i8").tobytes()
    return (
        json.dumps(list(topic.words), ensure_ascii=False), topic.name, int(topic.by_user), text_model,
        centres.shape[1] if centres.ndim == 2 else 0, centres.tobytes(), float(topic.reach), photos,
    )  # fmt: skip
