"""The categories that photos are sorted into: read from a data file, checked, and turned into
phrases.

Knows words alone: neither vectors nor photos nor which model will read the phrases.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from organizer.errors import UsageProblem
from organizer.results import OTHERS

SCHEMA = 1
LANGUAGES = ("en", "ko")
OWN = "own-"  # how the key of a category begins that the person added; no other key does


@dataclass(frozen=True, slots=True)
class Category:
    """One category.

    Attributes:
        key: stable name, unique in the vocabulary.
        parent: key of the category above it, None for the top level.
        names: language code -> name shown to a person; "en" is always there.
        prompts: phrases that say what its photos show.
        templates: sentences with one "{}" that the prompts are put into.
        phrase: how an English caption speaks of it. place: the same as a setting, "" where it is
            none.
        highlight: 0..1, how much its photos are worth showing.
    """

    key: str
    parent: str | None
    names: Mapping[str, str]
    prompts: tuple[str, ...]
    templates: tuple[str, ...]
    phrase: str
    place: str = ""
    highlight: float = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """How likeness becomes one category; probabilities or shares, 0..1, where nothing else is said.

    Attributes:
        centring: how much of a prompt's likeness to all other prompts is held against it.
        parent_prior: weight of a parent's own prompts beside each child's, more than 0.
        child_share: share of its parent's probability that the best child needs.
        own_weight: of a category that the person added, beside each other one; 1 or more.
        doubtful_below: a category less probable than this is doubtful.
        doubtful_lead: so is one whose parent leads the next parent by less than this.
    """

    centring: float = 0.5
    parent_prior: float = 0.3
    own_weight: float = 20.0
    child_share: float = 0.3
    doubtful_below: float = 0.4
    doubtful_lead: float = 0.12


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All categories, each parent directly before its children.

    Attributes:
        others: language -> name of the category of photos that nothing convinced.
        others_highlight: 0..1, how much those are worth showing.
        hidden: categories that the person does not want; photos never go there.
    """

    key: str
    categories: tuple[Category, ...]
    decision: Decision
    others: Mapping[str, str]
    others_highlight: float = 0.3
    hidden: tuple[Category, ...] = ()

    def find(self, key: str) -> Category | None:
        """The category with this key, or None (also for OTHERS)."""
        return next((category for category in self.categories if category.key == key), None)

    def name(self, key: str, language: str = "en") -> str:
        """What a person calls it: in that language, else in English, else the key."""
        category = self.find(key) or next((c for c in self.hidden if c.key == key), None)
        unnamed: Mapping[str, str] = self.others if key == OTHERS else {}
        names = category.names if category else unnamed
        return names.get(language) or names.get("en") or key

    def parent(self, key: str) -> str | None:
        """Key of the category above; None for the top level, OTHERS and unknown keys."""
        category = self.find(key)
        return category.parent if category else None

    def highlight_weights(self) -> dict[str, float]:
        """Category key -> how much its photos are worth showing, OTHERS included."""
        weights = {category.key: category.highlight for category in self.categories}
        return {**weights, OTHERS: self.others_highlight}

    def texts(self) -> list[str]:
        """Every prompt in every template, each once, in a stable order: for a model to read."""
        groups = (group for category in self.categories for group in prompt_texts(category))
        return list(dict.fromkeys(text for group in groups for text in group))

    def digest(self) -> str:
        """Name of this set of texts: label vectors hold as long as it stays the same."""
        parts = [repr((c.key, c.parent, c.prompts, c.templates)) for c in self.categories]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def prompt_texts(category: Category) -> list[list[str]]:
    """For each prompt of a category, the prompt in each of its templates."""
    return [[template.format(prompt) for template in category.templates] for prompt in category.prompts]


def load_vocabulary(file: Path) -> Vocabulary:
    """Read and check a vocabulary (TOML; ``resources/vocabularies/default.toml`` explains the
    fields).

    Raises:
        UsageProblem: the file is missing or says something that cannot be; one sentence names what
            and where.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(f"The vocabulary {file.name} cannot be read.", detail=str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageProblem(f"The vocabulary {file.name} is not valid TOML: {error}.") from error
    try:
        return _vocabulary(raw)
    except _Fault as fault:
        raise UsageProblem(f"The vocabulary {file.name} {fault}.") from fault


class _Fault(Exception):
    """What is wrong, as the end of a sentence that began with the file's name."""


def _vocabulary(raw: dict[str, Any]) -> Vocabulary:
    if raw.get("schema") != SCHEMA:
        raise _Fault(f"has schema {raw.get('schema')!r}, and this program reads {SCHEMA}")
    styles = {name: _templates(name, value) for name, value in _table(raw, "styles").items()}
    if not styles:
        raise _Fault("has no templates under [styles]")
    categories: list[Category] = []
    for parent in _entries(raw, "parent", "the file"):
        categories.append(_category(parent, None, styles))
        children = _entries(parent, "child", f'"{parent["key"]}"', may_lack=True)
        above: dict[str, Any] = {name: parent[name] for name in ("style", "highlight") if name in parent}
        categories.extend(_category({**above, **child}, parent["key"], styles) for child in children)
    _check_keys(categories)
    others = _table(raw, "others")
    return Vocabulary(
        key=_text(raw, "key", "the file"),
        categories=tuple(categories),
        decision=_decision(_table(raw, "decision")),
        others={code: others[code] for code in LANGUAGES if isinstance(others.get(code), str)},
        others_highlight=_fraction(others, "highlight", 0.3, '"others"'),
    )


def _category(entry: dict[str, Any], parent: str | None, styles: dict[str, tuple[str, ...]]) -> Category:
    key = _text(entry, "key", "a category")
    where = f'"{key}"'
    style = entry.get("style", next(iter(styles)))
    if style not in styles:
        raise _Fault(f"names an unknown style {style!r} in {where}")
    names = {code: _text(entry, code, where) for code in LANGUAGES if code == "en" or code in entry}
    return Category(
        key=key,
        parent=parent,
        names=names,
        prompts=_prompts(entry.get("prompts"), where),
        templates=styles[style],
        phrase=_text(entry, "phrase", where) if "phrase" in entry else names["en"].lower(),
        place=_text(entry, "place", where) if "place" in entry else "",
        highlight=_fraction(entry, "highlight", 1.0, where),
    )


def _prompts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _Fault(f"has no prompts in {where}")
    for prompt in value:
        if not isinstance(prompt, str) or not prompt.strip():
            raise _Fault(f"has an empty prompt in {where}")
        if "{" in prompt or "}" in prompt:
            raise _Fault(f"has a prompt with braces in {where}; those belong in the templates")
    return tuple(value)


def _check_keys(categories: list[Category]) -> None:
    if not categories:
        raise _Fault("holds no category")
    seen: set[str] = set()
    for category in categories:
        if category.key in seen:
            raise _Fault(f'uses the key "{category.key}" twice')
        if category.key == OTHERS:
            raise _Fault(f'uses the key "{OTHERS}", which is kept for photos that nothing convinced')
        seen.add(category.key)


def _decision(table: dict[str, Any]) -> Decision:
    standard = Decision()
    where = "[decision]"
    prior = _fraction(table, "parent_prior", standard.parent_prior, where)
    if prior <= 0:
        raise _Fault(f"needs a parent_prior above 0 in {where}")
    own = table.get("own_weight", standard.own_weight)
    if isinstance(own, bool) or not isinstance(own, int | float) or not 1 <= own <= 1000:
        raise _Fault(f"needs an own_weight from 1 to 1000 in {where}")
    return Decision(
        centring=_fraction(table, "centring", standard.centring, where),
        parent_prior=prior,
        own_weight=float(own),
        child_share=_fraction(table, "child_share", standard.child_share, where),
        doubtful_below=_fraction(table, "doubtful_below", standard.doubtful_below, where),
        doubtful_lead=_fraction(table, "doubtful_lead", standard.doubtful_lead, where),
    )


def _templates(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _Fault(f'has no templates in the style "{name}"')
    for template in value:
        if not isinstance(template, str) or template.count("{}") != 1 or template.count("{") != 1:
            raise _Fault(f'has a template without exactly one {{}} in the style "{name}"')
    return tuple(value)


def _entries(table: dict[str, Any], name: str, where: str, may_lack: bool = False) -> list[dict[str, Any]]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise _Fault(f"has something other than [[{name}]] entries in {where}")
    if not found and not may_lack:
        raise _Fault(f"has no [[{name}]] entries")
    return found


def _table(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name, {})
    if not isinstance(found, dict):
        raise _Fault(f"has something other than a table under [{name}]")
    return found


def _text(entry: dict[str, Any], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _Fault(f"lacks {name} in {where}")
    return value.strip()


def _fraction(entry: dict[str, Any], name: str, standard: float, where: str) -> float:
    value = entry.get(name, standard)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _Fault(f"needs {name} between 0 and 1 in {where}")
    return float(value)
