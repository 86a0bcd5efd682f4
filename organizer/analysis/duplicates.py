"""Stacks of photos that are one: exact copies, copies that were edited on the way, shots of one moment.

Two steps, so that pixels are read for proposed pairs alone::

    found = find(table, reader.greys, calibration, variants=variant_hashes(grey))
    result = stacks(table, found, calibration, refused=refused, settled=settled)

What was found holds for good: with ``known`` and ``new``, only pairs of a new photo are looked at. Tiers
never mix: of photos that are exact copies only the one to keep takes part in a same-picture stack, and of
a same-picture stack only the one to keep takes part in a burst, so each file is the spare copy of at most
one stack. Pure functions; knows no database and no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.candidates import FIRST_SEEN
from organizer.analysis.decided import Decided, Named
from organizer.analysis.findings import TWO_SHOTS, Findings, find
from organizer.analysis.grouping import components, group
from organizer.analysis.keep import DEFAULT_ORDER, rank
from organizer.analysis.shots import could_be_shots, one_moment, one_series, two_shots
from organizer.analysis.stack_rules import SamePicture, load_calibration
from organizer.results import PhotoTable, Stack, Tier

__all__ = ["Findings", "SamePicture", "exact_stacks", "find", "load_calibration", "spare_copies", "stacks"]

_MOST = 0.5  # of the pairs between two groups of copies that must be facts for them to be one
_ONE_TABLE = 0.01  # share by which two measures of one compression table may differ

Refused = Collection[frozenset[bytes]]
Ways = dict[tuple[int, int], int]


def exact_stacks(
    table: PhotoTable, refused: Refused = frozenset(), order: Sequence[str] = DEFAULT_ORDER
) -> list[Stack]:
    """The stacks of exact copies, by their first id; they need no pixels to be read.

    Args:
        refused: pairs of content hashes that the person said are no duplicates. order: the rules of ``keep``.
    """
    return [_stack(table, Tier.EXACT, members, order, {}) for members in _exact_groups(table, refused)]


def spare_copies(table: PhotoTable, exact: Iterable[Stack]) -> NDArray[np.bool_]:
    """Which photos are exact copies of one that is kept; bool (len(table),)."""
    spare = np.zeros(len(table), bool)
    _leave_out(spare, table, exact)
    return spare


def stacks(
    table: PhotoTable,
    found: Findings,
    calibration: SamePicture,
    *,
    refused: Refused = frozenset(),
    settled: Iterable[Sequence[bytes]] = (),
    pixels: Mapping[bytes, bytes] | None = None,
    order: Sequence[str] = DEFAULT_ORDER,
    exact: Sequence[Stack] | None = None,
) -> list[Stack]:
    """Make stacks of exact copies, of proved pairs and of shots of one moment.

    Args:
        table: ids ascending. found: pairs of photos that are gone, or spare copies by now, are passed over.
        refused: pairs of content hashes that are no duplicates; one hash alone where two files with the
            same bytes are meant.
        settled: content hashes, with repeats, of stacks of which all photos are kept; such a stack is
            left out until a photo joins that is not among them.
        pixels: content hash -> pixel hash of files that those two speak of (``decided``).
        exact: what ``exact_stacks`` makes of the same, where it is known already.

    Returns:
        Exact stacks first, then same-picture stacks, then bursts, each tier by its first id. Within a tier
        no photo is in two stacks; only the one that a stack keeps stands in a stack of a later tier.
    """
    decided = Decided(refused, settled, pixels)
    made = list(exact_stacks(table, refused, order) if exact is None else exact)
    out = spare_copies(table, made)
    found, rows = _present(table, found, out, decided)
    facts, ways = _same(table, found, rows, calibration)
    same = [
        _stack(table, Tier.SAME_PICTURE, members, order, ways)
        for members in _same_groups(table, rows[facts], found.same[facts], calibration.threshold, decided)
    ]
    _leave_out(out, table, same)
    facts, agreement = _bursts(table, found, rows, calibration)
    facts &= ~out[rows].any(axis=1)
    burst = group(rows[facts], agreement[facts], calibration.curve)
    made += [*same, *(_stack(table, Tier.BURST, members, order, {}) for members in burst)]
    return _distinct([stack for stack in made if not _is_settled(table, stack, decided)])


def _same_groups(
    table: PhotoTable, rows: NDArray[np.int64], scores: NDArray[np.float32], sure: float, decided: Decided
) -> list[tuple[int, ...]]:
    """Groups of rows by ``group``, by their first.

    A group that is kept whole is asked about no more, but binds nobody: a photo that it had no room for,
    since it is like some of it alone, makes a group with those."""
    groups = group(rows, scores, sure, _MOST)
    kept = [members for members in groups if decided.is_settled(_files(table, members))]
    if not kept:
        return groups
    open_ones, closed = np.zeros(len(table), bool), np.zeros(len(table), bool)
    open_ones[[row for members in groups for row in members]] = True
    closed[[row for members in kept for row in members]] = True
    open_ones &= ~closed
    left = ~open_ones[rows].any(axis=1) & ~closed[rows].all(axis=1)
    return sorted([*groups, *group(rows[left], scores[left], sure, _MOST)])


def _files(table: PhotoTable, rows: Iterable[int]) -> list[Named]:
    return [(table.content_hash[row], table.pixel_hash[row]) for row in rows]


def _leave_out(out: NDArray[np.bool_], table: PhotoTable, made: Iterable[Stack]) -> None:
    """Mark all but the one that each stack keeps: they stand in no stack of a later tier."""
    spare = [member for stack in made for member in stack.members[1:]]
    out[np.searchsorted(table.ids, np.array(spare, np.int64))] = True


def _present(
    table: PhotoTable, found: Findings, out: NDArray[np.bool_], decided: Decided
) -> tuple[Findings, NDArray[np.int64]]:
    """What was found of photos that are there and take part, and its rows, int64 (P, 2)."""
    if not len(table) or not len(found):
        return found.take(np.zeros(len(found), bool)), np.empty((0, 2), np.int64)
    rows = np.minimum(np.searchsorted(table.ids, found.pairs), len(table) - 1)
    chosen = (table.ids[rows] == found.pairs).all(axis=1) & ~out[rows].any(axis=1)
    if decided:
        files = list(zip(table.content_hash, table.pixel_hash, strict=True))
        spoken = np.array([decided.speaks_of(file) for file in files], bool)
        for at in np.flatnonzero(chosen & spoken[rows].all(axis=1)).tolist():
            chosen[at] = not decided.are_apart(files[rows[at, 0]], files[rows[at, 1]])
    return found.take(chosen), rows[chosen]


def _same(
    table: PhotoTable, found: Findings, rows: NDArray[np.int64], calibration: SamePicture
) -> tuple[NDArray[np.bool_], Ways]:
    """Which pairs are the same picture, bool (P,), and how the second lies to the first, by rows."""
    facts = (found.same >= calibration.within) & ~two_shots(table, rows, calibration)
    facts &= ~_numbered_shots(table, found, rows, calibration)
    turned = np.where(found.ways < FIRST_SEEN, found.ways, 0)
    pairs = map(tuple, rows[facts].tolist())
    return facts, dict(zip(pairs, turned[facts].tolist(), strict=True))


def _bursts(
    table: PhotoTable, found: Findings, rows: NDArray[np.int64], calibration: SamePicture
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which pairs may stand in one burst, bool (P,), and how far they agree, float32 (P,).

    The darkest and the lightest of a bracket share little but their shapes: others have to join them."""
    moment = one_moment(table, rows, calibration)
    told = (found.same == TWO_SHOTS) & could_be_shots(table, rows, calibration)
    facts = found.shapes >= calibration.likeness
    facts[facts] &= moment[facts] | told[facts] | one_series(table, rows[facts], calibration)
    proved = (found.same >= calibration.threshold) & _numbered_shots(table, found, rows, calibration)
    sure = (moment & (found.curve >= calibration.curve)) | (found.curve >= calibration.untimed_curve)
    agreement = np.where(proved | told, 1, np.where(sure, found.curve, -1)).astype(np.float32)
    return facts, agreement


def _numbered_shots(
    table: PhotoTable, found: Findings, rows: NDArray[np.int64], calibration: SamePicture
) -> NDArray[np.bool_]:
    """Which pairs are shots of one series, and not copies: bool (P,).

    Not turned, not one the other cell by cell or with another tone curve, and not saved in quite another
    quality."""
    larger, smaller = table.size[rows].max(axis=1), table.size[rows].min(axis=1)
    upright = (found.ways == 0) | (found.ways >= FIRST_SEEN)
    result: NDArray[np.bool_] = upright & (found.shapes >= calibration.likeness)
    result &= (larger <= calibration.sizes * smaller) | _saved_alike(table, rows)
    result[result] &= one_series(table, rows[result], calibration)
    return result


def _saved_alike(table: PhotoTable, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Were both compressed with one table? Then a sharp shot is larger than a blurred one. bool (P,)."""
    tables = table.measures.get("quantisation")
    if tables is None:
        return np.zeros(len(rows), bool)
    first, second = tables[rows].T
    alike: NDArray[np.bool_] = (first > 0) & (np.abs(first - second) < _ONE_TABLE * first)
    return alike


def _exact_groups(table: PhotoTable, refused: Refused) -> list[tuple[int, ...]]:
    """Rows with the same bytes or the same pixels, without what the person refused."""
    first: dict[bytes, int] = {}
    links: list[tuple[int, int]] = []
    for hashes, kind in ((table.content_hash, b"c"), (table.pixel_hash, b"p")):
        for row, value in enumerate(hashes):
            if value is not None and (known := first.setdefault(kind + value, row)) != row:
                links.append((known, row))
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


def _stack(table: PhotoTable, tier: Tier, rows: Sequence[int], order: Sequence[str], ways: Ways) -> Stack:
    ranked, why, lacks = rank(table, rows, order, copies=tier != Tier.BURST)
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


def _is_settled(table: PhotoTable, stack: Stack, decided: Decided) -> bool:
    rows = np.searchsorted(table.ids, np.array(stack.members)).tolist()
    return decided.is_settled(_files(table, rows))


def _distinct(made: list[Stack]) -> list[Stack]:
    """Number the keys of stacks with equal bytes, which a refused pair of identical files can make."""
    seen: Counter[str] = Counter()
    result = []
    for stack in made:
        seen[stack.key] += 1
        key = stack.key if seen[stack.key] == 1 else f"{stack.key}-{seen[stack.key]}"
        result.append(Stack(key, stack.tier, stack.members, stack.keep, stack.why, stack.lacks))
    return result
