"""Which photo of a stack to keep, and why: ordered rules, each with its words.

A rule gives every photo a number, higher is better; the first rule that tells two photos apart
decides between them. Reads the columns of the table alone; looks at no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from organizer.results import PhotoTable

Words = str | Callable[[PhotoTable, int], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to keep a photo rather than another.

    Attributes:
        value: (table, row) -> number, higher is better; equal numbers leave it to the next rule.
        won: what the kept photo has. lost: what another one lacks. In words, or (table, row) -> words.
    """

    value: Callable[[PhotoTable, int], float]
    won: Words
    lost: Words


DEFAULT_ORDER = ("protected", "picked", "rating", "raw", "pixels", "bytes", "sharpness", "oldest", "name")


def rank(
    table: PhotoTable, rows: Sequence[int], order: Sequence[str] = DEFAULT_ORDER
) -> tuple[list[int], str, dict[int, str]]:
    """Order the photos of a stack, the one to keep first.

    Args:
        rows: rows of the table, two or more. order: names of RULES; those left out do not count.

    Returns:
        (rows, best first; why the first is kept; row -> what each other one lacks beside it).

    Raises:
        KeyError: an unknown rule.
    """
    rules = [RULES[name] for name in order]
    values = {row: tuple(rule.value(table, row) for rule in rules) for row in rows}
    ranked = sorted(rows, key=lambda row: (*(-value for value in values[row]), table.path[row]))
    kept = ranked[0]
    decided: dict[int, int] = {}
    for row in ranked[1:]:
        differs = (place for place in range(len(rules)) if values[row][place] != values[kept][place])
        decided[row] = next(differs, -1)
    lacks = {row: _say(rules[place].lost, table, row) if place >= 0 else "the same in everything"
             for row, place in decided.items()}  # fmt: skip
    places = sorted({place for place in decided.values() if place >= 0})
    reasons = [_say(rules[place].won, table, kept) for place in places]
    return ranked, ", ".join(reasons[:2]) or "all are alike: the first by its folder", lacks


def _say(words: Words, table: PhotoTable, row: int) -> str:
    return words if isinstance(words, str) else words(table, row)


def _pixels(table: PhotoTable, row: int) -> str:
    return f"{int(table.width[row]):,} × {int(table.height[row]):,}"


def _bytes(table: PhotoTable, row: int) -> str:
    size = float(table.size[row])
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _day(table: PhotoTable, row: int) -> str:
    try:
        return datetime.fromtimestamp(float(table.mtime[row])).astimezone().strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return "date unknown"


def _sharpness(table: PhotoTable, row: int) -> float:
    """Steps of a tenth: finer differences are chance."""
    value = float(table.measures["sharpness"][row]) if "sharpness" in table.measures else 0.0
    return round(value, 1) if value == value else 0.0


def _stars(table: PhotoTable, row: int) -> str:
    stars = int(table.rating[row])
    return "not rated" if stars < 0 else f"rated {stars} star{'' if stars == 1 else 's'}"


def _name_length(table: PhotoTable, row: int) -> float:
    return float(len(PurePath(table.path[row]).name))


RULES: dict[str, Rule] = {
    "protected": Rule(
        lambda table, row: float(table.protected[row]),
        "in a protected folder",
        "not in a protected folder",
    ),
    "picked": Rule(
        lambda table, row: float(table.pick[row]),
        lambda table, row: "your pick" if table.pick[row] > 0 else "the other was rejected",
        lambda table, row: "rejected" if table.pick[row] < 0 else "not picked",
    ),
    "rating": Rule(lambda table, row: float(table.rating[row]), _stars, _stars),
    "raw": Rule(
        lambda table, row: float(table.format[row] == "RAW"),
        "the camera's RAW file",
        "not the RAW file",
    ),
    "pixels": Rule(
        lambda table, row: float(table.width[row]) * float(table.height[row]),
        lambda table, row: f"most pixels: {_pixels(table, row)}",
        lambda table, row: f"smaller: {_pixels(table, row)}",
    ),
    "bytes": Rule(
        lambda table, row: float(table.size[row]),
        lambda table, row: f"largest file: {_bytes(table, row)}",
        lambda table, row: f"smaller file: {_bytes(table, row)}",
    ),
    "sharpness": Rule(_sharpness, "sharpest", "less sharp"),
    "oldest": Rule(
        lambda table, row: -float(table.mtime[row] // 2),  # some file systems keep two seconds
        lambda table, row: f"oldest file: {_day(table, row)}",
        lambda table, row: f"newer file: {_day(table, row)}",
    ),
    "name": Rule(
        lambda table, row: -_name_length(table, row),
        "shortest name",
        "longer name",
    ),
}
