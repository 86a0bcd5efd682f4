"""Label vectors on disk: what a vocabulary looks like to one model, kept because making it takes seconds.

A file says which vectors and which vocabulary it is for; one that fits neither is not read.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from organizer.analysis.categories import Encode, LabelVectors, label_vectors
from organizer.analysis.vocabulary import Vocabulary

log = logging.getLogger(__name__)

FILE = "labels.npz"  # name beside a bundled model


def read(file: Path, vectors_name: str, vocabulary: Vocabulary) -> LabelVectors | None:
    """The label vectors in a file, or None where it is absent, unreadable or for something else."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            if str(kept["made_for"]) != _made_for(vectors_name, vocabulary):
                return None
            vectors = kept["vectors"].astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            keys = tuple(category.key for category in vocabulary.categories)
            return LabelVectors(keys, kept["parents"], vectors, kept["owners"], vocabulary.decision)
    except FileNotFoundError:
        return None
    except Exception as error:  # it can be made again, whatever is wrong with it
        log.info("label vectors in %s are made again: %r", file, error)
        return None


def write(file: Path, vectors_name: str, vocabulary: Vocabulary, labels: LabelVectors) -> None:
    """Keep label vectors, in half precision; a crash leaves the old file or the new one.

    Raises:
        OSError: the folder cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        np.savez(
            stream,
            made_for=_made_for(vectors_name, vocabulary),
            parents=labels.parents,
            vectors=labels.vectors.astype(np.float16),
            owners=labels.owners,
        )
    temporary.replace(file)


def extended(base: Vocabulary, known: LabelVectors, vocabulary: Vocabulary, encode: Encode) -> LabelVectors:
    """The label vectors of a vocabulary that the person made from ``base``: only what is new is read.

    Args:
        known: the label vectors of ``base``. encode: as ``label_vectors`` takes it; not called where nothing
            is new.
    """
    same = {category.key: (category.prompts, category.templates) for category in base.categories}
    parts = {key: known.vectors[known.owners == row] for row, key in enumerate(known.keys)}
    fresh = tuple(
        replace(category, parent=None)
        for category in vocabulary.categories
        if same.get(category.key) != (category.prompts, category.templates)
    )
    if fresh:
        made = label_vectors(replace(vocabulary, categories=fresh), encode)
        parts.update({key: made.vectors[made.owners == row] for row, key in enumerate(made.keys)})
    keys = tuple(category.key for category in vocabulary.categories)
    rows = {key: row for row, key in enumerate(keys)}
    return LabelVectors(
        keys=keys,
        parents=np.array([rows[c.parent or c.key] for c in vocabulary.categories], np.int64),
        vectors=np.concatenate([parts[key] for key in keys]),
        owners=np.repeat(np.arange(len(keys)), [len(parts[key]) for key in keys]).astype(np.int64),
        decision=vocabulary.decision,
    )


def _made_for(vectors_name: str, vocabulary: Vocabulary) -> str:
    return f"{vectors_name} {vocabulary.digest()}"
