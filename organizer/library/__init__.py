"""The only door to the core for the window and the command line.

Importing it loads neither torch nor Qt; ``tests/core/test_import_cost.py`` holds this.
"""

from organizer.indexing.control import IndexControl
from organizer.indexing.summary import IndexSummary
from organizer.library.asking import Asking
from organizer.library.changes import Changes
from organizer.library.doctor import doctor_checks, restore_backup, start_afresh
from organizer.library.report import Reports
from organizer.library.views import (
    ActionReport,
    CategoryView,
    Check,
    CleanupPlan,
    Counts,
    FolderNode,
    PhotoDetail,
    PhotoQuery,
    StackView,
    TrashEntry,
)
from organizer.library.work import existing_folder

__all__ = [
    "ActionReport",
    "CategoryView",
    "Check",
    "CleanupPlan",
    "Counts",
    "FolderNode",
    "IndexControl",
    "IndexSummary",
    "Library",
    "PhotoDetail",
    "PhotoQuery",
    "StackView",
    "TrashEntry",
    "doctor_checks",
    "existing_folder",
    "restore_backup",
    "start_afresh",
]


class Library(Changes, Asking, Reports):
    """Everything the program can do: reading (``shows``), work (``work``), decisions and the trash
    (``changes``), questions to the model (``asking``), the report (``report``).

    Open with ``Library.open(paths)`` and close it; every method may be called from any thread.
    """
