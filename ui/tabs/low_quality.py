"""Low quality: photos by reason, the worst first, with a slider for each reason; dismiss or delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QWidget

from organizer.events import Kind
from organizer.library.views import PhotoQuery
from organizer.results import Flag, Reason

from ..flag_words import flag_words
from ..models.content import Content, from_groups
from ..services import Services, number, tr, tr_n
from ..views.quality_sliders import QualitySliders
from ..words import reason_name
from .base import Empty
from .grid_pane import GridPane
from .pane_tab import PaneTab

if TYPE_CHECKING:
    from organizer.library import Library


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Flags, the worst first within a reason; where the thresholds are; how many photos there are."""

    flags: Sequence[Flag]
    thresholds: Mapping[Reason, float]
    photos: int


class LowQualityTab(PaneTab):
    """The fifth tab."""

    kinds = frozenset({Kind.QUALITY, Kind.TRASH})
    icon = "quality"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self._flags: dict[tuple[int, str], Flag] = {}
        self.set_pane(GridPane(services, letters=True, flags=False))
        self.pane.grid.setAccessibleName(tr("Low quality"))
        self.pane.grid.tip_of = self._tip
        self.dismiss = self.pane.actions_.add(tr("Nothing wrong with it"), self.dismiss_selected, "D", "keep")
        self.pane.own = [self.dismiss]
        self.sliders = QualitySliders(services, self)
        self.toggle = QPushButton(tr("How strict"))
        self.toggle.setCheckable(True)
        self.toggle.setChecked(True)
        self.toggle.setToolTip(tr("Show or hide the sliders"))
        self.toggle.toggled.connect(self.sliders.setVisible)
        self.pane.add_control(self.toggle)
        self.pane.add_panel(self.sliders)
        self._connect()

    def _connect(self) -> None:
        self.sliders.moved.connect(self._count)
        self.sliders.settled.connect(self._set_threshold)

    # data

    def loader(self) -> Callable[[], Any]:
        return partial(_load, self.services.library, self.folder)

    def show_data(self, data: _Loaded) -> bool:
        self._flags = {(flag.photo_id, str(flag.reason)): flag for flag in data.flags}
        self.sliders.set_thresholds(data.thresholds)
        for reason in Reason:
            self.sliders.set_count(reason, sum(flag.reason is reason for flag in data.flags))
        flagged = len({flag.photo_id for flag in data.flags})
        words = tr_n("{n} photo may not be worth keeping", "{n} photos may not be worth keeping", flagged)
        if not flagged:
            words = tr("No photo is flagged. Move a slider to the right to see more.")
        chosen = bool(self.selected_ids())
        self.pane.set_content(content_of(data.flags), words)
        if chosen and not self.selected_ids() and self.pane.grid.current() >= 0:
            self.pane.grid.select_place(self.pane.grid.current())  # one key after the other
        return data.photos > 0

    def empty(self) -> Empty:
        if self.folder is not None:
            return Empty(tr("There are no photos in this folder."), tr("Show all photos"), "show-all")
        return self.nothing_yet(tr("Photos that may not be worth keeping appear here."))

    # sliders

    @Slot(object, float)
    def _count(self, reason: Reason, threshold: float) -> None:
        self.services.tasks.run(
            _count, self.services.library, reason, threshold, on_done=self._counted, group=f"count-{reason}"
        )

    def _counted(self, found: tuple[Reason, int]) -> None:
        self.sliders.set_count(*found)

    @Slot(object, float)
    def _set_threshold(self, reason: Reason, threshold: float) -> None:
        self.services.tasks.run_in_order(self.services.library.set_threshold, reason, threshold)

    # decisions

    def dismiss_selected(self) -> None:
        """The person sees nothing wrong: the flag goes for good (all flags where reasons are mixed)."""
        ids = self.selected_ids()
        if not ids:
            return
        grid = self.pane.grid
        chosen = set(ids)
        reasons = {
            section.key
            for section in grid.content.sections
            if chosen.issubset(grid.content.ids[section.start : section.start + section.count].tolist())
        }
        current = grid.content.sections[grid.rows.section_of(max(0, grid.current()))].key
        reason = Reason(current) if current in reasons else None
        self._go_on(chosen)
        text = tr_n("{n} photo is not flagged any more.", "{n} photos are not flagged any more.", len(ids))
        self.services.undo.run(self.services.library.dismiss_flags, ids, reason, text=text)

    def _go_on(self, chosen: set[int]) -> None:
        """Select the next photo, of the same section where there is one: these may stay elsewhere."""
        grid = self.pane.grid
        place = max(0, grid.current())
        section = grid.content.sections[grid.rows.section_of(place)]
        end = section.start + section.count
        others = (*range(place, end), *range(place, section.start - 1, -1), *range(end, len(grid.content)))
        following = next((other for other in others if int(grid.content.ids[other]) not in chosen), None)
        if following is None:
            grid.selection.clear()
        else:
            grid.select_place(following)

    def _tip(self, place: int) -> str:
        grid = self.pane.grid
        section = grid.content.sections[grid.rows.section_of(place)]
        flag = self._flags.get((int(grid.content.ids[place]), section.key))
        return flag_words(flag.why) if flag is not None else ""


def _load(library: Library, folder: Path | None) -> _Loaded:
    """In a reader thread."""
    inside = set(library.photo_ids(PhotoQuery(folder=folder)).tolist())
    flags = [flag for flag in library.low_quality() if flag.photo_id in inside]
    return _Loaded(flags, library.thresholds(), len(inside))


def _count(library: Library, reason: Reason, threshold: float) -> tuple[Reason, int]:
    """In a reader thread."""
    return reason, library.flag_counts(reason, threshold)


def content_of(flags: Sequence[Flag]) -> Content:
    """One section a reason, the worst photo first."""
    groups = []
    for reason in Reason:
        own = sorted((flag for flag in flags if flag.reason is reason), key=lambda flag: -flag.score)
        groups.append((str(reason), reason_name(reason), number(len(own)), [flag.photo_id for flag in own]))
    return from_groups(groups)
