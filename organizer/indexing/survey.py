"""The first stage of a run: walks the folders, compares with the catalogue, settles what needs no decoding.

Files that are new or changed become tasks at once, so that decoding starts with the first folder. When the
walk is over, files that may be old acquaintances (moved, copied, only touched) are told by their content
hash, and last the photos that are no longer there are marked missing. A root that is out of reach, or
suddenly bare, loses nothing. Knows nothing of pixels or models.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from organizer.catalog.catalog import Catalog
from organizer.catalog.values import Known
from organizer.errors import Cancelled, FolderProblem
from organizer.indexing.content import content_hash
from organizer.indexing.control import Brake
from organizer.indexing.diff import PASSING_REASONS, Verdict, compare
from organizer.indexing.first_look import FirstLook
from organizer.indexing.gone import RootState, left_out, stands
from organizer.indexing.progress import ProgressMeter
from organizer.indexing.scan import scan, shown
from organizer.indexing.settle import Settling
from organizer.indexing.skip import Excluded
from organizer.indexing.worklist import Purpose, Task, WorkList
from organizer.records import FileStamp, Look, Photo, Root

CHECK_EVERY = 64  # files between two looks at the control


@dataclass(slots=True)
class Findings:
    """Counts of the survey; the names are those of ``IndexSummary``."""

    found: int = 0
    unchanged: int = 0
    moved: int = 0
    copied: int = 0
    missing: int = 0
    cpu: dict[str, float] = field(default_factory=dict)


class Survey(threading.Thread):
    """Fills the work list for some roots and writes moves, copies and absences to the catalogue."""

    def __init__(
        self,
        catalog: Catalog,
        roots: Sequence[Root],
        model_key: str,
        work: WorkList,
        brake: Brake,
        meter: ProgressMeter,
        settling: Settling,
        *,
        suffixes: frozenset[str],
        excluded: Excluded,
        on_problem: Callable[[str], None],
        on_failure: Callable[[BaseException], None],
        first_look: FirstLook | None = None,
    ) -> None:
        super().__init__(name="survey", daemon=True)
        self.findings = Findings()
        self._catalog = catalog
        self._roots = [RootState(root) for root in roots]
        self._model_key = model_key
        self._work = work
        self._brake = brake
        self._meter = meter
        self._settling = settling
        self._suffixes = suffixes
        self._excluded = excluded
        self._on_problem = on_problem
        self._on_failure = on_failure
        self._first_look = first_look
        self._new = 0
        self._glanced: set[int] = set()
        self._sizes: set[int] = set()
        self._lacking: set[int] = set()
        self._outdated: set[int] = set()
        self._try_again: set[str] = set()
        self._candidates: list[tuple[FileStamp, Root, Known | None]] = []
        self._changed: set[int] = set()
        self._unseen: set[int] = set()
        self._left: set[int] = set()
        self._other_roots: dict[int, RootState] = {}

    def run(self) -> None:
        """The whole survey; a failure goes to ``on_failure``, a cancelled one just ends."""
        try:
            self._timed("scan", self._walk_all)
            self._timed("compare", self._settle_candidates)
            self._timed("scan", self._mark_missing)
        except Cancelled:
            pass
        except BaseException as error:  # raised again in the thread that runs the pipeline
            self._on_failure(error)
        finally:
            self._work.close()
            self._meter.total_known()

    def _timed(self, stage: str, work: Callable[[], None]) -> None:
        started = time.thread_time()
        try:
            work()
        finally:
            spent = time.thread_time() - started
            self.findings.cpu[stage] = self.findings.cpu.get(stage, 0.0) + spent

    def _check(self) -> None:
        if not self._brake.go_on():
            raise Cancelled

    # -- the walk ---------------------------------------------------------------------------------

    def _walk_all(self) -> None:
        reader = self._catalog.reader()
        walked = {state.root.id for state in self._roots}
        self._lacking = {int(photo_id) for photo_id in reader.without_vector(self._model_key)}
        self._outdated = {int(photo_id) for photo_id in reader.measured_before()}
        self._glanced = reader.first_looks()
        self._try_again = {
            os.fspath(entry.stamp.path) for entry in reader.unreadable() if entry.reason in PASSING_REASONS
        }
        for state in self._roots:
            state.known = reader.stamps(state.root.id)
            self._sizes.update(known.size for known in state.known.values() if not known.unreadable)
        for other in reader.roots():
            if other.id not in walked:
                self._other_roots[other.id] = RootState(other)
                self._sizes.update(known.size for known in reader.stamps(other.id).values())
        for state in self._roots:
            self._check()
            self._walk(state)

    def _walk(self, state: RootState) -> None:
        """Compare every file of a root; what stays in ``state.known`` was not seen."""
        returned: list[int] = []
        seen_before = self.findings.found

        def on_problem(folder: os.PathLike[str], problem: FolderProblem) -> None:
            state.unlisted.append(os.fspath(folder))
            self._on_problem(str(problem))

        state.begin()
        try:
            for stamp in scan(
                state.root.path, self._suffixes, excluded=self._excluded, on_problem=on_problem
            ):
                self.findings.found += 1
                if self.findings.found % CHECK_EVERY == 0:
                    self._check()
                self._judge(stamp, state, returned)
        except FolderProblem as problem:
            state.reachable = False
            self._on_problem(f"{problem} Its photos stay in the catalogue until it is back.")
            return
        if returned:
            self._catalog.writer.mark_found(returned)
            self._embed_returned(returned, state)
        if self.findings.found == seen_before and state.is_suddenly_bare():
            state.reachable = False
            self._on_problem(
                f"The folder {shown(state.root.path)} is empty, but {state.present} photos are known from "
                "it. Is its drive connected? They stay in the catalogue; remove the folder from the list "
                "if they are gone for good."
            )

    def _judge(self, stamp: FileStamp, state: RootState, returned: list[int]) -> None:
        path = os.fspath(stamp.path)
        known = state.known.pop(os.fsencode(path), None)
        verdict = compare(stamp, known, self._sizes, try_again=path in self._try_again)
        photo_id = known.id if known is not None else None
        if verdict in (Verdict.UNCHANGED, Verdict.RETURNED):
            self.findings.unchanged += 1
            if verdict is Verdict.RETURNED and photo_id is not None:
                returned.append(photo_id)
                state.returned[photo_id] = stamp
            elif photo_id is not None:
                self._look_again(photo_id, stamp, state.root, lacks_vector=photo_id in self._lacking)
        elif verdict in (Verdict.FAMILIAR, Verdict.TOUCHED):
            self._candidates.append((stamp, state.root, known))
            self._meter.expect(1)
        elif verdict is Verdict.CHANGED:
            self._add_changed(stamp, state.root, photo_id)
        else:
            self._add(stamp, state.root, Purpose.NEW)

    def _embed_returned(self, returned: Iterable[int], state: RootState) -> None:
        """Photos that are back may have missed a change of model."""
        ids, _ = self._catalog.reader().vectors_of(returned, self._model_key)
        embedded = {int(photo_id) for photo_id in ids}
        for photo_id in returned:
            lacks = photo_id not in embedded
            self._look_again(photo_id, state.returned[photo_id], state.root, lacks_vector=lacks)

    def _look_again(self, photo_id: int, stamp: FileStamp, root: Root, *, lacks_vector: bool) -> None:
        """A known photo whose content is the same: whether anything of it is still to be made."""
        if photo_id in self._glanced:
            self._add(stamp, root, Purpose.COMPLETE, photo_id)
        elif lacks_vector:
            self._add(stamp, root, Purpose.EMBED, photo_id)
        elif photo_id in self._outdated:
            self._add(stamp, root, Purpose.MEASURE, photo_id)

    def _add_changed(self, stamp: FileStamp, root: Root, photo_id: int | None) -> None:
        if photo_id is not None:
            self._changed.add(photo_id)
        self._add(stamp, root, Purpose.CHANGED, photo_id)

    def _add(
        self,
        stamp: FileStamp,
        root: Root,
        purpose: Purpose,
        photo_id: int | None = None,
        *,
        counted: bool = False,
    ) -> None:
        """Give a file to the decode stage, now or when it has settled.

        Args:
            counted: it is in the total already.
        """
        task = Task.of(stamp, root.id, purpose, photo_id)
        if not counted:
            self._meter.expect(1)
        if purpose is Purpose.NEW:
            self._new += 1
            if self._first_look is not None and self._new == self._first_look.worth + 1:
                self._work.look_first(self._first_look.suffixes)
        if self._settling.is_young(stamp.mtime_ns):
            self._work.put_later(task._replace(tries=1), self._settling.quiet)
        elif not self._work.put(task):
            self._meter.expect(-1)

    # -- files that may be known by their content ---------------------------------------------------

    def _settle_candidates(self) -> None:
        # A changed file's row still shows the old content: all of those must be known before copies are made.
        self._candidates.sort(key=lambda candidate: (candidate[2] is None, -candidate[0].mtime_ns))
        self._unseen = {
            known.id
            for state in self._roots
            if state.reachable
            for known in state.known.values()
            if known.id is not None
        }
        for stamp, root, known in self._candidates:
            self._check()
            digest = content_hash(stamp, self._brake.go_on)
            self._check()
            if known is not None:
                self._settle_touched(stamp, root, known, digest)
            elif digest is None or not self._recognise(stamp, root, digest):
                self._add(stamp, root, Purpose.NEW, counted=True)
            else:
                self._meter.advance()
        self._candidates.clear()

    def _settle_touched(self, stamp: FileStamp, root: Root, known: Known, digest: bytes | None) -> None:
        assert known.id is not None, "an unreadable file is decoded again, not compared"
        before = self._catalog.reader().content_hashes([known.id]).get(known.id)
        if digest is None or digest != before:
            self._changed.add(known.id)
            self._add(stamp, root, Purpose.CHANGED, known.id, counted=True)
            return
        self._catalog.writer.restamp(known.id, stamp)
        self.findings.unchanged += 1
        self._embed_known(known.id, stamp, root)
        self._meter.advance()

    def _recognise(self, stamp: FileStamp, root: Root, digest: bytes) -> bool:
        """Whether a known photo has this content: then it was moved here, or this is a copy of it."""
        rows = [row for row in self._catalog.reader().with_content(digest) if row.id not in self._changed]
        for row in rows:
            if self._has_left(row, stamp):
                self._unseen.discard(row.id)
                self._left.add(row.id)
                self._catalog.writer.move_photo(row.id, root.id, stamp)
                self.findings.moved += 1
                self._embed_known(row.id, stamp, root)
                return True
        if not rows or rows[0].look < Look.FULL or self._lacks_vector(rows[0].id):
            return False  # a copy of what is not fully known is decoded like a new photo
        self._catalog.writer.copy_known(rows[0].id, root.id, stamp)
        self.findings.copied += 1
        return True

    def _has_left(self, row: Photo, stamp: FileStamp) -> bool:
        """Whether a photo is surely no longer where the catalogue has it."""
        if row.id in self._left:
            return False
        elsewhere = self._other_roots.get(row.root_id)
        if row.id not in self._unseen and (elsewhere is None or elsewhere.is_bare()):
            return False
        return not stands(os.fspath(row.path), other_than=os.fspath(stamp.path))

    def _lacks_vector(self, photo_id: int) -> bool:
        return not len(self._catalog.reader().vectors_of([photo_id], self._model_key)[0])

    def _embed_known(self, photo_id: int, stamp: FileStamp, root: Root) -> None:
        self._look_again(photo_id, stamp, root, lacks_vector=self._lacks_vector(photo_id))

    # -- what is no longer there -----------------------------------------------------------------------

    def _mark_missing(self) -> None:
        for state in self._roots:
            self._check()
            if not (state.reachable and state.is_still_there()):
                continue
            gone: list[int] = []
            forgotten: list[str] = []
            for raw, known in state.known.items():
                path = os.fsdecode(raw)
                if known.id is not None and (known.missing or known.id not in self._unseen):
                    continue
                if state.lies_unlisted(path):
                    continue
                if not stands(path) or left_out(path, state.root.path, self._excluded):
                    if known.id is None:
                        forgotten.append(path)
                    else:
                        gone.append(known.id)
            if gone and state.is_still_there():
                self._catalog.writer.mark_missing(gone)
                self.findings.missing += len(gone)
            if forgotten:
                self._catalog.writer.forget_unreadable(map(Path, forgotten))
