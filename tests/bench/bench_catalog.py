"""How fast the catalogue is at size: ``python -m tests.bench.bench_catalog [--photos 50000] [--folder DIR]``.

Fills a new catalogue with synthetic photos (512 numbers a vector) through the writer, then times what the
views, the scan and the analyses ask for. Prints one line a question, with the median of three.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from organizer.catalog import Catalog, backups
from organizer.catalog.connection import connect, is_sound
from organizer.events import Kind
from organizer.paths import AppPaths
from organizer.records import ExifFacts
from organizer.results import Caption, Categorised, Flag, Reason
from tests.catalog_samples import decoded, hash_of, open_catalog

MODEL = "bench"


def fill(catalog: Catalog, count: int) -> float:
    """Save so many photos in folders of 500; seconds it took."""
    root = catalog.writer.add_root(Path("/bench"))
    sample = decoded(Path("/bench/x.jpg"), 1)
    vectors = np.random.default_rng(1).standard_normal((64, 512)).astype(np.float16)
    started = time.perf_counter()
    for number in range(count):
        path = Path(f"/bench/{2000 + number // 5000}/여행 {number // 500}/IMG_{number:06}.jpg")
        taken = f"20{number % 24:02}-{1 + number % 12:02}-{1 + number % 28:02}T12:00:00"
        one = replace(
            sample,
            stamp=replace(sample.stamp, path=path),
            content_hash=hash_of(b"%d" % number),
            exif=ExifFacts(taken_at=taken, camera="Camera"),
            thumbnail=b"",
        )
        catalog.writer.save_decoded(root.id, one, vectors[number % 64], MODEL)
    catalog.writer.flush()
    return time.perf_counter() - started


def timed(name: str, call: Callable[[], object], repeats: int = 3) -> None:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    print(f"  {name:<52} {statistics.median(seconds) * 1000:>9.1f} ms")


def ask(catalog: Catalog, count: int) -> None:
    reader = catalog.reader()
    ids = reader.photo_ids()
    some = ids[: min(500, count)].tolist()
    timed("table of all photos", reader.table)
    timed("vectors of all photos, one matrix", lambda: reader.vectors(MODEL))
    timed("ids of all photos, newest first", reader.photo_ids)
    timed("stamps of all files, for a scan", reader.stamps)
    timed("500 photos with their facts", lambda: reader.photos(some))
    timed("500 small pictures", lambda: reader.greys(some))
    timed("days of all photos", lambda: reader.days(ids))
    timed("folder tree with counts", reader.folders)
    timed("search of a Korean word that a fifth has", lambda: reader.photo_ids(text="여행 1"))
    timed("search of one file name", lambda: reader.photo_ids(text="IMG_000123"))
    timed("one folder", lambda: reader.photo_ids(folder=Path("/bench/2001")))
    timed("photos without a vector", lambda: reader.without_vector(MODEL))
    timed("counts for the tabs", reader.counts)


def store(catalog: Catalog) -> None:
    reader, writer = catalog.reader(), catalog.writer
    ids = reader.table().ids
    ranked = (("food", 0.5), ("pets", 0.25), ("sea", 0.125))
    found = [Categorised(photo_id, "food", 0.5, ranked) for photo_id in ids.tolist()]
    captions = [Caption(photo_id, f"perhaps a plate {photo_id}", "labels") for photo_id in ids.tolist()]
    flags = [Flag(photo_id, Reason.BLURRED, 0.5, "soft") for photo_id in ids[::20].tolist()]
    scores = {reason: np.linspace(0, 1, len(ids)) for reason in Reason}
    generation = reader.generation(Kind.CATEGORIES)
    timed(
        "store all categories", lambda: writer.store_categories(found, model=MODEL, generation=generation), 1
    )
    timed("store all captions", lambda: writer.store_captions(captions, generation=generation), 1)
    timed(
        "store all captions again, unchanged",
        lambda: writer.store_captions(captions, generation=generation),
        1,
    )
    timed("store quality", lambda: writer.store_quality(ids, scores, flags, generation=generation), 1)
    timed("read all categories", reader.categories)
    timed("read all captions", reader.captions)
    timed("flag count at a threshold", lambda: reader.flag_count(Reason.BLURRED, 0.7))
    timed("one decision, on the drive", lambda: writer.set_choice([int(ids[0])], 1))


def care(paths: AppPaths) -> None:
    timed("backup, checked", lambda: backups.make_backup(paths), 1)
    connection = connect(paths.catalog_file, read_only=True)
    timed("whole check of the file", lambda: is_sound(connection), 1)
    connection.close()
    timed("open and close", lambda: open_catalog(paths).close())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=50_000)
    parser.add_argument(
        "--folder", type=Path, help="where to make the catalogue (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        paths = AppPaths.at(Path(folder))
        with open_catalog(paths) as catalog:
            seconds = fill(catalog, arguments.photos)
            megabytes = paths.catalog_file.stat().st_size / 1e6
            rate = arguments.photos / seconds
            print(f"{arguments.photos:,} photos: {rate:,.0f} a second, {megabytes:,.0f} MB")
            ask(catalog, arguments.photos)
            store(catalog)
        care(paths)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
