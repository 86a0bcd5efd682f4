"""Why a photo of a stack is kept and what the others lack, in the window's language.

The core says it in English, as rules with values: "most pixels: 4,000 × 3,000, sharpest". The rule is put
into the language here and the value stays; what is not known here is shown as it came.
"""

from __future__ import annotations

from organizer.library.room import HARD_LINK, PROTECTED, SYMLINK

from .translation import tr, tr_n


def keep_words(said: str) -> str:
    """A reason, or several with commas between them."""
    known = _known()
    parts = []
    for part in filter(None, said.split(", ")):
        rule, colon, value = part.partition(": ")
        parts.append(known.get(part) or f"{known.get(rule, rule)}{colon}{known.get(value, value)}")
    return ", ".join(parts)


def note_words(note: str) -> str:
    """Why removing a copy frees nothing."""
    return {
        PROTECTED: tr("Protected: it stays"),
        HARD_LINK: tr("Another name of the same file: deleting it frees nothing"),
        SYMLINK: tr("A link to a file: deleting it frees nothing"),
    }.get(note, note)


def _known() -> dict[str, str]:
    return {
        "in a protected folder": tr("in a protected folder"),
        "not in a protected folder": tr("not in a protected folder"),
        "the camera's RAW file": tr("the camera's RAW file"),
        "not the RAW file": tr("not the RAW file"),
        "your pick": tr("your pick"),
        "the other was rejected": tr("the other was rejected"),
        "rejected": tr("rejected"),
        "not rated": tr("not rated"),
        **{
            f"rated {n} star{'' if n == 1 else 's'}": tr_n("rated {n} star", "rated {n} stars", n)
            for n in range(6)
        },
        "most pixels": tr("most pixels"),
        "smaller": tr("smaller"),
        "only enlarged": tr("only enlarged"),
        "largest file": tr("largest file"),
        "smaller file": tr("smaller file"),
        "least compressed": tr("least compressed"),
        "more compressed": tr("more compressed"),
        "less noise": tr("less noise"),
        "noisier": tr("noisier"),
        "sharpest": tr("sharpest"),
        "less sharp": tr("less sharp"),
        "best exposed": tr("best exposed"),
        "exposed less well": tr("exposed less well"),
        "darker than is good": tr("darker than is good"),
        "best looking": tr("best looking"),
        "less good looking": tr("less good looking"),
        "oldest file": tr("oldest file"),
        "newer file": tr("newer file"),
        "shortest name": tr("shortest name"),
        "longer name": tr("longer name"),
        "as good in every rule": tr("as good in every rule"),
        "equally good": tr("equally good"),
        "the first by its folder": tr("the first by its folder"),
        "turned upside down": tr("turned upside down"),
        "turned on its side": tr("turned on its side"),
        "mirrored": tr("mirrored"),
        "mirrored and turned": tr("mirrored and turned"),
    }
