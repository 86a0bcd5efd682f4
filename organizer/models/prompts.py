"""From names to classifier vectors: the prompt ensemble of zero-shot classification.

Method: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision"
(2021), 3.1.4: the normalised mean of the normalised vectors of several phrasings. Knows no
vocabulary; must not import torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from organizer.errors import UsageProblem
from organizer.models.base import Embedder

DEFAULT_TEMPLATES = ("{}", "a photo of a {}.")


def text_classifier(
    embedder: Embedder,
    names: Sequence[str | Sequence[str]],
    templates: Sequence[str] = DEFAULT_TEMPLATES,
) -> NDArray[np.float32]:
    """One vector a class, ready to be multiplied with picture vectors.

    Args:
        names: a class is a name or several phrasings of it; each is put into every template.
        templates: texts with one ``{}``.

    Returns (C, D) float32 of unit length. Raises UsageProblem where there is no class, no template,
    an empty name or a template without ``{}``.
    """
    phrasings = [[name] if isinstance(name, str) else list(name) for name in names]
    _check(phrasings, templates)
    prompts = [t.replace("{}", p.strip()) for group in phrasings for p in group for t in templates]
    vectors = embedder.encode_texts(prompts)
    made = np.empty((len(phrasings), vectors.shape[1]), np.float32)
    first = 0
    for row, group in enumerate(phrasings):
        last = first + len(group) * len(templates)
        made[row] = vectors[first:last].mean(axis=0)
        first = last
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    made /= np.maximum(lengths, np.float32(1e-12))
    return made


def _check(phrasings: list[list[str]], templates: Sequence[str]) -> None:
    if not phrasings:
        raise UsageProblem("Name at least one category.")
    if any(not group or any(not phrase.strip() for phrase in group) for group in phrasings):
        raise UsageProblem("A category needs a name.")
    if not templates:
        raise UsageProblem("Give at least one template.")
    for template in templates:
        if template.count("{}") != 1:
            raise UsageProblem(f"The template “{template}” needs one {{}} where the name goes.")
