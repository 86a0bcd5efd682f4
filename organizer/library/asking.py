"""Questions about pictures that need not be in the library: labels of the person's own for them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from organizer.library.core import LibraryCore
from organizer.media.pool import DecodePool
from organizer.models.prompts import text_classifier
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
                waiting = [(path, pool.submit(file_stamp(path))) for path in images[first : first + BATCH]]
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


def _labelled(path: Path, labels: Sequence[str], chances: Any) -> dict[str, Any]:
    order = np.argsort(-chances, kind="stable")
    ranked = [{"label": labels[place], "probability": round(float(chances[place]), 4)} for place in order]
    return {"image": os.path.abspath(path), "labels": ranked}  # noqa: PTH100 - without dots, links as they are


def file_stamp(path: Path) -> FileStamp:
    """The file as it is now; a file that is not there is told by the decoder."""
    try:
        facts = path.stat()
    except OSError:
        return FileStamp(path.absolute(), 0, 0)
    return FileStamp(path.absolute(), facts.st_size, facts.st_mtime_ns)
