"""The writer: batches, errors that cost only themselves, a full drive, and threads that read meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import wait
from typing import Any

import numpy as np
import pytest

from organizer.catalog import Catalog
from organizer.catalog.connection import problem_of
from organizer.catalog.writer_core import QUEUE_SIZE, Touched
from organizer.errors import CatalogDamaged, CatalogError, StorageFull
from organizer.events import Committed
from organizer.paths import AppPaths
from organizer.records import FileStamp
from tests.catalog_samples import ROOT, add, decoded, open_catalog


def _limit_pages(catalog: Catalog, pages: int | None) -> None:
    """Let the file grow by so many pages only, as a drive that is about to be full; None takes that back."""

    def work(c: sqlite3.Connection, _touched: Touched) -> None:
        now = c.execute("PRAGMA page_count").fetchone()[0]
        c.execute(f"PRAGMA max_page_count = {now + pages if pages is not None else 1 << 30}").fetchone()

    catalog.writer._blocking(work)


def test_many_saves_are_few_commits(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    commits: list[Committed] = []
    catalog.subscribe(commits.append)
    ids = add(catalog, root.id, *(decoded(ROOT / f"{n}.jpg", n) for n in range(300)))
    assert len(set(ids)) == 300
    assert len(commits) < 30


def test_a_save_is_committed_soon_without_a_flush(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    future = catalog.writer.save_decoded(root.id, decoded(ROOT / "a.jpg", 1))
    assert catalog.reader().photos([future.result(timeout=10)])


def test_one_bad_request_costs_itself_only(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    told: list[BaseException] = []
    catalog.subscribe_errors(told.append)
    good = catalog.writer.save_decoded(root.id, decoded(ROOT / "a.jpg", 1))
    bad = catalog.writer.save_decoded(999, decoded(ROOT / "b.jpg", 2))  # no such root
    missing = catalog.writer.move_photo(12345, root.id, FileStamp(ROOT / "c.jpg", 1, 1))
    last = catalog.writer.save_decoded(root.id, decoded(ROOT / "d.jpg", 4))
    with pytest.raises(sqlite3.IntegrityError):
        catalog.writer.flush()
    assert isinstance(bad.exception(), sqlite3.IntegrityError)
    assert isinstance(missing.exception(), LookupError)
    assert len(told) == 2
    assert set(catalog.reader().photo_ids().tolist()) == {good.result(), last.result()}
    catalog.writer.flush()  # told once


def test_a_full_drive_stops_the_saving_and_loses_nothing_committed(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    kept = add(catalog, root.id, *(decoded(ROOT / f"{n}.jpg", n) for n in range(5)))
    _limit_pages(catalog, 4)
    futures = [catalog.writer.save_decoded(root.id, decoded(ROOT / f"x{n}.jpg", 100 + n)) for n in range(50)]
    wait(futures, timeout=30)
    assert all(isinstance(future.exception(), StorageFull) for future in futures)
    with pytest.raises(StorageFull, match="full"):
        catalog.writer.save_decoded(root.id, decoded(ROOT / "y.jpg", 200))
    with pytest.raises(StorageFull, match="full"):
        catalog.writer.flush()
    assert sorted(catalog.reader().photo_ids().tolist()) == kept
    _limit_pages(catalog, None)
    more = add(catalog, root.id, decoded(ROOT / "z.jpg", 300))
    assert sorted(catalog.reader().photo_ids().tolist()) == [*kept, *more]


def test_a_decision_on_a_full_drive_is_refused_whole(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    (photo_id,) = add(catalog, root.id, decoded(ROOT / "a.jpg", 1))
    _limit_pages(catalog, 0)
    with pytest.raises(StorageFull):
        catalog.writer.set_caption(photo_id, "long " * 20000)
    assert catalog.reader().captions() == []
    assert catalog.reader().last_undoable() is None


def test_a_fast_producer_waits_and_every_row_arrives(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    busy, go_on = threading.Event(), threading.Event()

    def hold(_committed: Committed) -> None:
        busy.set()
        go_on.wait(20)

    stop = catalog.subscribe(hold)
    count = QUEUE_SIZE + 250
    done: list[Any] = []

    def produce() -> None:
        stamps = [FileStamp(ROOT / f"{n}.jpg", 1, 1) for n in range(count)]
        for n, stamp in enumerate(stamps):
            done.append(catalog.writer.save_decoded(root.id, decoded(stamp.path, n)))

    producer = threading.Thread(target=produce)
    producer.start()
    assert busy.wait(20)
    producer.join(0.5)
    assert producer.is_alive()  # the queue is full, so it waits instead of filling the memory
    stop()
    go_on.set()
    producer.join(60)
    catalog.writer.flush()
    assert len({future.result() for future in done}) == count


def test_readers_of_many_threads_see_whole_commits(catalog: Catalog) -> None:
    root = catalog.writer.add_root(ROOT)
    ids = add(catalog, root.id, *(decoded(ROOT / f"{n}.jpg", n) for n in range(20)))
    problems: list[str] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            choices = set(catalog.reader().choices().values())
            if len(choices) > 1:
                problems.append(f"half a decision: {choices}")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(30):
        catalog.writer.set_choice(ids, 1 if turn % 2 else -1)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert problems == []


def test_a_reader_belongs_to_its_thread_and_closes_with_the_catalogue(catalog: Catalog) -> None:
    mine = catalog.reader()
    assert catalog.reader() is mine
    other: list[object] = []
    thread = threading.Thread(target=lambda: other.append(catalog.reader()))
    thread.start()
    thread.join()
    assert other[0] is not mine
    catalog.close()
    for call in (mine.roots, catalog.reader, lambda: catalog.writer.add_root(ROOT), catalog.writer.flush):
        with pytest.raises(CatalogError, match="closed"):
            call()
    catalog.close()


def test_closing_commits_what_was_submitted(app_paths: AppPaths) -> None:
    catalog = open_catalog(app_paths)
    root = catalog.writer.add_root(ROOT)
    future = catalog.writer.save_decoded(root.id, decoded(ROOT / "a.jpg", 1), np.ones(4), "starter")
    catalog.close()
    assert future.done()
    with open_catalog(app_paths) as again:
        assert again.reader().counts().photos == 1


def test_a_write_from_a_listener_is_refused_instead_of_waiting_for_itself(catalog: Catalog) -> None:
    seen: list[BaseException] = []

    def listener(_committed: Committed) -> None:
        try:
            catalog.writer.set_fact("a", "b")
        except RuntimeError as error:
            seen.append(error)

    catalog.subscribe(listener)
    catalog.writer.add_root(ROOT)
    assert len(seen) == 1


def test_no_room_for_the_shared_memory_file_is_a_full_drive() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR_SHMSIZE, "SQLITE_IOERR_SHMSIZE"
    assert isinstance(problem_of(error), StorageFull)
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    assert isinstance(problem_of(error), CatalogError)
    error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT
    assert problem_of(error) is None


def test_damage_found_while_running_is_named(catalog: Catalog) -> None:
    def broken(c: sqlite3.Connection, _touched: Touched) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT"
        raise error

    with pytest.raises(CatalogDamaged, match="backup can be restored"):
        catalog.writer._blocking(broken)
    catalog.writer.add_root(ROOT)
