"""The words of the command line. Knows what can be asked, not how it is done."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from organizer import __version__
from organizer.cli import captions, commands, highlights, models, teach
from organizer.settings import DEVICES

DESCRIPTION = "Puts your photos in order, on your own computer."
OVERVIEW = """\
With folders, or with nothing, the window opens. Commands for the terminal and for scripts:
{commands}
Every command takes --catalog DIR and has its own --help."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Turn words into a namespace with ``catalog``, ``run`` (None for the window) and the rest.

    Raises:
        SystemExit: from argparse, with its reason already printed (code 2) or its help (code 0).
    """
    words = list(argv)
    command = _first_word(words)
    if command in COMMANDS:
        return _command_parser().parse_args(_with_minuses(words) if command in ASKING else words)
    parser = _window_parser()
    arguments = parser.parse_args(words)
    first = _first_word(words)
    if first and Path(first).name == first and not Path(first).exists():  # a bare word: a mistyped command
        parser.error(f"there is no command and no folder {first}")
    return arguments


def _with_minuses(words: list[str]) -> list[str]:
    """A search's "-people" is a word and no option: argparse takes what begins with a space as it is."""
    return [f" {word}" if word[:1] == "-" and word not in ("-h", "--") and word[1:2] != "-" else word
            for word in words]  # fmt: skip


def _first_word(words: list[str]) -> str | None:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == "--catalog":
            skip = True
        elif not word.startswith("-"):
            return word
    return None


def _window_parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:<10} {summary}" for name, (summary, _) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="photo-organizer",
        description=DESCRIPTION,
        epilog=OVERVIEW.format(commands=listing),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path, help="folders of photos to add")
    parser.add_argument("--version", action="version", version=f"photo-organizer {__version__}")
    _add_catalog(parser, default=None)
    parser.set_defaults(run=None)
    return parser


def _command_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="photo-organizer", description=DESCRIPTION)
    _add_catalog(parser, default=None)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (summary, fill) in COMMANDS.items():
        command = subparsers.add_parser(name, help=summary, description=summary)
        _add_catalog(command, default=argparse.SUPPRESS)
        fill(command)
    return parser


def _add_catalog(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--catalog", metavar="DIR", type=Path, default=default, help="folder of the catalogue to use"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    parser.add_argument("--model", metavar="KEY", help="model to use from now on")
    parser.add_argument("--device", choices=DEVICES, help="where the model runs")
    parser.set_defaults(run=commands.index)


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; - prints it")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the report as a page")
    parser.set_defaults(run=commands.report)


def _classify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path)
    parser.add_argument("--labels", metavar="A,B,C", required=True, help="labels to choose from")
    parser.add_argument("--template", default="a photo of a {}", help='default: "a photo of a {}"')
    _add_json(parser)
    parser.set_defaults(run=commands.classify)


def _caption(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="in the library or not")
    _add_json(parser)
    parser.set_defaults(run=captions.caption)


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="+",
        help='words, "a phrase", -without, and filters: date:2024-05 camera:NAME folder:NAME colour:red '
        "orientation:portrait format:png",
    )
    _add_found(parser)
    parser.set_defaults(run=commands.search)


def _similar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", metavar="IMAGE", type=Path, help="in the library or not")
    parser.add_argument(
        "--box", metavar="X,Y,W,H", type=_box, help="only this part of it, in pixels of the upright picture"
    )
    parser.add_argument("--words", metavar="TEXT", default="", help="words and filters that must fit too")
    _add_found(parser)
    parser.set_defaults(run=commands.similar)


def _add_found(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", metavar="N", type=_positive, default=20)
    parser.add_argument("--nearest", action="store_true", help="the nearest photos where none really fits")
    _add_json(parser)


def _highlights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", metavar="DIR", type=Path, help="only of this folder and those in it")
    parser.add_argument("--period", metavar="TIME", default="", help="only of a year or month: 2024, 2024-05")
    parser.add_argument("--category", metavar="KEY", default="", help="only of this one and those inside it")
    parser.add_argument("--count", metavar="N", type=_positive, help="how many; the program's choice without")
    parser.add_argument(
        "--copy-to", metavar="DIR", type=Path, help="copy them into a folder; nothing in it is lost"
    )
    parser.add_argument(
        "--longest-side", metavar="PX", type=_positive, help="make the copies JPEGs of this size"
    )
    parser.add_argument("--without-facts", action="store_true", help="such JPEGs say nothing but when")
    parser.add_argument(
        "--sheet", metavar="FILE", type=Path, help="write a contact sheet, a page with all of them"
    )
    _add_json(parser)
    parser.set_defaults(run=highlights.highlights)


def _teach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER_OF_CLASS_FOLDERS", type=Path)
    parser.add_argument("--augment", action="store_true", help="learn from altered copies too")
    parser.add_argument("--keep", metavar="NAME", default="", help="make categories of the classes")
    _add_json(parser)
    parser.set_defaults(run=teach.teach)


def _stacks(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    clean = verbs.add_parser("clean", help="move every exact copy but the kept one to the trash")
    _add_catalog(clean, default=argparse.SUPPRESS)
    clean.add_argument("--tier", choices=["exact"], required=True)
    clean.add_argument("--dry-run", action="store_true", help="only say what would be done")
    _add_json(clean)
    clean.set_defaults(run=commands.clean_stacks)


def _trash(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="what is in the trash")
    _add_json(listing)
    listing.set_defaults(run=commands.list_trash)
    restore = verbs.add_parser("restore", help="put files back where they were")
    restore.add_argument("ids", metavar="ID", nargs="+")
    restore.set_defaults(run=commands.restore_trash)
    empty = verbs.add_parser("empty", help="hand everything in it to the system's trash")
    empty.set_defaults(run=commands.empty_trash)
    for verb in (listing, restore, empty):
        _add_catalog(verb, default=argparse.SUPPRESS)


def _models(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the models this version knows")
    _add_catalog(listing, default=argparse.SUPPRESS)
    _add_json(listing)
    listing.set_defaults(run=models.list_models)
    fetch = verbs.add_parser("download", help="fetch a model; its size and licence are shown first")
    fetch.add_argument("key", metavar="KEY")
    fetch.add_argument("--yes", action="store_true", help="do not ask before the download")
    fetch.add_argument(
        "--accept-changed",
        action="store_true",
        help="take other weights than those of the first download, too",
    )
    fetch.set_defaults(run=models.download)
    taking = verbs.add_parser(
        "import", help="add a model from an open_clip folder or a safetensors file, or a head for one"
    )
    taking.add_argument("path", metavar="PATH", type=Path)
    taking.add_argument("--as", dest="key", metavar="KEY", help="which model it is, or how to call it")
    taking.set_defaults(run=models.import_from)
    use = verbs.add_parser("use", help="look at photos with this model from now on")
    use.add_argument("key", metavar="KEY")
    use.set_defaults(run=models.use)
    forget = verbs.add_parser("forget", help="drop what an old model saw, and what a download of it left")
    forget.add_argument("key", metavar="KEY")
    forget.add_argument("--files", action="store_true", help="delete the model's own files too")
    forget.add_argument(
        "--head", action="store_true", help="delete the head that was added for it, and no more"
    )
    forget.set_defaults(run=models.forget)
    for verb in (fetch, taking, use, forget):
        _add_catalog(verb, default=argparse.SUPPRESS)


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--restore-backup", action="store_true", help="go back to the last good backup")
    parser.set_defaults(run=commands.doctor)


def _box(text: str) -> tuple[float, float, float, float]:
    parts = text.split(",")
    if len(parts) != 4:
        raise argparse.ArgumentTypeError("must be X,Y,W,H")
    x, y, w, h = (float(part) for part in parts)
    if not (min(x, y) >= 0 and min(w, h) > 0 and max(x, y, w, h) < 1e9):
        raise argparse.ArgumentTypeError("must be X,Y,W,H with a width and a height")
    return x, y, w, h


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


ASKING = ("search", "similar")  # commands that are given the words of a search
COMMANDS = {
    "index": ("look at the photos of folders and put them in order", _index),
    "report": ("what was found: categories, duplicates, highlights, quality, captions", _report),
    "classify": ("how well labels of your own fit some pictures", _classify),
    "caption": ("put pictures into words", _caption),
    "search": ("find photos by words", _search),
    "similar": ("find photos like a photo", _similar),
    "highlights": ("the photos worth showing: list them, copy them, make a contact sheet", _highlights),
    "teach": ("a classifier from a folder of class folders", _teach),
    "stacks": ("act on duplicate stacks", _stacks),
    "trash": ("list, restore or empty what was removed", _trash),
    "models": ("list, download, import, choose or forget models", _models),
    "doctor": ("check that everything the program needs is there", _doctor),
}
