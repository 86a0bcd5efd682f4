"""The small style sheet, made from the tokens: only what Fusion with our palette does not do by itself."""
from __future__ import annotations
from .tokens import Tokens
def stylesheet_for(tokens: Tokens) -> str:
    return ""
