"""Topics as an analysis: captions to vectors, kept a sentence, and what was there before made anew."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.captions import subject_of
from organizer.analysis.topics import topics
from organizer.events import Kind

if TYPE_CHECKING:
    from organizer.library.analyses import Inputs

AT_ONCE = 256  # sentences that are read between two looks at the control


def make_topics(inputs: Inputs) -> None:
    """Topics of all captions of present photos.

    Raises:
        ModelError: new captions are to be read and the model cannot be loaded.
    """
    captions = sorted((one for one in inputs.reader.captions() if one.text), key=lambda one: one.photo_id)
    ids = [one.photo_id for one in captions]
    sentences = [subject_of(one.text) for one in captions]
    before = inputs.reader.topics(inputs.vectors_name)
    vectors = _vectors(inputs, ids, sentences)
    found = topics(ids, sentences, vectors, before, check=inputs.check)
    inputs.writer.store_topics(
        found,
        before,
        text_model=inputs.vectors_name,
        model=inputs.results_name,
        generation=inputs.generation(Kind.TOPICS),
    )


def _vectors(inputs: Inputs, ids: Sequence[int], sentences: Sequence[str]) -> NDArray[np.float32]:
    """float32 (N, D) of unit length: each different sentence is read once by a model."""
    name = inputs.vectors_name
    known = inputs.reader.caption_vectors(name)
    digests = [hashlib.blake2b(sentence.encode(), digest_size=16).digest() for sentence in sentences]
    by_digest = dict(known.values())
    missing = [row for row, digest in enumerate(digests) if digest not in by_digest]
    different = list({digests[row]: sentences[row] for row in missing}.items())
    for first in range(0, len(different), AT_ONCE):
        inputs.check()
        part = different[first : first + AT_ONCE]
        made = inputs.encode_texts([sentence for _, sentence in part]).astype(np.float16)
        by_digest.update(zip((digest for digest, _ in part), made, strict=True))
        new = {digest for digest, _ in part}
        rows = [row for row in missing if digests[row] in new]
        inputs.writer.store_caption_vectors(
            [ids[row] for row in rows],
            [digests[row] for row in rows],
            np.stack([by_digest[digests[row]] for row in rows]),
            name,
        )
    if not ids:
        return np.zeros((0, 0), np.float32)
    vectors = np.stack([by_digest[digest] for digest in digests]).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))
    return vectors
