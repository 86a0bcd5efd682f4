"""``photo-organizer teach``: a classifier from a folder of class folders, with its held-out accuracy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from organizer.cli.commands import DONE, print_json, printable
from organizer.library import ClassLesson, Library
from organizer.paths import AppPaths

SHOWN = 24  # likely mistakes that are printed


def teach(paths: AppPaths, arguments: argparse.Namespace) -> int:
    console = Console(stderr=True, highlight=False)
    with (
        closing(Library.open(paths)) as library,
        Progress(
            TextColumn("Looking at examples"), BarColumn(), MofNCompleteColumn(), console=console,
            disable=not console.is_terminal,
        ) as bar,
    ):  # fmt: skip
        task = bar.add_task("", total=None)
        lesson = library.teach_folders(
            arguments.folder.absolute(),
            augment=arguments.augment,
            keep=arguments.keep,
            told=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for one in lesson.left_out:
        print(f"{printable(one.path)}: {one.why}", file=sys.stderr)
    if arguments.json:
        print_json(as_json(lesson, arguments.augment))
    else:
        print("\n".join(_lines(lesson)))
    return DONE


def as_json(lesson: ClassLesson, augmented: bool) -> dict[str, Any]:
    """The object that ``teach --json`` prints; accuracies are shares of pictures held back."""
    tested = lesson.tested
    per_class = {
        name: {"images": count, "recall": round(float(recall), 4)}
        for name, count, recall in zip(lesson.classes, lesson.counts, tested.recalls, strict=True)
    }
    return {
        "classes": list(lesson.classes),
        "images": sum(lesson.counts),
        "folds": tested.folds,
        "augmented": augmented,
        "accuracy": round(tested.accuracy, 4),
        "chance": round(tested.chance, 4),
        "names_alone": round(lesson.words, 4),
        "confusion": tested.confusion.tolist(),
        "per_class": per_class,
        "kept": list(lesson.kept),
        "mistakes": [
            {"image": str(one.path), "class": one.given, "taken_for": one.said, "probability": one.chance}
            for one in lesson.doubts
        ],
        "left_out": [{"image": str(one.path), "error": one.why} for one in lesson.left_out],
    }


def _lines(lesson: ClassLesson) -> Iterator[str]:
    tested = lesson.tested
    yield (
        f"{sum(lesson.counts):,} pictures of {len(lesson.classes)} classes; "
        f"{tested.accuracy:.0%} recognised when held back (names alone {lesson.words:.0%}, "
        f"always the commonest {tested.chance:.0%})"
    )
    yield from _table(lesson)
    if lesson.doubts:
        yield "Taken for another class, the closest calls first:"
        for one in lesson.doubts[:SHOWN]:
            where = f"{printable(one.given)} -> {printable(one.said)}"
            yield f"  {printable(one.path)}: {where} ({one.chance:.0%} sure)"
        if len(lesson.doubts) > SHOWN:
            yield f"  and {len(lesson.doubts) - SHOWN:,} more; --json has them all"
    if lesson.kept:
        yield "Kept as categories; they count from the next look at the photos on."


def _table(lesson: ClassLesson) -> Iterator[str]:
    """How many pictures of each class (a row) were taken for which (a column, numbered as the rows are)."""
    names = [f"{number} {printable(name)}" for number, name in enumerate(lesson.classes, 1)]
    width = max(len(name) for name in [*names, "class"])
    columns = " ".join(f"{number:>4d}" for number in range(1, len(names) + 1))
    yield f"  {'class':<{width}}  right  taken for {columns}"
    rows = lesson.tested.confusion.tolist()
    for name, row, recall in zip(names, rows, lesson.tested.recalls, strict=True):
        yield f"  {name:<{width}}  {recall:5.0%}            {' '.join(f'{count:4d}' for count in row)}"
