"""``photo-organizer models``: what there is, fetch, import, choose, forget."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from organizer.cli.commands import DONE, FAILED, interruptible, print_json
from organizer.cli.progress import time_left
from organizer.errors import Cancelled, UsageProblem
from organizer.library import Fetched, IndexControl, Library, Offer
from organizer.paths import AppPaths

STAGES = {"download": "Downloading", "copy": "Copying", "check": "Checking"}


def list_models(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with closing(Library.open(paths)) as library:
        models, writes = library.models(), library.captioner_key()
    if arguments.json:
        print_json(models)
        return DONE
    width = max(len(model["key"]) for model in models)
    for model in models:
        used = model["in_use"] or model["key"] == writes
        print(f"{'*' if used else ' '} {model['key']:<{width}}  {_facts(model)}")
    return DONE


def _facts(model: dict[str, Any]) -> str:
    parts = ["installed" if model["installed"] else "not here", size(model["bytes"])]
    parts.append(languages(model["languages"]))
    parts.append(model["licence"])
    if model["head"] is not None:
        parts.append("with a head that judges looks")
    if model["kind"] == "captioner":
        parts.append("captions only")
    if model["seen"]:
        parts.append(f"has seen {model['seen']:,} of {model['photos']:,} photos")
    if model["needs"]:
        parts.append(f"needs {' and '.join(model['needs'])}")
    return ", ".join(part for part in parts if part)


def download(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with closing(Library.open(paths)) as library:
        offer = library.model_offer(arguments.key)
        print("\n".join(_terms(offer)), file=sys.stderr)
        if not arguments.yes and not _agreed():
            print("Nothing was downloaded.", file=sys.stderr)
            return FAILED
        control = library.new_control()
        try:
            with _progress(control) as told:
                library.download_model(arguments.key, told, control, accept_changed=arguments.accept_changed)
        except Cancelled:
            print("Stopped. The same command goes on from here. To delete what came instead: "
                  f"photo-organizer models forget {arguments.key}", file=sys.stderr)  # fmt: skip
            return FAILED
    _added(arguments.key, offer.kind)
    return DONE


def _terms(offer: Offer) -> Iterator[str]:
    """What the person should know before a download."""
    yield f"{offer.name}: {offer.note}" if offer.note else offer.name
    here = f", {size(offer.have)} of it are here" if offer.have else ""
    yield f"  size       {size(offer.bytes)}{here}; free on the drive: {size(offer.free)}"
    yield f"  licence    {offer.licence}"
    yield f"  languages  {languages(offer.languages)}"
    yield f"  from       {offer.host}"
    if offer.missing:
        install = f"pip install {' '.join(offer.missing)}"
        yield f"  needs      {' and '.join(offer.missing)}, not installed yet: {install}"


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise UsageProblem("Say --yes to download without being asked.")
    print("Download it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def import_from(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with closing(Library.open(paths)) as library:
        file = arguments.path.absolute()
        if library.is_head(file):
            key = library.import_head(file)
            print(key)
            print(f"It judges how photos look to {key} from now on.", file=sys.stderr)
            return DONE
        control = library.new_control()
        with _progress(control) as told:
            key = library.import_model(arguments.path.absolute(), arguments.key, told, control)
        kind = next(model["kind"] for model in library.models() if model["key"] == key)
    _added(key, kind)
    return DONE


def use(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with closing(Library.open(paths)) as library:
        writers = {choice.key: choice.name for choice in library.captioners()}
        if arguments.key in writers:
            library.use_captioner(arguments.key)
            print(f"{writers[arguments.key]} writes the captions from now on.")
            return DONE
        library.use_model(arguments.key)
        model = next(model for model in library.models() if model["in_use"])
    print(f"{model['name']} is used from now on.")
    if model["seen"] < model["photos"]:
        left = model["photos"] - model["seen"]
        print(f"It has not seen {left:,} photos yet; until the next “index” has shown them to it, they keep "
              "the results that they have.", file=sys.stderr)  # fmt: skip
    return DONE


def forget(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with closing(Library.open(paths)) as library:
        if arguments.head:
            library.forget_head(arguments.key)
            print(f"The head of {arguments.key} is deleted.")
            return DONE
        dropped = library.forget_model(arguments.key, arguments.files)
    print(f"Dropped what {arguments.key} saw in {dropped['photos']:,} photos.")
    if dropped["bytes"]:
        print(f"Deleted {size(dropped['bytes'])} of its files.")
    return DONE


def _added(key: str, kind: str) -> None:
    print(key)
    does = "let it write captions" if kind == "captioner" else "use it"
    print(f"To {does}: photo-organizer models use {key}", file=sys.stderr)


@contextmanager
def _progress(control: IndexControl) -> Iterator[Callable[[Fetched], None]]:
    """A bar in bytes on stderr, nothing without a terminal; Ctrl+C asks the work to stop."""
    console = Console(stderr=True, highlight=False)
    pace_column = TextColumn("{task.fields[pace]}")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), pace_column)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar, interruptible(control):
        task = bar.add_task("Starting", total=None, pace="")

        def show(at: Fetched) -> None:
            pace = f"{size(int(at.rate))}/s" if at.rate else ""
            if at.seconds_left is not None and at.done < at.total:
                pace += f", {time_left(at.seconds_left)}"
            bar.update(task, description=STAGES[at.stage], completed=at.done, total=at.total, pace=pace)

        yield show


def languages(codes: list[str] | tuple[str, ...]) -> str:
    """Language codes for a line: "many languages", "en"."""
    return "many languages" if "*" in codes else ", ".join(codes)


def size(count: int) -> str:
    """Bytes for a line: "605 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"
