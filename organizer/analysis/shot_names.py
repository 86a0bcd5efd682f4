"""What file names say of shots one after another: numbered, lettered, or called under, normal and over.

Two names say it when they differ in one part alone, and that part is a number, a lone letter or a word by
which brackets are told apart. Knows names alone: whether two files show one scene, the pixels say.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

# A number with its sign, a word, or one other character; a hyphen after a word is no sign, but after "EV".
_PART = re.compile(r"(?:(?:(?<![^\W_])|(?<=[Ee][Vv]))[+-])?\d+|[^\W\d_]+|[\W_]")
_DIGITS = 12  # of a number that are read

# What names have in common: folder and ending, where they differ and in what kind, parts before and after.
_Common = tuple[tuple[str, str], int, str, tuple[str, ...], tuple[str, ...]]


def follow(first: str, second: str, numbers: int, words: Collection[str]) -> bool:
    """Could these be names of shots one after another?

    Args:
        first, second: paths. numbers: how far apart two numbers may be. words: that tell brackets apart, in
            lower case.
    """
    differing = _difference(first, second)
    if differing is None:
        return False
    kinds = [_kind(part, words) for part in differing]
    if not kinds[0] or kinds[0] != kinds[1]:
        return False
    return kinds[0] != "number" or 0 < abs(_value(differing[0]) - _value(differing[1])) <= numbers


def neighbours(
    paths: Sequence[str], rows: Iterable[int], numbers: int, words: Collection[str], most: int
) -> list[tuple[int, int]]:
    """Pairs of rows whose names follow each other, at most so many after each."""
    series: defaultdict[_Common, list[tuple[int, str, int]]] = defaultdict(list)
    for row in rows:
        place_of, parts = _parts(paths[row])
        for place, part in enumerate(parts):
            kind = _kind(part, words)
            if kind:
                common = (place_of, place, kind, parts[:place], parts[place + 1 :])
                series[common].append((_value(part) if kind == "number" else 0, part, row))
    found = []
    for (_, _, kind, _, _), members in series.items():
        members.sort()
        for at, (number, _, row) in enumerate(members):
            for other, _, second in members[at + 1 : at + 1 + most]:
                if kind == "number" and other - number > numbers:
                    break
                found.append((row, second))
    return found


def _parts(path: str) -> tuple[tuple[str, str], tuple[str, ...]]:
    """((folder, ending in lower case), parts of the name)."""
    folder, _, name = path.rpartition(os.sep)
    stem, _, ending = name.rpartition(".")
    if not stem:
        stem, ending = name, ""
    return (folder, ending.lower()), tuple(_PART.findall(stem))


def _kind(part: str, words: Collection[str]) -> str:
    """ "number", "letter", "word", or "" for what tells no shots apart."""
    if part[-1].isdecimal():
        return "number"
    if len(part) == 1 and part.isalpha():
        return "letter"
    return "word" if part.lower() in words else ""


def _value(number: str) -> int:
    return int(number[-_DIGITS:])


def _difference(first: str, second: str) -> tuple[str, str] | None:
    """The parts in which two names differ, if that is one alone."""
    (place, parts), (other_place, others) = _parts(first), _parts(second)
    if place != other_place or len(parts) != len(others):
        return None
    differing = [pair for pair in zip(parts, others, strict=True) if pair[0] != pair[1]]
    return differing[0] if len(differing) == 1 else None
