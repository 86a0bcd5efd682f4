"""What highlights are chosen from, put together from the catalogue: the photos, their judges, who may speak.

Knows no rule of the choice; ``analysis.highlights`` has them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.highlight_scores import HEAD_SAY, PROMPT_SAY, Judges, appeal_of
from organizer.analysis.highlights import Showroom, showroom
from organizer.analysis.preference import taste
from organizer.events import Kind

if TYPE_CHECKING:
    from organizer.library.analyses import Inputs

JUDGED_BY_HEAD = frozenset({Kind.DUPLICATES, Kind.HIGHLIGHTS})
"""Kinds of results that the head of a model has a say in: what to keep, and what to show."""


def highlight_room(inputs: Inputs) -> Showroom:
    """What highlights are chosen from: every photo that was looked at in full, with its judges."""
    rows = inputs.complete
    table = inputs.complete_table
    here = set(table.ids.tolist())
    judged = {reason: np.nan_to_num(scores[rows]) for reason, scores in inputs.quality.items()}
    vectors = inputs.widest if len(rows) == len(inputs.table) else inputs.widest[rows]
    return showroom(
        table,
        [one for one in inputs.categorised if one.photo_id in here],
        judged,
        inputs.flags,
        inputs.stacks,
        vectors if vectors.any() else None,
        inputs.vocabulary.highlight_weights(),
        partial(_judges, inputs),
    )


def _judges(inputs: Inputs, vectors: NDArray[np.float32] | None, group: NDArray[np.int64]) -> Judges:
    """A head before a pair of prompts; taste is learnt from the vectors that most photos have."""
    looks, say = _looks(inputs), HEAD_SAY if inputs.head is not None else PROMPT_SAY
    pick = inputs.complete_table.pick
    learnt = taste(vectors, pick, group=group) if vectors is not None and (pick > 0).any() else None
    return Judges(None if looks is None else looks[inputs.complete], say, learnt)


def _looks(inputs: Inputs) -> NDArray[np.float32] | None:
    """float32 (N,) 0..1 in the table's order: how pleasing photos look; None where nobody can tell."""
    if not inputs.vectors.any():
        return None
    if inputs.head is not None:
        return inputs.head.scores(inputs.vectors)
    appeal = appeal_of(inputs.model.calibration)
    if appeal is None:
        return None
    return appeal.scores(inputs.vectors, inputs.encode_texts([appeal.good, appeal.bad]))
