"""Text for the full-text index, prepared so that Korean and other unspaced scripts find substrings.

SQLite's ``unicode61`` tokenizer keeps a run of Hangul as one word, and its ``trigram`` tokenizer needs
three characters, where most Korean nouns have two. So each Hangul, Han or Kana character is set apart as
a word of its own, and a query becomes a phrase of them: any substring is found, whatever its length.
Words of other scripts are found by their beginning. Text is NFC-normalised first: file names from macOS
are decomposed.
"""

from __future__ import annotations

import re
import unicodedata

_ALONE = re.compile(
    "([\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def prepared(text: str | None) -> str:
    """The text as it is written into the index; surrogates of undecodable names are left out."""
    if not text:
        return ""
    clean = text.encode("utf-8", "ignore").decode("utf-8").replace("\0", " ")
    spaced = _ALONE.sub(r" \1 ", unicodedata.normalize("NFC", clean))
    return " ".join(_CAMEL.sub(" ", spaced).split())


def match_expressions(query: str) -> list[str]:
    """One FTS5 expression for every word of the query; a photo has to match each of them."""
    expressions = []
    for word in query.split():
        tokens = _WORD.findall(prepared(word))
        if tokens:
            expressions.append(_phrase(tokens))
    return expressions


def phrase_expression(text: str) -> list[str]:
    """One FTS5 expression for all words of the text, beside each other; none where it has no word."""
    tokens = _WORD.findall(prepared(text))
    return [_phrase(tokens)] if tokens else []


def _phrase(tokens: list[str]) -> str:
    text = " ".join(tokens)
    beginning = "" if _ALONE.fullmatch(tokens[-1]) else " *"
    return f'"{text}"{beginning}'
