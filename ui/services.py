"""What every tab and view is given: one frozen bundle, made once by ``ui/app.py``.

A view asks the bundle and nothing else, so that a test can build any view with a few objects. Knows
which services there are, not what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .translation import number, tr, tr_n

if TYPE_CHECKING:
    from organizer.library import Library

    from .bridge import Bridge
    from .describe_worker import Describer
    from .models.thumbnails import ThumbnailLoader
    from .theme import Theme
    from .undo import UndoService
    from .workers import TaskRunner

__all__ = ["Services", "number", "tr", "tr_n"]


@dataclass(frozen=True, slots=True)
class Services:
    """Attributes:
    library: the door to the core; reads are quick, but lists are loaded through ``tasks``.
    tasks: ``tasks.run(fn, *args, on_done=slot, group="x")``: off the GUI thread, answered in it.
    bridge: the core's events as Qt signals (``bridge.committed``: photo ids, kinds).
    thumbnails: pixmaps for visible cells.
    theme: ``theme.color("accent")``, ``theme.icon("pick")``, ``theme.font("small")``; signal ``changed``.
    undo: ``undo.run(library.move_to_category, ids, key, text=tr("..."))``: an action off the GUI thread,
        its words and Undo in a toast.
    describer: what writes captions: pause, resume, stop, and how far it is.
    """

    library: Library
    tasks: TaskRunner
    bridge: Bridge
    thumbnails: ThumbnailLoader
    theme: Theme
    undo: UndoService
    describer: Describer
