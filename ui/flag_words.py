"""Why a photo is flagged, in the language of the window.

The core says it in English (``analysis.quality``); what is not known here, because a newer or older version
made it, is shown as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .translation import tr

_MOVED = ", and blurred in one direction as by a movement"

_KNOWN: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"even the sharpest part is soft", lambda _n: tr("even the sharpest part is soft")),
    (
        r"the sharpest part is softer than in (\d+)% of your photos",
        lambda n: tr("the sharpest part is softer than in {n}% of your photos", n=n),
    ),
    (
        r"grain of about (\d+) grey levels in the smooth areas",
        lambda n: tr("grain of about {n} grey levels in the smooth areas", n=n),
    ),
    (
        r"very dark: half of it is darker than (\d+)%",
        lambda n: tr("very dark: half of it is darker than {n}%", n=n),
    ),
    (
        r"(\d+)% of the picture is burnt out to white",
        lambda n: tr("{n}% of the picture is burnt out to white", n=n),
    ),
    (
        r"shows the detail of a picture (\d+) times smaller",
        lambda n: tr("shows the detail of a picture {n} times smaller", n=n),
    ),
    (r"grain shows in the smooth areas", lambda _n: tr("grain shows in the smooth areas")),
    (r"very dark", lambda _n: tr("very dark")),
    (
        r"much of the picture is burnt out to white",
        lambda _n: tr("much of the picture is burnt out to white"),
    ),
    (
        r"shows less detail than its pixels could hold",
        lambda _n: tr("shows less detail than its pixels could hold"),
    ),
    (r"the blocks of strong compression show", lambda _n: tr("the blocks of strong compression show")),
    (
        r"the blocks of strong compression show: saved as JPEG of quality (\d+)",
        lambda n: tr("the blocks of strong compression show: saved as JPEG of quality {n}", n=n),
    ),
)


def flag_words(why: str) -> str:
    """One flag's reason."""
    if why.endswith(_MOVED):
        softer = flag_words(why.removesuffix(_MOVED))
        return tr("{softer}, and blurred in one direction as by a movement", softer=softer)
    for pattern, words in _KNOWN:
        found = re.fullmatch(pattern, why)
        if found is not None:
            return words(found.group(1) if found.groups() else "")
    return why
