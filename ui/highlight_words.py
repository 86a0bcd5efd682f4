"""Why a photo is a highlight, and what was learnt from the person, in the window's language.

The core says its reasons in English, with commas between them; each is put into the language here, and what
is not known here is shown as it came.
"""

from __future__ import annotations

import re

from organizer.library.views import HighlightsView

from .services import tr, tr_n

NO_SAY = 0.02  # a smaller share of the score is none
_STARS = re.compile(r"(\d) stars")
_MOMENT = re.compile(r"best of (\d+) of this moment")


def highlight_words(said: str) -> str:
    """The reasons of a highlight."""
    return ", ".join(_one(part) for part in said.split(", "))


def _one(part: str) -> str:
    known = {
        "your pick": tr("your pick"),
        "like photos that you pick": tr("like photos that you pick"),
        "pleasing to look at": tr("pleasing to look at"),
        "sharper than most": tr("sharper than most"),
        "strong contrast": tr("strong contrast"),
        "rich in colour": tr("rich in colour"),
        "sharp": tr("sharp"),
        "well exposed": tr("well exposed"),
        "among the best of its category": tr("among the best of its category"),
    }
    if part in known:
        return known[part]
    if stars := _STARS.fullmatch(part):
        return tr_n("{n} star", "{n} stars", int(stars[1]))
    if moment := _MOMENT.fullmatch(part):
        return tr("best of {n} of this moment", n=moment[1])
    return part


def taste_words(found: HighlightsView) -> str:
    """What was learnt from picks and rejects, or what is missing for it."""
    if found.picked < found.needed:
        words = tr("Pick (P) or reject (X) photos: from {n} picks on, the choice follows what you like.",
                   n=found.needed)  # fmt: skip
        so_far = tr_n("{n} pick so far.", "{n} picks so far.", found.picked)
        return f"{words} {so_far}" if found.picked else words
    if found.agreement is None:
        return tr("Your picks are of too few moments to learn from; pick some of other days too.")
    share = round(100 * found.agreement)
    picks = tr_n("{n} pick", "{n} picks", found.picked)
    rejects = tr_n("{n} reject", "{n} rejects", found.rejected)
    learnt = f"{picks}, {rejects}" if found.rejected else picks
    if found.say < NO_SAY:
        return tr("Learnt from {learnt}: agrees with {n}% of your picks, which is no better than chance, so "
                  "it has no say.", learnt=learnt, n=share)  # fmt: skip
    return tr("Learnt from {learnt}: agrees with {n}% of your picks when they are held back from it.",
              learnt=learnt, n=share)  # fmt: skip
