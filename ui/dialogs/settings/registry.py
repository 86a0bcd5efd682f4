"""Which pages the settings have, in the order they are listed. A new page is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...services import Services
from ...translation import tr
from .advanced import AdvancedPage
from .appearance import AppearancePage
from .folders import FoldersPage
from .idle import IdlePage
from .keeping import KeepingPage
from .model import ModelPage
from .page import Page
from .sidecars import SidecarsPage
from .trash import TrashPage


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page.

    Attributes:
        key: its stable name. title: as listed. icon: its line icon. factory: makes it when first shown.
    """

    key: str
    title: str
    icon: str
    factory: Callable[[Services], Page]


def pages() -> list[PageSpec]:
    """All pages, in the language of the moment."""
    return [
        PageSpec("folders", tr("Folders"), "folder", FoldersPage),
        PageSpec("model", tr("Model and device"), "similar", ModelPage),
        PageSpec("idle", tr("Idle work and battery"), "captions", IdlePage),
        PageSpec("keeping", tr("Which copy to keep"), "stack", KeepingPage),
        PageSpec("trash", tr("Trash"), "trash", TrashPage),
        PageSpec("sidecars", tr("Sidecar files"), "edit", SidecarsPage),
        PageSpec("appearance", tr("Appearance and language"), "settings", AppearancePage),
        PageSpec("advanced", tr("Advanced"), "quality", AdvancedPage),
    ]
