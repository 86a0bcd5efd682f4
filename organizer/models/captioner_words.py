"""The words that a captioner can read and say: sentences to numbers and back.

Plain Python; must not import torch.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from organizer.errors import ModelDamaged

PADDING, START, END, UNKNOWN = "<pad>", "<start>", "<end>", "<unknown>"
SPECIAL = (PADDING, START, END, UNKNOWN)
LONGEST = 400  # characters of a sentence that are read; what is longer is no caption

_WORD = re.compile(r"[a-z0-9]+(?:['’-][a-z0-9]+)*|,")


def words_of(sentence: str) -> list[str]:
    """The sentence's words in lower case; commas count as words, all other signs and controls are dropped."""
    return _WORD.findall(sentence[:LONGEST].lower().replace("’", "'"))


def spoken(words: Sequence[str]) -> str:
    """Words as a sentence: a capital letter, commas at their words, a full stop. "" for no words."""
    text = " ".join(words).replace(" ,", ",").strip(" ,")
    return f"{text[0].upper()}{text[1:]}." if text else ""


class WordList:
    """Words by number: padding 0, start 1, end 2, unknown 3, then the rest, most frequent first.

    Attributes:
        words: all of them, the special ones first. unspoken: numbers of those that are read and not said.
    """

    padding, start, end, unknown = range(4)

    def __init__(self, words: Sequence[str], unspoken: Collection[str] = ()) -> None:
        """Args:
            words: without the special ones; none twice.
            unspoken: words that are not to be said; those that are not in the list do not matter.

        Raises ValueError for a word that is there twice or could not be spoken.
        """
        self.words = (*SPECIAL, *words)
        self._number = {word: number for number, word in enumerate(self.words)}
        if len(self._number) != len(self.words) or any(words_of(word) != [word] for word in words):
            raise ValueError("a word list holds plain words, each once")
        self.unspoken = tuple(self._number[word] for word in words if word in unspoken)

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def counted(cls, sentences: Iterable[str], least: int = 5) -> WordList:
        """The words that occur at least ``least`` times, most frequent first, equal ones by the alphabet.

        Raises ValueError for a ``least`` below one.
        """
        if least < 1:
            raise ValueError("a word must occur at least once")
        counts: Counter[str] = Counter()
        for sentence in sentences:
            counts.update(words_of(sentence))
        kept = [(-count, word) for word, count in counts.items() if count >= least]
        return cls([word for _, word in sorted(kept)])

    def numbers(self, sentence: str, longest: int) -> list[int]:
        """Start, the words (unknown ones as such), end; at most ``longest`` words are kept."""
        known = [self._number.get(word, self.unknown) for word in words_of(sentence)]
        return [self.start, *known[:longest], self.end]

    def sentence(self, numbers: Sequence[int]) -> str:
        """Numbers, up to the first end, as a sentence; special words are not spoken."""
        said: list[str] = []
        for number in numbers:
            if number == self.end:
                break
            if number >= len(SPECIAL):
                said.append(self.words[number])
        return spoken(said)

    def save(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Write the words and the decoder's settings as JSON."""
        unspoken = [self.words[number] for number in self.unspoken]
        content = {**settings, "unspoken": unspoken, "words": list(self.words[len(SPECIAL) :])}
        path.write_text(json.dumps(content, ensure_ascii=True, indent=0) + "\n", encoding="ascii")


def load_words(path: Path) -> tuple[WordList, dict[str, Any]]:
    """The words and the settings of a JSON file that ``WordList.save`` wrote.

    Raises ModelDamaged where it holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        words, unspoken = content.pop("words"), content.pop("unspoken", [])
        if not all(isinstance(word, str) for word in (*words, *unspoken)):
            raise TypeError("words are texts")
        return WordList(words, unspoken), content
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sentence = (
            f"The captioner's word list “{path.name}” cannot be read; please install the program again."
        )
        raise ModelDamaged(sentence, detail=f"{path}: {error!r}") from error
