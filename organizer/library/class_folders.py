"""A classifier from a folder of class folders: read, checked, learnt, held out, and kept if wished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from organizer.analysis.categories import Calibration
from organizer.analysis.held_out import HeldOut, held_out, misplaced, words_only
from organizer.analysis.own_words import clean_name, own_key
from organizer.errors import FolderProblem, UsageProblem
from organizer.library.asking import file_stamp
from organizer.library.teaching import CategoryTeaching
from organizer.media.formats import PHOTO_SUFFIXES
from organizer.media.pool import DecodePool
from organizer.models.prompts import text_classifier
from organizer.records import Decoded
from organizer.results import CategoryEdit

FEWEST = 2  # pictures of a class: one to learn from and one to hold back
BATCH = 32
Told = Callable[[int, int], None]  # pictures done, pictures in all


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A picture, or a folder, that could not be used. why: one sentence."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A picture that was taken for another class while it was held back.

    Attributes:
        given: the class it lies in. said: the class it was taken for. chance: probability of that, 0..1.
    """

    path: Path
    given: str
    said: str
    chance: float


@dataclass(frozen=True, slots=True)
class ClassLesson:
    """What was learnt from a folder of class folders.

    Attributes:
        classes: the folders' names. counts: pictures used of each.
        tested: on pictures held back. words: share that the names alone get right, without any example.
        kept: keys of the categories that were made, in the order of ``classes``; empty if none were.
        left_out: what was not used.
        doubts: the likely mistakes, the closest calls first.
    """

    classes: tuple[str, ...]
    counts: tuple[int, ...]
    tested: HeldOut
    words: float
    kept: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(slots=True)
class _Pictures:
    """Pictures as they are read. variants: their altered copies, A each."""

    classes: list[int] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    variants: list[NDArray[np.float32]] = field(default_factory=list)


class ClassFolders(CategoryTeaching):
    """The part of the library that learns from folders which need not be in it."""

    def teach_folders(
        self, folder: Path, *, augment: bool = False, keep: str = "", told: Told | None = None
    ) -> ClassLesson:
        """Learn to tell the pictures of a folder's folders apart; blocking.

        Args:
            augment: also learn from mirrored, cut and re-coloured copies of each picture.
            keep: name of a group of categories to make of the classes; their pictures teach them.
            told: called as pictures are read.

        Raises:
            FolderProblem: there is no such folder.
            UsageProblem: fewer than two classes, or one with fewer than two pictures that can be used; or
                the names cannot be kept. ModelError: the model cannot be loaded.
        """
        folders = _class_folders(folder)
        group = clean_name(self.vocabulary(), keep) if keep else ""
        left_out: list[LeftOut] = []
        read = self._read(folders, augment, left_out, told)
        read = _without_contradictions(read, left_out)
        counts = np.bincount(read.classes, minlength=len(folders))
        for place, count in enumerate(counts):
            if count < FEWEST:
                usable = "one picture" if count else "no picture"
                raise UsageProblem(
                    f"The class {folders[place].name} has {usable} that can be used; "
                    f"at least {FEWEST} are needed."
                )
        names = [one.name for one in folders]
        vectors, classes = np.concatenate(read.vectors), np.array(read.classes, np.int64)
        words = self._words(names, vectors)
        variants = np.stack(read.variants) if read.variants else None
        tested = held_out(vectors, classes, self._teaching(), words=words, variants=variants)
        assert tested is not None  # every class has two
        kept = self._keep(group, names, read, vectors) if group else ()
        return ClassLesson(
            tuple(names),
            tuple(int(count) for count in counts),
            tested,
            words_only(words, classes),
            kept,
            tuple(left_out),
            tuple(
                Doubt(read.paths[row], names[classes[row]], names[tested.predicted[row]],
                      round(float(tested.chances[row].max()), 4))
                for row in misplaced(tested, classes)
            ),
        )  # fmt: skip

    def _read(
        self, folders: list[Path], augment: bool, left_out: list[LeftOut], told: Told | None
    ) -> _Pictures:
        files = [(place, file) for place, one in enumerate(folders) for file in _pictures_in(one)]
        embedder = self._shelf.embedder()
        read = _Pictures()
        with DecodePool(self.settings.decode_processes, embedder.input) as pool:
            for first in range(0, len(files), BATCH):
                part = files[first : first + BATCH]
                waiting = [(place, file, pool.submit(file_stamp(file))) for place, file in part]
                inputs = []
                for place, file, future in waiting:
                    got = future.result()
                    if not isinstance(got, Decoded) or got.model_input is None:
                        sentence = "It cannot be read." if isinstance(got, Decoded) else got.sentence
                        left_out.append(LeftOut(file, sentence))
                        continue
                    read.classes.append(place)
                    read.hashes.append(got.content_hash)
                    read.paths.append(file)
                    inputs.append(got.model_input)
                if inputs:
                    read.vectors.append(embedder.encode_images(np.stack(inputs)))
                if augment:
                    read.variants += [embedder.encode_images(variants_of(one)) for one in inputs]
                if told is not None:
                    told(min(first + BATCH, len(files)), len(files))
        return read

    def _words(self, names: list[str], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, K): what the folders' names alone say of each picture."""
        spoken = [name.replace("_", " ").replace("-", " ").strip() or name for name in names]
        texts = text_classifier(self._shelf.embedder(), spoken)
        scale = Calibration.of(self._shelf.spec().calibration).logit_scale * self._teaching().prior_softness
        logits = scale * vectors @ texts.T
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)

    def _keep(
        self, group: str, names: list[str], read: _Pictures, vectors: NDArray[np.float32]
    ) -> tuple[str, ...]:
        """Make categories of the classes, below one named ``group``, taught by their pictures; their keys."""
        vocabulary, language = self.vocabulary(), self._language()
        top = own_key(vocabulary, group)
        edits = [CategoryEdit(top, own=True, parent=None, names={language: group}, prompts=(group,))]
        keys: list[str] = []
        for name in names:
            try:
                clean = clean_name(vocabulary, name)
            except UsageProblem:
                clean = clean_name(vocabulary, f"{name} ({group})")
            key = own_key(vocabulary, f"{group} {name}")
            while key in {*keys, top}:
                key += "x"
            keys.append(key)
            edits.append(CategoryEdit(key, own=True, parent=top, names={language: clean}, prompts=(clean,)))
        self._catalog.writer.save_example_vectors(read.hashes, vectors, self._shelf.vectors_name())
        given = [(h, keys[place], 1) for h, place in zip(read.hashes, read.classes, strict=True)]
        self._catalog.writer.edit_categories(edits, f"keep the taught categories {group}", given)
        return tuple(keys)


def variants_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (4, S, S, 3): mirrored, cut to nine tenths at two corners, and with other colours."""
    image = Image.fromarray(picture)
    side = image.width
    cut = round(side * 0.9)
    made = [
        ImageOps.mirror(image),
        image.crop((0, 0, cut, cut)).resize((side, side), Image.Resampling.BICUBIC),
        ImageOps.mirror(image.crop((side - cut, side - cut, side, side))).resize(
            (side, side), Image.Resampling.BICUBIC
        ),
        ImageEnhance.Brightness(ImageEnhance.Color(image).enhance(0.7)).enhance(1.15),
    ]
    return np.stack([np.asarray(one, np.uint8) for one in made])


def _class_folders(folder: Path) -> list[Path]:
    """The folders that hold pictures, by name.

    Raises:
        FolderProblem, UsageProblem: as ``teach_folders`` says.
    """
    if not folder.is_dir():
        raise FolderProblem(f"There is no folder {folder}.")
    inside = sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    for one in inside:
        if next(_pictures_in(one), None) is None:
            raise UsageProblem(f"The class folder {one.name} holds no pictures; fill it or take it away.")
    if len(inside) < 2:
        raise UsageProblem(
            f"{folder} holds {'one class folder' if inside else 'no class folder'}; at least two are needed, "
            "each named for its class and holding its pictures."
        )
    return inside


def _pictures_in(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in PHOTO_SUFFIXES and file.is_file():
            yield file


def _without_contradictions(read: _Pictures, left_out: list[LeftOut]) -> _Pictures:
    """Without pictures that stand in two classes, and each other picture once; what goes is told."""
    classes_of: dict[bytes, set[int]] = {}
    for key, place in zip(read.hashes, read.classes, strict=True):
        classes_of.setdefault(key, set()).add(place)
    seen: Counter[bytes] = Counter()
    kept: list[int] = []
    for row, key in enumerate(read.hashes):
        seen[key] += 1
        if len(classes_of[key]) > 1:
            left_out.append(
                LeftOut(read.paths[row], "The same picture is in two classes, so it teaches neither.")
            )
        elif seen[key] > 1:
            left_out.append(LeftOut(read.paths[row], "The same picture is in its class already."))
        else:
            kept.append(row)
    vectors = np.concatenate(read.vectors)[kept] if read.vectors else np.zeros((0, 0), np.float32)
    return _Pictures(
        [read.classes[row] for row in kept],
        [read.hashes[row] for row in kept],
        [read.paths[row] for row in kept],
        [vectors],
        [read.variants[row] for row in kept] if read.variants else [],
    )
