"""Captions, topics and sidecars from end to end: real photos, the real model, others' files, bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organizer.errors import ActionRefused
from organizer.events import Kind
from organizer.library import Library
from organizer.media.sidecar import merge, read_fields
from organizer.paths import AppPaths
from organizer.records import SidecarFields
from tests.integration.conftest import Run

EACH = 9
WANTED = {"receipt": EACH, "glacier": EACH, "sea": EACH}


@pytest.fixture(scope="module")
def paths(
    photos_root: Path, labels: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppPaths]:
    """A library of three subjects and a photo of noise, indexed and described once."""
    folder = tmp_path_factory.mktemp("described")
    pictures = folder / "pictures"
    pictures.mkdir()
    for label, count in WANTED.items():
        files = [row["file"] for row in labels if row["set"] == "everyday" and row["label"] == label]
        for number, name in enumerate(files[:count]):
            (pictures / f"{label}-{number}.jpg").write_bytes((photos_root / name).read_bytes())
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    Image.fromarray(noise).save(pictures / "noise.png")
    paths = AppPaths.at(folder / "catalogue")
    library = Library.open(paths)
    library.add_folder(pictures)
    library.index(library.new_control())
    library.describe_waiting(library.new_control(), idle=True)
    library.analyse()
    library.close()
    yield paths


@pytest.fixture
def library(paths: AppPaths) -> Iterator[Library]:
    library = Library.open(paths)
    yield library
    library.close()


def by_name(library: Library) -> dict[str, int]:
    return {photo.path.stem: i for i, photo in library.photos(library.photo_ids().tolist()).items()}


def test_every_photo_has_a_models_sentence(library: Library) -> None:
    captions = library.captions()
    assert len(captions) == sum(WANTED.values()) + 1  # the noise, too
    assert {one.source for one in captions} == {f"model {library.captioner_key()}"}
    assert all(one.text[0].isupper() and one.text.endswith(".") for one in captions)
    assert not len(library.waiting_captions(idle=True))


def test_subjects_become_topics(library: Library) -> None:
    subject = {i: stem.split("-")[0] for stem, i in by_name(library).items()}
    topics = library.topics()
    assert topics and Kind.TOPICS not in library.stale_kinds()
    placed = [(topic.key, subject[i]) for topic in topics for i in topic.photo_ids]
    assert len(placed) >= 0.7 * len(subject)
    most = sum(max(sum(pair == (topic.key, s) for pair in placed) for s in WANTED) for topic in topics)
    assert most / len(placed) >= 0.8  # purity
    assert all(topic.words for topic in topics)


def test_the_report_has_sources_and_topics(paths: AppPaths, library: Library, program: Run) -> None:
    names = {topic.name for topic in library.topics()}
    library.close()
    told = program("report", "--json", "-", "--catalog", paths.data)
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    assert {one["source"] for one in report["captions"]} == {"model starter-captioner"}
    assert {topic["topic"] for topic in report["topics"]} == names


def test_korean_is_found_inside_words(library: Library) -> None:
    ids = by_name(library)
    library.set_caption(ids["sea-0"], "여름 바다에서 강아지와")
    library.set_caption(ids["sea-1"], "제주도의 푸른 바닷가")
    for words, found in {
        "바다": {"sea-0"}, "바다에서": {"sea-0"}, "강아지": {"sea-0"}, "제주": {"sea-1"}, "도의": {"sea-1"},
        "푸른 바닷가": {"sea-1"}, "다바": set(),
    }.items():  # fmt: skip
        hits = set(library._reader.holding(words).tolist())
        assert {name for name, i in ids.items() if i in hits} == found, words
    assert ids["sea-0"] in [hit.photo_id for hit in library.search("바다").hits]
    library.undo()
    library.undo()
    assert not len(library._reader.holding("바다"))


def test_sidecars_are_off_then_written_read_back_and_undone(library: Library) -> None:
    ids = by_name(library)
    photo = library.photos([ids["glacier-0"]])[ids["glacier-0"]]
    with pytest.raises(ActionRefused):
        library.export_sidecars([photo.id])
    assert list(photo.path.parent.glob("*.xmp*")) == []
    library.change_settings(sidecars=True)
    library.set_caption(photo.id, "빙하 위에서")
    topic = next(one for one in library.topics() if photo.id in one.photo_ids)
    library.rename_topic(topic.key, "Ice trip")
    report = library.export_sidecars([photo.id])
    assert report.done == (photo.id,) and not report.refused
    file = photo.path.with_name("glacier-0.jpg.xmp")
    said = read_fields(file.read_bytes())
    assert said.description == "빙하 위에서"
    assert "Ice trip" in said.keywords
    view = library.sidecar(photo.id)
    assert view is not None and not view.conflicts
    file.write_bytes(merge(file.read_bytes(), SidecarFields(description="Theirs"), {"description"}).data)
    library.read_sidecars()
    view = library.sidecar(photo.id)
    assert view is not None and view.conflicts == {"description": "빙하 위에서"}
    assert library.export_sidecars([photo.id]).text.endswith("1 sidecar says something else and was left so.")
    assert read_fields(file.read_bytes()).description == "Theirs"
    library.write_sidecars({photo.id: SidecarFields(description="빙하 위에서")}, replace=("description",))
    assert read_fields(file.read_bytes()).description == "빙하 위에서"
    library.change_settings(sidecars=False)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff no xml", b"<x:xmpmeta", b"<!DOCTYPE a []><a/>"])
def test_what_is_no_sidecar_is_told_and_left_alone(library: Library, data: bytes) -> None:
    ids = by_name(library)
    photo = library.photos([ids["sea-2"]])[ids["sea-2"]]
    file = photo.path.with_name("sea-2.jpg.xmp")
    file.write_bytes(data)
    library.change_settings(sidecars=True)
    try:
        report = library.export_sidecars([photo.id])
        assert not report.done and report.refused[0][1]
        assert file.read_bytes() == data
        library.read_sidecars()
        view = library.sidecar(photo.id)
        assert view is not None and view.problem == "sea-2.jpg.xmp is not a sidecar that can be read."
    finally:
        file.unlink()
        library.read_sidecars()
        library.change_settings(sidecars=False)


def test_a_place_where_nothing_can_be_written(library: Library) -> None:
    ids = by_name(library)
    photo = library.photos([ids["sea-3"]])[ids["sea-3"]]
    blocked = photo.path.with_name("sea-3.jpg.xmp")
    blocked.mkdir()  # nothing can be written there, whoever asks
    library.change_settings(sidecars=True)
    try:
        report = library.export_sidecars([photo.id])
        assert not report.done and report.refused[0][1]
        assert library.captions()
    finally:
        blocked.rmdir()
        library.change_settings(sidecars=False)


def test_describing_again_by_request_is_one_undo(library: Library) -> None:
    ids = by_name(library)
    before = {one.photo_id: one.text for one in library.captions()}
    library.use_captioner("labels")
    library.describe(ids.values())
    library.describe_waiting(library.new_control(), idle=False)
    assert "labels" in {one.source for one in library.captions()}
    library.undo()
    assert {one.photo_id: one.text for one in library.captions()} == before
    library.use_captioner("")
