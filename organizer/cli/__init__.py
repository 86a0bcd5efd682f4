"""The same jobs without a window: parses the words, calls the library, prints the result.

stdout holds the result alone; progress and sentences go to stderr. Exit codes: 0 done (unreadable
files are reported, not fatal), 1 failed with one clear line, 2 wrong usage.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from organizer.cli import parser
from organizer.errors import OrganizerError, UsageProblem
from organizer.logs import start_logging
from organizer.paths import AppPaths

log = logging.getLogger(__name__)

DONE, FAILED, WRONG_USAGE = 0, 1, 2

WindowOpener = Callable[[AppPaths, list[Path]], int]


def main(argv: Sequence[str], open_window: WindowOpener) -> int:
    """Run one command line; returns the exit code.

    Args:
        argv: words after the program's name.
        open_window: what to call when no command is named, with the folders to add.
    """
    try:
        arguments = parser.parse(argv)
    except SystemExit as stop:  # argparse has printed the reason or the help
        return stop.code if isinstance(stop.code, int) else WRONG_USAGE
    paths = AppPaths.at(arguments.catalog.absolute()) if arguments.catalog else AppPaths.default()
    log_file = start_logging(paths.logs)
    try:
        if arguments.run is None:
            return open_window(paths, arguments.folders)
        code: int = arguments.run(paths, arguments)
        return code
    except UsageProblem as problem:
        return _fail(str(problem), WRONG_USAGE)
    except OrganizerError as problem:
        log.info("failed: %s %s", problem, problem.detail)
        return _fail(str(problem), FAILED)
    except BrokenPipeError:  # the reader of our output went away
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        return _fail("Stopped. What was done so far is kept.", FAILED)
    except Exception:
        log.exception("defect")
        return _fail(f"The program made a mistake; your photos are untouched. Details: {log_file}", FAILED)


def _fail(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code
