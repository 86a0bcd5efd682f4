"""``photo-organizer highlights``: which photos are worth showing, copies of them, a contact sheet."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from organizer.cli.commands import DONE, FAILED, interruptible, print_json, printable, reading
from organizer.errors import Cancelled, UsageProblem
from organizer.events import Kind
from organizer.library import ExportReport, HighlightQuery, HighlightsView, Library, existing_folder
from organizer.paths import AppPaths

NEEDED = {Kind.CATEGORIES, Kind.QUALITY, Kind.DUPLICATES, Kind.HIGHLIGHTS}
PERIOD = re.compile(r"\d{4}(-\d{2})?")


def highlights(paths: AppPaths, arguments: argparse.Namespace) -> int:
    if arguments.period and not PERIOD.fullmatch(arguments.period):
        raise UsageProblem("A period is a year or a month: --period 2024 or --period 2024-05")
    if arguments.longest_side and not arguments.copy_to:
        raise UsageProblem("Say where the copies go: --copy-to DIR")
    folder = None if arguments.folder is None else existing_folder(arguments.folder)
    query = HighlightQuery(folder, arguments.period, arguments.category, arguments.count)
    with reading(paths) as library:
        stale = library.stale_kinds() & NEEDED
        if stale and not library.read_only:
            library.analyse(stale)
        found = library.highlights_of(query)
        photos = library.photos([pick.photo_id for pick in found.picks])
        rows = [
            {
                "image": str(photos[pick.photo_id].path),
                "category": pick.category,
                "score": round(pick.score, 4),
                "why": pick.why,
            }
            for pick in found.picks
        ]
        _say_what_was_learnt(found)
        if arguments.json:
            print_json(rows)
        else:
            for row in rows:
                print(f"{row['score']:.3f}\t{printable(str(row['image']))}\t{row['why']}")
        if not rows:
            print("There are no highlights of these photos.", file=sys.stderr)
            return DONE
        return _take_out(library, arguments, [pick.photo_id for pick in found.picks])


def _say_what_was_learnt(found: HighlightsView) -> None:
    if found.agreement is not None:
        print(
            f"Learnt from {found.picked:,} picks and {found.rejected:,} rejects: agrees with "
            f"{found.agreement:.0%} of the picks that were held back from it.",
            file=sys.stderr,
        )


def _take_out(library: Library, arguments: argparse.Namespace, ids: list[int]) -> int:
    """Make the copies and the page that were asked for; 1 where none of the copies could be made."""
    control = library.new_control()
    console = Console(stderr=True, highlight=False)
    try:
        with interruptible(control), Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Copying", total=len(ids))

            def told(done: int, of: int) -> None:
                bar.update(task, completed=done, total=of)

            made: list[ExportReport] = []
            if arguments.copy_to is not None:
                made.append(
                    library.export(
                        ids, arguments.copy_to.absolute(), arguments.longest_side,
                        facts=not arguments.without_facts, told=told, control=control,
                    )
                )  # fmt: skip
            if arguments.sheet is not None:
                file: Path = arguments.sheet.absolute()
                title = f"{len(ids):,} highlights"
                made.append(
                    library.contact_sheet(ids, file.parent, title, name=file.name, told=told, control=control)
                )
    except Cancelled:
        print("Stopped; the copies made so far stay.", file=sys.stderr)
        return FAILED
    for report in made:
        for path, sentence in report.failed:
            print(f"{printable(path)}: {sentence}", file=sys.stderr)
        if len(report.files) == 1:
            print(f"Written: {printable(report.files[0])}", file=sys.stderr)
        else:
            print(f"{len(report.files):,} photos are in {printable(report.folder)}", file=sys.stderr)
    return FAILED if any(report.failed and not report.files for report in made) else DONE
