"""Questions that need the model: labels of the person's own for some pictures, and photos for some words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from organizer.errors import UsageProblem
from organizer.library.core import LibraryCore
from organizer.media.pool import DecodePool
from organizer.models.prompts import text_classifier
from organizer.models.registry import installed
from organizer.records import Decoded, FileStamp

BATCH = 32


class Asking(LibraryCore):
    """The part of the library that asks the model at once."""

    def classify(
        self, images: Sequence[Path], labels: Sequence[str], template: str = "a photo of a {}"
    ) -> tuple[list[dict[str, Any]], list[tuple[Path, str]]]:
        """How well each label fits each picture, by zero-shot classification; the catalogue is not touched.

        Returns:
            One {"image", "labels": [{"label", "probability"}]} a readable picture, best label first, and
            (path, sentence) for each picture that could not be read.

        Raises:
            UsageProblem: no label, or a template without ``{}``. ModelError: the model cannot be loaded.
        """
        embedder = self._shelf.embedder()
        classes = text_classifier(embedder, list(labels), [template])
        scale = float(self._shelf.spec().calibration.get("logit_scale", 100.0))
        rows: list[dict[str, Any]] = []
        failed: list[tuple[Path, str]] = []
        with DecodePool(1, self._shelf.input()) as pool:
            for first in range(0, len(images), BATCH):
                waiting = [(path, pool.submit(_stamp(path))) for path in images[first : first + BATCH]]
                answers = [(path, future.result()) for path, future in waiting]
                failed += [(path, got.sentence) for path, got in answers if not isinstance(got, Decoded)]
                readable = [(path, got) for path, got in answers if isinstance(got, Decoded)]
                if not readable:
                    continue
                inputs = np.stack([got.model_input for _, got in readable if got.model_input is not None])
                logits = scale * embedder.encode_images(inputs) @ classes.T
                chances = np.exp(logits - logits.max(axis=1, keepdims=True))
                chances /= chances.sum(axis=1, keepdims=True)
                rows += [
                    _labelled(path, labels, row) for (path, _), row in zip(readable, chances, strict=True)
                ]
        return rows, failed

    def search(self, text: str, limit: int = 200) -> list[tuple[int, float]]:
        """Photos that fit some words, by the similarity of the words' vector and the photos'; best first.

        Raises:
            UsageProblem: no words. ModelError: the model cannot be loaded.
        """
        if not text.strip():
            raise UsageProblem("Name something to look for.")
        ids, vectors = self._reader.vectors(self._shelf.vectors_name())
        if not len(ids):
            return []
        words = self._shelf.embedder().encode_texts([text.strip()])[0]
        scores = vectors.astype(np.float32) @ words
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(int(ids[row]), float(scores[row])) for row in best]

    def models(self) -> list[dict[str, Any]]:
        """The models that this version knows, as ``models list`` prints them."""
        chosen = self._shelf.spec().key
        return [
            {
                "key": spec.key,
                "name": spec.name,
                "kind": spec.kind,
                "installed": installed(spec),
                "in_use": spec.key == chosen,
                "bytes": spec.bytes,
                "licence": spec.licence,
                "languages": list(spec.languages),
            }
            for spec in self._shelf.registry
        ]

    def use_model(self, key: str) -> None:
        """Use another model from now on; its results replace the old ones when the photos are looked at.

        Raises:
            UsageProblem: unknown, not on this computer, or no embedder.
        """
        self._shelf.check_usable(key)
        self.change_settings(model=key)

    def model_label(self) -> str:
        """Where the work is done and by what: "CPU - Starter"."""
        return self._shelf.label()


def _labelled(path: Path, labels: Sequence[str], chances: Any) -> dict[str, Any]:
    order = np.argsort(-chances, kind="stable")
    ranked = [{"label": labels[place], "probability": round(float(chances[place]), 4)} for place in order]
    return {"image": os.path.abspath(path), "labels": ranked}  # noqa: PTH100 - without dots, links as they are


def _stamp(path: Path) -> FileStamp:
    """The file as it is now; a file that is not there is told by the decoder."""
    try:
        facts = path.stat()
    except OSError:
        return FileStamp(path.absolute(), 0, 0)
    return FileStamp(path.absolute(), facts.st_size, facts.st_mtime_ns)
