"""The categories as the person made them: names of their own, added, hidden and nested ones.

Takes the vocabulary that ships with the program and the person's edits, and gives the vocabulary that
counts. Keys never change, so results and decisions stay valid. Knows words alone, as ``vocabulary`` does.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from organizer.analysis.vocabulary import OWN, Category, Vocabulary
from organizer.errors import UsageProblem
from organizer.results import OTHERS, CategoryEdit

LONGEST_NAME = 60  # characters
FEWEST_GROUPS = 2  # of the top level; with fewer there is nothing to choose between


def edited(vocabulary: Vocabulary, edits: Iterable[CategoryEdit]) -> Vocabulary:
    """The vocabulary with the person's edits in it.

    There are two levels: what is put below a child goes beside it, and what has children of its own stays
    at the top. Children of a hidden category are hidden with it. Edits of categories that are not there
    (any more) change nothing.
    """
    by_key = {edit.category: edit for edit in edits}
    known = {category.key: category for category in vocabulary.categories}
    order = [*known, *(key for key, edit in by_key.items() if edit.own and key not in known)]
    wished = {key: _wished_parent(known.get(key), by_key.get(key)) for key in order}
    parents = {key: _parent(key, wished) for key in order}
    hidden = {key for key in order if key in by_key and by_key[key].hidden}
    hidden |= {key for key in order if parents[key] in hidden}
    made: dict[str, Category] = {}
    for key in [*(k for k in order if parents[k] is None), *(k for k in order if parents[k] is not None)]:
        base = known.get(key) or _added(by_key[key], parents[key], made, vocabulary)
        made[key] = _with_edit(replace(base, parent=parents[key]), by_key.get(key))
    sorted_keys = [
        key
        for top in order
        if parents[top] is None
        for key in (top, *(k for k in order if parents[k] == top))
    ]
    return replace(
        vocabulary,
        categories=tuple(made[key] for key in sorted_keys if key not in hidden),
        hidden=tuple(made[key] for key in sorted_keys if key in hidden),
    )


def _wished_parent(base: Category | None, edit: CategoryEdit | None) -> str | None:
    if edit is None or edit.parent == "":
        return base.parent if base is not None else None
    return edit.parent


def _parent(key: str, wished: Mapping[str, str | None]) -> str | None:
    """What it is wished below, if that stands at the top itself; so there are never three levels."""
    above = wished[key]
    return above if above in wished and above != key and wished[str(above)] is None else None


def _added(
    edit: CategoryEdit, parent: str | None, made: Mapping[str, Category], base: Vocabulary
) -> Category:
    """A category of the person's own, with the templates and the weight of what it stands below."""
    above = made.get(parent or "")
    names = {"en": next(iter(edit.names.values()), edit.category), **edit.names}
    return Category(
        key=edit.category,
        parent=parent,
        names=names,
        prompts=edit.prompts or (names["en"],),
        templates=above.templates if above is not None else base.categories[0].templates,
        phrase=names["en"].lower(),
        highlight=above.highlight if above is not None else 1.0,
    )


def _with_edit(category: Category, edit: CategoryEdit | None) -> Category:
    if edit is None:
        return category
    return replace(
        category,
        names={**category.names, **edit.names},
        prompts=edit.prompts or category.prompts,
    )


def clean_name(vocabulary: Vocabulary, name: str, *, besides: str = "") -> str:
    """A name as it can be kept: white space in order, no control characters.

    Args:
        besides: key of the category that is to have it, which may be called so already.

    Raises:
        UsageProblem: it is empty, too long, holds braces, or another category is called so.
    """
    text = unicodedata.normalize("NFC", name)
    text = " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())
    if not text:
        raise UsageProblem("A category needs a name.")
    if len(text) > LONGEST_NAME:
        raise UsageProblem(f"A category's name can have {LONGEST_NAME} characters; this one has {len(text)}.")
    if "{" in text or "}" in text:
        raise UsageProblem("A category's name cannot hold { or }.")
    taken = [list(vocabulary.others.values())]
    taken += [
        list(c.names.values()) for c in (*vocabulary.categories, *vocabulary.hidden) if c.key != besides
    ]
    if text.casefold() in {known.casefold() for names in taken for known in names}:
        raise UsageProblem(f"There is a category called {text} already.")
    return text


def own_key(vocabulary: Vocabulary, name: str) -> str:
    """A key for a category that the person adds: new, and the same for the same name."""
    known = {category.key for category in (*vocabulary.categories, *vocabulary.hidden)} | {OTHERS}
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    if not plain:
        plain = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    key, number = f"{OWN}{plain}", 2
    while key in known:
        key, number = f"{OWN}{plain}-{number}", number + 1
    return key


def check_nesting(vocabulary: Vocabulary, key: str, parent: str | None) -> None:
    """Whether a category may go below another (None: to the top level).

    Raises:
        UsageProblem: one of them is not there, or there would be a third level.
    """
    category, above = vocabulary.find(key), vocabulary.find(parent) if parent is not None else None
    if category is None or (parent is not None and above is None):
        raise UsageProblem(f"There is no category {key if category is None else parent}.")
    if above is None:
        return
    if above.key == key:
        raise UsageProblem("A category cannot go below itself.")
    if above.parent is not None:
        raise UsageProblem(f"{above.names['en']} stands below another category itself; there are two levels.")
    if any(other.parent == key for other in vocabulary.categories):
        raise UsageProblem(f"{category.names['en']} has categories below it; move those first.")


def check_hiding(vocabulary: Vocabulary, key: str) -> None:
    """Whether a category may be hidden.

    Raises:
        UsageProblem: it is not there, or too few would be left to sort photos into.
    """
    category = vocabulary.find(key)
    if category is None:
        raise UsageProblem(f"There is no category {key}.")
    left = [c for c in vocabulary.categories if c.parent is None and c.key != key]
    if category.parent is None and len(left) < FEWEST_GROUPS:
        raise UsageProblem(f"At least {FEWEST_GROUPS} groups of categories have to stay.")
