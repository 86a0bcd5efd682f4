"""Stacks of photos that are one: exact copies, and copies that were edited on the way.

Three steps, so that pixels are read for proposed pairs alone::

    found = candidates(table, calibration, refused)
    scores = verify(found.pairs, found.ways, *reader.greys(np.unique(found.pairs)), calibration)
    result = stacks(table, found, scores, calibration, refused=refused, settled=settled)

Tiers never mix: of photos that are exact copies of each other only the one to keep takes part in a
same-picture stack, so each file is the spare copy of at most one stack. Pure functions; knows no
database and no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.candidates import near_pairs
from organizer.analysis.grouping import components, group
from organizer.analysis.keep import DEFAULT_ORDER, rank
from organizer.analysis.verify import SamePicture, load_calibration, verify
from organizer.results import PhotoTable, Stack, Tier

__all__ = ["Candidates", "SamePicture", "candidates", "load_calibration", "stacks", "verify"]

Refused = Collection[frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs that might be the same picture.

    Attributes:
        pairs: photo ids, int64 (P, 2), the smaller first, sorted.
        ways: int8 (P,), how to turn the second so that it lies like the first, an index of
            ``fingerprint.DIHEDRAL``.
    """

    pairs: NDArray[np.int64]
    ways: NDArray[np.int8]


def candidates(
    table: PhotoTable,
    calibration: SamePicture,
    refused: Refused = frozenset(),
    order: Sequence[str] = DEFAULT_ORDER,
    new: Iterable[int] | None = None,
) -> Candidates:
    """Propose pairs by their hashes; of exact copies only the one to keep is asked about.

    Args:
        table: ids ascending. refused: pairs of content hashes that the person said are no duplicates.
        order: the rules of ``keep``. new: photo ids; when given, only pairs with one of them are proposed.
    """
    taking_part = np.ones(len(table), bool)
    for members in _exact_groups(table, refused):
        taking_part[rank(table, members, order)[0][1:]] = False
    rows = np.flatnonzero(taking_part)
    fresh = None if new is None else np.isin(table.ids, np.fromiter(new, np.int64))
    pairs, ways = near_pairs(table, rows, calibration, fresh)
    return Candidates(table.ids[pairs], ways)


def stacks(
    table: PhotoTable,
    found: Candidates,
    scores: NDArray[np.float32],
    calibration: SamePicture,
    *,
    refused: Refused = frozenset(),
    settled: Iterable[Sequence[bytes]] = (),
    order: Sequence[str] = DEFAULT_ORDER,
) -> list[Stack]:
    """Make stacks of exact copies and of verified pairs.

    Args:
        scores: float32 (P,), what ``verify`` gave for ``found``.
        refused: pairs of content hashes that are no duplicates; one hash alone where two files with the
            same bytes are meant.
        settled: content hashes, with repeats, of stacks of which all photos are kept; such a stack is
            left out until a photo joins that is not among them.

    Returns:
        Exact stacks first, each tier by its first id. Within a tier no photo is in two stacks. A photo
        may be in one exact stack, which it survives, and in one same-picture stack.
    """
    hidden = [Counter(hashes) for hashes in settled]
    made = [_stack(table, Tier.EXACT, members, order, {}) for members in _exact_groups(table, refused)]
    rows = np.searchsorted(table.ids, found.pairs)
    sure = scores >= calibration.threshold
    if refused:
        sure &= ~np.array([_refused(table, a, b, refused) for a, b in rows.tolist()], bool)
    ways = {(a, b): int(way) for (a, b), way in zip(rows[sure].tolist(), found.ways[sure], strict=True)}
    same = group(rows[sure], scores[sure])
    made += [_stack(table, Tier.SAME_PICTURE, members, order, ways) for members in same]
    return _distinct([stack for stack in made if not _is_settled(table, stack, hidden)])


def _exact_groups(table: PhotoTable, refused: Refused) -> list[tuple[int, ...]]:
    """Rows with the same bytes or the same pixels, without what the person refused."""
    first: dict[bytes, int] = {}
    links: list[tuple[int, int]] = []
    for hashes, kind in ((table.content_hash, b"c"), (table.pixel_hash, b"p")):
        for row, value in enumerate(hashes):
            if value is not None:
                links.append((first.setdefault(kind + value, row), row))
    groups = components(links)
    if not refused:
        return groups
    told_apart = {value for pair in refused for value in pair}
    kept: list[tuple[int, ...]] = []
    for members in groups:
        if not any(table.content_hash[row] in told_apart for row in members):
            kept.append(members)
            continue
        allowed = [pair for pair in combinations(members, 2) if not _refused(table, *pair, refused)]
        pairs = np.array(allowed, np.int64).reshape(-1, 2)
        kept.extend(group(pairs, np.ones(len(pairs), np.float32)))
    return sorted(kept)


def _refused(table: PhotoTable, first: int, second: int, refused: Refused) -> bool:
    return frozenset((table.content_hash[first], table.content_hash[second])) in refused


def _stack(
    table: PhotoTable, tier: Tier, rows: Sequence[int], order: Sequence[str], ways: dict[tuple[int, int], int]
) -> Stack:
    ranked, why, lacks = rank(table, rows, order, copies=tier is not Tier.BURST)
    ids = [int(table.ids[row]) for row in ranked]
    told = {}
    for row, lack in lacks.items():
        way = ways.get((min(row, ranked[0]), max(row, ranked[0])), 0)
        told[int(table.ids[row])] = f"{lack}, {_relation(way)}" if way else lack
    return Stack(_key(table, tier, rows), tier, tuple(ids), ids[0], why, told)


def _relation(way: int) -> str:
    """In words, without saying which of the two is the original: nobody knows."""
    if way < 4:
        return "turned upside down" if way == 2 else "turned on its side"
    return "mirrored" if way == 4 else "mirrored and turned"


def _key(table: PhotoTable, tier: Tier, rows: Iterable[int]) -> str:
    """A name that survives renames and rescans: the members' bytes and the tier."""
    digest = blake2b(str(tier).encode(), digest_size=16)
    for value in sorted(table.content_hash[row] for row in rows):
        digest.update(value)
    return digest.hexdigest()


def _is_settled(table: PhotoTable, stack: Stack, hidden: Iterable[Counter[bytes]]) -> bool:
    rows = np.searchsorted(table.ids, np.array(stack.members))
    hashes = Counter(table.content_hash[row] for row in rows)
    return any(hashes <= whole for whole in hidden)


def _distinct(made: list[Stack]) -> list[Stack]:
    """Number the keys of stacks with equal bytes, which a refused pair of identical files can make."""
    seen: Counter[str] = Counter()
    result = []
    for stack in made:
        seen[stack.key] += 1
        key = stack.key if seen[stack.key] == 1 else f"{stack.key}-{seen[stack.key]}"
        result.append(Stack(key, stack.tier, stack.members, stack.keep, stack.why, stack.lacks))
    return result
