"""Writing sidecars as journaled actions: each file is written down, on the drive, before it is touched.

What undo does is decided by the bytes it finds: those that were written go back to those before, others are
left alone. So a crash at any point needs no repair: a file has its old bytes or its new ones.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from organizer.actions.fileops import FileOps
from organizer.actions.report import ActionReport
from organizer.actions.sidecar_files import Change, SidecarFiles, digest, new_sidecar
from organizer.catalog import ActionState, Catalog, SidecarWrite
from organizer.errors import FileChanged, OrganizerError
from organizer.media.sidecar import NotXmp, cleaned, merge, read_fields
from organizer.records import Photo, SidecarFields

log = logging.getLogger(__name__)

TEXTS = ("title", "description", "rating", "latitude")


@dataclass(frozen=True, slots=True)
class SidecarPreview:
    """What writing a photo's sidecar would do now.

    Attributes:
        added: fields that would be new. conflicts: field -> what another program or person wrote there; it
            stays. problem: why nothing can be written, in one sentence; "".
    """

    photo_id: int
    path: Path
    exists: bool
    added: tuple[str, ...] = ()
    conflicts: dict[str, object] = field(default_factory=dict)
    problem: str = ""


class Sidecars:
    """Writes sidecars, one action at a time."""

    def __init__(self, catalog: Catalog, ops: FileOps | None = None) -> None:
        self._catalog = catalog
        self._files = SidecarFiles(ops or FileOps())
        self._one_at_a_time = threading.RLock()

    def preview(self, photo: Photo, wanted: SidecarFields, replace: Collection[str] = ()) -> SidecarPreview:
        """What ``write`` would do with one photo; nothing is touched."""
        path = self._place(photo.path)
        try:
            change = self._planned(path, wanted, replace)
        except OrganizerError as problem:
            return SidecarPreview(photo.id, path, True, problem=str(problem))
        merged = change.merged
        return SidecarPreview(photo.id, path, change.before is not None, merged.added, merged.conflicts)

    def write(
        self,
        wanted: Iterable[tuple[Photo, SidecarFields]],
        why: str,
        *,
        replace: Collection[str] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> ActionReport:
        """Merge fields into the photos' sidecars; see ``organizer.media.sidecar.merge``.

        What this program wrote itself gives way to what is wanted now; what others wrote does so for the
        fields of ``replace`` alone.

        Returns:
            done: photos whose sidecar says what was wanted; refused: those whose file was left alone.
        """
        report = ActionReport()
        asked = list(wanted)
        with self._one_at_a_time:
            for at, (photo, fields) in enumerate(asked):
                try:
                    self._write_one(report, photo, cleaned(fields), replace, why)
                    report.done.append(photo.id)
                except OrganizerError as problem:
                    report.refused.append((photo.id, problem))
                if progress is not None:
                    progress(at + 1, len(asked))
        return report

    def undo(self, action_id: int) -> ActionReport:
        """Put back the bytes that stood there; a file that others wrote since is left alone."""
        report = ActionReport(action_id)
        with self._one_at_a_time:
            for entry in reversed(self._catalog.reader().sidecar_writes(action_id)):
                self._step(report, entry, self._take_back)
            self._settle(report, ActionState.UNDONE)
        return report

    def redo(self, action_id: int) -> ActionReport:
        """Merge again what was taken back."""
        report = ActionReport(action_id)
        with self._one_at_a_time:
            for entry in self._catalog.reader().sidecar_writes(action_id):
                self._step(report, entry, self._do_again)
            self._settle(report, ActionState.DONE)
        return report

    # -- inside --------------------------------------------------------------------------------------

    def _place(self, photo: Path) -> Path:
        try:
            return self._files.find(photo) or new_sidecar(photo)
        except OSError:
            return new_sidecar(photo)  # writing says what is wrong with the folder

    def _planned(self, path: Path, wanted: SidecarFields, replace: Collection[str]) -> Change:
        first = self._files.planned(path, wanted, replace)
        if not first.merged.conflicts:
            return first
        mine = self._mine(path, read_fields(first.before or b""))
        return self._files.planned(path, wanted, {*replace, *mine})

    def _mine(self, path: Path, standing: SidecarFields) -> set[str]:
        """Fields whose present value this program wrote."""
        mine: set[str] = set()
        judged: set[str] = set()
        for entry in self._catalog.reader().sidecar_history(path):
            before = _fields_of(entry.before)
            wrote = read_fields(merge(entry.before, entry.wanted, entry.replace).data)
            for name in TEXTS:
                value = getattr(wrote, name)
                if name not in judged and value is not None and value != getattr(before, name):
                    judged.add(name)
                    if value == getattr(standing, name):
                        mine.add(name)
        return mine

    def _write_one(
        self, report: ActionReport, photo: Photo, fields: SidecarFields, replace: Collection[str], why: str
    ) -> None:
        path = self._place(photo.path)
        entry: list[int] = []

        def announce(change: Change) -> None:
            after = digest(change.merged.data)
            writer = self._catalog.writer
            if entry:
                writer.change_sidecar_plan(entry[0], change.before, after)
                return
            giving_way = sorted(set(change.merged.added) & set(TEXTS))
            report.action_id, made = writer.plan_sidecar(
                report.action_id, why, path, change.before, after, fields, giving_way
            )
            entry.append(made)

        def plan() -> Change:
            return self._planned(path, fields, replace)

        try:
            done = self._files.write(plan(), plan, announce)
        except OrganizerError:
            if entry:
                self._drop(report, entry[0])
            raise
        if entry and done.merged.data == done.before:  # another program wrote the very same in between
            self._drop(report, entry[0])
        report.bytes += len(done.merged.data)

    def _drop(self, report: ActionReport, write_id: int) -> None:
        self._catalog.writer.drop_sidecar_plan(write_id)
        if report.action_id is not None and self._catalog.reader().action(report.action_id) is None:
            report.action_id = None

    def _step(self, report: ActionReport, entry: SidecarWrite, step: Callable[[SidecarWrite], None]) -> None:
        try:
            step(entry)
            report.done.append(entry.id)
        except OrganizerError as problem:
            report.refused.append((-entry.id, problem))

    def _take_back(self, entry: SidecarWrite) -> None:
        standing = self._files.read(entry.path)
        if standing == entry.before:
            return
        if standing is None or digest(standing) != entry.after:
            raise FileChanged(f"{entry.path.name} was changed by another program since; it was left alone.")
        if not self._files.put(entry.path, standing, entry.before):
            raise FileChanged(f"{entry.path.name} is being written by another program.")

    def _do_again(self, entry: SidecarWrite) -> None:
        def plan() -> Change:
            return self._files.planned(entry.path, entry.wanted, entry.replace)

        def announce(change: Change) -> None:
            after = digest(change.merged.data)
            self._catalog.writer.change_sidecar_plan(entry.id, change.before, after)

        self._files.write(plan(), plan, announce)

    def _settle(self, report: ActionReport, state: ActionState) -> None:
        if report.action_id is not None:
            reached = state if report.done else ActionState.FINAL
            self._catalog.writer.settle_sidecars(report.action_id, reached)


def _fields_of(data: bytes | None) -> SidecarFields:
    try:
        return SidecarFields() if data is None else read_fields(data)
    except NotXmp:
        return SidecarFields()
