"""Fixtures that tests of the core share: a catalogue, four photos in it, and small files with their trash."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from organizer.catalog import Catalog
from organizer.paths import AppPaths
from tests.catalog_samples import ROOT, add, decoded, open_catalog
from tests.core.indexing_bench import Bench
from tests.trash_samples import Shelf


@pytest.fixture
def catalog(app_paths: AppPaths) -> Iterator[Catalog]:
    """An empty catalogue."""
    with open_catalog(app_paths) as opened:
        yield opened


@pytest.fixture
def ids(catalog: Catalog) -> list[int]:
    """Four photos in the catalogue, 0.jpg to 3.jpg of ``ROOT``."""
    root = catalog.writer.add_root(ROOT)
    return add(catalog, root.id, *(decoded(ROOT / f"{n}.jpg", n) for n in range(4)))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """An empty library with its trash."""
    made = Shelf(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(app_paths: AppPaths, tmp_path: Path) -> Iterator[Bench]:
    """A folder to index; the runs leave no thread behind."""
    before = set(threading.enumerate())
    with Catalog.open(app_paths) as catalog:
        yield Bench(catalog, tmp_path / "pictures")
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert left == []
