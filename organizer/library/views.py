"""What the shells get from the library: values ready to show, without any way to change the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from organizer.records import Measurements, Photo
from organizer.results import Caption, Categorised, Flag, Pick, Reason, Stack


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    """Which photos a view wants; everything empty means all of them.

    Attributes:
        folder: only photos in it or below it.
        text: words that name, caption, folder or camera must hold.
    """

    folder: Path | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class FolderNode:
    """A folder of photos. photos: how many in it and below it."""

    path: Path
    name: str
    photos: int
    root_id: int
    children: tuple[FolderNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers on the tabs."""

    photos: int = 0
    categories: int = 0
    stacks: int = 0
    highlights: int = 0
    low_quality: int = 0
    captions: int = 0
    trash: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PhotoDetail:
    """Everything known of one photo, for the inspector.

    Attributes:
        quality: score 0..1 a reason, higher is worse. choice: 1 pick, -1 reject, 0 undecided.
    """

    photo: Photo
    categories: Categorised | None = None
    quality: dict[Reason, float] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    stack: Stack | None = None
    pick: Pick | None = None
    choice: int = 0
    caption: Caption | None = None
    measures: Measurements | None = None


@dataclass(frozen=True, slots=True)
class HighlightQuery:
    """Of which photos highlights are wanted; everything empty means of all of them.

    Attributes:
        folder: only photos in it or below it. period: only those of a year ("2024") or month ("2024-05").
        category: only those of this one and of those inside it.
        count: how many; None leaves it to the program.
    """

    folder: Path | None = None
    period: str = ""
    category: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class HighlightsView:
    """Highlights, and what was learnt from the person for them.

    Attributes:
        picks: newest first. days: the day ("2024-05-01") that each is of, "" where there is none.
        periods: months ("2024-05") that photos of the folder are from, newest first.
        categories: keys of the categories that they are in.
        picked, rejected: decisions that could be learnt from. needed: picks from which on it is tried.
        agreement: 0..1: how often a pick was put above a photo that was not picked, both held back;
            None while there is too little to learn from. say: 0..1, the share of a score that this earned.
        looks: who judges how pleasing photos look: "head", "prompts" or "".
        stale: what is kept of the whole library (report, counts) can be made as new as this.
    """

    picks: tuple[Pick, ...]
    days: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    picked: int = 0
    rejected: int = 0
    needed: int = 0
    agreement: float | None = None
    say: float = 0.0
    looks: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class CategoryView:
    """One category with its photos.

    Attributes:
        name: in the chosen language. parent: key of the category above, None for the top level.
        photo_ids: most certain first, doubtful ones last. doubtful: worth a look.
        representative: id of the photo that stands for it.
        share: of all photos, without those of its children, 0..1.
    """

    key: str
    name: str
    parent: str | None
    photo_ids: tuple[int, ...]
    doubtful: frozenset[int]
    representative: int
    share: float


@dataclass(frozen=True, slots=True)
class StackView:
    """A duplicate stack with its photos (kept one first).

    Attributes:
        savings: bytes that removing the others frees. notes: photo id -> why removing that one frees nothing
            (it is protected, or another name of a file that stays).
    """

    stack: Stack
    photos: tuple[Photo, ...]
    savings: int
    notes: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CleanupPlan:
    """What "clean all exact copies" would do, before it does it.

    Attributes:
        photos: how many files would go. bytes: how much room that frees.
        folders: folder -> how many files would leave it. photo_ids: which they are.
        emptied: those of the folders in which no photo would be left.
        protected, links: copies that stay, because they are protected or only other names of a file.
    """

    photos: int
    bytes: int
    folders: dict[Path, int]
    stack_keys: tuple[str, ...]
    photo_ids: tuple[int, ...] = ()
    protected: int = 0
    links: int = 0
    emptied: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class ActionReport:
    """What an action did.

    Attributes:
        action_id: for undo; None when nothing was changed.
        text: one sentence for the toast.
        done: photo ids it was carried out for. refused: photo id and why not, one sentence each.
    """

    action_id: str | None
    text: str
    done: tuple[int, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export made.

    Attributes:
        files: what was written, in the order asked for. failed: (path of the photo, one sentence).
    """

    folder: Path
    files: tuple[Path, ...]
    failed: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """A file in the trash. removed_at: ISO 8601 with offset."""

    id: str
    photo_id: int | None
    original: Path
    removed_at: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor. ok: whether it is as it should be; advice: what to do if not."""

    name: str
    ok: bool
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One photo that a search found.

    Attributes:
        score: 0..1, one half where it only just counts as looking like what was asked for.
        named: its names, captions or place hold the words. looks: it looks like them, or like the example.
    """

    photo_id: int
    score: float
    named: bool = False
    looks: bool = False


@dataclass(frozen=True, slots=True)
class SearchNote:
    """What a person should know about an answer.

    Attributes:
        kind: "none" (nothing fits {text}), "nearest" (nothing surely does; the nearest are shown),
            "language" ({model} does not understand {text}; names and captions were searched),
            "translated" ({text} was looked for as {meaning}), "unseen" ({count} photos have not been looked
            at), "model" (it could not be used: {why}).
    """

    kind: str
    values: dict[str, str]

    def __str__(self) -> str:
        return _NOTES[self.kind].format(**self.values)


_NOTES = {
    "none": "None of your photos fits “{text}”.",
    "nearest": "None of your photos surely fits “{text}”; these come nearest.",
    "language": "The model {model} does not understand “{text}”; names, captions and places were searched.",
    "translated": "“{text}” was looked for as “{meaning}”.",
    "unseen": "{count} photos have not been looked at yet and were searched by name alone.",
    "model": "Only names, captions and places were searched: {why}",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: best first, without photos that do not fit."""

    hits: tuple[SearchHit, ...]
    notes: tuple[SearchNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A photo to find others like.

    Attributes:
        photo: its id, or the file of a picture that need not be in the library.
        box: left, top, right, bottom of the part that matters, as shares 0..1; None for the whole.
    """

    photo: int | Path
    box: tuple[float, float, float, float] | None = None
