"""How many highlights, of which time and of which category: three small controls in the line above them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QDate, QLocale, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from ..services import tr

REST_MS = 250  # how long the number rests before it is asked for
MOST = 999
HEIGHT = 28  # of the controls
THIS_MONTH, THIS_YEAR = "this-month", "this-year"


class HighlightChoice(QWidget):
    """Signals:
    changed: the person wants others.

    Attributes:
        number: 0 leaves it to the program. period, category: "" for all.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = QSpinBox()
        self.number.setRange(0, MOST)
        self.number.setSingleStep(6)
        self.number.setSpecialValueText(tr("Automatic"))
        self.number.setAccessibleName(tr("How many"))
        self.number.setToolTip(tr("How many photos to choose. 0 leaves it to the program."))
        self.number.setKeyboardTracking(False)
        self.period, self.category = QComboBox(), QComboBox()
        self.period.setAccessibleName(tr("When"))
        self.period.setToolTip(tr("Choose from the photos of a month or a year"))
        self.category.setAccessibleName(tr("Category"))
        self.category.setToolTip(tr("Choose from the photos of a category"))
        for box in (self.period, self.category):
            box.setMaxVisibleItems(20)
            box.setMinimumContentsLength(9 if box is self.category else 7)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.currentIndexChanged.connect(self._chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for control in (self.number, self.period, self.category):
            control.setFixedHeight(HEIGHT)
            row.addWidget(control)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.changed)
        self.number.valueChanged.connect(self._moved)
        self.offer((), (), {}, ())

    @property
    def wanted(self) -> tuple[int | None, str, str]:
        """Number (None: the program's), period as "2024" or "2024-05", key of the category."""
        period = str(self.period.currentData() or "")
        today = QDate.currentDate().toString("yyyy-MM")
        period = {THIS_MONTH: today, THIS_YEAR: today[:4]}.get(period, period)
        return self.number.value() or None, period, str(self.category.currentData() or "")

    @property
    def narrowed(self) -> bool:
        """Whether photos are left out by their time or category."""
        return any(self.wanted[1:])

    def widen(self) -> None:
        """All times and categories again."""
        for box in (self.period, self.category):
            with QSignalBlocker(box):
                box.setCurrentIndex(0)
        self.changed.emit()

    def offer(
        self,
        periods: Sequence[str],
        names: Sequence[tuple[str, str]],
        parents: Mapping[str, str | None],
        filled: Collection[str],
    ) -> None:
        """Put what there is into the lists; what is chosen stays chosen.

        Args:
            periods: months ("2024-05"), newest first. names: key and name of each category, parents before
                their children. parents: key -> key of the category above. filled: keys that photos are in.
        """
        times = [("", tr("All time")), (THIS_MONTH, tr("This month")), (THIS_YEAR, tr("This year"))]
        for month in periods:
            if (year := month[:4]) not in (known for known, _ in times):
                times.append((year, year))
            date = QDate.fromString(f"{month}-01", "yyyy-MM-dd")
            times.append((month, QLocale().toString(date, tr("MMMM yyyy"))))
        above = {parents.get(key) for key in filled}
        kinds = [("", tr("All categories"))]
        for key, name in names:
            if key in filled or key in above:
                kinds.append((key, f"    {name}" if parents.get(key) else name))
        _fill(self.period, times)
        _fill(self.category, kinds)

    @Slot(int)
    def _chosen(self, _index: int) -> None:
        self.changed.emit()

    @Slot(int)
    def _moved(self, _number: int) -> None:
        self._rest.start()


def _fill(box: QComboBox, entries: Sequence[tuple[str, str]]) -> None:
    """Other entries, as (value, words); the chosen value stays, also where it is not among them any more."""
    before, words = box.currentData(), box.currentText()
    if before and before not in (value for value, _ in entries):
        entries = [*entries, (str(before), words)]
    if [(box.itemData(at), box.itemText(at)) for at in range(box.count())] == list(entries):
        return
    with QSignalBlocker(box):
        box.clear()
        for value, text in entries:
            box.addItem(text, value)
        box.setCurrentIndex(max(0, box.findData(before)))
