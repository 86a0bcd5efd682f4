"""Sentences out of any decoder that can say its next word: greedily, or by beam search.

Batched: rows that have ended leave the batch. A beam search keeps the best few beginnings of each row; a
finished sentence is judged by its mean log-probability to the power of ``penalty`` (Wu et al., 2016, with the
plain length). Can be stopped between two words. Imports torch; must not know models or words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from organizer.models.base import Check, unchecked

_NEVER = float("-inf")


class Steps(Protocol):
    """A batch of rows in the middle of their sentences."""

    def step(self, words: Tensor) -> Tensor:
        """(N,) int64, the words just said -> (N, V) logits of the next ones."""
        ...

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows (M,), in this order; a row may come several times."""
        ...


@dataclass(frozen=True)
class Rules:
    """How sentences are made.

    Attributes:
        start: the word that every sentence begins with. ends: words that end it; the first is put where a
        sentence has to be cut. longest: most words, start and end included. shortest: words, the start
        included, before ``ends[0]`` may follow. never: words that are not said. beams: 1 for greedy.
        penalty: power of the length by which a beam's sum of log-probabilities is divided; 0 takes the sum.
        no_repeats: whether a word may not follow itself, nor a pair of words come twice.
    """

    start: int
    ends: tuple[int, ...]
    longest: int = 30
    shortest: int = 1
    never: tuple[int, ...] = field(default=())
    beams: int = 1
    penalty: float = 1.0
    no_repeats: bool = False


def decode(
    steps: Steps, rows: int, rules: Rules, check: Check = unchecked, device: str = "cpu"
) -> list[list[int]]:
    """The sentence of each row: start, words and end (an end is put where ``longest`` cut it).

    Args:
        steps: fresh; nothing was said yet. check: called before every word; what it raises stops the work.

    Raises ValueError for rules that leave no room for a word.
    """
    if rules.longest < 3 or rules.shortest >= rules.longest or rules.beams < 1:
        raise ValueError("a sentence needs room for a word between its start and its end")
    if rows == 0:
        return []
    with torch.inference_mode():
        if rules.beams == 1:
            return _greedy(steps, rows, rules, check, device)
        return _beams(steps, rows, rules, check, device)


def _greedy(steps: Steps, rows: int, rules: Rules, check: Check, device: str) -> list[list[int]]:
    said = [[rules.start] for _ in range(rows)]
    going = list(range(rows))
    words = torch.full((rows,), rules.start, dtype=torch.long, device=device)
    while going:
        check()
        if len(said[going[0]]) + 1 == rules.longest:
            for row in going:
                said[row].append(rules.ends[0])
            break
        logits = _allowed(steps.step(words), [said[row] for row in going], rules)
        chosen = logits.argmax(dim=-1).tolist()
        still = [place for place, word in enumerate(chosen) if word not in rules.ends]
        for row, word in zip(going, chosen, strict=True):
            said[row].append(word)
        if len(still) < len(going):
            going = [going[place] for place in still]
            if going:
                steps.keep(torch.tensor(still, device=device))
        words = torch.tensor([said[row][-1] for row in going], dtype=torch.long, device=device)
    return said


@dataclass
class _Row:
    """One row of a beam search: its open beginnings with their sums, and the best finished sentences."""

    number: int
    open: list[list[int]]
    sums: list[float]
    done: list[tuple[float, list[int]]]

    def finish(self, total: float, words: list[int], rules: Rules, *, cut: bool = False) -> None:
        """Take a finished sentence in; only the best ``beams`` are kept.

        The start is not judged, nor is an end that the model did not say itself (``cut``).
        """
        judged = len(words) - (2 if cut else 1)
        self.done.append((total / max(1, judged) ** rules.penalty, words))
        self.done.sort(key=lambda one: -one[0])
        del self.done[rules.beams :]

    def decided(self, rules: Rules) -> bool:
        """Whether nothing open can still win.

        Sums only fall; the most favourable length is the longest where it divides, so nothing good is missed.
        """
        if not self.open:
            return True
        longest = float(rules.longest - 2) ** rules.penalty
        return len(self.done) >= rules.beams and self.done[0][0] >= max(self.sums) / longest


def _beams(steps: Steps, rows: int, rules: Rules, check: Check, device: str) -> list[list[int]]:
    every = [_Row(row, [[rules.start]], [0.0], []) for row in range(rows)]
    going = every
    words = torch.full((rows,), rules.start, dtype=torch.long, device=device)
    while going:
        check()
        length = len(going[0].open[0])
        if length + 1 == rules.longest:
            for row in going:
                for total, beginning in zip(row.sums, row.open, strict=True):
                    row.finish(total, [*beginning, rules.ends[0]], rules, cut=True)
            break
        beginnings = [beginning for row in going for beginning in row.open]
        chances = torch.log_softmax(steps.step(words).float(), dim=-1)
        chances = _allowed(chances, beginnings, rules)
        best, where = chances.topk(min(2 * rules.beams, chances.shape[-1]), dim=-1)
        kept = _grow(going, best.tolist(), where.tolist(), rules)
        going = [row for row in going if row.open]
        if going:
            steps.keep(torch.tensor(kept, device=device))
            last = [beginning[-1] for row in going for beginning in row.open]
            words = torch.tensor(last, dtype=torch.long, device=device)
    return [row.done[0][1] for row in every]


def _grow(going: list[_Row], best: list[list[float]], where: list[list[int]], rules: Rules) -> list[int]:
    """Give every row its next beginnings; returns which places of the batch they continue.

    An ending counts where it is among the best ``beams`` continuations of its row; the best ``beams``
    others go on. A row with nothing left to win is closed.
    """
    kept: list[int] = []
    first = 0
    for row in going:
        found = [
            (row.sums[own] + chance, own, word)
            for own in range(len(row.open))
            for chance, word in zip(best[first + own], where[first + own], strict=True)
            if chance > _NEVER
        ]
        found.sort(key=lambda one: (-one[0], one[1], one[2]))
        opened: list[tuple[float, int, int]] = []
        for rank, (total, own, word) in enumerate(found):
            if word in rules.ends:
                if rank < rules.beams:
                    row.finish(total, [*row.open[own], word], rules)
            elif len(opened) < rules.beams:
                opened.append((total, own, word))
        beginnings = row.open
        if not opened and not row.done:  # everything is barred: the sentence ends here
            row.finish(row.sums[0], [*beginnings[0], rules.ends[0]], rules, cut=True)
        row.open = [[*beginnings[own], word] for _, own, word in opened]
        row.sums = [total for total, _, _ in opened]
        if row.decided(rules):
            row.open, row.sums = [], []
        else:
            kept += [first + own for _, own, _ in opened]
        first += len(beginnings)
    return kept


def _allowed(logits: Tensor, beginnings: list[list[int]], rules: Rules) -> Tensor:
    """The logits with what may not be said at minus infinity."""
    barred = list(rules.never)
    if len(beginnings[0]) < rules.shortest:
        barred.append(rules.ends[0])
    if barred:
        logits = logits.clone()
        logits[:, barred] = _NEVER
    if rules.no_repeats:
        logits = logits if barred else logits.clone()
        for place, beginning in enumerate(beginnings):
            last = beginning[-1]
            pairs = [after for before, after in pairwise(beginning) if before == last]
            logits[place, [last, *pairs]] = _NEVER
    return logits
