"""How near sentences come to what people wrote: BLEU, ROUGE-L and CIDEr-D, from their papers.

Every function takes one candidate a photo and the photo's references, all in the same order. Words are
compared in lower case without punctuation. Pure Python; must not know models.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

Words = list[str]
Grams = Counter[tuple[str, ...]]
_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")


def words(sentence: str) -> Words:
    """The words of a sentence in lower case, without punctuation."""
    return _WORD.findall(sentence.lower().replace("’", "'"))


def grams(said: Words, size: int) -> Grams:
    """How often each run of ``size`` words occurs."""
    return Counter(tuple(said[first : first + size]) for first in range(len(said) - size + 1))


def bleu(candidates: Sequence[str], references: Sequence[Sequence[str]], size: int = 4) -> float:
    """BLEU of the whole corpus, 0..1, unsmoothed (Papineni et al., 2002).

    The geometric mean of the clipped precisions of runs of 1..size words, times the brevity penalty with
    the nearest reference's length (the shorter of two equally near).
    """
    hits, total = [0] * size, [0] * size
    length = wanted = 0
    for candidate, written in zip(candidates, references, strict=True):
        said, others = words(candidate), [words(one) for one in written]
        length += len(said)
        wanted += min((abs(len(one) - len(said)), len(one)) for one in others)[1]
        for n in range(1, size + 1):
            mine = grams(said, n)
            most: Grams = Counter()
            for one in others:
                most |= grams(one, n)
            hits[n - 1] += sum((mine & most).values())
            total[n - 1] += sum(mine.values())
    if not all(hits):
        return 0.0
    precision = math.exp(sum(math.log(h / t) for h, t in zip(hits, total, strict=True)) / size)
    return precision * min(1.0, math.exp(1 - wanted / length))


def rouge_l(candidates: Sequence[str], references: Sequence[Sequence[str]], beta: float = 1.2) -> float:
    """Mean ROUGE-L, 0..1 (Lin, 2004): F of the longest common subsequence.

    Precision and recall are each the best over the references, and recall weighs ``beta`` squared, as is
    usual for captions.
    """
    scores = []
    for candidate, written in zip(candidates, references, strict=True):
        said, others = words(candidate), [words(one) for one in written]
        common = [(_common(said, one), len(one)) for one in others]
        precision = max((c / len(said) for c, _ in common), default=0.0) if said else 0.0
        recall = max((c / size for c, size in common if size), default=0.0)
        below = recall + beta**2 * precision
        scores.append((1 + beta**2) * precision * recall / below if below else 0.0)
    return sum(scores) / len(scores)


def _common(one: Words, other: Words) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for place, against in enumerate(other, 1):
            kept = row[place]
            row[place] = before + 1 if word == against else max(kept, row[place - 1])
            before = kept
    return row[-1]


def cider(
    candidates: Sequence[str], references: Sequence[Sequence[str]], size: int = 4, sigma: float = 6.0
) -> float:
    """Mean CIDEr-D (Vedantam et al., 2015): 0 for nothing in common, 10 for a copy of every reference.

    Runs of 1..size words are weighed by how few photos' references hold them; the clipped cosine of the
    weights is damped by the difference of the lengths, averaged over sizes and references, times ten.
    """
    return sum(cider_each(candidates, references, size, sigma)) / len(candidates)


def cider_each(
    candidates: Sequence[str], references: Sequence[Sequence[str]], size: int = 4, sigma: float = 6.0
) -> list[float]:
    """CIDEr-D of every photo by itself."""
    seen: Grams = Counter()
    for written in references:
        seen.update({gram for one in written for n in range(1, size + 1) for gram in grams(words(one), n)})
    photos = math.log(len(references))

    def weighed(said: Words, n: int) -> dict[tuple[str, ...], float]:
        return {g: count * (photos - math.log(max(1, seen[g]))) for g, count in grams(said, n).items()}

    scores = []
    for candidate, written in zip(candidates, references, strict=True):
        said = words(candidate)
        total = 0.0
        for one in map(words, written):
            damped = math.exp(-((len(said) - len(one)) ** 2) / (2 * sigma**2))
            for n in range(1, size + 1):
                total += damped * _clipped_cosine(weighed(said, n), weighed(one, n))
        scores.append(10 * total / (size * len(written)))
    return scores


def _clipped_cosine(mine: dict[tuple[str, ...], float], other: dict[tuple[str, ...], float]) -> float:
    above = sum(min(weight, other[gram]) * other[gram] for gram, weight in mine.items() if gram in other)
    norms = math.hypot(*mine.values()) * math.hypot(*other.values())
    return above / norms if norms else 0.0
