"""The style sheet, made from the tokens: only what Fusion with our palette does not do by itself.

Widgets say what they are by the properties ``role`` (labels), ``kind`` (buttons) and ``panel``
(containers); no widget carries a style sheet of its own.
"""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from organizer.paths import resources_dir

from .tokens import DARK, FONT_SIZES, RADIUS, RASTER, Tokens

SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $line; padding: ${u1}px ${u2}px; }

QLabel[role="title"] { font-size: ${title}px; }
QLabel[role="heading"] { font-size: ${large}px; font-weight: 600; }
QLabel[role="section"] { font-size: ${small}px; font-weight: 600; color: $muted; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { font-size: ${small}px; color: $muted; }
QLabel[role="danger"] { color: $danger; }

QWidget[panel="bar"] { background: $surface; border: none; border-bottom: 1px solid $line; }
QWidget[panel="status"] { background: $surface; border: none; border-top: 1px solid $line; }
QWidget[panel="side"] { background: $window; }
QWidget[panel="main"] { background: $surface; }
QFrame[panel="toast"] { background: $raised; border: 1px solid $border; border-radius: ${u2}px; }

QPushButton { background: $surface; color: $text; border: 1px solid $border; border-radius: ${radius}px;
  padding: 5px 11px; min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed, QPushButton:checked { background: $pressed; }
QPushButton:focus { border: 2px solid $accent; padding: 4px 10px; }
QPushButton:disabled { color: $disabled; border-color: $line; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent;
  font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $pressed; color: $disabled; border-color: $line; }
QPushButton[kind="danger"] { color: $danger; border-color: $danger; }
QPushButton[kind="danger"]:disabled { color: $disabled; border-color: $line; }
QPushButton[kind="quiet"] { border: 1px solid transparent; background: transparent; color: $accent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border: 2px solid $accent; }
QPushButton[kind="row"] { border: 1px solid transparent; background: transparent; text-align: left;
  padding: 7px 11px; border-radius: 0px; }
QPushButton[kind="row"]:hover { background: $hover; }
QPushButton[kind="row"]:focus { border: 2px solid $accent; padding: 6px 10px; }

QToolButton { background: transparent; color: $text; border: 1px solid transparent;
  border-radius: ${radius}px; padding: 5px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $pressed; }
QToolButton:focus { border: 2px solid $accent; padding: 4px; }
QToolButton:disabled { color: $disabled; }
QToolButton::menu-indicator { image: none; width: 0px; }

QTabBar::scroller { width: 56px; }
QTabBar QToolButton { background: $surface; border: 1px solid $line; padding: 0px; }

QLineEdit { background: $surface; color: $text; border: 1px solid $border; border-radius: ${radius}px;
  padding: 5px ${u2}px; min-height: 18px; selection-background-color: $accent;
  selection-color: $on_accent; }
QLineEdit:focus { border: 2px solid $accent; padding: 4px 7px; }
QLineEdit:disabled { color: $disabled; border-color: $line; }

QMenuBar { background: $window; color: $text; padding: 2px ${u1}px; }
QMenuBar::item { background: transparent; padding: ${u1}px ${u2}px; border-radius: ${radius}px; }
QMenuBar::item:selected { background: $pressed; }
QMenu { background: $raised; color: $text; border: 1px solid $border; padding: ${u1}px; }
QMenu::item { padding: 6px 24px 6px ${u3}px; border-radius: ${radius}px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: ${u2}px; }
QMenu::separator { height: 1px; background: $line; margin: ${u1}px ${u2}px; }

QTreeView, QListView { border: none; outline: none; background: transparent; }
QTreeView::item { padding: ${u1}px 0px; border: none; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected { background: $selection; color: $text; }
QTreeView::branch { background: transparent; }
QTreeView::branch:selected { background: $selection; }
QAbstractSpinBox { min-height: 24px; }
QPlainTextEdit { background: $surface; border: 1px solid $accent; border-radius: ${radius}px; }
QListView[kind="field"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QListView[kind="field"]::item { padding: ${u1}px; }
QListView[kind="field"]:focus { border: 2px solid $accent; }
QCheckBox { spacing: ${u2}px; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator, QListView::indicator { width: 14px; height: 14px; background: $surface;
  border: 1px solid $border; border-radius: 3px; }
QCheckBox::indicator:checked, QListView::indicator:checked { background: $accent; border-color: $accent;
  image: url("$tick"); }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QCheckBox::indicator:disabled { border-color: $line; background: $window; }
QTableView { background: $surface; border: 1px solid $line; border-radius: ${radius}px; outline: none;
  selection-background-color: $selection; selection-color: $text; }
QTableView::item { padding: 0px ${u1}px; border: none; }
QTableView::item:selected { background: $selection; color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: ${u1}px ${u2}px; }

QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }

QProgressBar { background: $pressed; border: none; border-radius: 2px; max-height: ${u1}px;
  min-height: ${u1}px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $border; border: 3px solid $surface; border-radius: 6px; }
QScrollBar::handle:vertical { min-height: 40px; }
QScrollBar::handle:horizontal { min-width: 40px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { border: none; background: transparent; }

QSlider::groove:horizontal { height: ${u1}px; background: $pressed; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $accent; border: 2px solid $surface; width: 12px; height: 12px;
  margin: -6px 0; border-radius: 8px; }
QSlider::handle:horizontal:focus { border: 2px solid $text; }
QSlider::groove:horizontal:disabled, QSlider::sub-page:horizontal:disabled,
QSlider::handle:horizontal:disabled { background: $line; }
""")


def stylesheet_for(tokens: Tokens) -> str:
    """The sheet of one scheme."""
    values = {key: str(value) for key, value in asdict(tokens).items()}
    units = {f"u{n}": str(n * RASTER) for n in range(1, 7)}
    sizes = {name: str(pixels) for name, pixels in FONT_SIZES.items()}
    tick = resources_dir() / "theme" / f"tick-{'dark' if tokens == DARK else 'light'}.svg"
    return SHEET.substitute(values | units | sizes, radius=str(RADIUS), tick=tick.as_posix())
