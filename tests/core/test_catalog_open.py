"""Opening the catalogue: what stands in the way is said, nothing is lost, and the last good copy can be
put back.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from organizer.catalog import Catalog, backups, place
from organizer.catalog.connection import connect
from organizer.catalog.migrations import migrate, version_of
from organizer.catalog.schema import STEPS, VERSION
from organizer.errors import (
    CatalogDamaged,
    CatalogError,
    CatalogLocked,
    CatalogTooNew,
    CatalogUnsuitablePlace,
    StorageFull,
)
from organizer.paths import AppPaths
from tests.catalog_samples import ROOT, add, decoded, open_catalog


def _filled(paths: AppPaths, count: int = 1) -> None:
    with open_catalog(paths) as catalog:
        root = catalog.writer.add_root(ROOT)
        add(catalog, root.id, *(decoded(ROOT / f"{n}.jpg", n) for n in range(count)))


def _scribble(file: Path) -> None:
    """Overwrite every page but the first one's header."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\x5a" * (size - 4096))


def test_a_second_writer_is_refused_and_a_reader_is_not(app_paths: AppPaths) -> None:
    with open_catalog(app_paths) as catalog:
        catalog.writer.add_root(ROOT)
        with pytest.raises(CatalogLocked, match="already open"):
            open_catalog(app_paths)
        with Catalog.open(app_paths, read_only=True, filesystem=lambda _f: "ext4") as beside:
            assert [root.path for root in beside.reader().roots()] == [ROOT]
            with pytest.raises(CatalogError, match="reading only"):
                _ = beside.writer
    open_catalog(app_paths).close()


def test_another_process_is_refused_until_this_one_ends(app_paths: AppPaths) -> None:
    code = (
        "import sys; from pathlib import Path; from organizer.catalog import Catalog;"
        "from organizer.paths import AppPaths; from organizer.errors import CatalogLocked\n"
        "try: Catalog.open(AppPaths.at(Path(sys.argv[1])), filesystem=lambda f: '').close(); "
        "print('opened')\n"
        "except CatalogLocked: print('locked')"
    )

    def attempt() -> str:
        command = [sys.executable, "-c", code, str(app_paths.data)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with open_catalog(app_paths):
        assert attempt() == "locked"
    assert attempt() == "opened"


def test_a_newer_file_is_refused_and_left_alone(app_paths: AppPaths) -> None:
    _filled(app_paths)
    connection = sqlite3.connect(app_paths.catalog_file)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = app_paths.catalog_file.read_bytes()
    with pytest.raises(CatalogTooNew, match="newer version"):
        open_catalog(app_paths)
    assert app_paths.catalog_file.read_bytes() == before


@pytest.mark.parametrize("junk", [b"no database at all" * 500, None])
def test_a_file_that_is_not_ours_is_refused(app_paths: AppPaths, junk: bytes | None) -> None:
    app_paths.data.mkdir(parents=True)
    if junk is not None:
        app_paths.catalog_file.write_bytes(junk)
    else:
        connection = sqlite3.connect(app_paths.catalog_file)
        connection.execute("CREATE TABLE recipes (id INTEGER)")
        connection.close()
    before = app_paths.catalog_file.read_bytes()
    with pytest.raises(CatalogDamaged):
        open_catalog(app_paths)
    assert app_paths.catalog_file.read_bytes() == before


def test_a_damaged_file_is_refused_and_the_last_good_backup_restored(app_paths: AppPaths) -> None:
    _filled(app_paths, 3)  # closing makes the first backup
    assert len(backups.backups(app_paths)) == 1
    _scribble(app_paths.catalog_file)
    with pytest.raises(CatalogDamaged, match="backup"):
        open_catalog(app_paths)
    bad = app_paths.backups / "catalogue-99999999-000000-000000.sqlite"  # the newest one is no good
    bad.write_bytes(b"\x00" * 9000)
    used = Catalog.restore_backup(app_paths)
    assert used != bad
    with open_catalog(app_paths) as catalog:
        assert catalog.reader().counts().photos == 3
    assert list(app_paths.data.glob("catalogue-damaged-*.sqlite"))


def test_without_a_good_backup_a_new_start_is_offered(app_paths: AppPaths) -> None:
    app_paths.data.mkdir(parents=True)
    app_paths.catalog_file.write_bytes(b"junk" * 5000)
    with pytest.raises(CatalogDamaged, match="started afresh"):
        Catalog.restore_backup(app_paths)
    assert app_paths.catalog_file.exists()
    kept = Catalog.start_afresh(app_paths)
    assert kept is not None
    assert kept.read_bytes() == b"junk" * 5000
    open_catalog(app_paths).close()


def test_a_network_drive_is_refused(app_paths: AppPaths) -> None:
    with pytest.raises(CatalogUnsuitablePlace, match=r"network drive \(nfs4\)"):
        Catalog.open(app_paths, filesystem=lambda _folder: "nfs4")
    assert not app_paths.data.exists()


def test_the_kind_of_file_system_is_read_from_the_mounts() -> None:
    table = (
        "/dev/sda1 / ext4 rw 0 0\n"
        "//server/share /mnt/with\\040space cifs rw 0 0\n"
        "server:/x /mnt/nfs nfs4 rw 0 0\n"
        "/dev/sdb1 /mnt/nfs/local xfs rw 0 0\n"
        "broken line\n"
    )
    assert place.kind_in_mounts(table, Path("/home/me")) == "ext4"
    assert place.kind_in_mounts(table, Path("/mnt/with space/a")) == "cifs"
    assert place.kind_in_mounts(table, Path("/mnt/nfs/a")) == "nfs4"
    assert place.kind_in_mounts(table, Path("/mnt/nfsx")) == "ext4"
    assert place.kind_in_mounts(table, Path("/mnt/nfs/local/a")) == "xfs"
    listing = "/dev/disk1 on / (apfs, local)\n//me@nas/photos on /Volumes/My photos (smbfs, nodev)\n"
    assert place.kind_in_mac_listing(listing, Path("/Volumes/My photos/x")) == "smbfs"
    assert place.kind_in_mac_listing(listing, Path("/Users/me")) == "apfs"


def test_the_real_mounts_name_a_file_system(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    assert place.filesystem_of(tmp_path / "not" / "yet" / "there")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CatalogError, match="cannot be read or written"):
        open_catalog(AppPaths.at(tmp_path / "file" / "below"))


STEP_2 = ("ALTER TABLE photos ADD COLUMN stars INTEGER", "CREATE TABLE later (x TEXT)")


@pytest.mark.parametrize("version", range(1, len(STEPS) + 1))
def test_files_of_every_older_version_open(app_paths: AppPaths, version: int) -> None:
    app_paths.data.mkdir(parents=True)
    connection = connect(app_paths.catalog_file, read_only=False)
    migrate(connection, lambda _n: None, STEPS[:version])
    connection.execute("INSERT INTO roots (path, added_at) VALUES (?, '')", (os.fsencode(ROOT),))
    connection.close()
    with open_catalog(app_paths) as catalog:
        assert [root.path for root in catalog.reader().roots()] == [ROOT]
        (photo_id,) = add(catalog, 1, decoded(ROOT / "a.jpg", 1))
        assert catalog.reader().photo_ids().tolist() == [photo_id]


def test_a_step_copies_the_file_before_and_keeps_its_rows(app_paths: AppPaths) -> None:
    _filled(app_paths)
    connection = connect(app_paths.catalog_file, read_only=False)
    copied: list[int] = []

    def copy(number: int) -> None:
        copied.append(number)
        backups.make_backup(app_paths, f"version-{number}")

    assert migrate(connection, copy, (*STEPS, STEP_2)) == 1
    assert version_of(connection) == VERSION + 1
    assert connection.execute("SELECT count(*), max(stars) FROM photos").fetchone() == (1, None)
    connection.close()
    assert copied == [VERSION]
    newest = connect(backups.backups(app_paths)[0], read_only=True)
    assert version_of(newest) == VERSION
    assert newest.execute("SELECT count(*) FROM photos").fetchone() == (1,)
    newest.close()


def test_a_step_that_fails_halfway_leaves_the_old_file_whole(app_paths: AppPaths) -> None:
    _filled(app_paths)
    connection = connect(app_paths.catalog_file, read_only=False)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, lambda _n: None, (*STEPS, (*STEP_2, "UPDATE nowhere SET x = 1")))
    connection.close()
    with open_catalog(app_paths) as catalog:
        assert catalog.reader().counts().photos == 1
    left = connect(app_paths.catalog_file, read_only=True)
    assert version_of(left) == VERSION
    assert left.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    left.close()


def test_a_step_does_not_begin_when_its_backup_cannot_be_made(app_paths: AppPaths) -> None:
    _filled(app_paths)
    connection = connect(app_paths.catalog_file, read_only=False)

    def full(_number: int) -> None:
        raise StorageFull("no room")

    with pytest.raises(StorageFull):
        migrate(connection, full, (*STEPS, STEP_2))
    assert version_of(connection) == VERSION
    connection.close()


def test_only_some_backups_are_kept_and_they_are_whole(app_paths: AppPaths) -> None:
    _filled(app_paths, 2)
    with open_catalog(app_paths) as catalog:
        catalog.writer.add_root(Path("/more"))
        for _ in range(backups.KEEP + 2):
            assert backups.make_backup(app_paths) is not None
    kept = backups.backups(app_paths)
    assert len(kept) == backups.KEEP
    assert not list(app_paths.backups.glob("*.partial*"))
    newest = connect(kept[0], read_only=True)
    assert newest.execute("SELECT count(*) FROM roots").fetchone() == (2,)
    newest.close()


def test_a_backup_can_be_given_up(app_paths: AppPaths) -> None:
    _filled(app_paths, 2)
    before = backups.backups(app_paths)
    stop = threading.Event()
    stop.set()
    assert backups.make_backup(app_paths, stop=stop) is None
    assert backups.backups(app_paths) == before
    assert not list(app_paths.backups.glob("*.partial*"))


def test_the_daily_backup_is_made_when_the_last_one_is_old(app_paths: AppPaths) -> None:
    _filled(app_paths)
    assert not backups.is_due(app_paths)
    (only,) = backups.backups(app_paths)
    old = time.time() - 2 * backups.EVERY_SECONDS
    os.utime(only, (old, old))
    assert backups.is_due(app_paths)
    catalog = open_catalog(app_paths)
    try:
        deadline = time.monotonic() + 20
        while len(backups.backups(app_paths)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        catalog.close()
    assert len(backups.backups(app_paths)) == 2


def test_what_a_crashed_program_committed_is_there(app_paths: AppPaths) -> None:
    code = (
        "import os, sys; from pathlib import Path; from organizer.paths import AppPaths\n"
        "from tests.catalog_samples import ROOT, add, decoded, open_catalog\n"
        "c = open_catalog(AppPaths.at(Path(sys.argv[1]))); r = c.writer.add_root(Path('/photos'))\n"
        "add(c, r.id, *(decoded(Path(f'/photos/{n}.jpg'), n) for n in range(50)))\n"
        "[c.writer.save_decoded(r.id, decoded(Path(f'/photos/x{n}.jpg'), 100 + n)) for n in range(5)]\n"
        "os.kill(os.getpid(), 9)"
    )
    repository = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code, str(app_paths.data)], cwd=repository, check=False)
    with open_catalog(app_paths) as catalog:
        assert catalog.reader().counts().photos in range(50, 56)
        assert len(catalog.reader().table()) == catalog.reader().counts().photos
