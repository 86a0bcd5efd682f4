"""What the person decided about stacks, laid over what the pixels say.

A decision speaks of files by their content. Where only their metadata was edited since (a rating, a place),
or the one that was decided about is gone and a copy with other metadata is left, the file is known by its
pixels: that is the same picture, and the same answer. Pure; knows no database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

Named = tuple[bytes, bytes | None]  # content hash and pixel hash of a file


class Decided:
    """Answers for any number of decisions without going through all of them.

    Args:
        refused: pairs of content hashes that are no duplicates; one hash alone where two files with the
            same bytes are meant.
        settled: content hashes, with repeats, of stacks of which all photos are kept.
        pixels: content hash -> pixel hash of the files that were decided about, where it is known.
    """

    def __init__(
        self,
        refused: Collection[frozenset[bytes]] = frozenset(),
        settled: Iterable[Sequence[bytes]] = (),
        pixels: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self._pixels = pixels or {}
        self._refused = refused
        shown = [frozenset(self._pixels.get(value, value) for value in pair) for pair in refused]
        self._pictures = {pair for pair in shown if len(pair) == 2}
        self._apart = {value for pairs in (refused, self._pictures) for pair in pairs for value in pair}
        self._wholes = [Counter(hashes) for hashes in settled]
        self._holding: dict[bytes, set[int]] = {}  # content or pixel hash -> the wholes that it is in
        for at, whole in enumerate(self._wholes):
            for value in whole:
                self._holding.setdefault(value, set()).add(at)
                self._holding.setdefault(self._pixels.get(value, value), set()).add(at)

    def __bool__(self) -> bool:
        return bool(self._refused or self._wholes)

    def speaks_of(self, file: Named) -> bool:
        """Whether the file was told apart from any other."""
        return not self._apart.isdisjoint(file)

    def are_apart(self, first: Named, second: Named) -> bool:
        """The person said that these are no duplicates."""
        if frozenset((first[0], second[0])) in self._refused:
            return True
        pictures = frozenset(self._picture(file) for file in (first, second))
        return len(pictures) == 2 and pictures in self._pictures

    def holds_apart(self, files: Iterable[Named]) -> bool:
        """Two of these were said to be no duplicates."""
        named = [file for file in files if self.speaks_of(file)]
        return any(self.are_apart(*pair) for pair in combinations(named, 2))

    def is_settled(self, files: Sequence[Named]) -> bool:
        """All of these are kept, by one decision: nothing has joined since."""
        content, pixels = files[0]
        places = self._holding.get(content, set()) | self._holding.get(pixels or content, set())
        return any(self._covers(self._wholes[at], files) for at in places)

    def _covers(self, whole: Counter[bytes], files: Sequence[Named]) -> bool:
        left = Counter(whole)
        others = []
        for file in files:
            if left[file[0]] > 0:
                left[file[0]] -= 1
            else:
                others.append(file[1])
        free = Counter(self._pixels[value] for value in left.elements() if value in self._pixels)
        return all(value is not None for value in others) and Counter(others) <= free

    def _picture(self, file: Named) -> bytes:
        return self._pixels.get(file[0]) or file[1] or file[0]
