"""A library of real small files with its catalogue and trash, for tests of the safe removal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from organizer.actions import Trash
from organizer.actions.fileops import FileOps
from organizer.catalog import Catalog
from organizer.paths import AppPaths
from organizer.records import TRASH_FOLDER_NAME
from tests.catalog_samples import add, on_disk, open_catalog


class Crash(BaseException):
    """The program stops here, as if the plug were pulled: nothing of ours catches it."""


class CountingOps(FileOps):
    """The real file system, with ``before(name)`` called before each step and ``after(name)`` after it."""

    STEPS = (
        *("make_folder", "make_parents", "write_note", "move_into_fresh"),
        *("move_back", "unlink", "remove_folder", "sync_folder"),
    )

    def __init__(
        self, before: Callable[[str], None], after: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._before, self._after = before, after

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in CountingOps.STEPS:
            return found

        def step(*values: Any) -> Any:
            self._before(name)
            result = found(*values)
            self._after(name)
            return result

        return step


class Shelf:
    """A root with files, their catalogue, and the trash over both.

    Attributes:
        root: the folder. ids: name -> photo id.
    """

    def __init__(self, base: Path, ops: FileOps | None = None, protected: tuple[Path, ...] = ()) -> None:
        self.base = base
        self.root = base / "photos"
        self.root.mkdir(parents=True, exist_ok=True)
        self.ids: dict[str, int] = {}
        self.protected = list(protected)
        self.open(ops)
        self.root_id = self.catalog.writer.add_root(self.root).id

    def open(self, ops: FileOps | None = None) -> None:
        self.catalog: Catalog = open_catalog(AppPaths.at(self.base / "catalogue"))
        self.trash = Trash(self.catalog, protected=lambda: self.protected, ops=ops)

    def reopen(self, ops: FileOps | None = None) -> None:
        """As a new start of the program does, with its recovery."""
        self.catalog.close()
        self.open(ops)
        self.trash.recover()

    def put(self, **files: int) -> list[int]:
        """Write files (``a=1`` is a.jpg with content 1; ``sub__a`` lies in a folder) and catalogue them."""
        made = {name: on_disk(self.path(name), number) for name, number in files.items()}
        ids = add(self.catalog, self.root_id, *made.values(), model="starter")
        self.ids.update(zip(made, ids, strict=True))
        return ids

    def path(self, name: str) -> Path:
        return self.root.joinpath(*name.split("__")).with_suffix(".jpg")

    def in_trash(self) -> list[Path]:
        """Every file inside trash folders, the notes left out."""
        folders = self.root.rglob(TRASH_FOLDER_NAME)
        return sorted(
            file
            for folder in folders
            for file in folder.rglob("*")
            if file.is_file() and file.name != "restore.json"
        )

    def shown(self) -> set[int]:
        return set(self.catalog.reader().photo_ids().tolist())

    def close(self) -> None:
        self.catalog.close()
