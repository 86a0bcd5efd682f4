"""What the analyses find, as plain values: made by ``analysis``, kept by ``catalog``, shown by the shells."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

OTHERS = "others"  # key of the category of photos that no category convinced


class Tier(StrEnum):
    """How sure it is that the photos of a stack are one; tiers never mix in a stack."""

    EXACT = "exact"
    SAME_PICTURE = "same-picture"
    BURST = "burst"


class Reason(StrEnum):
    """Why a photo is flagged."""

    BLURRED = "blurred"
    NOISY = "noisy"
    UNDEREXPOSED = "underexposed"
    OVEREXPOSED = "overexposed"
    PIXELATED = "pixelated"
    COMPRESSED = "compressed"


@dataclass(frozen=True, slots=True)
class PhotoTable:
    """Facts of N photos as columns: what the analyses read beside the vectors.

    Attributes:
        ids: int64 (N,), ascending.
        content_hash: N times 32 bytes. pixel_hash: 32 bytes or None each.
        path: N absolute paths as str (file-system encoded names keep their surrogates).
        taken: float64 (N,), seconds since 1970 of the camera's local time; NaN where unknown.
        mtime: float64 (N,), seconds. size: int64 (N,), bytes. width, height: int32 (N,), pixels.
        format: N upper-case format names. rating: int8 (N,), -1 where none was written.
        pick: int8 (N,), 1 pick, -1 reject, 0 undecided. protected: bool (N,).
        phash, dhash: uint64 (N,).
        measures: column name of ``records.Measurements`` -> float32 (N,).
        camera: N names as written, "" where none was; empty where nobody asks.
    """

    ids: NDArray[np.int64]
    content_hash: list[bytes]
    pixel_hash: list[bytes | None]
    path: list[str]
    taken: NDArray[np.float64]
    mtime: NDArray[np.float64]
    size: NDArray[np.int64]
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    format: list[str]
    rating: NDArray[np.int8]
    pick: NDArray[np.int8]
    protected: NDArray[np.bool_]
    phash: NDArray[np.uint64]
    dhash: NDArray[np.uint64]
    measures: dict[str, NDArray[np.float32]]
    camera: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.int64]) -> PhotoTable:
        """A table of these rows alone, in this order."""

        def chosen(column: Any) -> Any:
            if isinstance(column, list):
                return [column[row] for row in rows] if column else []
            if isinstance(column, dict):
                return {name: values[rows] for name, values in column.items()}
            return column[rows]

        return PhotoTable(**{entry.name: chosen(getattr(self, entry.name)) for entry in fields(self)})


@dataclass(frozen=True, slots=True)
class Categorised:
    """The category of one photo.

    Attributes:
        category: key in the vocabulary, or OTHERS. score: its probability, 0..1.
        ranked: the best categories with their probabilities, best first (for the bars).
        doubtful: worth a person's look. by_user: the person put it there.
    """

    photo_id: int
    category: str
    score: float
    ranked: tuple[tuple[str, float], ...] = ()
    doubtful: bool = False
    by_user: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """Photos that are one picture.

    Attributes:
        key: stable name, made from the members' content hashes and the tier.
        members: photo ids, the one to keep first. keep: its id. why: the rule that chose it, in words.
        lacks: for every other member, what it lacks beside the kept one, in words.
    """

    key: str
    tier: Tier
    members: tuple[int, ...]
    keep: int
    why: str
    lacks: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flag:
    """A photo that may not be worth keeping. score: 0..1, higher is worse. why: in words."""

    photo_id: int
    reason: Reason
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A photo worth showing. score: 0..1. why: in words."""

    photo_id: int
    category: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence about a photo. source: "labels", "model KEY" or "user"."""

    photo_id: int
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Photos whose captions are about one thing.

    Attributes:
        key: stable number. words: the most telling words, weightiest first.
        photo_ids: the most typical first.
        centres: float32 (C, D), unit vectors of sentences that it lies around; several after a merge.
        reach: cosine with the nearest centre from which on a sentence fits.
        name: given by the person; empty where the words are the name.
        by_user: the person named, merged or kept it; it stays as it is.
    """

    key: int
    words: tuple[str, ...]
    photo_ids: tuple[int, ...]
    centres: NDArray[np.float32]
    reach: float
    name: str = ""
    by_user: bool = False


@dataclass(frozen=True, slots=True)
class CategoryEdit:
    """What the person made of one category; fields left as they are here change nothing.

    Attributes:
        own: the person added it. hidden: it is not to be used.
        parent: key of the category above, None for the top level, "" where the vocabulary's own holds.
        names: language -> name. prompts: phrases that say what its photos show.
    """

    category: str
    own: bool = False
    hidden: bool = False
    parent: str | None = ""
    names: dict[str, str] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()
