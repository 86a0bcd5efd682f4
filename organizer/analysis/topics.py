"""What the sentences of a library are about: clusters of captions, each named by its most telling words.

Sentences are grouped by k-means on vectors of unit length, the centres set to unit length at the end (near to
Dhillon and Modha's spherical k-means, 2001); the number of groups is the one of the best mean silhouette
(Rousseeuw, 1987). Names are the words of the largest class-based TF-IDF (Grootendorst, "BERTopic", 2022).
Topics that exist are kept while photos come: a new sentence joins the nearest one that it fits. They are
made anew only when many sentences fit none, and even then the person's own stay as they are. A topic that
stays keeps its words. Knows
sentences and vectors; neither photos' files nor the model. scikit-learn is imported at the first clustering.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from organizer.results import Topic

Vectors = NDArray[np.float32]

TELLING = 1.2  # a word is this much more frequent in the topics that it names than everywhere
_WORD = re.compile(r"[^\W\d_]{2,}")
_EMPTY_WORDS = frozenset(
    {
        "probably",
        "perhaps",
        "photo",
        "picture",
        "image",
        "view",
        "close",
        "looks",
        "looking",
        "아마도",
        "어쩌면",
    }
)


@dataclass(frozen=True, slots=True)
class TopicRules:
    """How topics are made; design choices, not measurements.

    Attributes:
        fewest: photos that make a topic; a smaller group is none.
        most: topics at most.
        sample: different sentences that the number of topics is decided on.
        reach: share of a topic's own sentences that lie within its reach; the others are near enough
            to be its members, but what is as far away later does not join.
        loyalty: cosine by which a photo of a topic may be out of its reach, or nearer to another one,
            and stays.
        unfit: share of the sentences that fit no topic, from which on topics are made anew.
        overlap: share of photos in common (Jaccard) from which on a new topic is an old one.
        words: words of a name.
        seed: of the clustering.
    """

    fewest: int = 4
    most: int = 40
    sample: int = 2000
    reach: float = 0.98
    loyalty: float = 0.15
    unfit: float = 0.2
    overlap: float = 0.3
    words: int = 3
    seed: int = 0


def topics(
    ids: Sequence[int],
    sentences: Sequence[str],
    vectors: Vectors,
    before: Sequence[Topic] = (),
    rules: TopicRules | None = None,
    check: Callable[[], None] | None = None,
) -> list[Topic]:
    """The topics of N captioned photos, largest first; a photo stands in one topic or in none.

    Args:
        ids: N photo ids. sentences: their captions, without words of doubt.
        vectors: float32 (N, D), the sentences' vectors of unit length.
        before: the topics as they were, of the same D (others are left aside but for those of the
            person, whose photos then say where they are). Their keys, and what the person
            made of them, are kept.
        check: called between steps; may raise ``Cancelled``.
    """
    rules = rules or TopicRules()
    if len(ids) != len(sentences) or len(ids) != len(vectors):
        raise ValueError("as many ids and vectors as sentences are needed")
    if not len(ids):
        return [replace(topic, photo_ids=()) for topic in before if topic.by_user]
    known = [_placed(topic, ids, vectors) for topic in before]
    known = [topic for topic in known if len(topic.centres) and topic.centres.shape[1] == vectors.shape[1]]
    member = _nearest(ids, vectors, known, rules)
    if not known or (member < 0).mean() > rules.unfit:
        kept = [topic for topic in known if topic.by_user]
        member = _nearest(ids, vectors, kept, rules)
        free = np.flatnonzero(member < 0)
        found = _clustered([sentences[row] for row in free.tolist()], vectors[free], rules, check)
        made = [_topic(free[rows], ids, vectors, rules) for rows in found]
        known = kept + _named_as_before(made, [topic for topic in before if not topic.by_user], before, rules)
        for number, rows in enumerate(found, start=len(kept)):
            member[free[rows]] = number
    return _told(known, member, ids, sentences, vectors, rules)


def merged(first: Topic, second: Topic) -> Topic:
    """One topic of two, as the person asked: it keeps the first one's key and name."""
    return replace(
        first,
        photo_ids=first.photo_ids + second.photo_ids,
        centres=np.concatenate([first.centres, second.centres]),
        reach=min(first.reach, second.reach),
        by_user=True,
    )


def _placed(topic: Topic, ids: Sequence[int], vectors: Vectors) -> Topic:
    """The topic in the space of these vectors: the person's is found again by its photos."""
    if not topic.by_user or (len(topic.centres) and topic.centres.shape[1] == vectors.shape[1]):
        return topic
    rows = np.flatnonzero(np.isin(np.asarray(ids), topic.photo_ids))
    if not len(rows):
        return topic
    there = _topic(rows, ids, vectors, TopicRules())
    return replace(topic, centres=there.centres, reach=there.reach)


def _nearest(
    ids: Sequence[int], vectors: Vectors, known: Sequence[Topic], rules: TopicRules
) -> NDArray[np.int64]:
    """int64 (N,): the number of the topic that each sentence fits best, -1 where it fits none."""
    best = np.full(len(vectors), -1, np.int64)
    margin = np.zeros(len(vectors), np.float32)
    for number, topic in enumerate(known):
        over = (vectors @ topic.centres.T).max(axis=1) - np.float32(topic.reach)
        over += np.float32(rules.loyalty) * np.isin(np.asarray(ids), topic.photo_ids)
        better = (over >= 0) & ((best < 0) | (over > margin))
        best[better], margin[better] = number, over[better]
    return best


def _clustered(
    sentences: Sequence[str], vectors: Vectors, rules: TopicRules, check: Callable[[], None] | None
) -> list[NDArray[np.int64]]:
    """Rows of each group that is large enough; the number of groups by the best silhouette."""
    if len(sentences) < 2 * rules.fewest:
        return []
    _, first, which = np.unique(
        np.asarray(sentences, object).astype(str), return_index=True, return_inverse=True
    )
    weights = np.bincount(which).astype(np.float64)
    centres = _best_centres(vectors[first], weights, rules, check)
    group = (vectors @ centres.T).argmax(axis=1)
    rows = [np.flatnonzero(group == number) for number in range(len(centres))]
    return [members for members in rows if len(members) >= rules.fewest]


def _best_centres(
    vectors: Vectors, weights: NDArray[np.float64], rules: TopicRules, check: Callable[[], None] | None
) -> Vectors:
    """float32 (K, D) of unit length: the clustering of the different sentences with the best silhouette."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    chance = np.random.default_rng(rules.seed)
    if len(vectors) > rules.sample:
        rows = np.sort(chance.choice(len(vectors), rules.sample, replace=False, p=weights / weights.sum()))
        vectors, weights = vectors[rows], weights[rows]
    best, centres = -2.0, _unit(np.average(vectors, axis=0, weights=weights)[None])
    for count in _counts(len(vectors), weights.sum(), rules):
        if check is not None:
            check()
        model = KMeans(count, n_init=3, random_state=rules.seed).fit(vectors, sample_weight=weights)
        if len(np.unique(model.labels_)) < 2:
            continue
        score = float(silhouette_score(vectors, model.labels_, metric="cosine"))
        if score > best:
            best, centres = score, _unit(model.cluster_centers_)
    return centres


def _counts(different: int, photos: float, rules: TopicRules) -> list[int]:
    """Numbers of topics worth trying: in steps of about a sixth, so that many photos cost little more."""
    most = min(different - 1, int(photos) // rules.fewest, rules.most)
    tried, count = [], 2.0
    while round(count) <= most:
        tried.append(round(count))
        count = max(count + 1, count * 1.17)
    return tried


def _topic(rows: NDArray[np.int64], ids: Sequence[int], vectors: Vectors, rules: TopicRules) -> Topic:
    """A topic of these rows, without key or name."""
    centre = _unit(vectors[rows].mean(axis=0, keepdims=True))
    reach = float(np.quantile(vectors[rows] @ centre[0], 1.0 - rules.reach))
    return Topic(0, (), tuple(ids[row] for row in rows.tolist()), centre, reach)


def _named_as_before(
    made: Sequence[Topic], old: Sequence[Topic], before: Sequence[Topic], rules: TopicRules
) -> list[Topic]:
    """Give each new topic the key of the old one that it has most photos in common with, or a new key."""
    shares = []
    for number, topic in enumerate(made):
        mine = set(topic.photo_ids)
        for other in old:
            theirs = set(other.photo_ids)
            both = len(mine & theirs)
            shares.append((both / max(1, len(mine) + len(theirs) - both), number, other.key))
    keys: dict[int, int] = {}
    for share, number, key in sorted(shares, key=lambda one: (-one[0], one[1], one[2])):
        if share >= rules.overlap and number not in keys and key not in keys.values():
            keys[number] = key
    fresh = max([topic.key for topic in before], default=0)
    for number in range(len(made)):
        if number not in keys:
            fresh += 1
            keys[number] = fresh
    return [replace(topic, key=keys[number]) for number, topic in enumerate(made)]


def _told(
    known: Sequence[Topic],
    member: NDArray[np.int64],
    ids: Sequence[int],
    sentences: Sequence[str],
    vectors: Vectors,
    rules: TopicRules,
) -> list[Topic]:
    """The topics with their photos, most typical first, and their words; empty ones only of the person."""
    words = _telling_words(member, len(known), sentences, rules)
    told = []
    for number, topic in enumerate(known):
        rows = np.flatnonzero(member == number)
        if not len(rows) and not topic.by_user:
            continue
        near = (vectors[rows] @ topic.centres.T).max(axis=1) if len(rows) else np.zeros(0)
        photos = tuple(ids[row] for row in rows[np.argsort(-near, kind="stable")].tolist())
        told.append(replace(topic, photo_ids=photos, words=topic.words or words[number]))
    return sorted(told, key=lambda topic: (-len(topic.photo_ids), topic.key))


def _telling_words(
    member: NDArray[np.int64], count: int, sentences: Sequence[str], rules: TopicRules
) -> list[tuple[str, ...]]:
    """The words that tell each topic from the others: tf(word, topic) log(1 + A / f(word)).

    f counts a word over all sentences, A is the mean number of words a topic. A word counts once a
    sentence. Of two forms of one word ("dog", "dogs") the weightier is taken. A word that is no more
    frequent in the topic than elsewhere tells nothing; it is taken only where there is no other.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    left_out = ENGLISH_STOP_WORDS | _EMPTY_WORDS
    spoken: list[Counter[str]] = [Counter() for _ in range(count)]
    everywhere: Counter[str] = Counter()
    for number, sentence in zip(member.tolist(), sentences, strict=True):
        said = {word for word in _WORD.findall(sentence.lower()) if word not in left_out}
        everywhere.update(said)
        if number >= 0:
            spoken[number].update(said)
    average = sum(counter.total() for counter in spoken) / max(1, count)
    names = []
    for counter in spoken:
        total = max(1, counter.total())
        weight = {word: n / total * np.log1p(average / everywhere[word]) for word, n in counter.items()}
        usual = counter.total() / max(1, everywhere.total())
        telling = {word for word, n in counter.items() if n > TELLING * usual * everywhere[word]}
        weight = {word: value for word, value in weight.items() if word in telling} or weight
        names.append(_first_different(sorted(weight, key=lambda word: (-weight[word], word)), rules.words))
    return names


def _first_different(words: Sequence[str], count: int) -> tuple[str, ...]:
    """The first words of which none is another's beginning."""
    chosen: list[str] = []
    for word in words:
        if len(chosen) == count:
            break
        if not any(word.startswith(other) or other.startswith(word) for other in chosen):
            chosen.append(word)
    return tuple(chosen)


def _unit(rows: NDArray[np.floating]) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)
