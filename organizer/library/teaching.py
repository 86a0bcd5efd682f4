"""Categories in the person's hands: add, rename, hide and nest them, teach them by example, ask them why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.analysis.categories import Calibration, with_background
from organizer.analysis.explain import HeatMap, contrast, heat_map, seen_region
from organizer.analysis.own_words import check_hiding, check_nesting, clean_name, own_key
from organizer.analysis.teach import Teaching, likely_mistakes, load_teaching
from organizer.analysis.vocabulary import Category, Vocabulary
from organizer.errors import UsageProblem
from organizer.library.lessons import SHOWN, Classroom, Examples, examples
from organizer.library.work import Work
from organizer.media.scaled import model_input
from organizer.results import CategoryEdit

SIDE_FOR_WHY = 512  # the longest side that a photo is decoded to, pixels; models see less


@dataclass(frozen=True, slots=True)
class LessonView:
    """How well a category is learnt from its examples, and what it may change.

    Attributes:
        shown, not_shown: photo ids of the examples for and against it that are in the library.
        taught: how many examples for it the model has seen. enough: whether other photos are moved by it.
        accuracy: mean of the shares recognised of the examples and of other photos, held back; None
            with fewer than two examples.
        confusion: ((others kept out, others let in), (examples missed, examples found)), held back.
        mistakes: (photo id, probability, whether it stands in the category now), most doubtful first.
    """

    key: str
    name: str
    shown: tuple[int, ...]
    not_shown: tuple[int, ...]
    taught: int
    enough: bool
    accuracy: float | None
    confusion: tuple[tuple[int, int], tuple[int, int]] | None
    mistakes: tuple[tuple[int, float, bool], ...]


class CategoryTeaching(Work):
    """The part of the library that changes what categories mean. Changes can be undone like decisions."""

    # -- the categories themselves ---------------------------------------------------------------------

    def add_category(self, name: str, parent: str | None = None) -> str:
        """A category of the person's own, found by its name until it is taught; returns its key.

        Raises:
            UsageProblem: the name cannot be used, or the parent is not at the top level.
        """
        vocabulary = self.vocabulary()
        clean = clean_name(vocabulary, name)
        if parent is not None:
            above = self._category(parent)
            if above.parent is not None:
                raise UsageProblem(
                    f"{self._named(parent)} stands below another category; there are two levels."
                )
        key = own_key(vocabulary, clean)
        edit = CategoryEdit(key, own=True, parent=parent, names={self._language(): clean}, prompts=(clean,))
        self._catalog.writer.edit_categories([edit], f"add the category {clean}")
        return key

    def rename_category(self, key: str, name: str) -> None:
        """Another name in the language that is shown; the key and what it finds stay.

        Raises:
            UsageProblem: there is no such category, or the name cannot be used.
        """
        before = self._named(self._category(key).key)
        clean = clean_name(self.vocabulary(), name, besides=key)
        edit = self._edit(key)
        names = {**edit.names, self._language(): clean}
        self._catalog.writer.edit_categories([replace(edit, names=names)], f"rename {before} to {clean}")

    def hide_category(self, key: str, hidden: bool = True) -> None:
        """Use a category no more (its photos go to the next best), or use it again.

        Raises:
            UsageProblem: there is no such category, or too few would be left.
        """
        if hidden:
            check_hiding(self.vocabulary(), key)
        elif key not in {category.key for category in self.vocabulary().hidden}:
            raise UsageProblem(f"There is no hidden category {key}.")
        word = "hide" if hidden else "show"
        self._catalog.writer.edit_categories(
            [replace(self._edit(key), hidden=hidden)], f"{word} {self._named(key)}"
        )

    def nest_category(self, key: str, parent: str | None) -> None:
        """Put a category below another one, or at the top level.

        Raises:
            UsageProblem: one of them is not there, or there would be a third level.
        """
        check_nesting(self.vocabulary(), key, parent)
        where = "the top level" if parent is None else self._named(parent)
        self._catalog.writer.edit_categories(
            [replace(self._edit(key), parent=parent)], f"move {self._named(key)} to {where}"
        )

    def category_parents(self) -> dict[str, str | None]:
        """Key of every shown category -> key of the one above it."""
        return {category.key: category.parent for category in self.vocabulary().categories}

    def hidden_categories(self) -> list[tuple[str, str]]:
        """Key and name of the categories that the person hid; those hidden with their parent are left out."""
        hidden = self.vocabulary().hidden
        keys = {category.key for category in hidden}
        return [(c.key, self._named(c.key)) for c in hidden if c.parent not in keys]

    # -- teaching ----------------------------------------------------------------------------------------

    def teach_category(self, key: str, shown: Iterable[int], not_shown: Iterable[int] = ()) -> None:
        """These photos show the category, and these do not; it learns from both, now and later.

        Raises:
            UsageProblem: there is no such category, or a photo is in both lists.
            ActionRefused: none of the photos can be read just now.
        """
        name = self._named(self._category(key).key)
        yes, no = self._known(shown), self._known(not_shown)
        hashes = self._reader.content_hashes([*yes, *no])
        for_it = {hashes[i] for i in yes if i in hashes}
        against = {hashes[i] for i in no if i in hashes}
        if for_it & against:
            raise UsageProblem("A photo cannot be an example for a category and against it.")
        if not for_it and not against:
            raise UsageProblem("Choose at least one photo as an example.")
        given = [(h, key, 1) for h in sorted(for_it)] + [(h, key, -1) for h in sorted(against)]
        many = f"{len(given):,} example" + ("s" if len(given) != 1 else "")
        self._catalog.writer.set_examples(given, f"teach {name} with {many}")

    def lesson(self, key: str) -> LessonView:
        """What a category has learnt; under a second at 50,000 photos once the model's words are read.

        Raises:
            UsageProblem: there is no such category. ModelError: the model cannot be loaded.
        """
        name = self._named(self._category(key).key)
        given = examples(self._reader, self.category_parents()).get(key, Examples())
        ids, hashes, room = self._classroom()
        teaching = self._teaching()
        learnt = room.teach(key, given, check=True) if room is not None else None
        for_it, against = set(given.shown), set(given.not_shown)
        shown = tuple(int(i) for i, h in zip(ids, hashes, strict=True) if h in for_it)
        not_shown = tuple(int(i) for i, h in zip(ids, hashes, strict=True) if h in against)
        view = LessonView(key, name, shown, not_shown, 0, False, None, None, ())
        if room is None or learnt is None:
            return view
        chances = room.chances(key, learnt)
        inside = self._inside(key, ids)
        settled = np.array([h in for_it or h in against for h in hashes], bool)
        rows = likely_mistakes(chances, inside, settled)
        tested = learnt.held_out
        return replace(
            view,
            taught=learnt.shown,
            enough=learnt.shown >= teaching.fewest,
            accuracy=None if tested is None else float(tested.recalls.mean()),
            confusion=None if tested is None else _square(tested.confusion),
            mistakes=tuple((int(ids[r]), round(float(chances[r]), 4), bool(inside[r])) for r in rows),
        )

    def _inside(self, key: str, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(N,) whether each photo stands in the category now, or in one below it."""
        parents = self.category_parents()
        related = {key, *(child for child, above in parents.items() if above == key)}
        stands = {one.photo_id for one in self._reader.categories() if one.category in related}
        return np.array([int(photo_id) in stands for photo_id in ids], bool)

    def _classroom(self) -> tuple[NDArray[np.int64], list[bytes], Classroom | None]:
        """Ids and content hashes of the photos that the model has seen, and the room; None without any."""
        name = self._shelf.vectors_name()
        ids, stored = self._reader.vectors(name)
        known = self._reader.content_hashes(ids.tolist())
        rows = [row for row, i in enumerate(ids.tolist()) if i in known]  # others had only a first look
        ids, stored = ids[rows], stored[rows]
        hashes = [known[i] for i in ids.tolist()]
        if not len(ids):
            return ids, hashes, None
        vectors = stored.astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        labels = self._label_vectors()
        calibration = Calibration.of(with_background(self._shelf.spec().calibration, vectors, labels))
        room = Classroom(self._reader, name, hashes, vectors, labels, calibration, self._teaching())
        return ids, hashes, room

    # -- why -----------------------------------------------------------------------------------------------

    def why(self, photo_id: int, key: str, check: Callable[[], None] | None = None) -> HeatMap:
        """Which parts of a photo speak for a category; blocking, half a second with a small model.

        Args:
            check: called now and then; may raise ``Cancelled``.

        Raises:
            UsageProblem: there is no such category. MediaError: the photo cannot be read.
            ModelError: the model cannot be loaded.
        """
        parents = self.category_parents()
        self._category(key)
        picture = Image.fromarray(self.picture(photo_id, SIDE_FOR_WHY))
        embedder = self._shelf.embedder()
        labels = self._label_vectors()
        family = [row for row, k in enumerate(labels.keys) if k == key or parents.get(k) == key]
        direction = contrast(labels.vectors, labels.owners, np.array(family, np.int64))
        seen = model_input(picture, embedder.input)
        found = heat_map(seen, embedder.encode_images, direction, check=check)
        return replace(found, region=seen_region(*picture.size, embedder.input.resize_mode))

    # -- inside --------------------------------------------------------------------------------------------

    def _teaching(self) -> Teaching:
        return load_teaching(self.paths.resources / "calibration" / "teach.toml")

    def _category(self, key: str) -> Category:
        found = self.vocabulary().find(key)
        if found is None:
            raise UsageProblem(f"There is no category {key}.")
        return found

    def _named(self, key: str) -> str:
        vocabulary: Vocabulary = self.vocabulary()
        return vocabulary.name(key, self._language())

    def _edit(self, key: str) -> CategoryEdit:
        """What the person made of a category so far."""
        known = {edit.category: edit for edit in self._reader.category_edits()}
        return known.get(key, CategoryEdit(key))


def _square(confusion: NDArray[np.int64]) -> tuple[tuple[int, int], tuple[int, int]]:
    rows = confusion.tolist()
    return (rows[0][0], rows[0][1]), (rows[SHOWN][0], rows[SHOWN][1])
