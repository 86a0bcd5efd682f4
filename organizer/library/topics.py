"""Topics in the person's hands: shown, renamed, merged, kept as a category. Every change can be undone."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from organizer.analysis.own_words import LONGEST_NAME, clean_name, own_key
from organizer.analysis.topics import merged
from organizer.errors import UsageProblem
from organizer.library.shows import Shows
from organizer.library.teaching import CategoryTeaching
from organizer.results import CategoryEdit, Topic

NOWHERE = np.zeros((0, 0), np.float32)
EXAMPLES = 200  # photos of a topic, the most typical ones, that a category is taught with


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as it is shown.

    Attributes:
        key: stable number. name: the person's, else its most telling words. words: those words.
        photo_ids: the most typical first. by_user: the person named, merged or kept it.
    """

    key: int
    name: str
    words: tuple[str, ...]
    photo_ids: tuple[int, ...]
    by_user: bool


class TopicShows(Shows):
    """The part of the library that shows topics."""

    def topics(self) -> list[TopicView]:
        """All topics that hold a photo, largest first."""
        return [_view(topic) for topic in self._reader.topics() if topic.photo_ids]


class TopicChanges(CategoryTeaching, TopicShows):
    """The part of the library that changes topics."""

    def rename_topic(self, key: int, name: str) -> None:
        """Give a topic a name; an empty one gives its words back.

        Raises:
            UsageProblem: there is no such topic, or the name is too long.
        """
        topic = self._topic(key)
        clean = " ".join(unicodedata.normalize("NFC", name).split())
        if len(clean) > LONGEST_NAME:
            raise UsageProblem(f"A name has at most {LONGEST_NAME} characters.")
        why = f"rename the topic {_view(topic).name}"
        self._change([replace(topic, name=clean, by_user=True)], [], why)

    def merge_topics(self, key: int, other: int) -> None:
        """Make one topic of two; it keeps the first one's name.

        Raises:
            UsageProblem: one of them is not there, or they are the same.
        """
        if key == other:
            raise UsageProblem("Choose two different topics.")
        first, second = self._topic(key), self._topic(other)
        why = f"merge {_view(second).name} into {_view(first).name}"
        models = self._reader.topic_models()
        if models.get(key) != models.get(other):  # centres cannot be compared; photos tell where it is
            first, second = (replace(one, centres=NOWHERE) for one in (first, second))
        self._change([merged(first, second)], [second.key], why)

    def keep_topic(self, key: int, name: str) -> str:
        """Make a category of a topic: taught with its photos, found by its name; returns the category's key.

        The topic stays. One undo takes the category back.

        Raises:
            UsageProblem: there is no such topic, its photos cannot be read, or the name cannot be used.
        """
        topic = self._topic(key)
        vocabulary = self.vocabulary()
        clean = clean_name(vocabulary, name)
        category = own_key(vocabulary, clean)
        hashes = self._reader.content_hashes(self._known(topic.photo_ids[:EXAMPLES]))
        edit = CategoryEdit(
            category, own=True, parent=None, names={self._language(): clean}, prompts=(clean,)
        )
        examples = [(content_hash, category, 1) for content_hash in dict.fromkeys(hashes.values())]
        self._catalog.writer.edit_categories([edit], f"keep the topic as the category {clean}", examples)
        return category

    def _topic(self, key: int) -> Topic:
        for topic in self._reader.topics():
            if topic.key == key:
                return topic
        raise UsageProblem("This topic is no longer there; the list is brought up to date.")

    def _change(self, changed: list[Topic], gone: list[int], why: str) -> None:
        model = self._reader.topic_models()[changed[0].key]
        self._catalog.writer.change_topics(changed, gone, why, text_model=model)


def _view(topic: Topic) -> TopicView:
    name = topic.name or ", ".join(topic.words) or f"topic {topic.key}"
    return TopicView(topic.key, name, topic.words, topic.photo_ids, topic.by_user)
