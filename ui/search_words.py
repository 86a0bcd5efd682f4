"""What a search has to say, in the person's language. Pure functions over the library's values."""

from __future__ import annotations

from organizer.errors import QueryProblem
from organizer.library.views import SearchNote

from .core_words import core_words
from .translation import tr


def note_words(note: SearchNote) -> str:
    """One sentence."""
    values = note.values
    match note.kind:
        case "none":
            return tr("None of your photos fits “{text}”.", **values)
        case "nearest":
            return tr("None of your photos surely fits “{text}”; these come nearest.", **values)
        case "language":
            return tr("The model {model} does not understand “{text}”; names, captions and places were "
                      "searched.", **values)  # fmt: skip
        case "translated":
            return tr("“{text}” was looked for as “{meaning}”.", **values)
        case "unseen":
            return tr("{count} photos have not been looked at yet and were searched by name alone.", **values)
        case "model":
            why = core_words(values["why"])
            return tr("Only names, captions and places were searched: {why}", why=why)
    return str(note)


def problem_words(problem: QueryProblem) -> str:
    """One sentence."""
    values = problem.values
    match problem.kind:
        case "key":
            return tr("There is no filter “{key}”; there are: {known}.", **values)
        case "choice":
            return tr("“{value}” is no {key}; there are: {known}.", **values)
        case "date":
            return tr("“{value}” is no date; write date:2024, date:2024-05 or date:2022..2024.", **values)
        case "nothing":
            return tr("Name something to look for.")
        case "value":
            return tr("Write something after “{key}:”.", **values)
    return str(problem)


def colour_name(colour: str) -> str:
    """The name of a colour of the colour filter."""
    return {
        "red": tr("Red"), "orange": tr("Orange"), "yellow": tr("Yellow"), "green": tr("Green"),
        "blue": tr("Blue"), "purple": tr("Purple"), "pink": tr("Pink"), "brown": tr("Brown"),
        "black": tr("Black"), "white": tr("White"),
    }.get(colour, colour)  # fmt: skip
