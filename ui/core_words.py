"""What the core says, in the person's language: reports, refusals, problems, what undo would do.

The core speaks English and knows of no language. Its sentences are templates with values in them, "{name} is
in use by another program."; ``resources/translations/<code>.core.json`` maps each template to its
translation, and a sentence is recognised by its shape. So it does not matter whether it comes from an
exception, from the journal of an earlier version or out of another process. What is not known is shown as it
came.

A hole named in ``NUMBERS`` holds a number, one in ``SAID`` another template's words, and any other one what
is shown as it is, a file's name for example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

NUMBERS = frozenset({"n", "days", "done", "total", "width", "height", "least", "most"})
SAID = frozenset({"what", "problem"})
_HOLE = re.compile(r"\{(\w+)\}")
_NEXT = re.compile(r"(?<=[.!?]) ")

Shape = tuple[re.Pattern[str], str]
_shapes: tuple[Shape, ...] = ()


def learn(templates: Mapping[str, str]) -> None:
    """Speak this language from now on: English template -> its translation. An empty map is English."""
    global _shapes
    surest_first = sorted(templates, key=lambda one: (-len(_HOLE.sub("", one)), one))
    _shapes = tuple((_shape(template), templates[template]) for template in surest_first)
    core_words.cache_clear()


@lru_cache(maxsize=4096)
def core_words(said: str) -> str:
    """A sentence of the core, or several one after another, in the person's language.

    Uses no translator of Qt, so any thread may ask.
    """
    whole = _whole(said)
    if whole is not None:
        return whole
    for end in _NEXT.finditer(said):
        first = _whole(said[: end.start()])
        if first is not None:
            return f"{first} {core_words(said[end.end() :])}"
    return said


def _whole(said: str) -> str | None:
    for pattern, translated in _shapes:
        found = pattern.fullmatch(said)
        if found is not None:
            filled = _filled(translated, found.groupdict())
            if filled is not None:
                return filled
    return None


def _filled(translated: str, values: Mapping[str, str]) -> str | None:
    """The translation with its values; None where one that the core said is not known."""
    told = {name: _whole(value) if name in SAID else value for name, value in values.items()}
    return None if None in told.values() else _HOLE.sub(lambda hole: told[hole[1]] or "", translated)


def _shape(template: str) -> re.Pattern[str]:
    parts = _HOLE.split(template)  # words and names of holes in turn
    found = [re.escape(words) for words in parts]
    for at in range(1, len(parts), 2):
        kind = r"[\d.,]+" if parts[at] in NUMBERS else ".+?"
        found[at] = f"(?P<{parts[at]}>{kind})"
    return re.compile("".join(found), re.DOTALL)
