"""A catalogue, a folder of photos and whole runs over it, with stand-ins for the decoder and the model."""

from __future__ import annotations

import os
from pathlib import Path

from organizer.catalog.catalog import Catalog
from organizer.indexing.control import IndexControl
from organizer.indexing.pipeline import Pipeline
from organizer.indexing.summary import IndexSummary
from organizer.records import Photo, Root
from tests.core.indexing_fakes import FakeEmbedder, FakePool, Heard

OLD = 1_600_000_000


def put(path: Path, content: bytes | str, *, age: int = 0) -> Path:
    """A file whose last write is long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (OLD - age, OLD - age))
    return path


class Bench:
    """A catalogue, a folder of photos, and runs over it."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder
        self.root = self.add(folder)
        self.heard = Heard()
        self.control = IndexControl()
        self.pool = FakePool()
        self.embedder = FakeEmbedder()
        self.loads = 0
        self.quiet = 0.2

    def add(self, folder: Path) -> Root:
        folder.mkdir(exist_ok=True)
        return self.catalog.writer.add_root(folder)

    def load(self) -> FakeEmbedder:
        self.loads += 1
        return self.embedder

    def pipeline(self, **changes: object) -> Pipeline:
        options: dict[str, object] = {
            "pool_factory": lambda: self.pool,
            "embedder_factory": self.load,
            "model_key": "fake",
            "listener": self.heard,
            "control": self.control,
            "quiet": self.quiet,
        }
        return Pipeline(self.catalog, **(options | changes))  # type: ignore[arg-type]

    def run(self, *roots: Root, pool: FakePool | None = None, **changes: object) -> IndexSummary:
        self.pool = pool or FakePool()
        return self.pipeline(**changes).run(roots or [self.root])

    @property
    def photos(self) -> dict[str, Photo]:
        """Present photos by their path below the folder of the test."""
        reader = self.catalog.reader()
        photos = reader.photos(reader.photo_ids().tolist())
        return {os.path.relpath(photo.path, self.folder): photo for photo in photos.values()}

    @property
    def missing(self) -> set[str]:
        reader = self.catalog.reader()
        return {photo.path.name for photo in reader.photos(reader.photo_ids(missing=True).tolist()).values()}

    def vectors(self, model: str = "fake") -> set[int]:
        return set(self.catalog.reader().vectors(model)[0].tolist())
