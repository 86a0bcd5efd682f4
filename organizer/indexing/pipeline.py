"""One indexing run: folders in, catalogue rows out, in bounded stages.

    survey (thread) -> work list -> decode stage (thread, processes) -> results -> this thread: batches,
    model -> catalogue writer (thread)

Where there are many new photos each goes through twice: its head first (``first_look``), then all of it.

``run`` does the embedding in the thread that calls it, since a model belongs to one thread. Each stage
waits for the next one: few photos are in the pool, few decoded ones wait for the model, and the writer's
queue is bounded, so memory does not grow with the library. Knows neither a decoder nor torch.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.catalog import Catalog
from organizer.errors import MediaReason, OrganizerError
from organizer.events import Listener, Notice
from organizer.indexing.control import POLL_S, Brake, IndexControl
from organizer.indexing.cpu import thread_cpu_seconds
from organizer.indexing.decoding import DecodeStage, Failure, Pool, Result
from organizer.indexing.embedding import LARGEST_BATCH, Batch, EmbedderFactory, LazyEmbedder
from organizer.indexing.first_look import FirstLook, HeadStage
from organizer.indexing.gone import stands
from organizer.indexing.progress import ProgressMeter
from organizer.indexing.scan import shown
from organizer.indexing.settle import QUIET_S, Settling
from organizer.indexing.skip import Excluded
from organizer.indexing.summary import IndexSummary
from organizer.indexing.survey import Survey
from organizer.indexing.worklist import First, Purpose, Task, WorkList
from organizer.media.formats import PHOTO_SUFFIXES
from organizer.records import Decoded, Glance, Root, Unreadable

log = logging.getLogger(__name__)

PoolFactory = Callable[[], Pool]

# What a file seems to suffer from when its whole drive is gone.
_OF_THE_PLACE = (MediaReason.VANISHED, MediaReason.IO, MediaReason.NO_PERMISSION)


@dataclass(frozen=True)
class Pipeline:
    """What an indexing run needs; ``run`` may be called again and again, one run at a time.

    Attributes:
        pool_factory: makes the decode processes of one run; they deliver the input of ``model_key``.
        embedder_factory: loads the model; called at the first batch and not at all when nothing needs a
            vector. Raises ModelError.
        model_key: under which the vectors are stored.
        listener: gets Progress and Notice events, from several threads; Committed events come from the
            catalogue.
        control: by which the person pauses and stops the run.
        excluded: folders that are not scanned.
        suffixes: endings of photo files with the dot, lower case.
        batch_size: largest batch for the model.
        quiet: seconds after its last write for which a file counts as still being written.
        first_look: how many new photos are looked at first; None for the full look alone. The pool's
            ``submit_head`` then delivers the input of that model.
    """

    catalog: Catalog
    pool_factory: PoolFactory
    embedder_factory: EmbedderFactory
    model_key: str
    listener: Listener
    control: IndexControl
    excluded: Iterable[str | Path] = ()
    suffixes: frozenset[str] = PHOTO_SUFFIXES
    batch_size: int = LARGEST_BATCH
    quiet: float = QUIET_S
    first_look: FirstLook | None = None

    def run(self, roots: Sequence[Root]) -> IndexSummary:
        """Bring the catalogue up to date with these roots.

        Returns when everything is committed, or soon after the control is cancelled: then what was
        decoded is committed too, and the next run goes on from there.

        Raises:
            StorageFull, CatalogError: the catalogue can no longer be written; what was committed stays.
        """
        return _Run(self, roots).carry_out()


class _Run:
    """The state of one run."""

    def __init__(self, plan: Pipeline, roots: Sequence[Root]) -> None:
        self.summary = IndexSummary()
        self._plan = plan
        self._roots = roots
        self._root_ids: set[int] = set()
        self._roots_read_at = float("-inf")
        self._lost_roots: set[int] = set()
        self._writer = plan.catalog.writer
        self._control = plan.control
        self._brake = Brake(plan.control)
        self._meter = ProgressMeter(plan.listener, "scan")
        self._work = WorkList()
        self._embedder = LazyEmbedder(plan.embedder_factory, self._tell)
        self._batch: Batch[Decoded] = Batch(plan.batch_size)
        self._heads = self._head_stage(plan)
        self._unnumbered: list[tuple[Future[int], NDArray[np.float32]]] = []
        self._pool = plan.pool_factory()
        settling = Settling(plan.quiet)
        look_ahead = plan.batch_size + 4 * self._pool.processes
        self._decoding = DecodeStage(self._pool, self._work, self._brake, settling, look_ahead=look_ahead)
        self._survey = Survey(
            plan.catalog,
            roots,
            plan.model_key,
            self._work,
            self._brake,
            self._meter,
            settling,
            suffixes=plan.suffixes,
            excluded=Excluded(plan.excluded),
            on_problem=self._tell,
            on_failure=lambda error: self._decoding.results.put(Failure(error)),
            first_look=plan.first_look,
        )

    def _head_stage(self, plan: Pipeline) -> HeadStage | None:
        first = plan.first_look
        if first is None:
            return None
        shared = first.model_key == plan.model_key
        embedder = self._embedder if shared else LazyEmbedder(first.embedder_factory, self._tell)
        return HeadStage(
            first,
            self._writer,
            self._work,
            self.summary,
            plan.listener,
            embedder,
            batch_size=plan.batch_size,
        )

    def carry_out(self) -> IndexSummary:
        started = time.monotonic()
        writing = thread_cpu_seconds("catalogue-writer")
        finished = False
        try:
            self._survey.start()
            self._decoding.start()
            self._work_off()
            finished = not self._control.cancelled
        finally:
            self._wind_up(drain=finished)
        self._save_without_vectors(self._still_wanted(self._batch.take()))
        if self._heads is not None:
            self._heads.save_rest(self._present_roots())
        if not self._heads_are_done():
            self._end_heads()
        self._flush()
        self._save_late_vectors()
        self._flush()
        self._meter.finish()
        self._sum_up(started, writing)
        return self.summary

    # -- the loop -----------------------------------------------------------------------------------

    def _work_off(self) -> None:
        """Until everything is decoded, embedded and handed to the writer, or the run is cancelled."""
        results = self._decoding.results
        while self._go_on():
            try:
                result = results.get(timeout=POLL_S)
            except queue.Empty:
                if self._work.exhausted and results.empty() and not self._batch and self._heads_are_done():
                    return
            else:
                self._take(result)
            if self._batch.due or (self._batch and self._work.idle):
                self._embed(self._batch.take())
            self._go_on_with_heads()

    def _go_on_with_heads(self) -> None:
        """The first look's part of each round: its batches, and its end."""
        heads = self._heads
        if heads is None or heads.over:
            return
        heads.look(self._meter)
        if heads.due:
            heads.embed(self._present_roots())
        finished = heads.finished(all_found=not self._survey.is_alive())
        if finished or heads.sorting_due():
            self._flush()
            heads.sort()
        if finished:
            self._end_heads()

    def _end_heads(self) -> None:
        if self._heads is not None:
            self._heads.end(self._meter)

    def _heads_are_done(self) -> bool:
        return self._heads is None or not self._heads.begun or self._heads.over

    def _go_on(self) -> bool:
        if self._control.paused and not self._control.cancelled:
            self._embed(self._batch.take())
            if self._heads is not None:
                self._heads.embed(self._present_roots())
            self._brake.go_on()
            self._meter.rested()
        return not self._control.cancelled

    def _take(self, result: Result | Failure) -> None:
        if isinstance(result, Failure):
            raise result.error
        self._meter.enter("photos")
        task, outcome = result
        if task.first is First.WANTED:
            assert self._heads is not None and not isinstance(outcome, Decoded | Unreadable)
            self._heads.take(task, outcome)
        elif isinstance(outcome, Decoded):
            self.summary.spend(outcome.seconds)
            if task.purpose in (Purpose.EMBED, Purpose.MEASURE) and task.photo_id is not None:
                renewed = (task.photo_id, outcome.content_hash, outcome.measurements)
                self._writer.save_measurements([renewed])
            if task.purpose is Purpose.MEASURE:
                self.summary.measured += 1
                self._meter.advance()
            else:
                self._batch.add(task, outcome)
        elif outcome is None or isinstance(outcome, Glance):
            self._meter.advance()
        else:
            self._take_unreadable(task, outcome)
        self._decoding.consumed()

    def _take_unreadable(self, task: Task, outcome: Unreadable) -> None:
        if outcome.reason == MediaReason.CHANGING and self._decoding.again_later(task):
            return
        if outcome.reason in _OF_THE_PLACE and not self._has_root(task):
            self._lost_roots.add(task.root_id)
            outcome = replace(outcome, reason=MediaReason.VANISHED)
        if outcome.reason in (MediaReason.CHANGING, MediaReason.VANISHED):
            self._meter.advance()  # the next run sees what became of it
            return
        self.summary.unreadable.append(outcome)
        self._meter.advance(failed=1)
        if task.purpose is Purpose.COMPLETE and task.first is First.DONE:  # its head promised too much
            self.summary.added -= 1
            self.summary.glanced -= 1
        # What is known of a photo outlives a failed second reading.
        if task.purpose not in (Purpose.EMBED, Purpose.MEASURE):
            self._writer.save_unreadable(task.root_id, outcome)

    def _has_root(self, task: Task) -> bool:
        return any(root.id == task.root_id and root.path.is_dir() for root in self._roots)

    # -- vectors and rows -----------------------------------------------------------------------------

    def _embed(self, decoded_items: Sequence[tuple[Task, Decoded]]) -> None:
        items = self._still_wanted(decoded_items)
        if not items:
            return
        if all(future.done() for future, _ in self._unnumbered):
            self._save_late_vectors()
        # While the model is loading the first photos are shown already, without a vector.
        saved = {} if self._embedder.ready else self._save_without_vectors(items)
        started, loading = time.process_time(), self._embedder.loading_s
        vectors = self._embedder.encode([decoded.model_input for _, decoded in items])
        loading = self._embedder.loading_s - loading
        self.summary.spend({"load": loading, "embed": time.process_time() - started - loading})
        late: list[tuple[int, NDArray[np.float32]]] = []
        for (task, decoded), vector in zip(items, vectors, strict=True):
            self._meter.advance()
            if vector is not None:
                self.summary.embedded += 1
            if task.purpose is Purpose.EMBED and task.photo_id is not None:
                if vector is not None:
                    late.append((task.photo_id, vector))
            elif task.path not in saved:
                self._save(task, decoded, vector)
            elif vector is not None:
                self._unnumbered.append((saved[task.path], vector))
        if late:
            self._writer.save_vectors(late, self._plan.model_key)
        if self._embedder.failed:
            self._meter.expect(-self._work.drop(Purpose.EMBED))

    def _still_wanted(self, items: Sequence[tuple[Task, Decoded]]) -> list[tuple[Task, Decoded]]:
        """Without the photos that the person removed while the run goes on, or whose folder was removed."""
        roots = self._present_roots()
        wanted = [item for item in items if item[0].root_id in roots and _may_be_there(item[0])]
        if len(wanted) < len(items):
            self._meter.advance(len(items) - len(wanted))
        return wanted

    def _present_roots(self) -> set[int]:
        """Ids of the folders in the library, looked up at most once a second."""
        now = time.monotonic()
        if now - self._roots_read_at >= 1.0:
            self._roots_read_at = now
            self._root_ids = {root.id for root in self._plan.catalog.reader().roots()}
        return self._root_ids

    def _save_late_vectors(self) -> None:
        """The vectors of the photos that were shown before the model was there; their rows are committed."""
        late = [(future.result(), vector) for future, vector in self._unnumbered if not future.exception()]
        self._unnumbered.clear()
        if late:
            self._writer.save_vectors(late, self._plan.model_key)

    def _save_without_vectors(self, items: Sequence[tuple[Task, Decoded]]) -> dict[str, Future[int]]:
        """By path, the ids that new and changed photos will have when they are committed."""
        return {
            task.path: self._save(task, decoded, None)
            for task, decoded in items
            if task.purpose is not Purpose.EMBED
        }

    def _save(self, task: Task, decoded: Decoded, vector: NDArray[np.float32] | None) -> Future[int]:
        if task.purpose is Purpose.NEW:
            self.summary.added += 1
        elif task.purpose is Purpose.COMPLETE:
            self.summary.completed += 1
            self.summary.resumed += task.first is First.NOT_ASKED
        else:
            self.summary.updated += 1
        slim = replace(decoded, model_input=None)  # many rows may wait for the writer
        return self._writer.save_decoded(task.root_id, slim, vector, self._plan.model_key)

    # -- the end --------------------------------------------------------------------------------------

    def _wind_up(self, *, drain: bool) -> None:
        """End the stages; when the run did not finish, the decode processes are ended at once."""
        self._brake.end()
        if drain:
            self._pool.close()
        else:
            self._pool.stop()
        for stage in (self._survey, self._decoding):
            if stage.is_alive():
                stage.join()

    def _flush(self) -> None:
        """Wait until everything is committed; rows refused because their root was removed are no error."""
        try:
            self._writer.flush()
        except OrganizerError:
            raise
        except Exception:
            left = {root.id for root in self._plan.catalog.reader().roots()}
            if all(root.id in left for root in self._roots):
                raise
            log.info("A folder was removed while it was indexed; its last photos were not stored.")

    def _sum_up(self, started: float, writing: float | None) -> None:
        summary, findings = self.summary, self._survey.findings
        summary.found, summary.unchanged = findings.found, findings.unchanged
        summary.moved, summary.copied, summary.missing = findings.moved, findings.copied, findings.missing
        summary.waiting = len(self._decoding.waiting)
        summary.heads_only = len(self._plan.catalog.reader().first_looks(present=True))
        summary.spend(findings.cpu)
        written = thread_cpu_seconds("catalogue-writer")
        if writing is not None and written is not None:
            summary.spend({"write": written - writing})
        summary.cancelled = self._control.cancelled
        summary.seconds = time.monotonic() - started
        for root in self._roots:
            if root.id in self._lost_roots:
                self._tell(f"The folder {shown(root.path)} went away while it was read. Its photos are kept.")
        if summary.waiting:
            self._tell(
                f"{summary.waiting} files are still being written; they are looked at again at the next run."
                if summary.waiting > 1
                else "A file is still being written; it is looked at again at the next run."
            )

    def _tell(self, sentence: str) -> None:
        self.summary.problems.append(sentence)
        self._plan.listener(Notice(sentence))


def _may_be_there(task: Task) -> bool:
    """Photos known by their heads can be removed in the window while they wait for the full look."""
    return task.purpose is not Purpose.COMPLETE or stands(task.path)
