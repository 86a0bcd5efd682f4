"""The models within reach: which one is chosen, opened at first use, shared by the threads that need it."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer import __version__
from organizer.analysis.categories import LabelVectors, label_vectors
from organizer.analysis.vocabulary import Vocabulary
from organizer.errors import UsageProblem
from organizer.events import Listener, Notice, Progress
from organizer.library import labels
from organizer.models.base import Embedder
from organizer.models.heads import MOST_BYTES, Head, head_file, load_head
from organizer.models.registry import (
    ModelSpec,
    Registry,
    input_spec,
    installed,
    load_registry,
    missing_packages,
)
from organizer.paths import AppPaths
from organizer.records import InputSpec
from organizer.settings import Settings

log = logging.getLogger(__name__)

TEXTS_A_TURN = 64  # a vocabulary takes a large model minutes; photos and searches go in between


class SharedEmbedder:
    """An embedder that several threads may call: one call at a time, words between two batches of photos."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._turn = threading.Lock()

    @property
    def key(self) -> str:
        return self._embedder.key

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    @property
    def input(self) -> InputSpec:
        return self._embedder.input

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._turn:
            return self._embedder.encode_images(batch)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        parts = []
        for first in range(0, max(1, len(texts)), TEXTS_A_TURN):
            with self._turn:
                parts.append(self._embedder.encode_texts(texts[first : first + TEXTS_A_TURN]))
        return np.concatenate(parts)

    def close(self) -> None:
        with self._turn:
            self._embedder.close()


class ModelShelf:
    """Opens the chosen model when it is needed first and keeps it.

    Args:
        settings: gives the settings of the moment; the model and device chosen there count.
        notify: told when a GPU had to be given up, and how far a model is with reading the vocabulary.
    """

    def __init__(self, paths: AppPaths, settings: Callable[[], Settings], notify: Listener) -> None:
        self._paths = paths
        self._settings = settings
        self._notify = notify
        self._lock = threading.RLock()
        self._registry: Registry | None = None
        self._open: dict[str, tuple[tuple[str, str], SharedEmbedder]] = {}  # by key: opened for what
        self._device_label = ""
        self._head_known: tuple[tuple[Path, int, int], str] | None = None

    @property
    def registry(self) -> Registry:
        with self._lock:
            if self._registry is None:
                self._registry = load_registry(self._paths.resources, self._paths.models)
            return self._registry

    def look_again(self) -> None:
        """Read the registry anew, because models were added or removed."""
        with self._lock:
            self._registry = None

    def spec(self, key: str | None = None) -> ModelSpec:
        """The chosen model, or the one of a key; the bundled one where the chosen one is gone.

        Raises:
            UsageProblem: there is no model of that key.
        """
        if key is not None:
            return self.registry.get(key)
        chosen = self._settings().model
        if chosen in self.registry.models and installed(self.registry.get(chosen)):
            return self.registry.get(chosen)
        return self.registry.bundled

    def check_usable(self, key: str) -> ModelSpec:
        """The embedder of that key.

        Raises:
            UsageProblem: unknown, not installed, no embedder, or in need of packages that are not there.
        """
        spec = self.registry.get(key)
        if spec.kind != "embedder":
            raise UsageProblem(f"The model {key} writes captions; it cannot sort photos.")
        if not installed(spec):
            raise UsageProblem(f"The model {key} is not on this computer. Known: photo-organizer models list")
        missing = missing_packages(spec)
        if missing:
            raise UsageProblem(
                f"The model {key} needs {' and '.join(missing)}: pip install {' '.join(missing)}"
            )
        return spec

    def input(self) -> InputSpec:
        """What the chosen model wants to see; needs no torch."""
        return input_spec(self.spec())

    def embedder(self, key: str | None = None) -> SharedEmbedder:
        """The chosen model, or the one of a key, opened now if it was not yet; that takes a second or two.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._lock:
            spec = self.spec(key)
            wanted = (self.vectors_name(spec.key), self._settings().device)
            found = self._open.get(spec.key)
            if found is not None and found[0] == wanted:
                return found[1]
            from organizer.models.openclip import open_embedder

            opened = open_embedder(spec, wanted[1], on_notice=self.say)
            self._close_others(spec.key)
            self._open[spec.key] = (wanted, SharedEmbedder(opened))
            self._device_label = opened.device.label
            return self._open[spec.key][1]

    def _close_others(self, key: str) -> None:
        """Close what is open for this key, and all but the chosen model: two are in memory at most."""
        chosen = self.spec().key
        for other in list(self._open):
            if other == key or other != chosen:
                self._open.pop(other)[1].close()

    def label(self) -> str:
        """Where the work is done and by what, for the status bar: "CPU - Starter"."""
        device = self._device_label.split(",")[0]
        if not device:
            device = {"cuda": "GPU", "mps": "GPU"}.get(self._settings().device, "CPU")
        return f"{device} - {self.spec().name}"

    def vectors_name(self, key: str | None = None) -> str:
        """Under which name vectors of a model, by default the chosen one, are kept: other weights never mix
        with them.
        """
        spec = self.spec(key)
        return f"{spec.key}@{spec.revision}" if spec.revision else spec.key

    def results_name(self, vocabulary: Vocabulary) -> str:
        """Names everything that results depend on beside the photos and the person's decisions.

        The model's weights and calibration, the vocabulary, the thresholds that ship with the program and
        the program's version: when one of them changes, results are made again.
        """
        digest = hashlib.blake2b(digest_size=8)
        digest.update(f"{__version__} {vocabulary.digest()} {vocabulary.decision}".encode())
        digest.update(json.dumps(self.spec().calibration, sort_keys=True).encode())
        for file in sorted((self._paths.resources / "calibration").glob("*.toml")):
            digest.update(file.read_bytes())
        return f"{self.vectors_name()} {digest.hexdigest()}"

    def head(self) -> Head | None:
        """The head of the chosen model that says how pleasing a photo looks; None where there is none.

        Raises:
            ModelError: there is one, and it cannot be used.
        """
        file = head_file(self.spec(), self._paths.models)
        return None if file is None else load_head(file, self.spec())

    def head_name(self) -> str:
        """Changes with the head of the chosen model; empty where there is none."""
        file = head_file(self.spec(), self._paths.models)
        if file is None:
            return ""
        try:
            stamp = file.stat()
            known = (file, stamp.st_size, stamp.st_mtime_ns)
            if self._head_known is None or self._head_known[0] != known:
                with file.open("rb") as stream:
                    digest = hashlib.blake2b(stream.read(MOST_BYTES), digest_size=6).hexdigest()
                self._head_known = (known, f" head {digest}")
        except OSError as error:
            log.info("the head %s cannot be read: %s", file, error)
            return ""
        return self._head_known[1]

    def label_vectors(
        self, vocabulary: Vocabulary, base: Vocabulary | None = None, key: str | None = None
    ) -> LabelVectors:
        """What the categories look like to the chosen model, or to the one of a key.

        Args:
            base: the vocabulary that this one was made from by the person; what both have is read once.

        Reading the vocabulary takes a model a while, so the result is kept: beside the bundled model for
        the bundled vocabulary (``packaging/starter/labels.py`` makes that file), else in the cache.

        Raises:
            ModelError: the model has to be loaded for it and cannot be.
        """
        name = self.vectors_name(key)
        cached = self._paths.cache / f"labels-{name}-{vocabulary.digest()}.npz"
        for file in (self.spec(key).folder / labels.FILE, cached):
            known = labels.read(file, name, vocabulary)
            if known is not None:
                return known
        encode = partial(self._encode_texts, key)
        if base is not None and base.digest() != vocabulary.digest():
            made = labels.extended(base, self.label_vectors(base, key=key), vocabulary, encode)
        else:
            made = label_vectors(vocabulary, encode)
        try:
            labels.write(cached, name, vocabulary, made)
        except OSError as error:
            log.info("label vectors could not be kept: %s", error)
        return made

    def _encode_texts(self, key: str | None, texts: Sequence[str]) -> NDArray[np.float32]:
        """Let a model read the vocabulary, and tell how far it is where that takes more than a moment."""
        embedder, parts = self.embedder(key), []
        for first in range(0, max(1, len(texts)), TEXTS_A_TURN):
            if len(texts) > TEXTS_A_TURN:
                self._notify(Progress("words", first, len(texts)))
            parts.append(embedder.encode_texts(texts[first : first + TEXTS_A_TURN]))
        return np.concatenate(parts)

    def close(self) -> None:
        with self._lock:
            for _, embedder in self._open.values():
                embedder.close()
            self._open.clear()

    def say(self, sentence: str) -> None:
        """Tell whoever listens to the library."""
        self._notify(Notice(sentence))
