"""Duplicate stacks, the surest kind first: keep one, keep all, not duplicates, compare, clean up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from organizer.events import Kind
from organizer.library.sidecar_notes import MergeOffer
from organizer.library.views import CleanupPlan, PhotoQuery, StackView
from organizer.results import Tier

from ..models.content import Content, from_groups
from ..services import Services, tr, tr_n
from ..views.cleanup_summary import CleanupSummary
from ..views.compare import MOST, CompareView
from ..views.elided import LineLabel
from ..views.stack_list import StackListView
from ..words import byte_size
from .base import Empty, Tab
from .merge_offers import MergeOffers

if TYPE_CHECKING:
    from organizer.library import Library

TIERS = (Tier.EXACT, Tier.SAME_PICTURE, Tier.BURST)


class DuplicatesTab(Tab):
    """The third tab."""

    kinds = frozenset({Kind.DUPLICATES, Kind.TRASH})
    icon = "duplicates"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self._acted: set[str] = set()  # stacks whose action is under way
        self._stacks: Sequence[StackView] = ()
        self._offers = MergeOffers(services, self)
        self.list = StackListView(services.thumbnails, services.theme, self)
        self.compare = CompareView(services, self)
        self._sheets = QStackedWidget(self)
        self._sheets.addWidget(self._page_of_stacks())
        self._sheets.addWidget(self.compare)
        self.body.addWidget(self._sheets)
        self.setFocusProxy(self.list)
        self._connect()

    def _page_of_stacks(self) -> QWidget:
        self.label = LineLabel()
        self.merge = QPushButton(tr("Copies say more…"))
        self.merge.setToolTip(
            tr("Title, caption, keywords, rating or place that only a copy has ({key})", key="M")
        )
        self.merge.hide()
        self.clean = QPushButton(tr("Clean all exact copies…"))
        for button in (self.merge, self.clean):  # pressed with the mouse, they leave the keys to the list
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        bar.addWidget(self.label, 1)
        bar.addWidget(self.merge)
        bar.addWidget(self.clean)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        return page

    def _connect(self) -> None:
        self.clean.clicked.connect(self.ask_cleanup)
        self.merge.clicked.connect(self.show_offer)
        self._offers.offered.connect(self._offered)
        self.list.current_changed.connect(self._look_for_offer)
        self.list.kept_changed.connect(self._look_for_offer)
        self.list.merge_asked.connect(self.show_offer)
        self.list.keep_asked.connect(self._keep)
        self.list.delete_asked.connect(self._delete)
        self.list.both_asked.connect(self._keep_both)
        self.list.apart_asked.connect(self._not_duplicates)
        self.list.compare_asked.connect(self._compare)
        self.list.photo_changed.connect(self._photo_changed)
        self.list.activated.connect(self._activate)
        self.list.menu_requested.connect(self._menu)
        self.compare.closed.connect(self._end_compare)
        self.compare.keep_asked.connect(self._keep_compared)
        self.compare.decided.connect(self._decide_compared)

    def selected_ids(self) -> list[int]:
        photo = self.list.focused_photo()
        return [photo] if photo >= 0 else []

    def reveal(self, photo_id: int) -> None:
        self.list.reveal(photo_id)

    # data

    def loader(self) -> Callable[[], Any]:
        return partial(_load, self.services.library, self.folder)

    def show_data(self, data: list[StackView]) -> bool:
        self._stacks = data
        self._show()
        return bool(data)

    def empty(self) -> Empty:
        if self.folder is not None:
            return Empty(tr("There are no duplicates in this folder."), tr("Show all photos"), "show-all")
        return self.nothing_yet(
            tr("No duplicates were found among the photos so far."),
            tr("Duplicates are looked for when all photos have been looked at."),
        )

    def _show(self) -> None:
        stacks = [view for view in self._stacks if view.stack.key not in self._acted]
        self.list.set_stacks(stacks, content_of(stacks))
        saved = sum(view.savings for view in stacks)
        words = tr_n("{n} stack", "{n} stacks", len(stacks))
        self.label.setText(tr("{stacks}, {size} could be freed", stacks=words, size=byte_size(saved)))
        self.clean.setEnabled(any(view.stack.tier is Tier.EXACT for view in stacks))

    # decisions

    def _act(self, view: StackView, fn: Callable[..., Any], *args: Any, text: str = "") -> None:
        """Carry out, take the stack away at once and give the next one the focus."""
        key = view.stack.key
        self._acted.add(key)
        self.services.undo.run(
            fn, key, *args, text=text, on_done=partial(self._done, key), on_error=partial(self._done, key)
        )
        self._show()

    def _done(self, key: str, _result: object) -> None:
        self._acted.discard(key)
        self.mark_stale()

    @Slot(object, object)
    def _keep(self, view: StackView, photo_id: int) -> None:
        self._act(view, self.services.library.resolve_stack, [photo_id])

    @Slot(object, object)
    def _delete(self, view: StackView, photo_id: int) -> None:
        """The focused photo goes and the others stay; never the one that is marked to be kept."""
        if photo_id == self.list.kept_of(view):
            words = tr("This photo is the one to keep. Enter moves the others to the trash; to remove this "
                       "one, choose another to keep first.")  # fmt: skip
            self.services.tasks.problem.emit(words)
            return
        staying = [member for member in view.stack.members if member != photo_id]
        self._act(view, self.services.library.resolve_stack, staying)

    @Slot(object)
    def _keep_both(self, view: StackView) -> None:
        count = len(view.stack.members)
        text = tr("Both photos are kept.") if count == 2 else tr("All {n} photos are kept.", n=count)
        self._act(view, self.services.library.keep_both, text=text)

    @Slot(object)
    def _not_duplicates(self, view: StackView) -> None:
        text = tr("These photos will not be shown as duplicates again.")
        self._act(view, self.services.library.not_duplicates, text=text)

    @Slot()
    def ask_cleanup(self) -> None:
        """Show what cleaning all exact copies would do."""
        self.services.tasks.run(self.services.library.exact_cleanup, on_done=self._show_plan, group="cleanup")

    def _show_plan(self, plan: CleanupPlan) -> None:
        summary = CleanupSummary(plan, self)
        summary.accepted.connect(partial(self.clean_exact, plan))
        summary.finished.connect(summary.deleteLater)
        summary.open()

    def clean_exact(self, plan: CleanupPlan) -> None:
        """Move the exact copies of a plan to the trash; what was found since waits for its own."""
        self.services.undo.run(self.services.library.clean_exact, False, plan.stack_keys)

    # what only the copies say

    @Slot()
    def _look_for_offer(self) -> None:
        view = self.list.stack()
        self.merge.hide()
        self._offers.ask(view, -1 if view is None else self.list.kept_of(view))

    @Slot(object)
    def _offered(self, offer: MergeOffer | None) -> None:
        self.merge.setVisible(bool(offer))

    @Slot()
    def show_offer(self) -> None:
        """What only the copies of the current stack say, and the way to keep it."""
        self._offers.show(self)

    # compare, full view, menu

    @Slot(object)
    def _compare(self, view: StackView) -> None:
        wanted = (self.list.kept_of(view), self.list.focused_photo())
        members = view.stack.members
        self.compare.show_photos(compared(members, wanted), wanted[0], len(members))
        self._sheets.setCurrentWidget(self.compare)
        self.compare.setFocus()

    @Slot()
    def _end_compare(self) -> None:
        self.compare.flicker.setChecked(False)
        self._sheets.setCurrentIndex(0)
        self.list.setFocus()

    @Slot(object)
    def _keep_compared(self, photo_id: int) -> None:
        """The choice made while comparing: shown in the row, and Enter carries it out."""
        view = self.list.stack()
        if view is not None and photo_id in view.stack.members:
            self.list.choose(view.stack.members.index(photo_id))
        self._end_compare()

    @Slot(str)
    def _decide_compared(self, verb: str) -> None:
        """A decision about the whole stack, made while comparing; the next stack takes the focus."""
        self._end_compare()
        verbs = self.list
        {"keep": verbs.keep_current, "both": verbs.both_current, "apart": verbs.apart_current}[verb]()

    @Slot(object)
    def _photo_changed(self, photo_id: int) -> None:
        self.selection_changed.emit([photo_id] if photo_id >= 0 else [])

    @Slot(object)
    def _activate(self, photo_id: int) -> None:
        view = self.list.stack()
        if view is not None:
            self.activated.emit((photo_id, list(view.stack.members)))

    @Slot(QPoint)
    def _menu(self, place: QPoint) -> None:
        self.menu().popup(place)

    def menu(self) -> QMenu:
        """Everything that can be done with the current stack, with its key."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        view = self.list.stack()
        members = view.stack.members if view is not None else ()
        entries: list[tuple[str, str, Callable[..., object]]] = [
            (tr("Keep suggestion"), tr("Enter"), self.list.keep_current),
            (tr("Move to the trash"), tr("Delete"), self.list.delete_current),
            (tr("Keep all"), "B", self.list.both_current),
            (tr("Not duplicates"), "N", self.list.apart_current),
            (tr("Compare"), "C", self.list.compare_current),
        ]
        if self._offers.offer:
            entries.append((tr("Copies say more…"), "M", self.show_offer))
        for words, key, slot in entries:
            menu.addAction(f"{words}\t{key}", slot)
        menu.addSeparator()
        for at in range(min(len(members), 9)):
            words = tr("Keep photo {n} instead", n=at + 1)
            menu.addAction(f"{words}\t{at + 1}", partial(self.list.choose, at))
        return menu


def _load(library: Library, folder: Path | None) -> list[StackView]:
    """In a reader thread: stacks with a photo in the folder, surest first, most room first."""
    stacks = library.stacks()
    if folder is not None:
        inside = set(library.photo_ids(PhotoQuery(folder=folder)).tolist())
        stacks = [view for view in stacks if inside.intersection(view.stack.members)]
    return sorted(stacks, key=lambda view: (TIERS.index(view.stack.tier), -view.savings, view.stack.key))


def compared(members: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """The photos of a stack that are compared: the first ones, and those that are wanted in any case."""
    late = [one for one in dict.fromkeys(wanted) if one in members[MOST:]]
    return [*members[: MOST - len(late)], *late]


def content_of(stacks: Sequence[StackView]) -> Content:
    """One row a stack, one section a tier, which says how many there are and what they would free."""
    words = {
        Tier.EXACT: (
            tr("Exact copies"),
            tr("The same picture in every pixel. One is enough."),
        ),
        Tier.SAME_PICTURE: (
            tr("Same picture"),
            tr("Resized, converted or edited versions of one picture. Look before one goes."),
        ),
        Tier.BURST: (
            tr("Same moment"),
            tr("Shots taken one after another. Keep the best."),
        ),
    }
    groups = []
    for tier in TIERS:
        members = [view for view in stacks if view.stack.tier is tier]
        count = tr_n("{n} stack", "{n} stacks", len(members))
        size = byte_size(sum(view.savings for view in members))
        title, note = words[tier]
        note = tr("{stacks}, {size}. {note}", stacks=count, size=size, note=note)
        groups.append((tier.value, title, note, [view.stack.keep for view in members]))
    return from_groups(groups)
