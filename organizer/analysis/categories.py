"""Vectors to categories: where in the vocabulary each photo belongs, and how sure that is.

Zero-shot classification as in Radford et al., "Learning Transferable Visual Models From Natural
Language Supervision" (2021), over two levels. Knows arrays and keys; neither the model that made
the vectors nor the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.neighbours import Smoothing, by_representatives, smooth
from organizer.analysis.vocabulary import OWN, Decision, Vocabulary, prompt_texts
from organizer.results import OTHERS, Categorised

RANKED = 5  # categories kept with their probabilities, for the bars
CERTAIN_LEAD = 0.6  # a lead of the best parent that its neighbours cannot overturn
MEASURABLE = 50  # photos from which a background says something
MEASURED = 4096  # photos on which one is measured, spread over the library
BLOCK_ROWS = 4096  # photos classified at once

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class LabelVectors:
    """What the categories look like to one model.

    A category has one vector for each of its prompts, and the prompt that fits best speaks for it.

    Attributes:
        keys: L category keys; a parent stands before its children.
        parents: int64 (L,), row in ``keys`` of each category's parent; of itself for a parent.
        vectors: float32 (P, D) of unit length, one a prompt.
        owners: int64 (P,), row in ``keys`` of the category that each prompt belongs to, ascending,
            each at least once.
        decision: how probabilities become one category.
    """

    keys: tuple[str, ...]
    parents: NDArray[np.int64]
    vectors: NDArray[np.float32]
    owners: NDArray[np.int64]
    decision: Decision = field(default_factory=Decision)

    @property
    def is_parent(self) -> NDArray[np.bool_]:
        """(L,) the categories of the top level."""
        return np.asarray(self.parents == np.arange(len(self.keys)))

    @property
    def has_children(self) -> NDArray[np.bool_]:
        """(L,) the categories that have others below them."""
        return np.asarray(np.bincount(self.parents, minlength=len(self.keys)) > 1)

    @property
    def is_own(self) -> NDArray[np.bool_]:
        """(L,) the categories that the person added."""
        return np.array([key.startswith(OWN) for key in self.keys], bool)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model's measured thresholds for categories: what its calibration.json says of them.

    A photo convinces when both hold, else it goes to OTHERS:
    the probability of its best parent (children included) is at least ``min_probability``, and
    (its best centred cosine with any prompt - background_mean) / background_std is at least
    ``min_margin``. The background is the cosine of photos with categories that they do not show, as
    ``background`` measures it.

    Attributes:
        logit_scale: inverse temperature of the softmax over cosines.
        smoothing: the neighbour step; off unless it was measured to help this model.
    """

    logit_scale: float = 100.0
    min_probability: float = 0.0
    min_margin: float = -np.inf
    background_mean: float = 0.0
    background_std: float = 1.0
    smoothing: Smoothing = field(default_factory=Smoothing)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Calibration:
        """Read the keys logit_scale, others and neighbours of a calibration; what is absent sorts
        nothing out.

        The default scale is the one that CLIP's training is clipped at, so that a model of that
        family works before it is calibrated.
        """
        others = raw.get("others") or {}
        near = raw.get("neighbours") or {}
        return cls(
            logit_scale=float(raw.get("logit_scale", 100.0)),
            min_probability=float(others.get("min_probability", 0.0)),
            min_margin=float(others.get("min_margin_over_background", -np.inf)),
            background_mean=float(others.get("background_mean", 0.0)),
            background_std=max(float(others.get("background_std", 1.0)), 1e-6),
            smoothing=Smoothing(
                k=int(near.get("k", 0)),
                weight=float(near.get("weight", 0.0)),
                min_cosine=float(near.get("min_cosine", 0.0)),
                representative=float(near.get("representative", 0.0)),
                sharpness=float(near.get("sharpness", 20.0)),
            ),
        )


def label_vectors(vocabulary: Vocabulary, encode: Encode) -> LabelVectors:
    """Let a model read the vocabulary: one vector a prompt, the normalised mean over its templates.

    Args:
        encode: texts -> float32 (T, D) of unit length; called once with ``vocabulary.texts()``,
            which takes seconds to a minute: keep the result under ``vocabulary.digest()``.
    """
    texts = vocabulary.texts()
    encoded = dict(zip(texts, np.asarray(encode(texts), np.float32), strict=True))
    keys = tuple(category.key for category in vocabulary.categories)
    row_of = {key: row for row, key in enumerate(keys)}
    vectors: list[NDArray[np.float32]] = []
    owners: list[int] = []
    for row, category in enumerate(vocabulary.categories):
        for group in prompt_texts(category):
            mean = np.mean([encoded[text] for text in group], axis=0)
            vectors.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
            owners.append(row)
    parents = [row_of[category.parent or category.key] for category in vocabulary.categories]
    return LabelVectors(
        keys=keys,
        parents=np.array(parents, np.int64),
        vectors=np.array(vectors, np.float32),
        owners=np.array(owners, np.int64),
        decision=vocabulary.decision,
    )


def similarities(vectors: NDArray[np.float32], labels: LabelVectors) -> NDArray[np.float32]:
    """(N, L) centred cosine of each photo with the best-fitting prompt of each category.

    A prompt that lies in the middle of all prompts is near to every photo and would take photos
    from the particular ones (a hub: Dinu, Lazaridou and Baroni, "Improving zero-shot learning by
    mitigating the hubness problem", 2015). So a prompt's nearness to the mean prompt, beyond what
    is usual, counts against it by ``decision.centring``; cosines stay cosines on average.

    Args:
        vectors: float32 (N, D) of unit length.
    """
    if vectors.ndim != 2 or vectors.shape[1] != labels.vectors.shape[1]:
        raise ValueError(f"vectors of shape {vectors.shape} beside labels of {labels.vectors.shape}")
    starts = np.searchsorted(labels.owners, np.arange(len(labels.keys)))
    common = labels.vectors @ labels.vectors.mean(axis=0)
    offsets = np.float32(labels.decision.centring) * (common - common.mean())
    found = np.empty((len(vectors), len(labels.keys)), np.float32)
    for first in range(0, len(vectors), BLOCK_ROWS):
        part = vectors[first : first + BLOCK_ROWS] @ labels.vectors.T - offsets
        found[first : first + BLOCK_ROWS] = np.maximum.reduceat(part, starts, axis=1)
    return found


def probabilities(
    cosines: NDArray[np.float32], labels: LabelVectors, logit_scale: float
) -> NDArray[np.float32]:
    """(N, L) softmax of the scaled cosines; a parent's entry is that of its own prompts alone.

    A category that the person added weighs more: who adds one has photos of it, and it stands alone
    against whole groups of others.
    """
    priors = np.where(labels.has_children, np.log(labels.decision.parent_prior), 0.0)
    priors += np.where(labels.is_own, np.log(labels.decision.own_weight), 0.0)
    logits = cosines * np.float32(logit_scale) + priors.astype(np.float32)
    logits -= logits.max(axis=1, keepdims=True)
    raised = np.exp(logits)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def with_children(chances: NDArray[np.float32], labels: LabelVectors) -> NDArray[np.float32]:
    """(N, L): a parent's probability becomes its own plus its children's; a child's stays."""
    totals = np.zeros_like(chances)
    np.add.at(totals.T, labels.parents, chances.T)
    return np.where(labels.is_parent, totals, chances)


def background(vectors: NDArray[np.float32], labels: LabelVectors) -> tuple[float, float]:
    """Mean and standard deviation of the cosine of photos with categories they do not show.

    Counted for each photo over all categories outside its best parent; needs no labelled photos.
    This is what ``others.background_mean`` and ``others.background_std`` of a calibration mean.
    """
    cosines = similarities(vectors, labels)
    best = labels.parents[cosines.argmax(axis=1)]
    outside = cosines[labels.parents[None, :] != best[:, None]]
    if not outside.size:
        raise ValueError("a background needs photos and at least two parents")
    return float(outside.mean()), float(outside.std())


def with_background(
    calibration: Mapping[str, Any], vectors: NDArray[np.float32], labels: LabelVectors
) -> Mapping[str, Any]:
    """A calibration with its background, measured on these photos where the model's was not.

    A model that comes without measured numbers is judged by the person's own library: what its cosines
    with categories that photos do not show are like. Below MEASURABLE photos that says nothing, and then
    no photo is sorted out by its margin.

    Args:
        vectors: float32 (N, D) of unit length, of all photos that the model has seen.
    """
    others = dict(calibration.get("others") or {})
    if "min_margin_over_background" not in others or "background_mean" in others:
        return calibration
    if len(vectors) < MEASURABLE:
        del others["min_margin_over_background"]
    else:
        picked = vectors[:: -(-len(vectors) // MEASURED)]
        others["background_mean"], others["background_std"] = background(picked, labels)
    return {**calibration, "others": others}


def margins(cosines: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    """(N,) how many background deviations each photo's best cosine stands above the background."""
    best = cosines.max(axis=1)
    return np.asarray((best - calibration.background_mean) / calibration.background_std, np.float32)


def classify(
    ids: Sequence[int] | NDArray[np.int64],
    vectors: NDArray[np.float32],
    labels: LabelVectors,
    calibration: Mapping[str, Any] | Calibration,
    *,
    content_hash: Sequence[bytes] = (),
    by_user: Mapping[bytes, str] | None = None,
    check: Callable[[], None] | None = None,
) -> list[Categorised]:
    """Put every photo into one category.

    The best parent is the one with the largest probability, its children included. Its best child
    takes the photo if it holds at least ``decision.child_share`` of that; else the photo stays with
    the parent; and where nothing convinces (see ``Calibration``) it goes to OTHERS. A photo is
    doubtful when its category is improbable or its parent leads the next by little. What the person
    decided stands above all this, with score 1.

    Args:
        ids: N photo ids. vectors: float32 (N, D) of unit length, in the same order.
        content_hash: N hashes, needed where ``by_user`` (content hash -> category key) is given.
        check: called now and then during long work; may raise ``Cancelled``.

    Returns N results in the order of ids. ``ranked`` holds the categories that have none below
    them, and the photo's own where it has (then with its children's probability included). Raises
    ValueError where the arguments do not fit one another.
    """
    if len(ids) != len(vectors) or (by_user and len(content_hash) != len(ids)):
        raise ValueError("ids, vectors and content hashes must have the same length")
    if not len(ids):
        return []
    known = calibration if isinstance(calibration, Calibration) else Calibration.of(calibration)
    cosines = similarities(vectors, labels)
    chances = probabilities(cosines, labels, known.logit_scale)
    if known.smoothing.on:
        unsure = np.flatnonzero(_parent_lead(with_children(chances, labels), labels) < CERTAIN_LEAD)
        chances = smooth(chances, vectors, known.smoothing, unsure, check)
        chances = by_representatives(chances, vectors, known.smoothing, unsure)
    chosen, doubtful = _decide(chances, cosines, labels, known)
    totals = with_children(chances, labels)
    users = [by_user.get(key) for key in content_hash] if by_user else [None] * len(ids)
    return [
        _result(int(photo), totals[row], int(chosen[row]), bool(doubtful[row]), users[row], labels)
        for row, photo in enumerate(ids)
    ]


def _parent_lead(totals: NDArray[np.float32], labels: LabelVectors) -> NDArray[np.float32]:
    """(N,) how far the best parent leads the next, as a probability; 1 where there is but one."""
    tops = totals[:, labels.is_parent]
    if tops.shape[1] < 2:
        return np.ones(len(tops), np.float32)
    two = np.partition(tops, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0], np.float32)


def _decide(
    chances: NDArray[np.float32],
    cosines: NDArray[np.float32],
    labels: LabelVectors,
    known: Calibration,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(N,) row of the category in labels.keys or -1 for OTHERS, and (N,) whether it is doubtful."""
    totals = with_children(chances, labels)
    rows = np.arange(len(chances))
    parent = np.where(labels.is_parent, totals, -1.0).argmax(axis=1)
    parent_chance = totals[rows, parent]
    children = np.where((labels.parents[None, :] == parent[:, None]) & ~labels.is_parent, chances, -1.0)
    child = children.argmax(axis=1)
    takes = children[rows, child] >= labels.decision.child_share * parent_chance
    chosen = np.where(takes, child, parent)
    convinced = (parent_chance >= known.min_probability) & (margins(cosines, known) >= known.min_margin)
    unlikely = totals[rows, chosen] < labels.decision.doubtful_below
    close = _parent_lead(totals, labels) < labels.decision.doubtful_lead
    return np.where(convinced, chosen, -1), np.asarray((unlikely | close) & convinced)


def _result(
    photo: int,
    totals: NDArray[np.float32],
    chosen: int,
    doubtful: bool,
    user: str | None,
    labels: LabelVectors,
) -> Categorised:
    shown = np.where(labels.has_children, -1.0, totals)
    if chosen >= 0:
        shown[chosen] = totals[chosen]
    best = np.argsort(-shown, kind="stable")[:RANKED]
    ranked = tuple((labels.keys[row], round(float(shown[row]), 4)) for row in best if shown[row] >= 0)
    if user is not None:
        return Categorised(photo, user, 1.0, ranked, by_user=True)
    if chosen < 0:
        # the better any category fits, the less sure it is that none does
        return Categorised(photo, OTHERS, round(1.0 - float(totals[labels.is_parent].max()), 4), ranked)
    return Categorised(photo, labels.keys[chosen], round(float(totals[chosen]), 4), ranked, doubtful)
