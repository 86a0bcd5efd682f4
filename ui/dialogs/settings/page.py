"""What the pages of the settings share: headings, explanations, rows, and keeping a value at once.

A page shows ``library.settings`` when it is loaded and keeps each change as it is made; there is no OK.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from organizer.settings import Settings

from ...services import Services
from ...theme import SPACING
from ...translation import tr

WIDEST_WORDS = 560  # pixels: longer lines are hard to read


class Page(QWidget):
    """One page. A subclass builds its controls in ``__init__`` and fills them in ``show_settings``.

    Signals:
        wished: what the window should do: "models", "look-again", "sort-again", "theme", "language".

    Attributes:
        column: where the controls stand, from top to bottom.
    """

    wished = Signal(str)

    def __init__(self, services: Services, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.services = services
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(SPACING["huge"], 0, SPACING["large"], SPACING["small"])
        self.column.setSpacing(SPACING["small"])
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        title = QLabel(heading)
        title.setProperty("role", "heading")
        self.column.addWidget(title)

    @property
    def settings(self) -> Settings:
        """What is chosen now."""
        return self.services.library.settings

    def load(self) -> None:
        """Show what is chosen now, without keeping it again."""
        self.show_settings(self.settings)

    def show_settings(self, settings: Settings) -> None:
        """Put the controls to these values."""
        raise NotImplementedError

    def keep(self, on_kept: Callable[[Any], Any] | None = None, **changes: Any) -> None:
        """Keep some values, off the GUI thread; what cannot be kept is told by the window."""
        change = partial(self.services.library.change_settings, **changes)
        self.services.tasks.run_in_order(change, on_done=on_kept)

    def wish(self, what: str, _kept: object = None) -> None:
        """Ask the window for something; also as the end of ``keep``."""
        self.wished.emit(what)

    # building

    def section(self, words: str) -> None:
        """A small heading between groups."""
        label = QLabel(words)
        label.setProperty("role", "section")
        self.column.addSpacing(SPACING["small"])
        self.column.addWidget(label)

    def explain(self, words: str) -> QLabel:
        """A muted sentence or two."""
        label = QLabel(words)
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        label.setMaximumWidth(WIDEST_WORDS)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self.column.addWidget(label)
        return label

    def switch(self, words: str, name: str) -> QCheckBox:
        """A box for a setting that is on or off; kept as soon as it is pressed."""
        box = QCheckBox(words)
        box.clicked.connect(lambda on: self.keep(**{name: on}))
        self.column.addWidget(box)
        return box

    def choice(self, options: Sequence[tuple[str, str]], name: str) -> QComboBox:
        """One of several words, as (value, words); the page's ``choose(box)`` keeps it."""
        box = QComboBox()
        for value, words in options:
            box.addItem(words, value)
        box.setAccessibleName(name)
        return box

    def form(self) -> QFormLayout:
        """Rows of a name and its control."""
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING["large"])
        form.setVerticalSpacing(SPACING["small"])
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.add_layout(form)
        return form

    def add_layout(self, layout: QLayout) -> None:
        """Another group of controls."""
        self.column.addLayout(layout)


def set_choice(box: QComboBox, value: str) -> None:
    """Show a value without telling of it."""
    box.blockSignals(True)
    box.setCurrentIndex(max(0, box.findData(value)))
    box.blockSignals(False)


def as_system() -> str:
    """The words for what follows the system."""
    return tr("As the system")
