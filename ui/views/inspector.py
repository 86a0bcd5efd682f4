"""The right column: everything known about the selected photo, and why it was judged as it was.

Reads ``library.detail`` in the background; the thumbnail is there at once, the picture follows when the
selection rests. Changes nothing but what the sidecar's part offers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from organizer.events import Kind
from organizer.library import HeatMap
from organizer.library.sidecar_notes import SidecarView
from organizer.library.views import PhotoDetail
from organizer.records import Look
from organizer.results import OTHERS, Tier

from ..flag_words import flag_words
from ..highlight_words import highlight_words
from ..keep_words import keep_words
from ..pictures import PictureLoader
from ..services import Services
from ..theme import SPACING
from ..translation import tr, tr_n
from ..words import byte_size, caption_source, choice_name, reason_name
from ..workers import sentence_for
from .bars import Bar, Bars
from .elided import ElidedLabel
from .facts import FactsGrid, facts_of, read_detail
from .preview import Preview
from .sidecar_note import SidecarNote

REST_MS = 150  # how long a selection rests before the whole picture is decoded
PREVIEW_SIDE = 384  # of a thumbnail, pixels
WORTH_A_BAR = 0.1  # smaller shares of a quality reason say nothing
SUM_LIMIT = 2_000  # photos whose sizes are added up

_Read = tuple[PhotoDetail | None, dict[str, str], SidecarView | None]


class Inspector(QWidget):
    """Signals:
    enlarge: id of the photo to be shown large.
    """

    enlarge = Signal(int)

    def __init__(self, services: Services, pictures: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Facts"))
        self._services = services
        self._pictures = pictures
        self._ids: list[int] = []
        self._names: dict[str, str] = {}
        self._preview = Preview(services.theme)
        self._name = ElidedLabel()
        self._name.setFont(services.theme.font("large", bold=True))
        self._mark = _label("muted")
        self._facts = FactsGrid()
        self._categories = Bars(services.theme)
        self._doubt = _label("small")
        self._why_there = QPushButton(tr("Show why"))
        self._why_there.setCheckable(True)
        self._why_there.setToolTip(tr("Light up what speaks for the first category"))
        self._why_there.toggled.connect(self._explain)
        self._explained = ""  # the category that the button is about
        self._quality = Bars(services.theme)
        self._faults = _label("small")
        self._fine = _label("muted")
        self._fine.setText(tr("Nothing was found."))
        self._caption, self._caption_source = _label(""), _label("small")
        self._sidecar = SidecarNote(services)
        self._why, self._stack = _label(""), _label("")
        self._sections: dict[str, QWidget] = {}
        self._nothing = _label("muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setMargin(SPACING["huge"])
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(self._build())
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._want_picture)
        self._preview.pressed.connect(self._enlarge)
        services.thumbnails.ready.connect(self._thumbnails_came)
        services.bridge.committed.connect(self._committed)
        pictures.ready.connect(self._picture_came)

    # what the window asks

    def show_photos(self, ids: Sequence[int]) -> None:
        """Show one photo, or a line about several, or what to do when none is selected."""
        ids = list(ids)
        if ids == self._ids:
            return
        self._ids = ids
        self._rest.stop()
        self._explained = ""  # until the photo's own categories are known
        self._why_there.setEnabled(False)
        self._forget_why()
        if not self.isVisible():
            return
        self._load()

    @property
    def photo_id(self) -> int | None:
        """The photo that is shown, if it is just one."""
        return self._ids[0] if len(self._ids) == 1 else None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._load()

    # loading

    def _load(self) -> None:
        if not self._ids:
            self._show_nothing()
        elif len(self._ids) > 1:
            chosen = self._ids[:SUM_LIMIT]
            self._services.tasks.run(self._sum_up, chosen, on_done=self._show_several, group="inspector")
        else:
            self._services.thumbnails.want("inspector", self._ids, PREVIEW_SIDE)
            self._show_best_picture()
            self._services.tasks.run(self._read, self._ids[0], on_done=self._show_detail, group="inspector")
            self._rest.start()

    def _sum_up(self, ids: list[int]) -> int:
        return sum(photo.size for photo in self._services.library.photos(ids).values())

    def _read(self, photo_id: int) -> _Read:
        library = self._services.library
        detail = read_detail(library, photo_id)
        sidecar = library.sidecar(photo_id) if detail is not None else None
        return detail, self._names or dict(library.category_names()), sidecar

    @Slot()
    def _want_picture(self) -> None:
        if self.photo_id is not None and self.isVisible():
            side = round(max(self._preview.width(), PREVIEW_SIDE) * self.devicePixelRatioF())
            self._pictures.want("inspector", [(self.photo_id, side)])

    @Slot(object)
    def _thumbnails_came(self, ids: list[int]) -> None:
        if self.photo_id in ids:
            self._show_best_picture()

    @Slot(int)
    def _picture_came(self, photo_id: int) -> None:
        if photo_id == self.photo_id:
            self._show_best_picture()

    @Slot(object, object)
    def _committed(self, ids: frozenset[int], kinds: frozenset[Kind]) -> None:
        about = self.photo_id is not None and (not ids or self.photo_id in ids)
        if about and self.isVisible() and kinds - {Kind.TRASH, Kind.FOLDERS}:
            self._names = {}
            self._services.tasks.run(self._read, self._ids[0], on_done=self._show_detail, group="inspector")

    # showing

    def _show_best_picture(self) -> None:
        assert self.photo_id is not None
        picture = self._pictures.picture(self.photo_id)
        self._preview.show_pixmap(picture or self._services.thumbnails.pixmap(self.photo_id, PREVIEW_SIDE))

    def _show_nothing(self) -> None:
        self._nothing.setText(tr("Select a photo to see what is known about it."))
        self._pages.setCurrentWidget(self._nothing)

    def _show_several(self, size: int) -> None:
        if len(self._ids) < 2:
            return
        words = tr_n("{n} photo selected", "{n} photos selected", len(self._ids))
        if len(self._ids) <= SUM_LIMIT:
            words += "\n" + byte_size(size)
        self._nothing.setText(words)
        self._pages.setCurrentWidget(self._nothing)

    def _show_detail(self, read: _Read) -> None:
        detail, self._names, sidecar = read
        if detail is None:
            self._show_nothing()
            return
        photo = detail.photo
        if photo.id != self.photo_id:
            return
        self._name.set_text(photo.path.name)
        lost = tr("The file is not there any more") if photo.missing else ""
        quick = tr("Seen quickly so far; a closer look follows") if photo.look < Look.FULL else ""
        self._mark.setText(" · ".join(filter(None, (choice_name(detail.choice), lost or quick))))
        self._mark.setVisible(bool(self._mark.text()))
        self._facts.show_facts(facts_of(photo))
        self._show_categories(detail)
        self._show_quality(detail)
        caption = detail.caption
        self._section("caption", caption is not None)
        if caption is not None:
            self._caption.setText(caption.text)
            self._caption_source.setText(caption_source(caption))
        said = caption.text if caption is not None else ""
        self._section("sidecar", self._sidecar.show_view(photo.id, sidecar, said))
        self._section("why", detail.pick is not None)
        if detail.pick is not None:
            self._why.setText(highlight_words(detail.pick.why))
        self._section("stack", detail.stack is not None)
        if detail.stack is not None:
            self._stack.setText(_stack_words(detail))
        self._pages.setCurrentIndex(1)

    def _show_categories(self, detail: PhotoDetail) -> None:
        found = detail.categories
        self._section("categories", found is not None)
        if found is None:
            return
        ranked = found.ranked or ((found.category, found.score),)
        self._explained = found.category if found.category != OTHERS else ranked[0][0]
        self._why_there.setVisible(self._explained != OTHERS)
        self._why_there.setEnabled(True)
        self._categories.show_bars(tuple(Bar(self._names.get(key, key), share) for key, share in ranked[:5]))
        words = (
            tr("You put it there")
            if found.by_user
            else tr("Not sure: worth a look")
            if found.doubtful
            else ""
        )
        if found.by_user or found.category not in dict(ranked):
            words = " · ".join(filter(None, (self._names.get(found.category, found.category), words)))
        self._doubt.setText(words)
        self._doubt.setVisible(bool(words))

    # what speaks for the category

    @Slot(bool)
    def _explain(self, wanted: bool) -> None:
        if not wanted or self.photo_id is None or not self._explained:
            self._why_there.setChecked(False)
            self._preview.show_heat(None)
            return
        self._why_there.setText(tr("Looking…"))
        show = partial(self._show_why, self.photo_id)
        self._services.tasks.run(self._services.library.why, self.photo_id, self._explained,
                                 on_done=show, on_error=self._no_why, group="why")  # fmt: skip

    def _show_why(self, photo_id: int, found: HeatMap) -> None:
        self._why_there.setText(tr("Show why"))
        if photo_id == self.photo_id and self._why_there.isChecked():
            self._preview.show_heat(found)

    def _no_why(self, error: BaseException) -> None:
        self._forget_why()
        self._services.tasks.problem.emit(sentence_for(error))

    def _forget_why(self) -> None:
        self._why_there.setText(tr("Show why"))
        self._why_there.setChecked(False)
        self._preview.show_heat(None)

    def _show_quality(self, detail: PhotoDetail) -> None:
        self._section("quality", bool(detail.quality))
        why = {flag.reason: flag_words(flag.why) for flag in detail.flags}
        worst = sorted(detail.quality.items(), key=lambda entry: -entry[1])
        bars = tuple(
            Bar(reason_name(reason), share, "warning" if reason in why else "border", why.get(reason, ""))
            for reason, share in worst
            if reason in why or share >= WORTH_A_BAR
        )
        self._quality.show_bars(bars)
        self._quality.setVisible(bool(bars))
        self._faults.setText("\n".join(bar.why[:1].upper() + bar.why[1:] + "." for bar in bars if bar.why))
        self._faults.setVisible(bool(self._faults.text()))
        self._fine.setVisible(not bars)

    def _section(self, key: str, shown: bool) -> None:
        self._sections[key].setVisible(shown)

    @Slot()
    def _enlarge(self) -> None:
        if self.photo_id is not None:
            self.enlarge.emit(self.photo_id)

    # building

    def _build(self) -> QScrollArea:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(*[SPACING["medium"]] * 4)
        layout.setSpacing(SPACING["small"])
        layout.addWidget(self._preview)
        layout.addWidget(self._name)
        layout.addWidget(self._mark)
        layout.addWidget(self._facts)
        for key, title, parts in (
            ("caption", tr("Caption"), (self._caption, self._caption_source)),
            ("sidecar", tr("Sidecar file"), (self._sidecar,)),
            ("why", tr("Why it is a highlight"), (self._why,)),
            ("stack", tr("Duplicates"), (self._stack,)),
            ("categories", tr("Categories"), (self._categories, self._doubt, self._why_there)),
            ("quality", tr("What may be wrong"), (self._quality, self._faults, self._fine)),
        ):
            self._sections[key] = _section(title, *parts)
            layout.addWidget(self._sections[key])
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        scroll.setWidget(page)
        return scroll


def _stack_words(detail: PhotoDetail) -> str:
    assert detail.stack is not None
    stack = detail.stack
    count = len(stack.members) - 1
    if stack.tier is Tier.BURST:
        others = tr_n("{n} other photo is of the same moment.", "{n} other photos are of the same moment.",
                      count)  # fmt: skip
    else:
        others = tr_n("{n} other photo is the same picture.", "{n} other photos are the same picture.",
                      count)  # fmt: skip
    if detail.photo.id == stack.keep:
        return f"{others} {tr('This one is kept: {why}', why=keep_words(stack.why))}"
    lacks = keep_words(stack.lacks.get(detail.photo.id, ""))
    return f"{others} {tr('Another is kept; this one: {lacks}', lacks=lacks)}" if lacks else others


def _label(role: str) -> QLabel:
    label = QLabel()
    if role:
        label.setProperty("role", role)
    label.setWordWrap(True)
    label.setMinimumWidth(1)  # a word without an end must not make the column wider
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _section(title: str, *parts: QWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, SPACING["medium"], 0, 0)
    layout.setSpacing(SPACING["tiny"])
    heading = _label("section")
    heading.setText(title)
    layout.addWidget(heading)
    for part in parts:
        layout.addWidget(part)
    return box
