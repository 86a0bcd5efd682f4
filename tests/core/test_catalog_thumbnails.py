"""The thumbnail store: kept by content, disposable, never in the way."""

from __future__ import annotations

import threading
from pathlib import Path

from organizer.catalog import ThumbnailStore
from tests.catalog_samples import hash_of


def _key(number: int) -> bytes:
    return hash_of(b"%d" % number)


def test_thumbnails_come_back_after_a_restart(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "cache" / "t.sqlite")
    store.put_many((_key(n), b"jpeg %d" % n) for n in range(1200))
    store.put_many([(_key(1), b"newer"), (_key(5000), b"")])
    store.close()
    store = ThumbnailStore(tmp_path / "cache" / "t.sqlite")
    assert store.get(_key(1)) == b"newer"
    assert store.get(_key(5000)) is None
    assert len(store.get_many(_key(n) for n in range(2000))) == 1200
    store.close()


def test_a_damaged_file_is_replaced_silently(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite"
    file.write_bytes(b"this is no database" * 1000)
    store = ThumbnailStore(file)
    assert store.get(_key(1)) is None
    store.put_many([(_key(1), b"jpeg")])
    assert store.get(_key(1)) == b"jpeg"
    store.close()


def test_damage_while_running_costs_the_thumbnails_only(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite"
    store = ThumbnailStore(file)
    store.put_many((_key(n), b"x" * 3000) for n in range(200))
    store.close()
    with file.open("r+b") as stream:
        stream.seek(8192)
        stream.write(b"\x5a" * (file.stat().st_size - 8192))
    store = ThumbnailStore(file)
    found = store.get_many(_key(n) for n in range(200))
    assert all(value == b"x" * 3000 for value in found.values())
    store.put_many((_key(n), b"y") for n in range(200))
    store.put_many((_key(n), b"y") for n in range(200))
    assert store.get(_key(7)) == b"y"
    store.close()


def test_a_place_that_cannot_be_used_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ThumbnailStore(tmp_path / "file" / "t.sqlite")
    store.put_many([(_key(1), b"jpeg")])
    assert store.get(_key(1)) is None
    store.close()


def test_threads_share_the_store(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "t.sqlite")

    def put(start: int) -> None:
        for n in range(start, start + 50):
            store.put_many([(_key(n), b"%d" % n)])
            assert store.get(_key(n)) == b"%d" % n

    threads = [threading.Thread(target=put, args=(start,)) for start in (0, 50, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.get_many(_key(n) for n in range(150))) == 150
    store.close()
