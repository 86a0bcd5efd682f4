"""Which photo of a stack to keep, and why: ordered rules, each with its words.

A rule gives every photo of a stack a number, higher is better; the first rule that tells two photos apart
decides between them. Reads the columns of the table alone; looks at no file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from organizer.results import PhotoTable

Words = str | Callable[[PhotoTable, int, int], str]
Rows = Sequence[int]

TRUE_DETAIL = 0.95  # share of the resolution that is used, from which a picture counts as not enlarged
SAME_SIZE = 0.1  # two true resolutions closer than this share are one: measured detail is no finer
NOISIER = 2.0  # grey levels by which noise makes a file larger without a picture being better
BLOCKS = 0.25  # of the measure of blocks, between two steps of visible compression
SOFTER = 0.05  # of the measure of sharpness, from which a picture is less sharp
EXPOSURE_STEP = 0.05  # finer differences are chance
DARKEST, BRIGHTEST = 0.25, 0.7  # median luma within which a picture is neither dark nor bright


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to keep a photo rather than another.

    Attributes:
        values: (table, rows of the stack) -> a number a row, higher is better; equal numbers leave it to the
            next rule.
        won: what the kept photo has. lost: what another one lacks. In words, or (table, row, the row that it
            is compared with) -> words.
        copies_only: it compares files of one picture; says nothing about shots taken one after another.
    """

    values: Callable[[PhotoTable, Rows], list[float]]
    won: Words
    lost: Words
    copies_only: bool = False


DEFAULT_ORDER = (
    "protected", "raw", "rating", "pixels", "bytes", "sharpness", "exposure", "aesthetic", "oldest", "name",
)  # fmt: skip


def all_rules(chosen: Iterable[str]) -> tuple[str, ...]:
    """Every rule once, in the person's order, "-name" for one that does not count.

    Args:
        chosen: as kept in the settings; unknown names are passed over, and rules that are not named (they
            came with a later version) stand where they stand by default.
    """
    known: dict[str, str] = {}
    for entry in chosen:
        if entry.removeprefix("-") in RULES:
            known.setdefault(entry.removeprefix("-"), entry)
    order = list(known)
    for at, name in enumerate(DEFAULT_ORDER):
        if name not in known:
            before = [other for other in DEFAULT_ORDER[:at] if other in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, name)
    return tuple(known.get(name, name) for name in order)


def order_of(chosen: Iterable[str]) -> tuple[str, ...]:
    """The rules that count, in the person's order."""
    return tuple(name for name in all_rules(chosen) if not name.startswith("-"))


def rank(
    table: PhotoTable, rows: Rows, order: Sequence[str] = DEFAULT_ORDER, *, copies: bool = True
) -> tuple[list[int], str, dict[int, str]]:
    """Order the photos of a stack, the one to keep first.

    Args:
        rows: rows of the table, two or more. order: names of RULES; those left out do not count.
        copies: they are files of one picture; False for shots taken one after another.

    Returns:
        (rows, best first; why the first is kept; row -> what each other one lacks beside it).

    Raises:
        KeyError: an unknown rule.
    """
    rules = [rule for rule in map(RULES.__getitem__, order) if copies or not rule.copies_only]
    columns: list[list[float]] = []
    for rule in rules:
        columns.append(rule.values(table, rows))
        if len(set(zip(*columns, strict=True))) == len(rows):
            break  # all are told apart, so later rules decide nothing
    values = {row: tuple(column[at] for column in columns) for at, row in enumerate(rows)}
    ranked = sorted(rows, key=lambda row: (*(-value for value in values[row]), table.path[row]))
    kept = ranked[0]
    decided: dict[int, int] = {}
    for row in ranked[1:]:
        differs = (place for place in range(len(columns)) if values[row][place] != values[kept][place])
        decided[row] = next(differs, -1)
    lacks = {row: _say(rules[place].lost, table, row, kept) if place >= 0 else "as good in every rule"
             for row, place in decided.items()}  # fmt: skip
    beaten = {place: row for row, place in reversed(decided.items()) if place >= 0}
    said = [_say(rules[place].won, table, kept, beaten[place]) for place in sorted(beaten)]
    return ranked, ", ".join(list(dict.fromkeys(said))[:2]) or "equally good: the first by its folder", lacks


def _say(words: Words, table: PhotoTable, row: int, beside: int) -> str:
    return words if isinstance(words, str) else words(table, row, beside)


def _each(value: Callable[[PhotoTable, int], float]) -> Callable[[PhotoTable, Rows], list[float]]:
    """A rule that looks at one photo at a time."""
    return lambda table, rows: [value(table, row) for row in rows]


def _measured(table: PhotoTable, name: str, row: int, unknown: float) -> float:
    value = float(table.measures[name][row]) if name in table.measures else unknown
    return value if value == value else unknown


# -- rating, size, compression -------------------------------------------------------------------------


def _liked(table: PhotoTable, row: int) -> float:
    """A pick stands above every number of stars, a reject below."""
    return 10.0 * float(table.pick[row]) + float(table.rating[row])


def _liked_words(table: PhotoTable, row: int, _beside: int) -> str:
    if table.pick[row] > 0:
        return "your pick"
    stars = int(table.rating[row])
    rated = "not rated" if stars < 0 else f"rated {stars} star{'' if stars == 1 else 's'}"
    return "rejected" if table.pick[row] < 0 else rated


def _won_liked(table: PhotoTable, row: int, _beside: int) -> str:
    words = _liked_words(table, row, row)
    return "the other was rejected" if words == "not rated" else words


def _true_pixels(table: PhotoTable, row: int) -> float:
    """Pixels without those that enlarging added."""
    used = _measured(table, "detail", row, 1.0)
    share = used if used < TRUE_DETAIL else 1.0
    return _area(table, row) * share * share


def _pixel_steps(table: PhotoTable, rows: Rows) -> list[float]:
    """Most true pixels first. Of photos whose true pixels are as good as the same, none of which is a mere
    rescan, those that are not enlarged come first.
    """
    true = [_true_pixels(table, row) for row in rows]
    most = max(true)
    enlarged = [_measured(table, "detail", row, 1.0) < TRUE_DETAIL for row in rows]
    mixed = any(enlarged) and not all(enlarged)
    levels = []
    for value, grown in zip(true, enlarged, strict=True):
        near = mixed and value >= most * (1 - SAME_SIZE) ** 2
        levels.append(most + (0.0 if grown else 1.0) if near else value)
    return levels


def _won_pixels(table: PhotoTable, row: int, _beside: int) -> str:
    return f"most pixels: {_pixels(table, row)}"


def _lost_pixels(table: PhotoTable, row: int, _beside: int) -> str:
    if _measured(table, "detail", row, 1.0) < TRUE_DETAIL:
        return f"only enlarged: {_pixels(table, row)}"
    return f"smaller: {_pixels(table, row)}"


def _file_steps(table: PhotoTable, rows: Rows) -> list[float]:
    """Visible blocks first, then bytes; bytes that noise or enlarging added do not count."""
    clearest = min(rows, key=lambda row: _measured(table, "blockiness", row, 0.0))
    quietest = min(rows, key=lambda row: _measured(table, "noise", row, 0.0))
    fewest = min(_area(table, row) for row in rows)
    values = []
    for row in rows:
        weight = float(table.size[row]) * fewest / max(1.0, _area(table, row))
        known = 0.0 if _is_noisier(table, row, quietest) else weight
        values.append(known - 1e15 * _blocks_beyond(table, row, clearest))
    return values


def _area(table: PhotoTable, row: int) -> float:
    return float(table.width[row]) * float(table.height[row])


def _is_noisier(table: PhotoTable, row: int, beside: int) -> bool:
    return _measured(table, "noise", row, 0.0) > _measured(table, "noise", beside, 0.0) * 1.5 + NOISIER


def _blocks_beyond(table: PhotoTable, row: int, beside: int) -> int:
    """Steps by which its compression shows more."""
    more = _measured(table, "blockiness", row, 0.0) - _measured(table, "blockiness", beside, 0.0)
    return int(more / BLOCKS)


def _won_file(table: PhotoTable, row: int, beside: int) -> str:
    if _is_noisier(table, beside, row):
        return "less noise"
    larger = table.size[row] > table.size[beside]
    return f"largest file: {_bytes(table, row)}" if larger else "least compressed"


def _lost_file(table: PhotoTable, row: int, beside: int) -> str:
    if _is_noisier(table, row, beside):
        return "noisier"
    smaller = table.size[row] < table.size[beside]
    return f"smaller file: {_bytes(table, row)}" if smaller else "more compressed"


def _bytes(table: PhotoTable, row: int) -> str:
    size = float(table.size[row])
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _pixels(table: PhotoTable, row: int) -> str:
    return f"{int(table.width[row]):,} × {int(table.height[row]):,}"


# -- the picture ---------------------------------------------------------------------------------------


def _sharpness(table: PhotoTable, row: int) -> float:
    """Of what can be seen: where a picture is black or burnt out there is nothing to be sharp, and what is
    left of it has hard edges. In steps of a tenth: finer differences are chance.
    """
    seen = 1.0 - _clipped(table, row)
    return round(_measured(table, "sharpness", row, 0.0) * seen * 10) / 10


def _clipped(table: PhotoTable, row: int) -> float:
    """Share of the pixels at either end, 0..1."""
    both = _measured(table, "clipped_dark", row, 0.0) + _measured(table, "clipped_bright", row, 0.0)
    return min(1.0, both)


def _is_softer(table: PhotoTable, row: int, beside: int) -> bool:
    """By itself, and not because less of it can be seen."""
    here, there = (_measured(table, "sharpness", one, 0.0) for one in (row, beside))
    return here < there - SOFTER


def _won_sharpness(table: PhotoTable, row: int, beside: int) -> str:
    return "sharpest" if _is_softer(table, beside, row) else "best exposed"


def _lost_sharpness(table: PhotoTable, row: int, beside: int) -> str:
    return "less sharp" if _is_softer(table, row, beside) else _lost_exposure(table, row, beside)


def _exposure(table: PhotoTable, row: int) -> float:
    """0 is well exposed; below it the share that is clipped and what the median is beyond its bounds."""
    clipped = _clipped(table, row)
    brightness = _measured(table, "brightness", row, 0.5)
    beyond = max(0.0, DARKEST - brightness) + max(0.0, brightness - BRIGHTEST)
    return -round((clipped + beyond) / EXPOSURE_STEP)


def _lost_exposure(table: PhotoTable, row: int, _beside: int) -> str:
    dark = _measured(table, "clipped_dark", row, 0.0) > _measured(table, "clipped_bright", row, 0.0)
    return "darker than is good" if dark else "exposed less well"


# -- the file ------------------------------------------------------------------------------------------


def _file_date(table: PhotoTable, row: int, beside: int) -> str:
    """The day, and the time where the other file is of the same day."""
    try:
        mine, other = (datetime.fromtimestamp(float(table.mtime[one])).astimezone() for one in (row, beside))
    except (OverflowError, OSError, ValueError):
        return "date unknown"
    return f"{mine:%Y-%m-%d %H:%M:%S}" if mine.date() == other.date() else f"{mine:%Y-%m-%d}"


RULES: dict[str, Rule] = {
    "protected": Rule(
        _each(lambda table, row: float(table.protected[row])),
        "in a protected folder",
        "not in a protected folder",
    ),
    "raw": Rule(
        _each(lambda table, row: float(table.format[row] == "RAW")),
        "the camera's RAW file",
        "not the RAW file",
    ),
    "rating": Rule(_each(_liked), _won_liked, _liked_words),
    "pixels": Rule(_pixel_steps, _won_pixels, _lost_pixels),
    "bytes": Rule(
        _file_steps,
        _won_file,
        _lost_file,
        copies_only=True,
    ),
    "sharpness": Rule(_each(_sharpness), _won_sharpness, _lost_sharpness),
    "exposure": Rule(_each(_exposure), "best exposed", _lost_exposure),
    "aesthetic": Rule(
        _each(lambda table, row: round(_measured(table, "aesthetic", row, 0.0), 1)),
        "best looking",
        "less good looking",
    ),
    "oldest": Rule(
        _each(lambda table, row: -float(table.mtime[row] // 2)),  # some file systems keep two seconds
        lambda table, row, beside: f"oldest file: {_file_date(table, row, beside)}",
        lambda table, row, beside: f"newer file: {_file_date(table, row, beside)}",
    ),
    "name": Rule(
        _each(lambda table, row: -float(len(table.path[row].rpartition(os.sep)[2]))),
        "shortest name",
        "longer name",
    ),
}
