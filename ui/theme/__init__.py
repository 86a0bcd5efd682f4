"""How the window looks: tokens, palette, style sheet and icons, and the one object that hands them out."""

from .theme import Theme
from .tokens import DARK, FONT_SIZES, LIGHT, RADIUS, RASTER, SPACING, Tokens

__all__ = ["DARK", "FONT_SIZES", "LIGHT", "RADIUS", "RASTER", "SPACING", "Theme", "Tokens"]
