"""What the image tower is asked to do.

Three demands on a picture's unit vector z, all in the fixed space of the sentence embedder: to stand
near the vectors of its own words among all words (labels_loss); near the teacher's vector
(teacher_loss); and to keep what the ImageNet trunk knew of 1,000 things (things_loss). Plain
functions over tensors.
"""

from __future__ import annotations

import numpy as np
import torch
from texts import PhraseTable
from torch.nn import functional

NEIGHBOUR_SHARE = 0.15
NEIGHBOUR_SHARPNESS = 30.0


class LabelTargets:
    """For each picture a distribution over all phrases.

    Half the weight lies on its most specific label, half on the others; a share goes to phrases that
    mean nearly the same as its labels, by the sentence embedder, so that a word is not pushed away
    for being unlisted.
    """

    def __init__(self, table: PhraseTable, device: str) -> None:
        self._starts = table.starts
        self._members = table.members
        self.vectors = torch.from_numpy(table.vectors).to(device)
        self.things = torch.from_numpy(table.things).to(device)
        self._device = device

    def __call__(self, rows: np.ndarray) -> torch.Tensor:
        """(B,) picture numbers -> (B, P) float32, each row summing to 1."""
        made = np.zeros((len(rows), len(self.vectors)), np.float32)
        for place, row in enumerate(rows):
            labels = self._members[self._starts[row] : self._starts[row + 1]]
            if len(labels) == 1:
                made[place, labels] = 1.0
                continue
            made[place, labels[0]] = 0.5
            made[place, labels[1:]] += 0.5 / (len(labels) - 1)
        listed = torch.from_numpy(made).to(self._device)
        meant = functional.normalize(listed @ self.vectors, dim=1)
        near = functional.softmax(NEIGHBOUR_SHARPNESS * meant @ self.vectors.T, dim=1)
        return (1 - NEIGHBOUR_SHARE) * listed + NEIGHBOUR_SHARE * near


def labels_loss(
    z: torch.Tensor, phrases: torch.Tensor, target: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy of the softmax over all phrases to the target distribution."""
    logits = scale * z @ phrases.T
    return -(target * functional.log_softmax(logits, dim=1)).sum(1).mean()


def teacher_loss(z: torch.Tensor, teacher: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """One minus the cosine to the teacher's vector, mean over the pictures that have one.

    known: (B,) float32, 1 where there is a teacher's vector and 0 where there is none.
    """
    return ((1 - (z * teacher).sum(1)) * known).sum() / known.sum().clamp(min=1)


def relation_loss(z: torch.Tensor, teacher: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Squared difference of the batch's mutual cosines to the teacher's (relational distillation)."""
    pairs = known[:, None] * known[None]
    return ((z @ z.T - teacher @ teacher.T).square() * pairs).sum() / pairs.sum().clamp(min=1)


def things_loss(
    z: torch.Tensor, things: torch.Tensor, wanted: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Kullback-Leibler divergence from the ImageNet trunk's probabilities (B, 1000)."""
    own = functional.log_softmax(scale * z @ things.T, dim=1)
    return functional.kl_div(own, wanted, reduction="batchmean")
