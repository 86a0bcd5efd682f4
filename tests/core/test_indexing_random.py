"""Whatever a person does to a folder between two runs, the catalogue afterwards is what is on the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizer.catalog.catalog import Catalog
from organizer.indexing.control import IndexControl
from organizer.indexing.pipeline import Pipeline
from organizer.paths import AppPaths
from tests.core.indexing_fakes import FakeEmbedder, FakePool, Heard, content_of

PLACES = ["a.jpg", "b.jpg", "c.jpg", "trip/a.jpg", "trip/d.jpg"]
CONTENTS = ["one", "two", "three", "broken"]  # "one" and "two" have the same size; the last cannot be read
OLD = 1_600_000_000

place = st.sampled_from(PLACES)
change = st.one_of(
    st.tuples(st.just("write"), place, st.sampled_from(CONTENTS)),
    st.tuples(st.just("delete"), place, st.none()),
    st.tuples(st.just("touch"), place, st.none()),
    st.tuples(st.just("move"), place, place),
    st.tuples(st.just("swap"), place, place),
    st.tuples(st.just("copy"), place, place),
)


def _do(folder: Path, step: int, kind: str, where: str, extra: str | None) -> None:
    """One change; a time never occurs twice, as with real writes."""
    path = folder / where
    if kind == "write":
        path.write_text(str(extra))
        os.utime(path, (OLD + step, OLD + step))
        return
    if not path.exists():
        return
    if kind == "delete":
        path.unlink()
    elif kind == "touch":
        os.utime(path, (OLD + step, OLD + step))
    elif extra != where:
        other = folder / str(extra)
        if kind == "copy":
            shutil.copyfile(path, other)
            os.utime(other, (OLD + step, OLD + step))
        elif kind == "swap" and other.exists():
            aside = folder / "aside"
            path.rename(aside)
            other.rename(path)
            aside.rename(other)
        elif kind == "move":
            path.replace(other)


def _check(catalog: Catalog, folder: Path) -> None:
    reader = catalog.reader()
    files = {path for path in folder.rglob("*") if path.is_file()}
    broken = {path for path in files if path.read_bytes() == b"broken"}
    photos = list(reader.photos(reader.photo_ids().tolist()).values())
    assert sorted(photo.path for photo in photos) == sorted(files - broken)
    assert {entry.stamp.path for entry in reader.unreadable()} == broken
    for photo in photos:
        assert photo.content_hash == content_of(photo.path)
        assert photo.mtime_ns == photo.path.stat().st_mtime_ns
    ids, vectors = reader.vectors("fake")
    assert set(ids.tolist()) == {photo.id for photo in photos}
    shades = {photo.id: photo.content_hash[0] / 255 for photo in photos}
    for photo_id, vector in zip(ids.tolist(), vectors, strict=True):
        assert abs(float(vector[0]) / float(vector[2]) - shades[photo_id]) < 0.01


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds=st.lists(st.lists(change, min_size=1, max_size=6), min_size=2, max_size=4))
def test_the_catalogue_follows_every_change(rounds: list[list[tuple[str, str, str | None]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        (folder / "trip").mkdir(parents=True)
        step = 0
        with Catalog.open(AppPaths.at(Path(name) / "catalogue")) as catalog:
            root = catalog.writer.add_root(folder)
            for changes in rounds:
                for kind, where, extra in changes:
                    step += 1
                    _do(folder, step, kind, where, extra)
                heard = Heard()
                pipeline = Pipeline(
                    catalog, FakePool, FakeEmbedder, "fake", heard, IndexControl(), quiet=0.05
                )
                summary = pipeline.run([root])
                assert summary.problems == []
                assert heard.progress[-1].done == heard.progress[-1].total
                _check(catalog, folder)
