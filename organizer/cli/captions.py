"""``photo-organizer caption``: a sentence for each picture, in the library or not."""

from __future__ import annotations

import argparse
import sys

from organizer.cli.commands import DONE, FAILED, interruptible, print_json, printable, reading
from organizer.errors import Cancelled
from organizer.paths import AppPaths


def caption(paths: AppPaths, arguments: argparse.Namespace) -> int:
    with reading(paths) as library:
        control = library.new_control()
        try:
            with interruptible(control):
                found, failed = library.caption(arguments.images, control)
        except Cancelled as stopped:
            print(stopped, file=sys.stderr)
            return FAILED
    for path, sentence in failed:
        print(f"{printable(path)}: {sentence}", file=sys.stderr)
    if arguments.json:
        print_json(found)
    else:
        for row in found:
            print(f"{printable(row['image'])}\t{row['caption']}")
    return DONE if found else FAILED
