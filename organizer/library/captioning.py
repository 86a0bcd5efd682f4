"""Which captioner writes, opened at first use: a CoCa that the person chose, the program's own, or labels.

What else is done with captions - for which photos, when, where they are kept - is not decided here.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.captions import SOURCE as LABELS
from organizer.analysis.captions import Describer
from organizer.analysis.categories import classify
from organizer.errors import UsageProblem
from organizer.indexing.control import IndexControl
from organizer.library.asking import file_stamp
from organizer.library.core import LibraryCore
from organizer.library.shelf import ModelShelf
from organizer.media.pool import DecodePool
from organizer.models import captioner as own_captioner
from organizer.models.base import Captioner, Check, unchecked
from organizer.models.registry import installed
from organizer.paths import AppPaths
from organizer.records import Decoded, InputSpec

log = logging.getLogger(__name__)

BATCH = 16
NOTHING = "A photo."  # where not even a label fits


def source_of(key: str) -> str:
    """How a captioner's sentences are marked in the catalogue and in the report."""
    return LABELS if key == LABELS else f"model {key}"


class FromVectors(Protocol):
    """A captioner that needs no photo where the vectors of the bundled model are known."""

    def describe_vectors(self, vectors: NDArray[np.float32], check: Check = unchecked) -> list[str]: ...


class SharedCaptioner:
    """A captioner that several threads may call, one batch at a time.

    Attributes:
        key: its key, "labels" for sentences made of categories. input: what it wants to see.
        source: how its sentences are marked. vectors_name: name under which the catalogue keeps the vectors
        that ``describe_vectors`` takes; empty where it takes none.
    """

    def __init__(self, captioner: Captioner, vectors_name: str = "") -> None:
        self._captioner = captioner
        self._turn = threading.Lock()
        self.key = captioner.key
        self.input = captioner.input
        self.source = source_of(captioner.key)
        self.vectors_name = vectors_name if hasattr(captioner, "describe_vectors") else ""

    def describe(self, batch: NDArray[np.uint8], check: Check = unchecked) -> list[str]:
        """(N, S, S, 3) uint8 RGB as ``input`` asks -> N sentences; "" where nothing can be said.

        Args:
            check: called before every word; what it raises (``Cancelled``) stops the work.

        Raises:
            ModelError: the model cannot be run.
        """
        with self._turn:
            return self._captioner.describe(batch, check)

    def describe_vectors(self, vectors: NDArray[np.float32], check: Check = unchecked) -> list[str]:
        """(N, D) vectors that the catalogue keeps under ``vectors_name`` -> N sentences; opens no photo."""
        if not self.vectors_name:
            raise ValueError(f"{self.key} needs the photos themselves")
        with self._turn:
            known: Any = self._captioner
            said: list[str] = known.describe_vectors(vectors, check)
            return said

    def close(self) -> None:
        with self._turn:
            self._captioner.close()


class _Eyes:
    """The bundled model, opened when it is looked through; whatever else is opened or closed meanwhile."""

    def __init__(self, shelf: ModelShelf) -> None:
        self._shelf = shelf
        self.key = shelf.registry.bundled.key

    @property
    def dimension(self) -> int:
        return self._shelf.embedder(self.key).dimension

    @property
    def input(self) -> InputSpec:
        return self._shelf.embedder(self.key).input

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._shelf.embedder(self.key).encode_images(batch)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._shelf.embedder(self.key).encode_texts(texts)

    def close(self) -> None:
        """It is the shelf's."""


class LabelCaptioner:
    """Sentences made of the categories of the bundled model (``analysis.captions``)."""

    key = LABELS

    def __init__(self, library: LibraryCore, eyes: _Eyes) -> None:
        self._library = library
        self._eyes = eyes

    @property
    def input(self) -> InputSpec:
        return self._eyes.input

    def describe(self, batch: NDArray[np.uint8], check: Check = unchecked) -> list[str]:
        check()
        return self.describe_vectors(self._eyes.encode_images(batch), check) if len(batch) else []

    def describe_vectors(self, vectors: NDArray[np.float32], check: Check = unchecked) -> list[str]:
        library = self._library
        labels = library._label_vectors(self._eyes.key)
        calibration = library._shelf.spec(self._eyes.key).calibration
        found = classify(range(len(vectors)), vectors, labels, calibration, check=check)
        describer = Describer(library.vocabulary())
        captions = [describer.describe(one) for one in found]
        return [caption.text if caption else "" for caption in captions]

    def close(self) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, slots=True)
class CaptionerChoice:
    """One way of writing captions.

    Attributes:
        key: "labels", the bundled captioner's or a model's. name: English, for people. in_use: whether it
        writes now. bytes: of its weights; 0 for labels.
    """

    key: str
    name: str
    in_use: bool
    bytes: int = 0


class Captioning(LibraryCore):
    """The part of the library that puts photos into words."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._captioner: tuple[tuple[str, str, str], SharedCaptioner] | None = None
        self._opening = threading.Lock()

    def close(self) -> None:
        with self._opening:
            if self._captioner is not None:
                self._captioner[1].close()
                self._captioner = None
        super().close()

    def captioners(self) -> list[CaptionerChoice]:
        """The ways of writing captions on this computer, the best first; needs no torch."""
        used = self.captioner_key()
        found = [
            CaptionerChoice(spec.key, spec.name, spec.key == used, spec.bytes)
            for spec in self._shelf.registry
            if spec.kind == "captioner" and installed(spec)
        ]
        if own_captioner.bundled(self.paths.resources):
            size = own_captioner.size(self.paths.resources)
            key = own_captioner.KEY
            found.append(CaptionerChoice(key, "Starter captions", key == used, size))
        return [*found, CaptionerChoice(LABELS, "Labels", used == LABELS)]

    def captioner_key(self) -> str:
        """Key of the captioner that writes: the chosen one where it is here, else the program's own where it
        was measured to be better than labels, else "labels". Needs no torch.
        """
        chosen = self.settings.captioner
        spec = self._shelf.registry.models.get(chosen)
        if spec is not None and spec.kind == "captioner" and installed(spec):
            return chosen
        own = own_captioner.bundled(self.paths.resources)
        if chosen == LABELS or (chosen == own_captioner.KEY and own):
            return chosen
        return own_captioner.KEY if own and own_captioner.shown(self.paths.resources) else LABELS

    def use_captioner(self, key: str) -> None:
        """Let another captioner write from now on; "" leaves the choice to the program.

        Raises:
            UsageProblem: there is none of that key on this computer.
        """
        known = [choice.key for choice in self.captioners()]
        if key and key not in known:
            raise UsageProblem(f"No captioner “{key}” is on this computer. Known: {', '.join(known)}.")
        self.change_settings(captioner=key)

    def captioner(self) -> SharedCaptioner:
        """The captioner that writes, opened now if it was not yet; that takes a second or more.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._opening:
            key = self.captioner_key()
            eyes = _Eyes(self._shelf)
            wanted = (key, self._shelf.vectors_name(key if key in self._shelf.registry.models else eyes.key),
                      self.settings.device)  # fmt: skip
            if self._captioner is not None and self._captioner[0] == wanted:
                return self._captioner[1]
            made = SharedCaptioner(self._open_captioner(key, eyes), self._shelf.vectors_name(eyes.key))
            if self._captioner is not None:
                self._captioner[1].close()
            self._captioner = (wanted, made)
            return made

    def _open_captioner(self, key: str, eyes: _Eyes) -> Captioner:
        if key == LABELS:
            return LabelCaptioner(self, eyes)
        if key == own_captioner.KEY:
            from organizer.models.captioner import open_captioner

            return open_captioner(self.paths.resources, eyes)
        from organizer.models.coca import open_coca

        return open_coca(self._shelf.spec(key), self.settings.device, on_notice=self._shelf.say)

    def caption(
        self, images: Sequence[Path], control: IndexControl | None = None
    ) -> tuple[list[dict[str, Any]], list[tuple[Path, str]]]:
        """A sentence for each picture, which need not be in the library; the catalogue is not touched.

        What the captioner cannot describe is described by its labels, and says so in its source.

        Returns:
            One {"image", "caption", "source"} a readable picture, and (path, sentence) for each picture that
            could not be read.

        Raises:
            ModelError: the model cannot be loaded. Cancelled: the control said so.
        """
        captioner = self.captioner()
        labels = LabelCaptioner(self, _Eyes(self._shelf))
        check = control.check if control is not None else unchecked
        rows: list[dict[str, Any]] = []
        failed: list[tuple[Path, str]] = []
        with DecodePool(1, captioner.input) as pool:
            for first in range(0, len(images), BATCH):
                check()
                waiting = [(path, pool.submit(file_stamp(path))) for path in images[first : first + BATCH]]
                answers = [(path, future.result()) for path, future in waiting]
                failed += [(path, got.sentence) for path, got in answers if not isinstance(got, Decoded)]
                seen = [
                    (path, got.model_input)
                    for path, got in answers
                    if isinstance(got, Decoded) and got.model_input is not None
                ]
                if seen:
                    said = captioner.describe(np.stack([pixels for _, pixels in seen]), check)
                    rows += [
                        _row(path, text, captioner.source, labels, pixels)
                        for (path, pixels), text in zip(seen, said, strict=True)
                    ]
        return rows, failed


def _row(
    path: Path, text: str, source: str, labels: LabelCaptioner, pixels: NDArray[np.uint8]
) -> dict[str, Any]:
    if not text:
        source = LABELS
        fits = pixels.shape[0] == labels.input.size
        text = (labels.describe(pixels[None])[0] if fits else "") or NOTHING
    return {"image": os.path.abspath(path), "caption": text, "source": source}  # noqa: PTH100 - links as they are
