"""What each command does: opens the library, asks it, prints the answer."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from organizer.cli.progress import TerminalProgress
from organizer.errors import CatalogLocked, EnvironmentProblem, UsageProblem
from organizer.library import (
    ActionReport,
    Example,
    Found,
    IndexControl,
    IndexSummary,
    Library,
    doctor_checks,
    existing_folder,
    restore_backup,
)
from organizer.paths import AppPaths

DONE, FAILED = 0, 1


def index(paths: AppPaths, arguments: argparse.Namespace) -> int:
    folders = [existing_folder(folder) for folder in arguments.folders]
    with _library(paths) as library:
        if arguments.model:
            library.use_model(arguments.model)
        if arguments.device:
            library.change_settings(device=arguments.device)
        for folder in folders:
            library.add_folder(folder)
        summary = work(library, folders)
    return FAILED if summary.cancelled else DONE


def work(library: Library, folders: Sequence[Path] | None) -> IndexSummary:
    """Index and put in order with progress on stderr; Ctrl+C stops after the batch at hand."""
    control = library.new_control()
    console = Console(stderr=True, highlight=False)
    with TerminalProgress(console) as progress, interruptible(control):
        unsubscribe = library.subscribe(progress)
        try:
            summary = library.index(control, folders)
            if not summary.cancelled:
                library.analyse(control=control)
        finally:
            unsubscribe()
    console.print(summary_sentence(summary), soft_wrap=True)
    for bad in summary.unreadable:
        console.print(f"  {printable(bad.stamp.path)}: {bad.sentence}", soft_wrap=True, markup=False)
    return summary


def summary_sentence(summary: IndexSummary) -> str:
    """One line on what indexing did."""
    parts = [f"{summary.found:,} photos found", f"{summary.added:,} new"]
    for number, word in (
        (summary.heads_only, "with a first look only so far"),
        (summary.resumed, "of an earlier first look now looked at in full"),
        (summary.updated, "changed"),
        (summary.moved, "moved"),
        (summary.copied, "copies of known ones"),
        (summary.missing, "no longer there"),
        (len(summary.unreadable), "unreadable"),
    ):
        if number:
            parts.append(f"{number:,} {word}")
    end = "Stopped; what was done is kept" if summary.cancelled else "Done"
    return f"{end}: {', '.join(parts)} ({summary.seconds:.1f} s)."


def report(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with reading(paths) as library:
        if not library.read_only and library.stale_kinds():
            with TerminalProgress() as progress:
                unsubscribe = library.subscribe(progress)
                library.analyse()
                unsubscribe()
        found = library.report()
        if arguments.html:
            library.write_html_report(arguments.html)
            print(f"The report is at {arguments.html.absolute()}", file=sys.stderr)
    if arguments.json:
        _write_json(found, arguments.json)
    elif not arguments.html:
        print("\n".join(_report_lines(found)))
    return DONE


def _report_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['photos']:,} photos, looked at with the model {found['model']}"
    yield "Categories:"
    said: set[str | None] = {None}
    for category in found["categories"]:
        if category["parent"] not in said:  # every photo of the parent is in one of its children
            said.add(category["parent"])
            yield f"  {category['parent']}"
        said.add(category["category"])
        indent = "    " if category["parent"] else "  "
        if category["images"]:
            yield f"{indent}{category['category']}: {len(category['images']):,}"
    yield f"Duplicate stacks: {len(found['duplicates']):,}"
    yield f"Highlights: {sum(len(group['images']) for group in found['highlights']):,}"
    yield f"Low quality: {len(found['low_quality']):,}"
    yield f"Captions: {len(found['captions']):,}"
    yield f"Unreadable: {len(found['unreadable']):,}"


def classify(paths: AppPaths, arguments: argparse.Namespace) -> int:
    labels = list(dict.fromkeys(part.strip() for part in arguments.labels.split(",") if part.strip()))
    if not labels:
        raise UsageProblem("Name at least one label: --labels cat,dog")
    if "{}" not in arguments.template:
        raise UsageProblem('The template must hold {} where the label goes, as in "a photo of a {}".')
    with _library(paths) as library:
        found, failed = library.classify(arguments.images, labels, arguments.template)
    tell_failed(failed)
    show_rows(found, arguments.json, _best_label)
    return DONE if found or not arguments.images else FAILED


def _best_label(row: Mapping[str, Any]) -> str:
    best = row["labels"][0]
    return f"{printable(row['image'])}\t{best['label']}\t{best['probability']:.2f}"


def search(paths: AppPaths, arguments: argparse.Namespace) -> int:
    text = " ".join(arguments.text)
    if not text.strip():
        raise UsageProblem("Name something to look for.")
    with reading(paths) as library:
        found = library.search(text, arguments.limit, nearest=arguments.nearest)
        return _show_found(library, found, arguments.json)


def similar(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with reading(paths) as library:
        box = None if arguments.box is None else library.shares_of(arguments.image, arguments.box)
        example = Example(arguments.image.absolute(), box)
        found = library.similar(example, arguments.words, arguments.limit, nearest=arguments.nearest)
        return _show_found(library, found, arguments.json)


def _show_found(library: Library, found: Found, as_json: bool) -> int:
    """The photos on stdout, what there is to say about them on stderr."""
    photos = library.photos([hit.photo_id for hit in found.hits])
    rows = [
        {"image": str(photos[hit.photo_id].path), "score": round(hit.score, 4)}
        for hit in found.hits
        if hit.photo_id in photos
    ]
    for note in found.notes:
        print(note, file=sys.stderr)
    if not rows and not any(note.kind == "none" for note in found.notes):
        print("No photo was found.", file=sys.stderr)
    show_rows(rows, as_json, lambda row: f"{row['score']:.3f}\t{printable(row['image'])}")
    return DONE


def clean_stacks(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with _library(paths) as library:
        if library.stale_kinds():
            library.analyse()
        plan = library.exact_cleanup()
        if arguments.dry_run:
            copies = "copy" if plan.photos == 1 else "copies"
            words = f"{plan.photos:,} {copies} would go to the trash."
            action = ActionReport(None, words, plan.photo_ids)
        else:
            action = library.clean_exact(stack_keys=plan.stack_keys)
        photos = library.photos([*action.done, *(photo_id for photo_id, _ in action.refused)])
    if arguments.json:
        print_json(
            {
                "dry_run": bool(arguments.dry_run),
                "planned": plan.photos,
                "bytes": plan.bytes,
                "removed": [str(photos[i].path) for i in action.done if i in photos],
                "refused": [
                    {"image": str(photos[i].path), "error": why} for i, why in action.refused if i in photos
                ],
            }
        )
    else:
        print(action.text)
        for photo_id, why in action.refused:
            print(f"{printable(photos[photo_id].path)}: {why}", file=sys.stderr)
    return FAILED if action.refused and not action.done else DONE


def list_trash(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with reading(paths) as library:
        rows = [
            {"id": one.id, "image": str(one.original), "removed_at": one.removed_at, "bytes": one.bytes}
            for one in library.trash()
        ]
    show_rows(
        rows, arguments.json, lambda row: f"{row['id']}\t{row['removed_at']}\t{printable(row['image'])}"
    )
    return DONE


def restore_trash(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with _library(paths) as library:
        known = {entry.id for entry in library.trash()}
        unknown = [entry_id for entry_id in arguments.ids if entry_id not in known]
        if unknown:
            raise UsageProblem(f"Not in the trash: {', '.join(unknown)}. See: photo-organizer trash list")
        return _told(library.restore(arguments.ids))


def empty_trash(paths: AppPaths, _arguments: argparse.Namespace) -> int:
    with _library(paths) as library:
        return _told(library.empty_trash())


def _told(action: ActionReport) -> int:
    print(action.text)
    for _, why in action.refused:
        print(why, file=sys.stderr)
    return FAILED if action.refused and not action.done else DONE


def doctor(paths: AppPaths, arguments: argparse.Namespace) -> int:
    if arguments.restore_backup:
        print(f"The catalogue was restored from {restore_backup(paths)}.")
    checks = doctor_checks(paths)
    for check in checks:
        print(f"{'ok ' if check.ok else '!! '} {check.name}: {check.found}")
        if not check.ok and check.advice:
            print(f"    {check.advice}")
    return DONE if all(check.ok for check in checks) else FAILED


def printable(path: Path | str) -> str:
    """A path for a terminal: bytes that are no text show as escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def _library(paths: AppPaths) -> Iterator[Library]:
    library = Library.open(paths)
    try:
        yield library
    finally:
        library.close()


@contextmanager
def reading(paths: AppPaths) -> Iterator[Library]:
    """The library for a command that only reads: also beside an open window."""
    try:
        library = Library.open(paths)
    except CatalogLocked:
        library = Library.open(paths, read_only=True)
        print("The program is open elsewhere: this is what it has found so far.", file=sys.stderr)
    try:
        yield library
    finally:
        library.close()


@contextmanager
def interruptible(control: IndexControl) -> Iterator[None]:
    """Ctrl+C asks the work to stop; a second one stops it hard."""

    def stop(_number: int, _frame: object) -> None:
        control.cancel()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def show_rows(
    rows: Sequence[Mapping[str, Any]], as_json: bool, line: Callable[[Mapping[str, Any]], str]
) -> None:
    """All of them as JSON, or a line for each."""
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            print(line(row))


def tell_failed(failed: Sequence[tuple[Path, str]]) -> None:
    """On stderr, which files could not be used and why."""
    for path, sentence in failed:
        print(f"{printable(path)}: {sentence}", file=sys.stderr)


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=1)  # ASCII escapes carry every file name through every terminal
    sys.stdout.write("\n")


def _write_json(value: Any, target: str) -> None:
    if target == "-":
        print_json(value)
        return
    try:
        Path(target).write_text(json.dumps(value, indent=1) + "\n", encoding="ascii")
    except OSError as error:
        raise EnvironmentProblem(f"The report could not be written to {target}: {error.strerror}.") from error
