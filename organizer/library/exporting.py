"""Taking photos out of the library: copies in a folder, as they are or made smaller, and a contact sheet.

Companions (sidecars, the RAW file beside a JPEG) stay behind: what leaves is what was selected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from organizer.actions.export import FULL_SIZE, Wanted, export, write_new
from organizer.errors import UsageProblem
from organizer.indexing.control import IndexControl
from organizer.library.contact_sheet import Shown, sheet
from organizer.library.views import ExportReport
from organizer.library.work import Work
from organizer.records import Photo

SMALLEST_SIDE = 64  # pixels
SHEET_NAME = "contact-sheet.html"

Told = Callable[[int, int], None]


class Exporting(Work):
    """The part of the library that gives photos away. Every method is blocking; originals are only read."""

    def export(
        self,
        ids: Sequence[int],
        folder: Path,
        longest_side: int | None = None,
        *,
        facts: bool = True,
        told: Told | None = None,
        control: IndexControl | None = None,
    ) -> ExportReport:
        """Copy photos into a folder, which is made if it is not there; nothing in it is written over.

        Args:
            longest_side: pixels at most, for copies that are new JPEGs (``FULL_SIZE``: as large as the
                photo). None: the files as they are, with everything in them.
            facts: whether a new JPEG says with what and where it was taken; when, it says in any case.
            told: called with photos done and photos in all.

        Raises:
            UsageProblem: no photos, or too small a side.
            FolderProblem, StorageFull: the folder cannot be written to, or is full; copies made before stay.
            Cancelled: the control said so; copies made before stay.
        """
        photos = self._photos_to_export(ids)
        if longest_side is not None and not SMALLEST_SIDE <= longest_side <= FULL_SIZE:
            raise UsageProblem(f"The longest side can be {SMALLEST_SIDE} to {FULL_SIZE} pixels.")
        wanted = [
            Wanted(photo.id, photo.path, _taken(photo), photo.exif if facts else None) for photo in photos
        ]
        made = export(
            wanted,
            folder,
            longest_side,
            self._decoded,
            told=told,
            check=None if control is None else control.check,
        )
        return ExportReport(folder, tuple(path for _, path in made.copies), made.failed)

    def contact_sheet(
        self,
        ids: Sequence[int],
        folder: Path,
        title: str,
        line: str = "",
        *,
        name: str = SHEET_NAME,
        told: Told | None = None,
        control: IndexControl | None = None,
    ) -> ExportReport:
        """Write one page with these photos, their names and days into a folder; it needs nothing else.

        Args:
            title, line: what stands above the photos. name: of the file; a number is added where it is taken.

        Raises:
            As ``export``; stopped, it leaves nothing.
        """
        photos = self._photos_to_export(ids)
        days = self.days([photo.id for photo in photos])
        shown = []
        for done, (photo, day) in enumerate(zip(photos, days, strict=True)):
            if control is not None:
                control.check()
            if told is not None:
                told(done, len(photos))
            shape = photo.width / photo.height if photo.height else 1.0
            shown.append(Shown(photo.path.name, day, shape, self.thumbnail(photo.id)))
        page = write_new(sheet(title, line, shown, self._language()), folder, name)
        if told is not None:
            told(len(photos), len(photos))
        return ExportReport(folder, (page,))

    def _photos_to_export(self, ids: Sequence[int]) -> list[Photo]:
        photos = list(self.photos(ids).values())
        if not photos:
            raise UsageProblem("There are no photos to export.")
        return photos


def _taken(photo: Photo) -> float | None:
    """Seconds since 1970 of the camera's own clock."""
    try:
        when = datetime.fromisoformat(photo.exif.taken_at or "")
        return when.replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
