"""The only door to the core for the window and the command line.

Importing it loads neither torch nor Qt; ``tests/core/test_import_cost.py`` holds this.
"""

from organizer.indexing.control import IndexControl
from organizer.indexing.summary import IndexSummary
from organizer.library.asking import Asking
from organizer.library.changes import Changes
from organizer.library.doctor import doctor_checks, restore_backup, start_afresh
from organizer.library.modelling import Modelling
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
from organizer.models.downloads import Fetched, Offer

__all__ = [
    "ActionReport",
    "CategoryView",
    "Check",
    "CleanupPlan",
    "Counts",
    "Fetched",
    "FolderNode",
    "IndexControl",
    "IndexSummary",
    "Library",
    "Offer",
    "PhotoDetail",
    "PhotoQuery",
    "StackView",
    "TrashEntry",
    "doctor_checks",
    "restore_backup",
    "start_afresh",
]


class Library(Changes, Asking, Modelling, Reports):
    """Everything the program can do: reading (``shows``), work (``work``), decisions and the trash
    (``changes``), questions to the model (``asking``), which model (``modelling``), the report (``report``).

    Open with ``Library.open(paths)`` and close it; every method may be called from any thread.
    """
