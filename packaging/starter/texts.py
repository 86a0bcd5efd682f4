"""Words to vectors: the phrase table that pictures learn from and the corpus for the text tower.

Both are made once with the sentence embedder and kept as .npz files of plain arrays. Must not know pixels.
"""

from __future__ import annotations

import csv
import gzip
import json
import logging
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import words
import workspace
from dataset import Picture

logger = logging.getLogger(__name__)

CORPUS_SEED = 20  # the corpus is the same for every training


@dataclass(frozen=True)
class PhraseTable:
    """What the pictures' words mean.

    phrases: P distinct labels. vectors: (P, 384) float32 of unit length.
    starts, members: picture i has the labels members[starts[i]:starts[i + 1]], the given ones first.
    things: (1000, 384) float32, the vectors of the ImageNet classes in their order.
    """

    phrases: list[str]
    vectors: np.ndarray
    starts: np.ndarray
    members: np.ndarray
    things: np.ndarray


def read_things(data: Path) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(names, kinds from near to far) of each of the 1,000 ImageNet classes, in their order."""
    with workspace.read_from(data, "texts/things.tsv", "--data").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))

    def split(cell: str | None) -> tuple[str, ...]:
        return tuple(part.strip() for part in (cell or "").split(" | ") if part.strip())

    return [(split(row["names"]), split(row["kinds, nearest first"])) for row in rows]


def read_sentences(data: Path) -> list[str]:
    """The sentences that people wrote about other photos, tidied."""
    file = workspace.read_from(data, "texts/sentences.txt.gz", "--data")
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        return [words.tidy(line) for line in stream if line.strip()]


def _kinds_by_name(things: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    return {name: kinds for names, kinds in things for name in names}


def make_phrase_table(
    data: Path, pictures: list[Picture], destination: Path, *, untrained: bool = False
) -> None:
    """Give every picture its labels and every label its vector.

    A label's vector is the normalised mean of "a photo of a {}." and "{}", as for the teacher; a sentence is
    taken as it stands.
    """
    from sentence_embedder import open_embedder

    things = read_things(data)
    kinds = _kinds_by_name(things)
    number: dict[str, int] = {}
    starts, members = [0], []
    for picture in pictures:
        labels = words.labels_of(picture.source, picture.texts, kinds)
        members += [number.setdefault(label, len(number)) for label in labels]
        starts.append(len(members))
    phrases = list(number)
    logger.info("%d labels, %.1f a picture", len(phrases), len(members) / len(pictures))
    embedder = open_embedder(untrained=untrained)
    names = [name for all_names, _ in things for name in all_names]
    owner = np.repeat(np.arange(len(things)), [len(all_names) for all_names, _ in things])
    vectors = _templated(embedder.encode, phrases)
    of_names = _templated(embedder.encode, names)
    of_things = np.zeros((len(things), vectors.shape[1]), np.float32)
    np.add.at(of_things, owner, of_names)
    of_things /= np.linalg.norm(of_things, axis=1, keepdims=True)
    _save(
        destination,
        phrases=np.array(json.dumps(phrases)),
        vectors=vectors.astype(np.float16),
        starts=np.array(starts),
        members=np.array(members, np.int32),
        things=of_things.astype(np.float16),
    )


def load_phrase_table(path: Path) -> PhraseTable:
    """Read what make_phrase_table wrote."""
    stored = workspace.read_arrays(path)
    return PhraseTable(
        phrases=json.loads(str(stored["phrases"])),
        vectors=stored["vectors"].astype(np.float32),
        starts=stored["starts"],
        members=stored["members"],
        things=stored["things"].astype(np.float32),
    )


def make_corpus(
    data: Path,
    pictures: list[Picture],
    destination: Path,
    *,
    most: int | None = None,
    untrained: bool = False,
) -> None:
    """The lines that the text tower learns, shuffled, with their vectors; at most so many."""
    from sentence_embedder import open_embedder

    generator = random.Random(CORPUS_SEED)
    lines = list(dict.fromkeys(_corpus_lines(data, pictures, generator)))
    generator.shuffle(lines)
    lines = lines[:most]
    logger.info("%d lines in the corpus", len(lines))
    vectors = open_embedder(untrained=untrained).encode(lines)
    _save(destination, lines=np.array(json.dumps(lines)), vectors=vectors)


def load_corpus(path: Path) -> tuple[list[str], np.ndarray]:
    """The corpus' lines and their (N, 384) float16 vectors."""
    stored = workspace.read_arrays(path)
    return json.loads(str(stored["lines"])), stored["vectors"]


def _corpus_lines(data: Path, pictures: list[Picture], generator: random.Random) -> list[str]:
    things = read_things(data)
    kinds = _kinds_by_name(things)
    labels = {label for p in pictures for label in words.labels_of(p.source, p.texts, kinds)}
    short = sorted(label for label in labels if not words.is_sentence(label))
    lines = sorted(label for label in labels if words.is_sentence(label))
    lines += [t.format(phrase) for phrase in words.everyday_phrases() for t in words.TEMPLATES]
    short += [name for names, _ in things for name in names]
    short += sorted({kind for _, chain in things for kind in chain})
    for phrase in short:
        extra = generator.sample(words.TEMPLATES[2:], 5)
        lines += [template.format(phrase) for template in (*words.TEMPLATES[:2], *extra)]
    sentences = read_sentences(data)
    generator.shuffle(sentences)
    lines += sentences[:80000]
    lines += [_fragment(sentence, generator) for sentence in sentences[60000:]]
    tokens = _vocabulary_words()
    lines += tokens
    lines += [generator.choice(words.TEMPLATES[1:]).format(token) for token in tokens]
    return lines


def _fragment(sentence: str, generator: random.Random) -> str:
    """Two to five neighbouring words of a sentence: how people type a search."""
    parts = re.findall(r"[A-Za-z'-]+", sentence.lower())
    length = min(len(parts), generator.randint(2, 5))
    first = generator.randint(0, len(parts) - length) if parts else 0
    return " ".join(parts[first : first + length])


def _vocabulary_words() -> list[str]:
    """The whole words of CLIP's vocabulary, so that each of them has been read at least once or twice."""
    from open_clip.tokenizer import SimpleTokenizer

    encoder = SimpleTokenizer().encoder
    ends = [token[:-4] for token in encoder if token.endswith("</w>")]
    return sorted(word for word in ends if re.fullmatch(r"[a-z]{3,}", word))


def _templated(encode: Callable[[list[str]], np.ndarray], phrases: list[str]) -> np.ndarray:
    plain = encode(phrases).astype(np.float32)
    framed = encode([p if words.is_sentence(p) else f"a photo of a {p}." for p in phrases]).astype(np.float32)
    mean = plain + framed
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    return mean


def _save(destination: Path, **arrays: np.ndarray) -> None:
    partial = destination.with_suffix(".partial.npz")
    np.savez(partial, **arrays)  # type: ignore[arg-type]
    partial.replace(destination)
