"""The SQLite catalogue: schema, migrations, one writer, readers, backups. The only room that imports sqlite3.

    with Catalog.open(paths) as catalog:
        root = catalog.writer.add_root(folder)                        # blocks until committed
        future = catalog.writer.save_decoded(root.id, decoded, vector, "starter")     # lazy, batched
        catalog.writer.flush()                                        # waits, raises what went wrong
        catalog.reader().photo_ids(text="beach")                      # any thread, read-only

Files: ``catalog`` opens and closes; ``writer_core`` is the writing thread and ``write_*`` its requests;
``reader_core`` is a reading connection and ``read_*`` its questions; ``schema`` and ``migrations`` are
the tables and their versions; ``backups``, ``salvage``, ``thumbnails``, ``lock`` and ``place`` are what
their names say; ``connection`` tells the environment's errors from our own. Knows nothing of pictures,
models or the window.
"""

from organizer.catalog.catalog import Catalog, Reader, Writer
from organizer.catalog.thumbnails import ThumbnailStore
from organizer.catalog.values import (
    Action,
    ActionKind,
    ActionState,
    CatalogCounts,
    FolderCount,
    ItemState,
    Known,
    SidecarRow,
    SidecarWrite,
    TrashItem,
)
from organizer.catalog.write_journal import PlannedItem

__all__ = [
    "Action",
    "ActionKind",
    "ActionState",
    "Catalog",
    "CatalogCounts",
    "FolderCount",
    "ItemState",
    "Known",
    "PlannedItem",
    "Reader",
    "SidecarRow",
    "SidecarWrite",
    "ThumbnailStore",
    "TrashItem",
    "Writer",
]
