"""The only door to the core for the window and the command line.

Importing it loads neither torch nor Qt; ``tests/core/test_import_cost.py`` holds this.
"""

from organizer.analysis.explain import HeatMap
from organizer.analysis.query import Key, Query, SearchWords
from organizer.indexing.control import IndexControl
from organizer.indexing.summary import IndexSummary
from organizer.library.asking import Asking
from organizer.library.captioning import CaptionerChoice, SharedCaptioner
from organizer.library.changes import Changes
from organizer.library.class_folders import ClassFolders, ClassLesson
from organizer.library.describing import DescribeRequest, DescribeSummary, Describing, on_battery
from organizer.library.doctor import doctor_checks, restore_backup, start_afresh
from organizer.library.exporting import Exporting
from organizer.library.highlighting import Highlighting
from organizer.library.modelling import Modelling
from organizer.library.preferences import Preferences
from organizer.library.report import Reports
from organizer.library.searching import Searching
from organizer.library.teaching import LessonView
from organizer.library.topics import TopicChanges, TopicView
from organizer.library.views import (
    ActionReport,
    CategoryView,
    Check,
    CleanupPlan,
    Counts,
    Example,
    ExportReport,
    FolderNode,
    Found,
    HighlightQuery,
    HighlightsView,
    PhotoDetail,
    PhotoQuery,
    SearchHit,
    SearchNote,
    StackView,
    TrashEntry,
)
from organizer.library.work import existing_folder
from organizer.models.downloads import Fetched, Offer

__all__ = [
    "ActionReport",
    "CaptionerChoice",
    "CategoryView",
    "Check",
    "ClassLesson",
    "CleanupPlan",
    "Counts",
    "DescribeRequest",
    "DescribeSummary",
    "Example",
    "ExportReport",
    "Fetched",
    "FolderNode",
    "Found",
    "HeatMap",
    "HighlightQuery",
    "HighlightsView",
    "IndexControl",
    "IndexSummary",
    "Key",
    "LessonView",
    "Library",
    "Offer",
    "PhotoDetail",
    "PhotoQuery",
    "Query",
    "SearchHit",
    "SearchNote",
    "SearchWords",
    "SharedCaptioner",
    "StackView",
    "TopicView",
    "TrashEntry",
    "doctor_checks",
    "existing_folder",
    "on_battery",
    "restore_backup",
    "start_afresh",
]


class Library(
    Changes,
    Preferences,
    ClassFolders,
    TopicChanges,
    Searching,
    Asking,
    Describing,
    Highlighting,
    Exporting,
    Modelling,
    Reports,
):
    """Everything the program can do: reading (``shows``), work (``work``), decisions and the trash
    (``changes``), finding (``searching``), questions about pictures (``asking``), sentences for them
    (``captioning``, ``describing``), what these are about (``topics``), what to show (``highlighting``),
    copies to give away (``exporting``), which model (``modelling``), settings with consequences
    (``preferences``), the categories (``teaching``, ``class_folders``), the report (``report``).

    Open with ``Library.open(paths)`` and close it; every method may be called from any thread.
    """
