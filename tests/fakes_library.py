"""A library without a catalogue: the same methods and values, over generated or given pictures.

For tests of widgets, which need something to show and something that answers, at once and the same each
time. Every eighth photo carries a flag, every tenth starts a stack of two, and so on: see ``_Results``.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from organizer.analysis.keep import all_rules
from organizer.analysis.query import Key, Query, SearchWords, load_words, parse, with_filter
from organizer.errors import Cancelled, FolderProblem, MediaError, MediaReason
from organizer.events import RESULT_KINDS, Committed, Event, Kind, Notice, Progress
from organizer.library import (
    CaptionerChoice,
    DescribeRequest,
    DescribeSummary,
    HeatMap,
    LessonView,
    TopicView,
)
from organizer.library.sidecar_notes import MergeOffer, SidecarView
from organizer.library.views import (
    ActionReport,
    CategoryView,
    CleanupPlan,
    Counts,
    Example,
    ExportReport,
    FolderNode,
    Found,
    HighlightQuery,
    HighlightsView,
    PhotoDetail,
    PhotoQuery,
    SearchHit,
    SearchNote,
    StackView,
    TrashEntry,
)
from organizer.paths import AppPaths, resources_dir
from organizer.records import ExifFacts, Measurements, Photo, Root, SidecarFields, Unreadable
from organizer.results import OTHERS, Caption, Categorised, Flag, Pick, Reason, Stack, Tier
from organizer.settings import Settings

CATEGORIES = (
    ("nature", "Nature", None), ("beach", "Beach", "nature"), ("mountain", "Mountain", "nature"),
    ("people", "People", None), ("portrait", "Portrait", "people"),
    ("things", "Things", None), ("food", "Food", "things"), (OTHERS, "Others", None),
)  # fmt: skip
LEAVES = ("beach", "mountain", "portrait", "food", OTHERS)
COLOURS = ("#7fa7c9", "#6c8f5a", "#c98d6b", "#b7a14c", "#8a7aa8")
REASONS = tuple(Reason)


class FakeControl:
    """What ``Library.new_control`` gives."""

    def __init__(self) -> None:
        self.cancelled = False
        self._go = threading.Event()
        self._go.set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def cancel(self) -> None:
        self.cancelled = True
        self._go.set()

    def checkpoint(self) -> bool:
        """Wait while paused; True to go on."""
        self._go.wait()
        return not self.cancelled


@dataclass
class _State:
    """What decisions and actions change; copied before each change, for undo."""

    gone: frozenset[int] = frozenset()  # in the trash
    category: dict[int, str] | None = None
    captions: dict[int, str] | None = None
    choices: dict[int, int] | None = None
    dismissed: frozenset[tuple[int, Reason]] = frozenset()
    settled: frozenset[str] = frozenset()  # stack keys
    topic_names: dict[int, str] | None = None

    def copy(self) -> _State:
        return replace(self, category=dict(self.category or {}), captions=dict(self.captions or {}),
                       choices=dict(self.choices or {}))  # fmt: skip


class FakeLibrary:
    """The methods of ``organizer.library.Library``, in memory.

    Args:
        photos: how many generated photos there are.
        files: real pictures to show instead of generated ones.
        folder: where the generated photos pretend to lie.
        paths: given where a test looks at the program's own folders.
        step: seconds that ``index`` takes for a photo.
    """

    def __init__(
        self,
        photos: int = 60,
        files: Sequence[Path] | None = None,
        folder: Path = Path("/pictures"),
        paths: AppPaths | None = None,
        step: float = 0.0,
    ) -> None:
        self.paths = paths or AppPaths.at(folder / ".organizer")
        self.settings = Settings()
        self.on_folders_changed: Callable[[], None] | None = None
        self.made_ready = 0  # how often it was asked to get ready to search
        self.calls: list[tuple[Any, ...]] = []  # name and arguments of everything that changes something
        self.why_waits = threading.Event()  # cleared while a test holds the answer back
        self.why_waits.set()
        self.asked_why: list[tuple[int, str]] = []  # what was answered
        self.stale: set[Kind] = set()  # what a test wants to be out of date
        self.step = step
        self.waiting: list[int] = []  # photos that are to be described
        self.described: list[int] = []
        self.sidecars: dict[int, SidecarView] = {}  # what a test wants to lie beside the photos
        self.closed = False
        self._at_start, self._may_start = threading.Event(), threading.Event()
        self._may_start.set()
        self._listeners: list[Callable[[Event], None]] = []
        self._files = list(files) if files is not None else None
        count = len(self._files) if self._files is not None else photos
        self._roots = [Root(1, folder, photos=count)] if count else []
        self._photos = {i: self._make_photo(i, folder) for i in range(1, count + 1)}
        self._state = _State().copy()
        self._undo: list[tuple[str, _State]] = []
        self._redo: list[tuple[str, _State]] = []

    def _make_photo(self, i: int, folder: Path) -> Photo:
        wide = i % 3 != 0
        size = (4000, 3000) if wide else (3000, 4000)
        path = self._files[i - 1] if self._files else folder / f"20{23 + i % 3}" / f"IMG_{i:05}.jpg"
        if self._files:
            with Image.open(path) as picture:
                size = picture.size
        day = f"202{3 + i % 3}-{1 + i % 12:02}-{1 + i % 27:02}"
        exif = ExifFacts(taken_at=f"{day}T10:{i % 60:02}:00", camera="Fujifilm X-T3", lens="XF 35mm F2 R WR",
                         iso=200, exposure_s=1 / 250, aperture=2.8, focal_mm=35.0,
                         latitude=37.5665, longitude=126.978)  # fmt: skip
        return Photo(i, 1, path, 2_000_000 + i * 1000, 1_700_000_000_000_000_000 + i, bytes([i % 256]) * 32,
                     None, "JPEG", *size, exif if i % 7 else ExifFacts())  # fmt: skip

    # events

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def send(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    def notice(self, sentence: str) -> None:
        self.send(Notice(sentence))

    # life

    def close(self) -> None:
        self.closed = True

    def change_settings(self, **changes: Any) -> Settings:
        self.settings = self.settings.with_changes(**changes)
        return self.settings

    def model_label(self) -> str:
        return "CPU - Starter"

    def watch(self) -> None:
        self.calls.append(("watch",))

    def unwatch(self) -> None:
        self.calls.append(("unwatch",))

    def keep_rules(self) -> tuple[str, ...]:
        return all_rules(self.settings.keep_rules)

    def models(self) -> list[dict[str, Any]]:
        return [{"key": "starter", "name": "Starter", "installed": True, "in_use": True}]

    def merge_offer(self, stack_key: str, keep: int) -> MergeOffer:
        return MergeOffer(keep, SidecarFields(), {})

    def merge_into_kept(self, stack_key: str, keep: int) -> ActionReport:
        self.calls.append(("merge_into_kept", stack_key, keep))
        return ActionReport("1", "1 sidecar written.", (keep,))

    def expire_trash(self) -> ActionReport:
        return ActionReport(None, "")

    def watch_folder(self, root_id: int, watched: bool) -> None:
        self.calls.append(("watch_folder", root_id, watched))
        self._roots = [replace(r, watched=watched) if r.id == root_id else r for r in self._roots]

    # folders and work

    def roots(self) -> list[Root]:
        return list(self._roots)

    def folders(self) -> list[FolderNode]:
        nodes = []
        for root in self._roots:
            inside = [p for p in self._shown() if p.root_id == root.id]
            names = sorted({p.path.parent for p in inside if p.path.parent != root.path})
            children = tuple(
                FolderNode(path, path.name, sum(p.path.parent == path for p in inside), root.id)
                for path in names
            )
            nodes.append(FolderNode(root.path, root.path.name, len(inside), root.id, children))
        return nodes

    def add_folder(self, path: Path) -> Root:
        if not path.is_dir():
            raise FolderProblem(f"The folder “{path.name}” is not there any more.")
        known = next((root for root in self._roots if root.path == path), None)
        if known is not None:
            return known
        root = Root(len(self._roots) + 1, path)
        self._roots.append(root)
        self.calls.append(("add_folder", path))
        self.send(Committed((), frozenset({Kind.FOLDERS})))
        return root

    def remove_folder(self, root_id: int) -> None:
        self.calls.append(("remove_folder", root_id))
        self._roots = [root for root in self._roots if root.id != root_id]
        self._photos = {i: p for i, p in self._photos.items() if p.root_id != root_id}
        self.send(Committed((), frozenset({Kind.FOLDERS, Kind.PHOTOS})))

    def new_control(self) -> FakeControl:
        self._at_start.set()
        self._may_start.wait(5)
        return FakeControl()

    def hold_starts(self) -> tuple[threading.Event, threading.Event]:
        """Let runs wait just before they begin: (set when one waits, set it to let them begin)."""
        self._at_start.clear()
        self._may_start.clear()
        return self._at_start, self._may_start

    def index(self, control: FakeControl, folders: Sequence[Path] | None = None) -> object:
        """Read every picture of the roots that is not known yet; a photo takes ``step`` seconds."""
        self.calls.append(("index", threading.current_thread().name))
        known = {photo.path for photo in self._photos.values()}
        found = [
            (root, path) for root in self._roots if root.path.is_dir()
            for path in sorted(root.path.rglob("*.jpg")) if path not in known
        ]  # fmt: skip
        for done, (root, path) in enumerate(found, start=1):
            if not control.checkpoint():
                break
            time.sleep(self.step)
            i = max(self._photos, default=0) + 1
            photo = self._make_photo(i, root.path) if self._files is None else replace(self._photos[1], id=i)
            self._photos[i] = replace(photo, root_id=root.id, path=path)
            self.send(Progress("photos", done, len(found), rate=25.0, seconds_left=(len(found) - done) / 25))
            self.send(Committed((i,), frozenset({Kind.PHOTOS, Kind.FOLDERS})))
        return None

    def stale_kinds(self) -> set[Kind]:
        return set(self.stale)

    def analyse(self, kinds: Iterable[Kind] | None = None, control: FakeControl | None = None) -> None:
        self.calls.append(("analyse",))
        self.stale.clear()
        self.send(Progress("results", 1, 1))
        self.send(Committed((), frozenset(RESULT_KINDS)))

    # photos

    def _shown(self) -> list[Photo]:
        return [photo for i, photo in self._photos.items() if i not in self._state.gone]

    def photo_ids(self, query: PhotoQuery | None = None) -> NDArray[np.int64]:
        query = query or PhotoQuery()
        words = query.text.lower().split()
        chosen = [
            photo for photo in self._shown()
            if (query.folder is None or photo.path.is_relative_to(query.folder))
            and all(word in str(photo.path).lower() for word in words)
        ]  # fmt: skip
        chosen.sort(key=lambda photo: (photo.exif.taken_at or "", photo.id), reverse=True)
        return np.array([photo.id for photo in chosen], dtype=np.int64)

    def photos(self, ids: Sequence[int]) -> dict[int, Photo]:
        return {int(i): self._photos[int(i)] for i in ids if int(i) in self._photos}

    def days(self, ids: Sequence[int]) -> list[str]:
        return [(self._photos[int(i)].exif.taken_at or "")[:10] for i in ids]

    def thumbnail(self, photo_id: int) -> bytes | None:
        stream = io.BytesIO()
        try:
            self._image(photo_id, 384).save(stream, "JPEG", quality=85)
        except MediaError:
            return None
        return stream.getvalue()

    def picture(self, photo_id: int, max_side: int) -> NDArray[np.uint8]:
        return np.asarray(self._image(photo_id, max_side))

    def _image(self, photo_id: int, side: int) -> Image.Image:
        photo = self._photos.get(photo_id)
        if photo is None:  # as the real library says it: it may leave between question and answer
            raise MediaError("This photo is no longer in the catalogue.", MediaReason.VANISHED)
        if self._files is not None:
            with Image.open(photo.path) as picture:
                picture.draft("RGB", (side, side))
                upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((side, side))
            return upright
        scale = min(1.0, side / max(photo.width, photo.height))
        size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
        image = Image.linear_gradient("L").resize(size).convert("RGB")
        image = Image.blend(image, Image.new("RGB", size, COLOURS[photo_id % len(COLOURS)]), 0.75)
        ImageDraw.Draw(image).text((size[0] // 2, size[1] // 2), str(photo_id), fill="white",
                                   font_size=side // 6, anchor="mm")  # fmt: skip
        return image

    def detail(self, photo_id: int) -> PhotoDetail:
        photo = self._photos[photo_id]
        category = self._category(photo_id)
        ranked = ((category, 0.72), ("mountain" if category != "mountain" else "beach", 0.15), ("food", 0.06))
        flags = tuple(flag for flag in self.low_quality() if flag.photo_id == photo_id)
        return PhotoDetail(
            photo,
            categories=Categorised(photo_id, category, 0.72, ranked, doubtful=photo_id % 9 == 0),
            quality={reason: (photo_id * (n + 3)) % 40 / 100 for n, reason in enumerate(REASONS)},
            flags=flags,
            stack=next((v.stack for v in self.stacks() if photo_id in v.stack.members), None),
            pick=next((pick for pick in self.highlights() if pick.photo_id == photo_id), None),
            choice=(self._state.choices or {}).get(photo_id, 0),
            caption=next((c for c in self.captions() if c.photo_id == photo_id), None),
            measures=Measurements(2.1, 1.4, 0.52, 0.71, 0.01, 0.002, 1.02, 0.9, 31.0, 0.2),
        )

    def counts(self) -> Counts:
        return Counts(
            photos=len(self._shown()),
            categories=len([view for view in self.categories() if view.key in LEAVES]),
            stacks=len(self.stacks()),
            highlights=len(self.highlights()),
            low_quality=len({flag.photo_id for flag in self.low_quality()}),
            captions=len(self.captions()),
            trash=len(self.trash()),
        )

    def unreadable(self) -> list[Unreadable]:
        return []

    # results

    def _category(self, photo_id: int) -> str:
        return (self._state.category or {}).get(photo_id, LEAVES[photo_id % len(LEAVES)])

    def categories(self) -> list[CategoryView]:
        shown = [photo.id for photo in self._shown()]
        views = []
        for key, name, parent in CATEGORIES:
            below = {k for k, _, p in CATEGORIES if p == key} | {key}
            ids = [i for i in shown if self._category(i) in below]
            doubtful = frozenset(i for i in ids if i % 9 == 0)
            ids.sort(key=lambda i: (i in doubtful, i))
            if ids:
                views.append(
                    CategoryView(key, name, parent, tuple(ids), doubtful, ids[0], len(ids) / len(shown))
                )
        return views

    def category_names(self) -> list[tuple[str, str]]:
        return [(key, name) for key, name, _ in CATEGORIES]

    def category_parents(self) -> dict[str, str | None]:
        return {key: parent for key, _name, parent in CATEGORIES if key != OTHERS}

    def hidden_categories(self) -> list[tuple[str, str]]:
        return [("cars", "Cars")]

    def _edit(self, *call: Any) -> None:
        self.calls.append(call)
        self.send(Committed((), frozenset({Kind.CATEGORIES})))

    def add_category(self, name: str, parent: str | None = None) -> str:
        self._edit("add_category", name, parent)
        return f"own-{name}"

    def rename_category(self, key: str, name: str) -> None:
        self._edit("rename_category", key, name)

    def hide_category(self, key: str, hidden: bool = True) -> None:
        self._edit("hide_category", key, hidden)

    def nest_category(self, key: str, parent: str | None) -> None:
        self._edit("nest_category", key, parent)

    def teach_category(self, key: str, shown: Sequence[int], not_shown: Sequence[int] = ()) -> None:
        self._edit("teach_category", key, list(shown), list(not_shown))

    def lesson(self, key: str) -> LessonView:
        """Two photos in doubt; what is taught counts."""
        taught = sum(len(call[2]) for call in self.calls if call[0] == "teach_category" and call[1] == key)
        photos = [photo.id for photo in self._shown()[:2]]
        mistakes = ((photos[0], 0.52, False), (photos[1], 0.31, True))
        return LessonView(key, key.capitalize(), (), (), taught, taught >= 3, 0.9 if taught else None,
                          ((9, 1), (1, 9)) if taught else None, mistakes)  # fmt: skip

    def why(self, photo_id: int, key: str, check: Callable[[], None] | None = None) -> HeatMap:
        """The left upper corner, after ``why_waits`` has been set."""
        while not self.why_waits.wait(0.01):
            if check is not None:
                check()
        self.asked_why.append((photo_id, key))
        heat = np.zeros((7, 7), np.float32)
        heat[0, 0] = 1.0
        return HeatMap(heat)

    def stacks(self) -> list[StackView]:
        views = []
        for first in range(10, len(self._photos), 10):
            members = (first, first + 1) if first % 20 else (first, first + 1, first + 2)
            left = tuple(i for i in members if i in self._photos and i not in self._state.gone)
            key = f"stack-{first}"
            if len(left) < 2 or key in self._state.settled:
                continue
            tier = Tier.EXACT if first % 20 else Tier.SAME_PICTURE
            lacks = dict.fromkeys(left[1:], "smaller: 1600 x 1200")
            stack = Stack(key, tier, left, left[0], "the largest picture", lacks)
            photos = tuple(self._photos[i] for i in left)
            views.append(StackView(stack, photos, sum(photo.size for photo in photos[1:])))
        return views

    def highlights(self) -> list[Pick]:
        return [Pick(p.id, self._category(p.id), 0.9 - p.id / 1e6, "sharp, well lit, the best of 5 alike")
                for p in self._shown() if p.id % 6 == 0]  # fmt: skip

    def highlights_of(self, query: HighlightQuery) -> HighlightsView:
        """Those of ``highlights`` that fit, newest first; the choices that were made are learnt from."""
        self.calls.append(("highlights_of", query))
        days = dict(zip(self._photos, self.days(list(self._photos)), strict=True))
        found = [
            pick for pick in self.highlights()
            if days[pick.photo_id].startswith(query.period)
            and query.category in ("", pick.category, self.category_parents().get(pick.category))
            and (query.folder is None or query.folder in self._photos[pick.photo_id].path.parents)
        ]  # fmt: skip
        found.sort(key=lambda pick: days[pick.photo_id], reverse=True)
        found = found[: query.count or len(found)]
        choices = list((self._state.choices or {}).values())
        return HighlightsView(
            tuple(found), tuple(days[pick.photo_id] for pick in found),
            tuple(sorted({day[:7] for day in days.values() if day}, reverse=True)), frozenset(LEAVES),
            choices.count(1), choices.count(-1), 8, 0.87 if choices.count(1) >= 8 else None,
            0.3 if choices.count(1) >= 8 else 0.0, "", Kind.HIGHLIGHTS in self.stale,
        )  # fmt: skip

    def export(
        self, ids: Sequence[int], folder: Path, longest_side: int | None = None, *, facts: bool = True,
        told: Callable[[int, int], None] | None = None, control: FakeControl,
    ) -> ExportReport:  # fmt: skip
        """Writes nothing; photo 13 cannot be copied. A photo takes ``step`` seconds."""
        self.calls.append(("export", list(ids), folder, longest_side, facts))
        for done in range(len(ids)):
            if not control.checkpoint():
                raise Cancelled
            if told is not None:
                told(done, len(ids))
            time.sleep(self.step)
        photos = self.photos(ids)
        failed = tuple((photos[i].path, "The file is damaged.") for i in ids if i == 13)
        return ExportReport(folder, tuple(folder / photos[i].path.name for i in ids if i != 13), failed)

    def contact_sheet(self, ids: Sequence[int], folder: Path, title: str, line: str = "", *,
                      told: Callable[[int, int], None] | None = None,
                      control: FakeControl) -> ExportReport:  # fmt: skip
        self.calls.append(("contact_sheet", list(ids), folder, title))
        return ExportReport(folder, (folder / "contact-sheet.html",))

    def refresh_highlights(self) -> bool:
        self.calls.append(("refresh_highlights",))
        self.stale.discard(Kind.HIGHLIGHTS)
        return True

    def low_quality(self) -> list[Flag]:
        flags = []
        for photo in self._shown():
            reason = REASONS[photo.id // 8 % len(REASONS)]
            if photo.id % 8 == 0 and (photo.id, reason) not in self._state.dismissed:
                flags.append(
                    Flag(photo.id, reason, 0.95 - (photo.id % 48) / 100, f"{reason}: sharpest part 0.8")
                )
        return sorted(flags, key=lambda flag: (REASONS.index(flag.reason), -flag.score))

    def thresholds(self) -> dict[Reason, float]:
        return {reason: self.settings.thresholds.get(reason, 0.5) for reason in Reason}

    def flag_counts(self, reason: Reason, threshold: float) -> int:
        return sum(flag.reason == reason and flag.score >= threshold for flag in self.low_quality())

    def set_threshold(self, reason: Reason, value: float) -> None:
        self.calls.append(("set_threshold", reason, value))
        self.change_settings(thresholds={**self.settings.thresholds, str(reason): value})
        self.send(Committed((), frozenset({Kind.QUALITY})))

    def restore_thresholds(self) -> None:
        self.calls.append(("restore_thresholds",))
        self.change_settings(thresholds={})
        self.send(Committed((), frozenset({Kind.QUALITY})))

    def captions(self) -> list[Caption]:
        return [self._caption(p.id) for p in self._shown()]

    def _caption(self, photo_id: int) -> Caption:
        own = self._state.captions or {}
        if photo_id in own:
            return Caption(photo_id, own[photo_id], "user")
        if photo_id in self.described:
            return Caption(photo_id, f"A boat number {photo_id}.", "model starter-captioner")
        return Caption(photo_id, f"A photo of {self._category(photo_id)}, outdoors", "labels")

    def captioners(self) -> list[CaptionerChoice]:
        used = self.settings.captioner or "starter-captioner"
        keys = {"starter-captioner": "Starter captions", "labels": "Labels"}
        return [CaptionerChoice(key, name, key == used) for key, name in keys.items()]

    def use_captioner(self, key: str) -> None:
        self.calls.append(("use_captioner", key))
        self.change_settings(captioner=key)

    def sidecar(self, photo_id: int) -> SidecarView | None:
        return self.sidecars.get(photo_id)

    def write_sidecars(
        self, wanted: dict[int, SidecarFields], *, replace: Sequence[str] = ()
    ) -> ActionReport:
        self._change("write_sidecars", (dict(wanted), tuple(replace)), "write 1 sidecar", Kind.PHOTOS)
        return ActionReport("1", "1 sidecar written.", tuple(wanted))

    def export_sidecars(self, ids: Sequence[int]) -> ActionReport:
        self._change("export_sidecars", (list(ids),), "write sidecars", Kind.PHOTOS)
        return ActionReport("1", f"{len(ids)} sidecars written.", tuple(ids))

    def topics(self) -> list[TopicView]:
        groups: dict[str, list[int]] = {}
        for photo in self._shown():
            groups.setdefault(self._category(photo.id), []).append(photo.id)
        groups = {name: ids for name, ids in groups.items() if name != OTHERS}
        names = self._state.topic_names or {}
        return [
            TopicView(key, names.get(key, f"{name}, outdoors"), (name, "outdoors"), tuple(ids), key in names)
            for key, (name, ids) in enumerate(groups.items(), start=1)
        ]

    def rename_topic(self, key: int, name: str) -> None:
        self._change("rename_topic", (key, name), "rename a topic", Kind.TOPICS,
                     topic_names={**(self._state.topic_names or {}), key: name})  # fmt: skip

    def merge_topics(self, key: int, other: int) -> None:
        self._change("merge_topics", (key, other), "merge topics", Kind.TOPICS)

    def keep_topic(self, key: int, name: str) -> str:
        self._change("keep_topic", (key, name), "keep a topic", Kind.CATEGORIES)
        return "own"

    def describe(self, ids: Sequence[int]) -> DescribeRequest:
        own = [i for i in ids if i in (self._state.captions or {})]
        rest = [i for i in ids if i not in own]
        if rest:
            self._change("describe", (list(ids),), f"describe {len(rest)}", Kind.CAPTIONS)
            self.waiting += [i for i in rest if i not in self.waiting]
        return DescribeRequest("1" if rest else None, len(rest), len(own))

    def waiting_captions(self, *, idle: bool) -> NDArray[np.int64]:
        rest = [i for i in self._photos if i not in self.described] if idle else self.waiting
        return np.array(rest, np.int64)

    def describe_waiting(self, control: FakeControl, *, idle: bool) -> DescribeSummary:
        ids = self.waiting_captions(idle=idle).tolist()
        for done, photo_id in enumerate(ids):
            self.send(Progress("captions", done, len(ids)))
            time.sleep(self.step)
            if not control.checkpoint():
                raise Cancelled
            self.described.append(photo_id)
            self.waiting = [i for i in self.waiting if i != photo_id]
            self.send(Committed((photo_id,), frozenset({Kind.CAPTIONS})))
        self.send(Progress("captions", len(ids), len(ids)))
        return DescribeSummary(len(ids))

    def stop_describing(self) -> None:
        self.calls.append(("stop_describing",))
        self.waiting = []

    # decisions and actions

    def _change(self, name: str, args: tuple[Any, ...], text: str, *kinds: Kind, **new: Any) -> None:
        self.calls.append((name, *args))
        self._undo.append((text, self._state.copy()))
        self._redo.clear()
        self._state = replace(self._state.copy(), **new)
        ids = tuple(args[0]) if args and isinstance(args[0], list | tuple) else ()
        self.send(Committed(ids, frozenset(kinds)))

    def move_to_category(self, ids: Sequence[int], key: str) -> None:
        self._change("move_to_category", (list(ids), key), f"moved to {key}", Kind.CATEGORIES,
                     Kind.HIGHLIGHTS,
                     category={**(self._state.category or {}), **dict.fromkeys(ids, key)})  # fmt: skip

    def set_caption(self, photo_id: int, text: str) -> None:
        self._change("set_caption", (photo_id, text), "caption changed", Kind.CAPTIONS,
                     captions={**(self._state.captions or {}), photo_id: text})  # fmt: skip

    def dismiss_flags(self, ids: Sequence[int], reason: Reason | None) -> None:
        reasons = (reason,) if reason else REASONS
        self._change("dismiss_flags", (list(ids), reason), "flags dismissed", Kind.QUALITY,
                     dismissed=self._state.dismissed | {(i, r) for i in ids for r in reasons})  # fmt: skip

    def choose(self, ids: Sequence[int], choice: int) -> None:
        self._change("choose", (list(ids), choice), "picked", Kind.PHOTOS, Kind.HIGHLIGHTS,
                     choices={**(self._state.choices or {}), **dict.fromkeys(ids, choice)})  # fmt: skip

    def keep_both(self, stack_key: str) -> None:
        self._change("keep_both", (stack_key,), "kept both", Kind.DUPLICATES,
                     settled=self._state.settled | {stack_key})  # fmt: skip

    def not_duplicates(self, stack_key: str) -> None:
        self._change("not_duplicates", (stack_key,), "not duplicates", Kind.DUPLICATES,
                     settled=self._state.settled | {stack_key})  # fmt: skip

    def _to_trash(self, name: str, args: tuple[Any, ...], ids: Sequence[int]) -> ActionReport:
        text = f"{len(ids)} photos moved to the trash"
        self._change(name, args, text, *Kind, gone=self._state.gone | set(ids))
        return ActionReport(f"a{len(self._undo)}", text, tuple(ids))

    def resolve_stack(self, stack_key: str, keep: Sequence[int]) -> ActionReport:
        stack = next(view.stack for view in self.stacks() if view.stack.key == stack_key)
        others = [i for i in stack.members if i not in keep]
        return self._to_trash("resolve_stack", (stack_key, tuple(keep)), others)

    def _exact(self) -> list[StackView]:
        return [view for view in self.stacks() if view.stack.tier is Tier.EXACT]

    def exact_cleanup(self) -> CleanupPlan:
        folders: dict[Path, int] = {}
        for view in self._exact():
            for photo in view.photos[1:]:
                folders[photo.path.parent] = folders.get(photo.path.parent, 0) + 1
        return CleanupPlan(sum(folders.values()), sum(v.savings for v in self._exact()), folders,
                           tuple(v.stack.key for v in self._exact()))  # fmt: skip

    def clean_exact(self, dry_run: bool = False, stack_keys: Collection[str] | None = None) -> ActionReport:
        views = [v for v in self._exact() if stack_keys is None or v.stack.key in stack_keys]
        ids = [i for view in views for i in view.stack.members if i != view.stack.keep]
        if dry_run:
            return ActionReport(None, f"{len(ids)} photos would move to the trash", tuple(ids))
        return self._to_trash("clean_exact", (), ids)

    def remove_photos(self, ids: Sequence[int]) -> ActionReport:
        return self._to_trash("remove_photos", (list(ids),), list(ids))

    def _step(
        self, source: list[tuple[str, _State]], other: list[tuple[str, _State]], word: str
    ) -> ActionReport | None:
        if not source:
            return None
        text, state = source.pop()
        other.append((text, self._state))
        self._state = state
        self.calls.append((word,))
        self.send(Committed(tuple(self._photos), frozenset(Kind)))
        return ActionReport(f"{word}-{len(source)}", f"{word}: {text}")

    def undo(self) -> ActionReport | None:
        return self._step(self._undo, self._redo, "undo")

    def redo(self) -> ActionReport | None:
        return self._step(self._redo, self._undo, "redo")

    def undo_text(self) -> str | None:
        return self._undo[-1][0] if self._undo else None

    def redo_text(self) -> str | None:
        return self._redo[-1][0] if self._redo else None

    def trash(self) -> list[TrashEntry]:
        gone = [self._photos[i] for i in sorted(self._state.gone)]
        return [TrashEntry(f"t{p.id}", p.id, p.path, "2026-05-01T12:00:00+00:00", p.size) for p in gone]

    def restore(self, entry_ids: Sequence[str]) -> ActionReport:
        ids = {int(entry[1:]) for entry in entry_ids}
        self._change("restore", (list(entry_ids),), "restored", gone=self._state.gone - ids)
        self.send(Committed(tuple(ids), frozenset(Kind)))
        return ActionReport("r", f"{len(ids)} photos put back", tuple(ids))

    def empty_trash(self, entry_ids: Sequence[str] | None = None) -> ActionReport:
        ids = {int(e[1:]) for e in entry_ids} if entry_ids is not None else set(self._state.gone)
        self.calls.append(("empty_trash", entry_ids))
        self._photos = {i: photo for i, photo in self._photos.items() if i not in ids}
        self._state = replace(self._state, gone=self._state.gone - ids)
        self.send(Committed((), frozenset({Kind.TRASH})))
        return ActionReport(None, f"{len(ids)} photos deleted for good", tuple(ids))

    def report(self) -> dict[str, Any]:
        return {"schema": 1, "photos": len(self._shown())}

    def write_html_report(self, file: Path) -> None:
        file.write_text("<html></html>", encoding="utf-8")

    def search(self, text: str, limit: int = 200, *, example: Example | None = None,
               folder: Path | None = None, nearest: bool = False) -> Found:  # fmt: skip
        """By category or by name, as the words say; photos near in number are like an example."""
        self.calls.append(("search", text, example, folder, nearest))
        query = self.read_query(text)
        found = [
            photo.id for photo in self._shown()
            if (folder is None or photo.path.is_relative_to(folder))
            and all(term.text.lower() in f"{photo.path} {self._category(photo.id)}".lower()
                    for term in query.terms)
            and (example is None or 0 < abs(photo.id - int(example.photo)) < 5)  # type: ignore[arg-type]
        ]  # fmt: skip
        if nearest and not found:
            found = [photo.id for photo in self._shown()][:5]
        notes = () if found else (SearchNote("none", {"text": text}),)
        return Found(tuple(SearchHit(i, 0.8, looks=True) for i in found[:limit]), notes)

    def get_ready_to_search(self) -> None:
        self.made_ready += 1

    def search_words(self) -> SearchWords:
        return load_words(resources_dir() / "vocabularies" / "search.toml")

    def read_query(self, text: str) -> Query:
        return parse(text, self.search_words())

    def with_filter(self, text: str, key: Key, value: str) -> str:
        return with_filter(text, key, value, self.search_words())

    def cameras(self) -> list[str]:
        return ["Fujifilm X-T3"] if self._shown() else []

    def region_colour(self, photo_id: int, box: tuple[float, float, float, float]) -> str | None:
        return "red"
