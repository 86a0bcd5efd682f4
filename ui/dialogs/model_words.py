"""What the dialog of the models says of one: its state, what to know of it, how far a download is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale

from ..translation import number, tr
from ..words import byte_size, time_left

if TYPE_CHECKING:
    from organizer.library import Fetched

Model = dict[str, Any]


def state_words(model: Model, *, being_added: bool = False) -> str:
    """What a model is to the person, in a few words."""
    if being_added:
        return tr("Being added")
    if model["in_use"] and model["seen"] < model["photos"]:
        return tr("In use, has seen {n} of {total}", n=number(model["seen"]), total=number(model["photos"]))
    if model["in_use"]:
        return tr("In use")
    if model["installed"]:
        return tr("On this computer")
    if model["partial"]:
        return tr("Partly downloaded")
    return tr("Not here")


def languages(codes: list[str]) -> str:
    """The languages of a model's words."""
    if "*" in codes:
        return tr("Many")
    names = [QLocale(code).nativeLanguageName() or code for code in codes]
    return ", ".join(name.removeprefix("American ") for name in names) or tr("Unknown")


def facts(model: Model) -> str:
    """What to know of a model before it is downloaded or used."""
    lines = [model["note"]] if model["note"] else []
    details = [tr("Licence: {licence}", licence=model["licence"] or tr("Unknown"))]
    details.append(tr("Languages: {names}", names=languages(model["languages"])))
    details.append(tr("Size: {size}", size=byte_size(model["bytes"])))
    if model["host"] and not model["installed"]:
        details.append(tr("from {host}", host=model["host"]))
    lines.append("  ·  ".join(details))
    if model["kind"] == "captioner":
        lines.append(tr("It only writes captions, so it cannot be used for sorting and search."))
    if model["needs"]:
        lines.append(tr("It needs packages that are not installed: {names}", names=", ".join(model["needs"])))
    return "\n".join(lines)


def progress_words(at: Fetched) -> str:
    """How far the work is: "Downloading: 120 MB of 605 MB, 12 MB/s, about 1 min left"."""
    if at.stage == "check":
        return tr("Checking that the files are whole")
    done, total = byte_size(at.done), byte_size(at.total)
    words = (tr("Copying: {done} of {total}", done=done, total=total) if at.stage == "copy"
             else tr("Downloading: {done} of {total}", done=done, total=total))  # fmt: skip
    parts = [words]
    if at.rate:
        parts.append(tr("{size}/s", size=byte_size(int(at.rate))))
    parts.append(time_left(at.seconds_left))
    return ", ".join(part for part in parts if part)
