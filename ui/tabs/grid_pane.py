"""A grid with everything around it: a line of words, the size slider, badges, tooltips, the photo menu.

Put together once and used by every tab that shows photos in a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from organizer.library.views import PhotoDetail

from ..flag_words import flag_words
from ..highlight_words import highlight_words
from ..models.content import Content
from ..models.facts import PhotoFacts
from ..services import Services, number, tr
from ..views.elided import LineLabel
from ..views.grid import GridView
from ..views.grid_delegate import Badge
from ..views.grid_layout import LARGEST_CELL, SMALLEST_CELL, RowLayout
from .photo_actions import PhotoActions

SAVE_DELAY_MS = 800
SLIDER_STEP = 8
BAR_HEIGHT = 30  # of the line above the grid, with or without buttons in it


class GridPane(QWidget):
    """Signals:
    selection_changed: selected ids. activated: (photo id, ids in order).
    similar_requested: id of a photo to find others like.

    Attributes:
        grid: the view. actions_: what can be done with its selection. facts: of the photos in view.
        own: the tab's own actions, for the menu. bar: the line above the grid, for the tab's controls.
    """

    selection_changed = Signal(object)
    activated = Signal(object)
    similar_requested = Signal(object)

    def __init__(
        self,
        services: Services,
        *,
        rows: RowLayout | None = None,
        cover: bool = False,
        letters: bool = False,
        scale: float = 1.0,
        flags: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.services = services
        self.own: list[QAction] = []
        self._scale = scale
        self._flags = flags
        self.facts = PhotoFacts(services, self)
        self.grid = GridView(services.thumbnails, services.theme, self, rows=rows, cover=cover)
        self.grid.badges_of = self._badges
        self.grid.tip_of = self._tip
        self.grid.paths_of = self.facts.paths
        self.grid.in_view = self.facts.want
        self.actions_ = PhotoActions(services, self, self.grid.selected_ids, letters=letters)
        self._open = QAction(tr("Full view") + "\t" + tr("Space"), self)
        self._open.setProperty("icon_name", "open")
        self._open.triggered.connect(self._open_current)
        self._inspect = QAction(tr("Inspector") + "\t" + tr("Enter"), self)
        self._inspect.setProperty("icon_name", "inspector")
        self._inspect.triggered.connect(self.grid.inspect_requested)
        self._similar = self.actions_.add(tr("Find similar"), self._find_similar, "Ctrl+L", "similar")
        self._build()
        self._connect()

    def _build(self) -> None:
        self.label = LineLabel()
        self.label.setFont(self.services.theme.font("normal"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(SMALLEST_CELL // SLIDER_STEP, LARGEST_CELL // SLIDER_STEP)
        self.slider.setPageStep(4)
        self.slider.setFixedWidth(120)
        self.slider.setAccessibleName(tr("Size of the photos"))
        self.slider.setToolTip(tr("Size of the photos (Ctrl+wheel)"))
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(16, 8, 16, 8)
        self.bar.setSpacing(8)
        self.bar.addStrut(BAR_HEIGHT)
        self.bar.addWidget(self.label, 1)
        self.bar.addWidget(self.slider)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(self.bar)
        self._column.addWidget(self.grid, 1)
        self._saving = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._saving.timeout.connect(self._save_size)

    def _connect(self) -> None:
        self.grid.selection_changed.connect(self.selection_changed)
        self.grid.activated.connect(self._activated)
        self.grid.menu_requested.connect(self._menu)
        self.grid.zoomed.connect(self._zoom)
        self.grid.current_changed.connect(self._describe)
        self.slider.valueChanged.connect(self._slid)
        self.facts.ready.connect(self._facts_ready)
        self._adopt_size()

    def add_control(self, control: QWidget) -> None:
        """Put a control of the tab into the line above the grid, before the size slider."""
        self.bar.insertWidget(self.bar.count() - 1, control)

    def add_panel(self, panel: QWidget) -> None:
        """Put a panel of the tab between that line and the grid."""
        self._column.insertWidget(1, panel)

    def set_content(self, content: Content, words: str) -> None:
        """Show photos, with a line of words above them."""
        self.grid.set_content(content)
        self.say(words)
        self.actions_.load_names()

    def say(self, words: str) -> None:
        """Write other words above the photos."""
        self.label.setText(words)
        self.grid.setAccessibleDescription(words)

    # size of the cells

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._adopt_size()

    def _adopt_size(self) -> None:
        size = self.services.library.settings.cell_size
        self.slider.blockSignals(True)
        self.slider.setValue(size // SLIDER_STEP)
        self.slider.blockSignals(False)
        self.grid.set_cell(round(size * self._scale))

    @Slot(int)
    def _zoom(self, step: int) -> None:
        self.slider.setValue(self.slider.value() + (2 if step > 0 else -2))

    @Slot(int)
    def _slid(self, value: int) -> None:
        self.grid.set_cell(round(value * SLIDER_STEP * self._scale))
        self._saving.start()

    @Slot()
    def _save_size(self) -> None:
        change = partial(self.services.library.change_settings, cell_size=self.slider.value() * SLIDER_STEP)
        self.services.tasks.run_in_order(change)

    # actions

    @Slot(int)
    def _activated(self, photo_id: int) -> None:
        self.activated.emit((photo_id, self.grid.content.ids))

    @Slot()
    def _open_current(self) -> None:
        photo_id = self.grid.current_id()
        if photo_id is not None:
            self._activated(photo_id)

    def _find_similar(self) -> None:
        ids = self.grid.selected_ids()
        if ids:
            current = self.grid.current_id()
            self.similar_requested.emit(current if current in ids else ids[0])

    @Slot(QPoint)
    def _menu(self, place: QPoint) -> None:
        self.actions_.popup(place, (self._open, self._inspect, self._similar), self.own)

    # badges, tooltips and what a screen reader says

    @Slot(object)
    def _facts_ready(self, ids: Sequence[int]) -> None:
        if ids:
            self.grid.update_places(self.grid.places_of(ids))
        elif self.grid.isVisible():
            self.facts.want(self.grid.photo_ids(self.grid.visible_places()))

    @Slot(int)
    def _describe(self, place: int) -> None:
        """Tell the name of the current photo, or its place until the name is known."""
        tip = self._tip(place) if place >= 0 else ""
        count = len(self.grid.content)
        at = tr("{n} of {count}", n=number(place + 1), count=number(count)) if place >= 0 else ""
        self.grid.setAccessibleDescription(f"{tip.splitlines()[0]}, {at}" if tip else at)

    def _badges(self, photo_id: int) -> Sequence[Badge]:
        detail = self.facts.get(photo_id)
        return () if detail is None else badges_of(detail, flags=self._flags)

    def _tip(self, place: int) -> str:
        detail = self.facts.get(int(self.grid.content.ids[place]))
        return "" if detail is None else tip_of(detail)


def badges_of(detail: PhotoDetail, *, flags: bool = True) -> list[Badge]:
    """The few marks that a photo may carry, the most pressing first."""
    marks = []
    if detail.photo.missing:
        marks.append(Badge("missing", tone="warning"))
    if detail.choice > 0:
        marks.append(Badge("pick", tone="good"))
    elif detail.choice < 0:
        marks.append(Badge("reject", tone="danger"))
    if detail.stack is not None:
        marks.append(Badge("stack", number(len(detail.stack.members))))
    if detail.flags and flags:
        marks.append(Badge("quality"))
    return marks


def tip_of(detail: PhotoDetail) -> str:
    """Name, date and size, and why the photo is marked."""
    photo = detail.photo
    lines = [photo.path.name]
    if photo.exif.taken_at:
        lines.append(photo.exif.taken_at[:16].replace("T", "  "))
    lines.append(f"{photo.width} × {photo.height}")
    if photo.missing:
        lines.append(tr("The file was not there at the last look."))
    lines.extend(flag_words(flag.why) for flag in detail.flags)
    if detail.pick is not None:
        lines.append(highlight_words(detail.pick.why))
    return "\n".join(lines)
