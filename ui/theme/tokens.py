"""The window's colours, sizes and distances, as data: two schemes, each designed by itself.

Greys are neutral so that the photos are the colour; one accent. Contrast of every text colour on every
surface it is used on is at least 4.5:1, of focus and selection frames at least 3:1 (a test computes
it). Knows no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

RASTER = 4  # every distance is a multiple of it, in pixels
SPACING = {"tiny": 4, "small": 8, "medium": 12, "large": 16, "huge": 24}
FONT_SIZES = {"small": 11, "normal": 13, "large": 15, "title": 20}  # pixels
RADIUS = 4
ICON_SIZES = (16, 20)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours of one scheme as "#rrggbb".

    Attributes:
        window: behind everything. surface: panels and bars. raised: menus, toasts, fields.
        tile: behind a photo in the grid. line: hairlines. hover, pressed: under the pointer.
        text, muted: words on window, surface, raised, tile. disabled: words that are out of use.
        accent: links, frames, the main button. on_accent: words on it. selection: a selected row.
        accent_hover: the main button under the pointer. border: outlines of fields and buttons.
        danger, warning, good: words and badges with that meaning.
        overlay: badges over a photo. on_overlay: words on it.
    """

    window: str
    surface: str
    raised: str
    tile: str
    line: str
    border: str
    hover: str
    pressed: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    danger: str
    warning: str
    good: str
    overlay: str
    on_overlay: str


LIGHT = Tokens(
    window="#f6f6f5",
    surface="#ffffff",
    raised="#ffffff",
    tile="#ececea",
    line="#e0e0dd",
    border="#82827e",
    hover="#efefed",
    pressed="#e3e3e0",
    text="#1c1c1b",
    muted="#5c5c58",
    disabled="#9a9a96",
    accent="#1f63c6",
    accent_hover="#1a55ab",
    on_accent="#ffffff",
    selection="#dbe7f9",
    danger="#b3261e",
    warning="#8a5200",
    good="#1e6e3a",
    overlay="#1c1c1b",
    on_overlay="#ffffff",
)

DARK = Tokens(
    window="#161617",
    surface="#1e1e1f",
    raised="#29292b",
    tile="#232325",
    line="#303033",
    border="#77777c",
    hover="#2a2a2c",
    pressed="#343437",
    text="#ececec",
    muted="#a6a6aa",
    disabled="#6a6a6e",
    accent="#7fb0ff",
    accent_hover="#9cc3ff",
    on_accent="#0e1a2e",
    selection="#26395a",
    danger="#ff9389",
    warning="#f2bb63",
    good="#83d29b",
    overlay="#101011",
    on_overlay="#ffffff",
)
