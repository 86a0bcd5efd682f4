"""Teaching on real photos: the command line, bad folders, kept categories, the window's lessons and why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organizer.errors import UsageProblem
from organizer.library import Library
from organizer.paths import AppPaths
from tests.integration.conftest import Run


@pytest.fixture(scope="module")
def classes(
    photos_root: Path, labels: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Six photos each of dogs and of cats, in folders of these names."""
    folder = tmp_path_factory.mktemp("classes")
    for name in ("cat", "dog"):
        (folder / name).mkdir()
        chosen = [row for row in labels if row["set"] == "everyday" and row["label"].startswith(f"{name}:")]
        for row in chosen[:6]:
            shutil.copyfile(photos_root / row["file"], folder / name / Path(row["file"]).name)
    return folder


def test_class_folders_give_a_lesson_as_json(program: Run, classes: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "classes"
    shutil.copytree(classes, damaged)
    (damaged / "dog" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    twice = next((damaged / "cat").glob("*.*"))
    shutil.copyfile(twice, damaged / "dog" / f"also-{twice.name}")
    ran = program("teach", damaged, "--json", "--catalog", tmp_path / "catalogue")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["classes"] == ["cat", "dog"]
    assert found["images"] == 11  # the picture in both classes teaches neither
    assert found["folds"] == 5
    assert np.sum(found["confusion"]) == 11
    assert found["accuracy"] == pytest.approx(np.trace(found["confusion"]) / 11, abs=1e-3)
    assert found["accuracy"] > found["chance"]
    assert sum(one["images"] for one in found["per_class"].values()) == 11
    assert len(found["left_out"]) == 3
    wrong = [(one["class"], one["taken_for"]) for one in found["mistakes"]]
    assert len(wrong) == 11 - np.trace(found["confusion"])
    assert all(given != said for given, said in wrong)
    assert "broken.jpg" in ran.stderr
    assert "two classes" in ran.stderr


def test_a_lesson_is_told_with_its_table_and_its_doubts(program: Run, classes: Path, tmp_path: Path) -> None:
    """One cat lies among the dogs: the table shows it, and it is named as a likely mistake."""
    mixed = tmp_path / "classes"
    shutil.copytree(classes, mixed)
    stray = next((mixed / "cat").glob("*.*"))
    stray.rename(mixed / "dog" / f"stray-{stray.name}")
    ran = program("teach", mixed, "--catalog", tmp_path / "catalogue")
    assert ran.returncode == 0, ran.stderr
    first, head, *rows = ran.stdout.splitlines()
    assert "12 pictures of 2 classes" in first
    assert head.split() == ["class", "right", "taken", "for", "1", "2"]
    table = [[int(count) for count in row.split()[3:]] for row in rows[:2]]
    assert [sum(row) for row in table] == [5, 7]
    assert f"stray-{stray.name}: dog -> cat" in ran.stdout


def test_a_folder_that_cannot_teach_is_told_in_one_line(program: Run, classes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "classes"
    shutil.copytree(classes / "dog", folder / "dog")
    ran = program("teach", folder, "--catalog", tmp_path / "catalogue")
    assert ran.returncode == 2
    assert "at least two are needed" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert program("teach", tmp_path / "nowhere", "--catalog", tmp_path / "catalogue").returncode == 1


@pytest.fixture(scope="module")
def library(classes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The twelve photos, looked at and sorted; who changes what they are sorted into undoes it."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(classes, folder / "photos")
    opened = Library.open(AppPaths.at(folder / "own"))
    opened.add_folder(folder / "photos")
    opened.index(opened.new_control())
    opened.analyse()
    yield opened
    opened.close()


def test_class_folders_that_cannot_teach_are_refused(library: Library, classes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "classes"
    shutil.copytree(classes / "dog", folder / "dog")
    with pytest.raises(UsageProblem, match="at least two are needed"):
        library.teach_folders(folder)
    (folder / "cat").mkdir()
    with pytest.raises(UsageProblem, match="cat holds no pictures"):
        library.teach_folders(folder)
    first = next((classes / "cat").glob("*.*"))
    shutil.copyfile(first, folder / "cat" / first.name)
    with pytest.raises(UsageProblem, match="at least 2"):
        library.teach_folders(folder)


def test_a_kept_lesson_becomes_categories_that_photos_go_to(library: Library, classes: Path) -> None:
    lesson = library.teach_folders(classes, keep="My pets", augment=True)
    assert len(lesson.kept) == 2
    names = dict(library.category_names())
    assert [names[key] for key in lesson.kept] == ["cat", "dog"]
    parents = {library.category_parents()[key] for key in lesson.kept}
    assert len(parents) == 1
    assert names[str(parents.pop())] == "My pets"
    library.analyse()
    cat, dog = lesson.kept
    landed = dict.fromkeys((cat, dog), 0)
    for view in library.categories():
        folders = [photo.path.parent.name for photo in library.photos(view.photo_ids).values()]
        if view.key in landed:
            landed[view.key] += folders.count("cat" if view.key == cat else "dog")
    assert sum(landed.values()) >= 6
    library.undo()
    assert not set(lesson.kept) & set(dict(library.category_names()))


def test_examples_teach_a_category_and_are_undone(library: Library) -> None:
    photos = {i: photo.path.parent.name for i, photo in library.photos(library.photo_ids().tolist()).items()}
    dogs = [i for i, folder in photos.items() if folder == "dog"]
    cats = [i for i, folder in photos.items() if folder == "cat"]
    key = library.add_category("Best friends")
    assert library.lesson(key).taught == 0
    library.teach_category(key, dogs[:4], cats[:1])
    lesson = library.lesson(key)
    assert sorted(lesson.shown) == sorted(dogs[:4])
    assert lesson.not_shown == (cats[0],)
    assert lesson.taught == 4
    assert lesson.enough
    assert lesson.accuracy is not None
    assert lesson.confusion is not None
    assert sum(lesson.confusion[1]) == 4
    assert not {photo for photo, _, _ in lesson.mistakes} & {*dogs[:4], cats[0]}
    doubts = [abs(chance - 0.5) for _, chance, _ in lesson.mistakes]
    assert doubts == sorted(doubts)
    library.undo()
    assert library.lesson(key).taught == 0


def test_a_photo_that_is_said_not_to_be_of_a_category_is_not_in_it(library: Library) -> None:
    library.analyse()  # what the tests before taught is taken back
    view = max(library.categories(), key=lambda view: len(view.photo_ids))
    wrong = view.photo_ids[0]
    library.teach_category(view.key, (), [wrong])
    library.analyse()
    assert wrong not in {
        i for found in library.categories() if found.key == view.key for i in found.photo_ids
    }
    library.undo()
    library.analyse()
    assert wrong in {i for found in library.categories() if found.key == view.key for i in found.photo_ids}


def test_one_example_is_in_its_category(library: Library) -> None:
    library.analyse()
    first, second = sorted(library.categories(), key=lambda view: -len(view.photo_ids))[:2]
    photo = next(i for i in first.photo_ids if i not in second.photo_ids)
    library.teach_category(second.key, [photo])
    library.analyse()
    assert photo in {i for found in library.categories() if found.key == second.key for i in found.photo_ids}
    library.undo()
    library.analyse()


def test_the_page_of_the_report_calls_categories_by_their_names(library: Library, tmp_path: Path) -> None:
    library.analyse()
    view = max(library.categories(), key=lambda view: len(view.photo_ids))
    library.rename_category(view.key, "Tom & friends")
    library.write_html_report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h3>Tom &amp; friends" in page
    assert f"<h3>{view.key}" not in page
    assert view.key in {group["category"] for group in library.report()["categories"]}
    library.undo()


def test_why_lies_over_the_photo(library: Library) -> None:
    found = library.why(int(library.photo_ids()[0]), "animals")
    assert found.heat.shape == (7, 7)
    assert 0 <= found.heat.min() <= found.heat.max() <= 1
    assert all(np.isfinite(found.region))


def test_the_hottest_part_is_where_the_object_was_pasted(
    photos_root: Path, labels: list[dict[str, str]], tmp_path: Path
) -> None:
    """Dogs and cats in a corner of seas and glaciers: the map's top lies in that corner far above chance."""
    rows = [row for row in labels if row["set"] == "everyday"]
    pets = [r for r in rows if r["label"].startswith(("dog:", "cat:"))][:12]
    grounds = [r for r in rows if r["label"] in ("sea", "glacier", "mountain")][:12]
    folder = tmp_path / "pasted"
    folder.mkdir()
    for number, (pet, ground) in enumerate(zip(pets, grounds, strict=True)):
        image = Image.open(photos_root / ground["file"]).convert("RGB").resize((448, 448))
        small = Image.open(photos_root / pet["file"]).convert("RGB").resize((208, 208))
        corner = number % 4
        image.paste(small, (8 + 224 * (corner % 2), 8 + 224 * (corner // 2)))
        image.save(folder / f"{number:02d}.png")
    library = Library.open(AppPaths.at(tmp_path / "own"))
    try:
        library.add_folder(folder)
        library.index(library.new_control())
        hits = 0
        for photo_id, photo in library.photos(library.photo_ids().tolist()).items():
            corner = int(photo.path.stem) % 4
            row, column = np.unravel_index(library.why(photo_id, "animals").heat.argmax(), (7, 7))
            hits += (column <= 3 if corner % 2 == 0 else column >= 3) and (
                row <= 3 if corner // 2 == 0 else row >= 3
            )
        assert hits >= 9, f"{hits} of 12"
    finally:
        library.close()
