"""``photo-organizer caption``: a sentence for each picture, in the library or not."""

from __future__ import annotations

import argparse
import sys

from organizer.cli.commands import DONE, FAILED, interruptible, printable, reading, show_rows, tell_failed
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
    tell_failed(failed)
    show_rows(found, arguments.json, lambda row: f"{printable(row['image'])}\t{row['caption']}")
    return DONE if found else FAILED
