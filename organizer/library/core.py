"""What all parts of the library share: the open catalogue, the settings, the models, the listeners."""

from __future__ import annotations

import locale
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

from organizer.analysis.categories import LabelVectors
from organizer.analysis.own_words import edited
from organizer.analysis.vocabulary import Vocabulary, load_vocabulary
from organizer.catalog import Catalog, Reader
from organizer.errors import EnvironmentProblem
from organizer.events import Committed, Event, Kind, Listener
from organizer.library.shelf import ModelShelf
from organizer.models.registry import installed
from organizer.paths import AppPaths
from organizer.settings import Settings, load_settings, save_settings

log = logging.getLogger(__name__)


class LibraryCore:
    """Opened once by a shell. Every method may be called from any thread.

    Attributes:
        paths: where the program's own files are. read_only: whether nothing can be changed.
        on_folders_changed: called from the watcher's thread when files changed; set by the shell.
    """

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        self.paths = paths
        self.read_only = read_only
        self.on_folders_changed: Callable[[], None] | None = None
        self._settings = load_settings(paths.settings_file)
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._base: Vocabulary | None = None
        self._vocabulary: Vocabulary | None = None  # the same with the person's edits, until these change
        self._made_with: tuple[str, str] | None = None
        self._catalog = Catalog.open(paths, read_only=read_only)
        self._catalog.subscribe(self.notify)
        self._shelf = ModelShelf(paths, lambda: self._settings, self.notify)

    @classmethod
    def open(cls, paths: AppPaths, *, read_only: bool = False) -> Self:
        """Open or create the catalogue.

        Args:
            read_only: only to read, also beside a program that has it open; it must exist then.

        Raises:
            CatalogError: locked, damaged, too new or on a network drive; the sentence says what to do.
        """
        return cls(paths, read_only)

    def close(self) -> None:
        """Commit what is under way and let go of everything; harmless when done twice."""
        self._shelf.close()
        self._catalog.close()

    # -- settings ------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        return self._settings

    def change_settings(self, **changes: Any) -> Settings:
        """Keep some new values and return all of them.

        Raises:
            EnvironmentProblem: the file cannot be written; the values hold until the program ends.
        """
        with self._lock:
            self._settings = replace(self._settings, **changes)
            try:
                save_settings(self._settings, self.paths.settings_file)
            except OSError as error:
                raise EnvironmentProblem(
                    "Your settings could not be saved; they hold until you close the program.",
                    detail=str(error),
                ) from error
            kept = self._settings
        if "protected" in changes:  # outside the lock: the writer tells of its commits, which takes the lock
            self._catalog.writer.mark_stale((Kind.DUPLICATES,))
        return kept

    # -- events --------------------------------------------------------------------------------------

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every event, in the thread it arises in. Returns how to stop that."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def notify(self, event: Event) -> None:
        """Tell every listener; one that fails costs itself only."""
        with self._lock:
            if isinstance(event, Committed) and Kind.CATEGORIES in event.kinds:
                self._vocabulary = None
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                log.exception("A listener of the library failed on %r.", type(event).__name__)

    # -- for the parts -------------------------------------------------------------------------------

    @property
    def _reader(self) -> Reader:
        """This thread's read-only connection."""
        return self._catalog.reader()

    def vocabulary(self) -> Vocabulary:
        """The categories that photos are sorted into, as the person made them."""
        with self._lock:
            if self._vocabulary is None:
                self._vocabulary = edited(self._base_vocabulary(), self._reader.category_edits())
            return self._vocabulary

    def _base_vocabulary(self) -> Vocabulary:
        """The categories that ship with the program."""
        with self._lock:
            if self._base is None:
                self._base = load_vocabulary(self.paths.resources / "vocabularies" / "default.toml")
            return self._base

    def _label_vectors(self, key: str | None = None) -> LabelVectors:
        """What the categories look like to the chosen model, or to the one of a key.

        Raises:
            ModelError: the model has to be loaded for it and cannot be.
        """
        return self._shelf.label_vectors(self.vocabulary(), self._base_vocabulary(), key)

    def _seen_by(self) -> dict[str, int]:
        """Key of each model that is here -> photos that it has looked at with its present weights."""
        names = {self._shelf.vectors_name(s.key): s.key for s in self._shelf.registry if installed(s)}
        return {names[name]: n for name, n in self._reader.vector_counts().items() if name in names}

    def _before(self) -> list[str]:
        """Keys of the models whose results stand until the chosen one has seen every photo, most photos
        first; none when it has.
        """
        chosen = self._shelf.spec().key
        if not len(self._reader.without_vector(self._shelf.vectors_name())):
            return []
        seen = self._seen_by()
        return sorted((key for key in seen if key != chosen), key=lambda key: (-seen[key], key))

    def _results_name(self) -> str:
        """What the results that are kept must have been made with, to be fresh.

        The person's edits of the categories are not in it: each makes the categories stale by itself, and
        nothing else.
        """
        if self._made_with is None or self._made_with[0] != self._shelf.vectors_name():
            self._made_with = (self._shelf.vectors_name(), self._shelf.results_name(self._base_vocabulary()))
        return self._made_with[1]

    def _language(self) -> str:
        """The language that names are shown in; English where a name has no other."""
        chosen = self._settings.language
        if chosen != "system":
            return chosen
        named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None)
        name = (named or locale.getlocale()[0] or "en").split(".")[0]
        return "en" if name in ("C", "POSIX") else name[:2].lower()
