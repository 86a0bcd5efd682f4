"""Work that takes seconds to hours: folders, indexing, watching, analyses, pictures for the screen."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.errors import Cancelled, FolderProblem, MediaError, MediaReason, ModelError
from organizer.events import Committed, Kind, Notice, Progress
from organizer.indexing.control import IndexControl
from organizer.indexing.pipeline import Pipeline
from organizer.indexing.summary import IndexSummary
from organizer.indexing.watch import Watcher
from organizer.library.analyses import ANALYSES, Analysis, Inputs, Source, due
from organizer.library.first_looks import FirstLooks
from organizer.media.formats import PHOTO_SUFFIXES
from organizer.media.pool import DecodePool, default_processes
from organizer.models.heads import Head
from organizer.paths import AppPaths
from organizer.records import Root, Unreadable

log = logging.getLogger(__name__)


class Work(FirstLooks):
    """The working part of the library; methods marked blocking belong in a worker thread."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._viewer: DecodePool | None = None
        self._watcher: Watcher | None = None
        self._analysing = threading.Lock()

    def close(self) -> None:
        self.unwatch()
        with self._lock:
            viewer, self._viewer = self._viewer, None
        if viewer is not None:
            viewer.stop()
        super().close()

    # -- folders -------------------------------------------------------------------------------------

    def add_folder(self, path: Path) -> Root:
        """Take a folder into the library; the next ``index`` looks at it.

        A folder inside one that was added before changes nothing: the outer one is returned. Folders
        inside the new one become part of it.

        Raises:
            FolderProblem: it is missing or no folder.
        """
        path = existing_folder(path)
        real = path.resolve()
        inner = []
        for root in self.roots():
            known = root.path.resolve()
            if known == real or known in real.parents:
                return root
            if real in known.parents and path not in root.path.parents:
                inner.append(root)  # the same place by another name: its photos come back under this one
        for root in inner:
            self._catalog.writer.remove_root(root.id)
        root = self._catalog.writer.add_root(path)
        self.notify(Committed((), frozenset({Kind.FOLDERS})))
        self._watch_again()
        return root

    def remove_folder(self, root_id: int) -> None:
        """Forget a folder and its photos; nothing on disk is touched, and decisions stay."""
        self._catalog.writer.remove_root(root_id)
        self.notify(Committed((), frozenset({Kind.FOLDERS, Kind.PHOTOS, *Kind})))
        self._watch_again()

    # -- indexing ------------------------------------------------------------------------------------

    def new_control(self) -> IndexControl:
        """The handle to pause, resume and cancel one piece of work."""
        return IndexControl()

    def index(self, control: IndexControl, folders: Sequence[Path] | None = None) -> IndexSummary:
        """Bring the catalogue up to date; blocking. The model runs in the calling thread.

        Args:
            folders: only the roots that hold these folders; None for all.

        Raises:
            StorageFull, CatalogError: the catalogue can no longer be written; what was committed stays.
        """
        roots = self.roots()
        if folders is not None:
            wanted = [folder.resolve() for folder in folders]
            roots = [root for root in roots if any(_holds(root.path.resolve(), folder) for folder in wanted)]
        pipeline = Pipeline(
            catalog=self._catalog,
            pool_factory=self._decoders,
            embedder_factory=self._shelf.embedder,
            model_key=self._shelf.vectors_name(),
            listener=self.notify,
            control=control,
            excluded=self.settings.excluded,
            first_look=self._first_look(lambda: self._sort_first_look(control)),
        )
        summary = pipeline.run(roots)
        self._drop_outdated_vectors()
        return summary

    def _drop_outdated_vectors(self) -> None:
        """Vectors of older weights under the same key go when every photo has a new one."""
        name = self._shelf.vectors_name()
        if len(self._reader.without_vector(name)):
            return
        for other in self._reader.vector_counts():
            if other != name and other.split("@")[0] == name.split("@")[0]:
                self._catalog.writer.drop_vectors(other)

    def _decoders(self) -> DecodePool:
        """As many as the person chose; else one a core for the bundled model, whose part is small, and the
        pool's own choice for a model that needs cores itself. They run at low priority."""
        processes = self.settings.decode_processes or (
            default_processes(1.0) if self._shelf.spec().bundled else 0
        )
        return DecodePool(
            processes,
            self._shelf.input(),
            log_file=self.paths.logs / "decoders.log",
            head_spec=self._first_look_input(),
        )

    # -- results -------------------------------------------------------------------------------------

    def analyse(self, kinds: Iterable[Kind] | None = None, control: IndexControl | None = None) -> None:
        """Make again what is stale, and what builds on it; blocking, one at a time.

        Args:
            kinds: these in any case, instead of those that are stale.

        Raises:
            Cancelled: asked to stop between two analyses; those before are stored.
        """
        with self._analysing:
            chosen = due(set(kinds) if kinds is not None else self.stale_kinds())
            if not chosen:
                return
            inputs = self._inputs(control)
            for number, analysis in enumerate(chosen):
                inputs.check()
                self.notify(Progress("results", number, len(chosen)))
                self._run_one(analysis, inputs)
            self.notify(Progress("results", len(chosen), len(chosen)))

    def _sort_first_look(self, control: IndexControl) -> None:
        """Categories and captions of what the first look found so far; the rest waits for the full look."""
        with self._analysing, suppress(Cancelled):  # the run that asked sees by itself that it was stopped
            inputs = self._inputs(control)
            for analysis in ANALYSES:
                if analysis.kind in (Kind.CATEGORIES, Kind.CAPTIONS):
                    self._run_one(analysis, inputs)

    def _inputs(self, control: IndexControl | None = None) -> Inputs:
        return Inputs(
            self._reader,
            self._catalog.writer,
            self.settings,
            self.paths.resources / "calibration",
            self._shelf.spec(),
            self._shelf.vectors_name(),
            self._results_name(),
            self.vocabulary(),
            self._label_vectors,
            control,
            [self._source(key) for key in self._before()],
            encode_texts=lambda texts: self._shelf.embedder().encode_texts(texts),
            head=self._head(),
            head_name=self._shelf.head_name(),
        )

    def _head(self) -> Head | None:
        """The chosen model's head; one that cannot be used is told, and does without."""
        try:
            return self._shelf.head()
        except ModelError as problem:
            log.warning("the head is not used: %s (%s)", problem, problem.detail)
            self.notify(Notice(str(problem)))
            return None

    def _source(self, key: str) -> Source:
        """The vectors of a model that is not the chosen one."""
        calibration = self._shelf.spec(key).calibration
        return Source(self._shelf.vectors_name(key), calibration, partial(self._label_vectors, key))

    def _run_one(self, analysis: Analysis, inputs: Inputs) -> None:
        """One analysis; the environment's trouble costs that kind only and is told."""
        try:
            analysis.run(inputs)
        except ModelError as problem:
            log.warning("%s were not made: %s (%s)", analysis.kind, problem, problem.detail)
            self.notify(Notice(str(problem)))

    # -- watching ------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Call ``on_folders_changed`` whenever photos come, go or change in the watched folders."""
        with self._lock:
            if self._watcher is not None:
                return
            watcher = Watcher(
                [root.path for root in self.roots() if root.watched],
                self._folders_changed,
                suffixes=PHOTO_SUFFIXES,
                excluded=self.settings.excluded,
                on_problem=lambda sentence: self.notify(Notice(sentence)),
            )
            self._watcher = watcher
        watcher.start()

    def unwatch(self) -> None:
        """Stop watching."""
        with self._lock:
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()

    def _watch_again(self) -> None:
        if self._watcher is not None:
            self.unwatch()
            self.watch()

    def _folders_changed(self, _paths: frozenset[Path]) -> None:
        if self.on_folders_changed is not None:
            self.on_folders_changed()

    # -- pictures ------------------------------------------------------------------------------------

    def picture(self, photo_id: int, max_side: int | None) -> NDArray[np.uint8]:
        """uint8 (H, W, 3), upright sRGB, longest side at most ``max_side`` pixels; blocking.

        Decoded in another process, so that a bad file cannot take the window with it.

        Raises:
            MediaError: it cannot be read.
        """
        photo = self._reader.photos([photo_id]).get(photo_id)
        if photo is None:
            raise MediaError("This photo is no longer in the catalogue.", MediaReason.VANISHED)
        return self._decoded(photo.path, max_side)

    def _decoded(self, path: Path, max_side: int | None) -> NDArray[np.uint8]:
        """The same of a file."""
        with self._lock:
            if self._viewer is None:
                self._viewer = DecodePool(1, None, log_file=self.paths.logs / "decoders.log")
            future = self._viewer.submit_load(path, max_side)
        answer = future.result()
        if isinstance(answer, Unreadable):
            raise MediaError(answer.sentence, MediaReason(answer.reason))
        return answer


def existing_folder(path: Path) -> Path:
    """The folder as an absolute path without dots; links in it keep the names that the person gave.

    Raises:
        FolderProblem: there is no such folder.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolving would replace the names the person knows
    if path.is_file():
        raise FolderProblem(f"{path} is a file. Name its folder instead: {path.parent}")
    if not path.is_dir():
        raise FolderProblem(f"There is no folder {path}. Nothing was changed.")
    return path


def _holds(root: Path, folder: Path) -> bool:
    return folder == root or root in folder.parents or folder in root.parents
