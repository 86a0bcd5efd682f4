"""Measurements of an older version count as missing, and are made again without the model."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from organizer.catalog.catalog import Catalog
from organizer.events import Kind
from organizer.paths import AppPaths
from organizer.records import MEASURES_VERSION
from organizer.results import Reason
from tests.core.indexing_bench import Bench, put


def age_measurements(app_paths: AppPaths, ids: list[int]) -> None:
    """What a catalogue holds that an older version of the program wrote."""
    connection = sqlite3.connect(app_paths.catalog_file)
    with connection:
        connection.executemany(
            "UPDATE measurements SET version = ?, sharpness = 9 WHERE photo_id = ?",
            [(MEASURES_VERSION - 1, photo_id) for photo_id in ids],
        )
    connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(6):
        put(tmp_path / "pictures" / f"{number}.jpg", f"photo {number}", age=number)
    return tmp_path / "pictures"


@pytest.fixture
def aged(app_paths: AppPaths, folder: Path) -> Iterator[Bench]:
    """A catalogue of six photos, four of which were measured by an older version."""
    with Catalog.open(app_paths) as catalog:
        bench = Bench(catalog, folder)
        bench.run()
        ids = [bench.photos[f"{number}.jpg"].id for number in range(4)]
        catalog.writer.dismiss_flags(ids[:1], [Reason.NOISY], why="")
    age_measurements(app_paths, ids)
    with Catalog.open(app_paths) as catalog:
        yield Bench(catalog, folder)


def test_older_measurements_count_as_missing(aged: Bench) -> None:
    reader = aged.catalog.reader()
    older = {aged.photos[f"{number}.jpg"].id for number in range(4)}
    assert set(reader.measured_before().tolist()) == older
    table = reader.table()
    unknown = np.isnan(table.measures["sharpness"])
    assert set(table.ids[unknown].tolist()) == older
    assert all(reader.measurements(photo_id) is None for photo_id in older)


def test_a_run_measures_them_again_and_loads_no_model(aged: Bench) -> None:
    vectors, photos = aged.vectors(), aged.photos
    summary = aged.run()
    assert (summary.measured, summary.embedded, summary.updated, summary.added) == (4, 0, 0, 0)
    assert summary.changed and aged.loads == 0
    assert sorted(aged.pool.decoded) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    reader = aged.catalog.reader()
    assert not len(reader.measured_before())
    assert (reader.table().measures["sharpness"] == 1).all()
    assert Kind.QUALITY in reader.stale()
    assert (aged.vectors(), aged.photos) == (vectors, photos)
    assert {reason for _, reason in reader.dismissed()} == {Reason.NOISY}
    assert aged.run().measured == 0


def test_new_photos_come_before_those_measured_again(aged: Bench, folder: Path) -> None:
    put(folder / "new.jpg", "a new photo", age=900)
    aged.run()
    assert aged.pool.order.index("new.jpg") < 3  # two are decoded at a time, while the walk goes on


def test_with_another_model_both_are_made_at_once(aged: Bench) -> None:
    summary = aged.run(model_key="better")
    assert summary.embedded == 6
    assert not len(aged.catalog.reader().measured_before())
    assert {reason for _, reason in aged.catalog.reader().dismissed()} == {Reason.NOISY}
    assert set(aged.pool.decoded.values()) == {1}
