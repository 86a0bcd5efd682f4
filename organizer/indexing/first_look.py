"""The first look of a run that finds many new photos: heads only, the small model, in the catalogue at once.

A library of tens of thousands of photos takes hours to look at in full. Their heads take minutes, and what
those tell is enough to browse by category. Each photo then comes back for the full look, which replaces what
the first one wrote. Knows neither a decoder nor torch, and not how photos are sorted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.catalog import Writer
from organizer.events import Listener
from organizer.indexing.embedding import Batch, EmbedderFactory, LazyEmbedder
from organizer.indexing.progress import ProgressMeter
from organizer.indexing.summary import IndexSummary
from organizer.indexing.worklist import First, Purpose, Task, WorkList
from organizer.media.formats import RAW_SUFFIXES
from organizer.records import Glance

log = logging.getLogger(__name__)

WORTH = 200  # new photos from which on a first look pays off: fewer are looked at in full within a minute
SUFFIXES = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".heic", ".heif", ".hif")) | RAW_SUFFIXES
SORT_FIRST = 1000  # photos after which they are sorted for the first time, and then at four times as many
SORT_FACTOR = 4


@dataclass(frozen=True)
class FirstLook:
    """What a run needs for a first look.

    Attributes:
        embedder_factory: loads the model of the first look. model_key: under which its vectors are stored.
        sort: called now and then, in the thread of the run, when the photos of the first look are
            committed and could be sorted, and once when it is over.
        worth: new photos from which on there is a first look. suffixes: endings of files that may have a
            head worth reading.
    """

    embedder_factory: EmbedderFactory
    model_key: str
    sort: Callable[[], None] = lambda: None
    worth: int = WORTH
    suffixes: frozenset[str] = SUFFIXES


class HeadStage:
    """The first look of one run. Lives in the thread of the run.

    Attributes:
        begun: whether the run found enough new photos for it. over: whether it is done with.
    """

    def __init__(
        self,
        plan: FirstLook,
        writer: Writer,
        work: WorkList,
        summary: IndexSummary,
        listener: Listener,
        embedder: LazyEmbedder,
        *,
        batch_size: int,
    ) -> None:
        self.begun = False
        self.over = False
        self._plan = plan
        self._writer = writer
        self._work = work
        self._summary = summary
        self._listener = listener
        self._embedder = embedder
        self._batch: Batch[Glance] = Batch(batch_size)
        self._meter: ProgressMeter | None = None
        self._told = self._taken = 0
        self._sort_at = SORT_FIRST

    def look(self, others: ProgressMeter) -> None:
        """Notice that there are heads to be read, and tell of them instead of the other photos."""
        heads = self._work.heads
        if heads and not self.begun:
            self.begun = True
            others.keep_silent(True)
            self._meter = ProgressMeter(self._listener, "first-look")
        if self._meter is not None and heads > self._told:
            self._meter.expect(heads - self._told)
            self._told = heads

    def take(self, task: Task, glance: Glance | None) -> None:
        """One head was read, or told nothing; either way the photo comes back for the full look."""
        self._taken += 1
        if glance is None:
            self._work.put(task._replace(first=First.DONE))
            self._advance(1)
            return
        self._summary.spend(glance.seconds)
        self._batch.add(task, glance)
        self._work.put(task._replace(first=First.DONE, purpose=Purpose.COMPLETE))

    @property
    def due(self) -> bool:
        """Whether a batch is full or has waited long enough, or nothing is left to wait for."""
        return self._batch.due or (bool(self._batch) and self._taken >= self._work.heads)

    def embed(self, roots: set[int]) -> None:
        """Give what has gathered to the model, and to the writer.

        Args:
            roots: ids of the folders that are still in the library.
        """
        items = [item for item in self._batch.take() if item[0].root_id in roots]
        if not items:
            return
        started, loading = time.process_time(), self._embedder.loading_s
        vectors = self._embedder.encode([glance.model_input for _, glance in items])
        loading = self._embedder.loading_s - loading
        self._summary.spend({"load": loading, "head: embed": time.process_time() - started - loading})
        for (task, glance), vector in zip(items, vectors, strict=True):
            self._save(task, glance, vector)
        self._advance(len(items))

    def save_rest(self, roots: set[int]) -> None:
        """Hand what has gathered to the writer without vectors, since the run ends early."""
        for task, glance in self._batch.take():
            if task.root_id in roots:
                self._save(task, glance, None)

    def finished(self, *, all_found: bool) -> bool:
        """Whether every head was read and nothing waits for the model.

        Args:
            all_found: the survey is over, so that no more files turn up.
        """
        if self._meter is not None and all_found:
            self._meter.total_known()
        return self.begun and all_found and self._taken >= self._work.heads and not self._batch

    def sorting_due(self) -> bool:
        """Whether enough photos came in since they were sorted last."""
        if self._summary.glanced < self._sort_at:
            return False
        self._sort_at *= SORT_FACTOR
        return True

    def sort(self) -> None:
        """Let the photos that are committed be sorted; the time that takes does not count as reading."""
        self._plan.sort()
        if self._meter is not None:
            self._meter.rested()

    def end(self, others: ProgressMeter) -> None:
        """The rest of the run is the full look."""
        self.over = True
        if self._meter is not None:
            self._meter.finish()
        others.keep_silent(False)

    def _save(self, task: Task, glance: Glance, vector: NDArray[np.float32] | None) -> None:
        self._summary.added += 1
        self._summary.glanced += 1
        slim = replace(glance, model_input=None)  # many rows may wait for the writer
        self._writer.save_glance(task.root_id, slim, vector, self._plan.model_key)

    def _advance(self, done: int) -> None:
        if self._meter is not None:
            self._meter.advance(done)
