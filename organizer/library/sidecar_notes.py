"""Sidecars beside the photos: written when the person asks, read back after each look at the folders.

The person's own words are never taken from them by themselves: where a sidecar says something else, both are
shown and the person chooses.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from organizer.actions.fileops import FileOps
from organizer.actions.sidecar_files import sidecar_of
from organizer.actions.sidecars import SidecarPreview, Sidecars
from organizer.catalog import SidecarRow
from organizer.errors import ActionRefused, Cancelled, UsageProblem
from organizer.indexing.control import IndexControl
from organizer.indexing.summary import IndexSummary
from organizer.library.views import ActionReport
from organizer.library.work import Work
from organizer.media.sidecar import FIELD_NAMES, NotXmp, fields_in, read_fields
from organizer.media.xmp_tree import LARGEST
from organizer.paths import AppPaths
from organizer.records import Photo, SidecarFields
from organizer.results import OTHERS

log = logging.getLogger(__name__)

OFF_SENTENCE = "Sidecar files are switched off. You can switch them on in the settings."
PACKET_BYTES = 2 << 20  # of a picture in which its XMP packet is looked for


@dataclass(frozen=True, slots=True)
class SidecarView:
    """A photo's sidecar as it was last read.

    Attributes:
        conflicts: field -> what the person or the photo itself says, where the sidecar says something else.
        problem: why it could not be read, in one sentence; "".
    """

    path: Path
    fields: SidecarFields
    conflicts: dict[str, object] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MergeOffer:
    """What the copies of a stack say and the photo to keep does not.

    Attributes:
        fields: what would be written into its sidecar. sources: field -> the copies that say so.
        preview: what writing would do; its ``problem`` says why it cannot.
    """

    keep: int
    fields: SidecarFields
    sources: dict[str, tuple[int, ...]]
    preview: SidecarPreview | None = None

    def __bool__(self) -> bool:
        return bool(self.fields)


class SidecarNotes(Work):
    """The part of the library that reads and writes sidecars."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._sidecars = Sidecars(self._catalog)

    # -- writing -------------------------------------------------------------------------------------

    def write_sidecars(
        self, wanted: Mapping[int, SidecarFields], *, replace: Collection[str] = (), why: str = ""
    ) -> ActionReport:
        """Merge fields into photos' sidecars, as one action that can be undone; blocking.

        Args:
            wanted: photo id -> what its sidecar is to say; see ``sidecar_fields`` for what is known.
            replace: fields (of SidecarFields) whose present value, written by others, gives way.

        Raises:
            ActionRefused: sidecars are switched off.
        """
        if not self.settings.sidecars:
            raise ActionRefused(OFF_SENTENCE)
        photos = self._reader.photos(wanted)
        known = [(photos[photo_id], fields) for photo_id, fields in wanted.items() if photo_id in photos]
        count = "1 sidecar" if len(known) == 1 else f"{len(known):,} sidecars"
        outcome = self._sidecars.write(known, why or f"write {count}", replace=replace)
        self._read_sidecars_of([photos[photo_id] for photo_id in outcome.done])
        done = len(outcome.done)
        text = f"{done:,} sidecar{'' if done == 1 else 's'} written." if done else "Nothing was changed."
        return ActionReport(
            None if outcome.action_id is None else str(outcome.action_id), text, tuple(outcome.done),
            tuple((photo_id, str(problem)) for photo_id, problem in outcome.refused),
        )  # fmt: skip

    def export_sidecars(self, photo_ids: Iterable[int]) -> ActionReport:
        """Write what the program knows of photos (``sidecar_fields``) into their sidecars; blocking.

        What others wrote there stays; how many sidecars go on saying something else is told.

        Raises:
            ActionRefused: sidecars are switched off.
        """
        wanted = {photo_id: fields for photo_id, fields in self.sidecar_fields(photo_ids).items() if fields}
        report = self.write_sidecars(wanted)
        rows = self._reader.sidecars(report.done)
        others = sum(
            _says_else(wanted[photo_id], rows[photo_id].fields)
            for photo_id in report.done
            if photo_id in rows
        )
        if not others:
            return report
        rest = (
            "1 sidecar says something else and was left so."
            if others == 1
            else f"{others:,} sidecars say something else and were left so."
        )
        return replace(report, text=f"{report.text} {rest}")

    def preview_sidecar(
        self, photo_id: int, wanted: SidecarFields, replace: Collection[str] = ()
    ) -> SidecarPreview:
        """What ``write_sidecars`` would do with one photo.

        Raises:
            UsageProblem: there is no such photo.
        """
        photo = self._reader.photos([photo_id]).get(photo_id)
        if photo is None:
            raise UsageProblem(f"There is no photo {photo_id}.")
        return self._sidecars.preview(photo, wanted, replace)

    def sidecar_fields(self, photo_ids: Iterable[int]) -> dict[int, SidecarFields]:
        """What the program knows of photos that a sidecar can say: the caption, unless it is only put
        together from labels; the category as a keyword, unless it is doubtful, and names that the
        person gave to topics; stars, a reject as -1.
        """
        reader, ids = self._reader, list(photo_ids)
        names = dict(self.category_names())
        captions, categories = reader.captions_of(ids), reader.categories_of(ids)
        named = [topic for topic in reader.topics() if topic.name]
        found = {}
        for photo_id, photo in reader.photos(ids).items():
            caption, sorted_in = captions.get(photo_id), categories.get(photo_id)
            sure = sorted_in is not None and sorted_in.category != OTHERS and not sorted_in.doubtful
            word = names.get(sorted_in.category, "") if sure and sorted_in is not None else ""
            own = [topic.name for topic in named if photo_id in topic.photo_ids]
            found[photo_id] = SidecarFields(
                description=caption.text if caption is not None and caption.source != "labels" else None,
                keywords=tuple(dict.fromkeys(filter(None, (word, *own)))),
                rating=-1 if reader.choice_of(photo_id) < 0 else photo.exif.rating or None,
            )
        return found

    # -- reading -------------------------------------------------------------------------------------

    def index(self, control: IndexControl, folders: Sequence[Path] | None = None) -> IndexSummary:
        """As ``Work.index``, and then what changed in the sidecars."""
        summary = super().index(control, folders)
        if not self.read_only:
            with suppress(Cancelled):  # the summary says that it was stopped
                self.read_sidecars(control)
        return summary

    def sidecar(self, photo_id: int) -> SidecarView | None:
        """What a photo's sidecar said when it was last read, and where that differs; None without one."""
        row = self._reader.sidecars([photo_id]).get(photo_id)
        if row is None:
            return None
        photo = self._reader.photos([photo_id])[photo_id]
        caption = self._reader.captions_of([photo_id]).get(photo_id)
        mine = SidecarFields(
            title=photo.exif.title,
            description=caption.text if caption is not None and caption.source == "user" else None,
        )
        conflicts = {
            name: getattr(mine, name)
            for name in ("title", "description")
            if None not in (getattr(mine, name), getattr(row.fields, name))
            and getattr(mine, name) != getattr(row.fields, name)
        }
        return SidecarView(row.path, row.fields, conflicts, row.problem)

    def read_sidecars(self, control: IndexControl | None = None) -> int:
        """Read the sidecars that are new or changed since they were last read; returns how many. Blocking.

        Raises:
            Cancelled: asked to stop; what was read so far is kept.
        """
        photos = self._reader.photos(self._reader.photo_ids().tolist())
        by_folder: dict[Path, list[Photo]] = defaultdict(list)
        for photo in photos.values():
            by_folder[photo.path.parent].append(photo)
        count = 0
        for members in by_folder.values():
            if control is not None:
                control.check()
            count += self._read_sidecars_of(members)
        return count

    def _read_sidecars_of(self, photos: list[Photo]) -> int:
        """Read what changed beside these photos."""
        known = self._reader.sidecars([photo.id for photo in photos])
        rows, gone = [], []
        listed: dict[Path, dict[str, list[str]]] = {}
        for photo in photos:
            folder = photo.path.parent
            if folder not in listed:
                listed[folder] = _sidecar_names(folder)
            path = sidecar_of(photo.path, listed[folder].get(photo.path.stem.lower(), ()))
            row = None if path is None else _row(photo.id, path, known.get(photo.id))
            if row is not None and row != known.get(photo.id):
                rows.append(row)
            elif row is None and photo.id in known:
                gone.append(photo.id)
        self._catalog.writer.store_sidecars(rows, gone)
        return len(rows)

    # -- what only the copies of a stack say -----------------------------------------------------------

    def merge_offer(self, stack_key: str, keep: int) -> MergeOffer:
        """What the other photos of a stack say and the one to keep does not; blocking, reads the files.

        Raises:
            UsageProblem: the stack is no longer there, or the photo is not in it.
        """
        stack = self._reader.stack(stack_key)
        if stack is None or keep not in stack.members:
            raise UsageProblem("This stack is no longer there; the list is brought up to date.")
        said = {member: self._said_of(member) for member in stack.members}
        fields, sources = _only_others(keep, said)
        preview = self._sidecars.preview(self._reader.photos([keep])[keep], fields) if fields else None
        return MergeOffer(keep, fields, sources, preview)

    def merge_into_kept(self, stack_key: str, keep: int) -> ActionReport:
        """Write what ``merge_offer`` shows into the sidecar of the photo to keep.

        Raises:
            UsageProblem, ActionRefused: as ``merge_offer`` and ``write_sidecars``.
        """
        offer = self.merge_offer(stack_key, keep)
        return self.write_sidecars({keep: offer.fields}, why="merge what the copies say")

    def _said_of(self, photo_id: int) -> SidecarFields:
        """All that is said of a photo: by the person's own caption, in its sidecar, then in its file."""
        photo = self._reader.photos([photo_id])[photo_id]
        self._read_sidecars_of([photo])
        row = self._reader.sidecars([photo_id]).get(photo_id)
        exif = photo.exif
        written = SidecarFields(
            exif.title, None, (), exif.rating or None, exif.latitude,
            exif.longitude if exif.latitude is not None else None,
        )  # fmt: skip
        caption = self._reader.captions_of([photo_id]).get(photo_id)
        own = SidecarFields(description=caption.text if caption and caption.source == "user" else None)
        inside = SidecarFields()
        with suppress(OSError):
            inside = fields_in(FileOps().read_bytes(photo.path, PACKET_BYTES))
        return _joined([own, row.fields if row is not None else SidecarFields(), written, inside])


def _says_else(wanted: SidecarFields, says: SidecarFields) -> bool:
    return any(
        getattr(wanted, name) is not None and getattr(wanted, name) != getattr(says, name)
        for name in ("title", "description", "rating")
    )


def _joined(sources: Iterable[SidecarFields]) -> SidecarFields:
    """The first that says something, a field; keywords of all."""
    found = SidecarFields()
    for one in sources:
        for name in ("title", "description", "rating"):
            if getattr(found, name) is None and getattr(one, name) is not None:
                found = replace(found, **{name: getattr(one, name)})
        if found.latitude is None and one.latitude is not None:
            found = replace(found, latitude=one.latitude, longitude=one.longitude)
        found = replace(found, keywords=tuple(dict.fromkeys((*found.keywords, *one.keywords))))
    return found


def _only_others(
    keep: int, said: Mapping[int, SidecarFields]
) -> tuple[SidecarFields, dict[str, tuple[int, ...]]]:
    """What others say and the kept one does not, and who says it."""
    kept = said[keep]
    rest = {member: fields for member, fields in said.items() if member != keep}
    joined = _joined(rest.values())
    have = {word.casefold() for word in kept.keywords}
    wanted = SidecarFields(
        title=joined.title if kept.title is None else None,
        description=joined.description if kept.description is None else None,
        keywords=tuple(word for word in joined.keywords if word.casefold() not in have),
        rating=joined.rating if kept.rating is None else None,
        latitude=joined.latitude if kept.latitude is None else None,
        longitude=joined.longitude if kept.latitude is None else None,
    )
    sources = {}
    for name in FIELD_NAMES:
        value = getattr(wanted, name)
        if name == "keywords":
            who = [m for m, fields in rest.items() if set(fields.keywords) & set(wanted.keywords)]
        else:
            who = [m for m, fields in rest.items() if value is not None and getattr(fields, name) == value]
        if who:
            sources[name] = tuple(who)
    return wanted, sources


def _sidecar_names(folder: Path) -> dict[str, list[str]]:
    """Names in a folder by the lower-case stem of the photo that they may belong to."""
    found: dict[str, list[str]] = defaultdict(list)
    with suppress(OSError):
        for name in FileOps().names_in(folder):
            stem = Path(name).stem.lower()
            found[stem].append(name)
            if name.lower().endswith(".xmp") and "." in stem:
                found[Path(stem).stem].append(name)  # "img_1.jpg.xmp" is asked for with "img_1"
    return found


def _row(photo_id: int, path: Path, known: SidecarRow | None) -> SidecarRow | None:
    """The sidecar as it is now; the known one where the file is unchanged, None where there is no file."""
    try:
        found = path.stat()
        if known is not None and (known.path, known.size, known.mtime_ns) == (
            path, found.st_size, found.st_mtime_ns,
        ):  # fmt: skip
            return known
        data = FileOps().read_bytes(path, LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.info("%s could not be read: %s", path, error)
        return SidecarRow(photo_id, path, 0, 0, SidecarFields(), f"{path.name} could not be read.")
    try:
        fields, problem = read_fields(data), ""
    except NotXmp as error:
        log.info("%s is no sidecar: %s", path, error)
        fields, problem = SidecarFields(), f"{path.name} is not a sidecar that can be read."
    return SidecarRow(photo_id, path, found.st_size, found.st_mtime_ns, fields, problem)
