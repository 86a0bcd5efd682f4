"""The tabs of the window: one line each. A new analysis adds its tab here and nowhere else in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from organizer.events import Kind
from organizer.library.views import Counts

from ..services import Services
from .base import Tab
from .captions import CaptionsTab
from .categories import CategoriesTab
from .duplicates import DuplicatesTab
from .highlights import HighlightsTab
from .low_quality import LowQualityTab
from .photos import PhotosTab


@dataclass(frozen=True, slots=True)
class TabSpec:
    """Attributes:
    key: stable name. title: English; shown through ``tr``. kind: what its dot is about.
    factory: makes the page. count: the number beside the title.
    """

    key: str
    title: str
    kind: Kind
    factory: Callable[[Services], Tab]
    count: Callable[[Counts], int]


TABS: tuple[TabSpec, ...] = (
    TabSpec("photos", "Photos", Kind.PHOTOS, PhotosTab, lambda counts: counts.photos),
    TabSpec("categories", "Categories", Kind.CATEGORIES, CategoriesTab, lambda counts: counts.categories),
    TabSpec("duplicates", "Duplicates", Kind.DUPLICATES, DuplicatesTab, lambda counts: counts.stacks),
    TabSpec("highlights", "Highlights", Kind.HIGHLIGHTS, HighlightsTab, lambda counts: counts.highlights),
    TabSpec("low-quality", "Low quality", Kind.QUALITY, LowQualityTab, lambda counts: counts.low_quality),
    TabSpec("captions", "Captions", Kind.CAPTIONS, CaptionsTab, lambda counts: counts.captions),
)
