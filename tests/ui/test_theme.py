"""The look: contrast, sizes, icons and the change of scheme."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from organizer.paths import resources_dir
from ui.theme import DARK, FONT_SIZES, LIGHT, RASTER, SPACING, Theme, Tokens
from ui.theme.icons import IconCupboard

UI = Path(__file__).resolve().parents[2] / "ui"
SCHEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@SCHEMES
def test_words_stand_out_from_whatever_they_stand_on(tokens: Tokens) -> None:
    words = ("text", "muted", "accent", "danger", "warning", "good")
    grounds = ("window", "surface", "raised", "tile", "hover")
    pairs = [
        *itertools.product(words, grounds),
        ("text", "selection"),
        ("muted", "selection"),
        ("text", "pressed"),
    ]
    pairs += [("on_accent", "accent"), ("on_accent", "accent_hover"), ("on_overlay", "overlay")]
    weak = {
        pair: round(contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])), 2)
        for pair in pairs
        if contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) < 4.5
    }
    assert not weak


@SCHEMES
def test_frames_and_outlines_stand_out(tokens: Tokens) -> None:
    for line, ground in itertools.product(("accent", "border"), ("window", "surface", "tile")):
        assert contrast(getattr(tokens, line), getattr(tokens, ground)) >= 3.0, (line, ground)


def test_distances_keep_to_the_raster_and_sizes_are_four() -> None:
    assert all(distance % RASTER == 0 for distance in SPACING.values())
    assert sorted(FONT_SIZES.values()) == [11, 13, 15, 20]


def test_every_icon_is_drawn_and_takes_its_colour(theme: Theme) -> None:
    cupboard = IconCupboard(resources_dir() / "icons")
    for name in cupboard.names():
        if name == "app-tile":
            continue
        image = cupboard.pixmap(name, QColor("#ff0000"), 20).toImage()
        image = image.convertToFormat(QImage.Format.Format_RGBA8888)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(20, 20, 4)
        drawn = pixels[pixels[..., 3] > 120]
        assert len(drawn) >= 8, name
        assert (drawn[:, 0] > 200).all(), name
        assert (drawn[:, 1] < 60).all(), name


def test_every_icon_that_the_code_names_exists(theme: Theme) -> None:
    known = set(IconCupboard(resources_dir() / "icons").names())
    named = set()
    for file in UI.rglob("*.py"):
        named |= set(re.findall(r"\.icon\(\"([a-z-]+)\"", file.read_text(encoding="utf-8")))
    assert len(named) > 10
    assert named <= known


def test_an_unknown_icon_is_a_defect(theme: Theme) -> None:
    with pytest.raises(KeyError):
        theme.icon("no-such-icon")


def test_choosing_the_other_scheme_changes_everything_at_once(theme: Theme, qtbot: QtBot) -> None:
    before = QApplication.palette().color(QPalette.ColorRole.Window)
    assert before == QColor(LIGHT.window)
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")
    assert theme.dark
    assert QApplication.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    assert theme.color("accent") == QColor(DARK.accent)
    assert theme.icon("search").cacheKey() != Theme(resources_dir(), "light").icon("search").cacheKey()
    theme.choose("light")


def test_choosing_the_same_scheme_is_quiet(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose("light")
