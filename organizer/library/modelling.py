"""Which models there are and which one is used: fetch, import, choose, forget.

Nothing here touches a network but ``download_model``, which runs when the person asks for it.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from organizer.errors import ActionRefused, EnvironmentProblem, ModelError, UsageProblem
from organizer.events import Committed, Kind
from organizer.indexing.control import IndexControl
from organizer.library.core import LibraryCore
from organizer.models.downloads import Fetched, Offer, discard, download, offer, staging_folder
from organizer.models.heads import forget_head, head_file, import_head, is_head, load_head
from organizer.models.hub import Hub
from organizer.models.importing import import_model
from organizer.models.registry import WEIGHTS_FILE, ModelSpec, installed, missing_packages
from organizer.paths import AppPaths

Told = Callable[[Fetched], None]


def _nobody(_progress: Fetched) -> None:
    """For those who do not want to be told."""


class Modelling(LibraryCore):
    """The part of the library that looks after models."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._adding = threading.Lock()

    def models(self) -> list[dict[str, Any]]:
        """The models that can be used or added, as ``models list`` prints them.

        "seen" is how many of the "photos" the model has looked at, "partial" the bytes that an interrupted
        download left, "needs" the packages that it wants and that are not installed. "head" is what is known
        of the head that judges how photos look to it, None without one, and "aesthetic" the name of a
        published one that fits.
        """
        chosen = self._shelf.spec().key
        korean = self._language() == "ko"
        seen, photos = self._seen_by(), self._reader.counts().photos
        return [
            {
                "key": spec.key,
                "name": spec.name,
                "kind": spec.kind,
                "installed": installed(spec),
                "in_use": spec.key == chosen,
                "bytes": _size(spec),
                "licence": spec.licence,
                "languages": list(spec.languages),
                "input_size": spec.input_size,
                "bundled": spec.bundled,
                "needs": list(missing_packages(spec)),
                "partial": _left(spec),
                "seen": min(seen.get(spec.key, 0), photos),
                "photos": photos,
                "host": Hub().host if spec.hub else "",
                "head": self._head_facts(spec),
                "aesthetic": spec.aesthetic,
                "note": (korean and spec.note_ko) or spec.note,
            }
            for spec in self._shelf.registry
        ]

    def model_offer(self, key: str) -> Offer:
        """What a download would mean: size, licence, languages, room; nothing is asked of a network.

        Raises:
            UsageProblem: there is no such model, it is here already, or it is none to be downloaded.
        """
        spec = self._shelf.spec(key)
        if installed(spec):
            raise UsageProblem(f"The model {key} is on this computer already.")
        if not spec.hub:
            raise UsageProblem(f"The model {key} comes with the program; it cannot be downloaded by itself.")
        return offer(spec, Hub())

    def download_model(
        self,
        key: str,
        on_progress: Told = _nobody,
        control: IndexControl | None = None,
        *,
        accept_changed: bool = False,
    ) -> None:
        """Fetch a model from the hub; blocking. It is checked by its SHA-256 and not chosen by this.

        Args:
            accept_changed: take other weights than those of the first download here, too.

        Raises:
            UsageProblem: as ``model_offer``, or another model is being added.
            Cancelled: the control said so; what came is kept, and the next download goes on from there.
            DownloadFailed, StorageFull, ModelDamaged: one sentence each; nothing half-made is left.
        """
        self.model_offer(key)
        with self._one_at_a_time():
            spec = self._shelf.spec(key)
            download(spec, Hub(), on_progress, _stop(control), accept_changed=accept_changed)

    def import_model(
        self,
        path: Path,
        key: str | None = None,
        on_progress: Told = _nobody,
        control: IndexControl | None = None,
    ) -> str:
        """Add a model from an open_clip folder or a safetensors file; blocking. Returns its key.

        Raises:
            UsageProblem, ModelDamaged, ModelMissing, StorageFull, Cancelled: see ``import_model`` in
            ``organizer.models.importing``; nothing half-made is left.
        """
        with self._one_at_a_time():
            registry, folder = self._shelf.registry, self.paths.models
            return import_model(path, registry, folder, key, on_progress, _stop(control)).key

    def is_head(self, path: Path) -> bool:
        """Whether a file is a head, one that judges how photos look, rather than a model."""
        return is_head(path)

    def import_head(self, path: Path) -> str:
        """Let a head judge how photos look to its model, in the place of the one before. Returns the model's
        key; highlights, and stacks where they differ in looks, are made again.

        Raises:
            ModelDamaged, ModelMissing: it is no head, or one of another model or of other weights.
            UsageProblem: its model is not known. EnvironmentProblem: it cannot be kept.
        """
        with self._one_at_a_time():
            key = import_head(path, self._shelf.registry, self.paths.models)[1].key
        self.notify(Committed((), frozenset({Kind.HIGHLIGHTS})))
        return key

    def forget_head(self, key: str) -> None:
        """Delete the head that the person added for a model.

        Raises:
            UsageProblem: there is none. EnvironmentProblem: it cannot be deleted.
        """
        with self._one_at_a_time():
            if not forget_head(self._shelf.spec(key), self.paths.models):
                raise UsageProblem(f"No head was added for the model {key}.")
        self.notify(Committed((), frozenset({Kind.HIGHLIGHTS})))

    def _head_facts(self, spec: ModelSpec) -> dict[str, str] | None:
        """What is known of a model's head; None where it has none that can be used."""
        file = head_file(spec, self.paths.models)
        try:
            return None if file is None else load_head(file, spec).facts
        except ModelError:
            return None

    def use_model(self, key: str) -> None:
        """Use another model from now on. The next ``index`` looks at all photos again, newest first; until
        it has seen a photo, the results of the model before stand.

        Raises:
            UsageProblem: unknown, not on this computer, no embedder, or in need of other packages.
        """
        self._shelf.check_usable(key)
        self.change_settings(model=key)

    def forget_model(self, key: str, files: bool = False) -> dict[str, int]:
        """Drop what a model that is no longer used saw in the photos, and what a download of it left.

        Args:
            files: delete the model's own files too; it can be fetched or imported again.

        Returns:
            {"photos": how many it had seen, "bytes": how many its files gave back}.

        Raises:
            UsageProblem: it is the model in use, or nothing is known of it. ActionRefused: the model in use
            has not seen all photos yet, so this one's results are still shown.
        """
        names = {n: count for n, count in self._reader.vector_counts().items() if n.split("@")[0] == key}
        known = self._shelf.registry.models.get(key)
        if known is None and not names:
            self._shelf.spec(key)  # says which there are
        if key == self._shelf.spec().key:
            raise UsageProblem(f"The model {key} is in use; choose another one first.")
        if files and known is not None and known.bundled:
            raise UsageProblem(f"The model {key} comes with the program; its files stay.")
        waiting = len(self._reader.without_vector(self._shelf.vectors_name()))
        if names and waiting:
            raise ActionRefused(
                f"{waiting:,} photos were not looked at with the new model yet and still show what {key} "
                "found. Nothing was dropped."
            )
        with self._one_at_a_time():
            freed = self._drop_files(known, files) if known is not None else 0
            for name in names:
                self._catalog.writer.drop_vectors(name)
        return {"photos": max(names.values(), default=0), "bytes": freed}

    def model_label(self) -> str:
        """Where the work is done and by what: "CPU - Starter"."""
        return self._shelf.label()

    def _drop_files(self, spec: ModelSpec, files: bool) -> int:
        freed = discard(spec)
        if files and spec.folder.exists():
            freed += sum(file.stat().st_size for file in spec.folder.rglob("*") if file.is_file())
            try:
                shutil.rmtree(spec.folder)
            except OSError as error:
                raise EnvironmentProblem(
                    f"The files of {spec.key} could not be deleted: {error.strerror}.", detail=repr(error)
                ) from error
        return freed

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Models change in one thread at a time; afterwards the registry is read anew."""
        if not self._adding.acquire(blocking=False):
            raise UsageProblem("A model is being added already; wait for it or stop it first.")
        try:
            yield
        finally:
            self._adding.release()
            self._shelf.look_again()
            self.notify(Committed((), frozenset({Kind.FOLDERS})))


def _stop(control: IndexControl | None) -> Callable[[], bool]:
    return (lambda: control.cancelled) if control is not None else (lambda: False)


def _size(spec: ModelSpec) -> int:
    """Bytes of the weights: as they are here, else as the registry says."""
    here = spec.folder / WEIGHTS_FILE
    return here.stat().st_size if here.is_file() else spec.bytes


def _left(spec: ModelSpec) -> int:
    staging = staging_folder(spec)
    return sum(file.stat().st_size for file in staging.glob("*.part")) if staging.is_dir() else 0
