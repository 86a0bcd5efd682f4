"""The inspector shows what is known of one photo, follows the selection, and never a photo it has left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from organizer.events import Committed, Kind
from organizer.library.views import PhotoDetail
from organizer.records import Look
from tests.fakes_library import FakeLibrary
from ui.pictures import PictureLoader
from ui.services import Services
from ui.views.bars import Bar
from ui.views.inspector import Inspector


@pytest.fixture
def inspector(services: Services, qtbot: QtBot) -> Inspector:
    pictures = PictureLoader(services.library, services.tasks, services.tasks)
    inspector = Inspector(services, pictures)
    qtbot.addWidget(inspector)
    inspector.resize(288, 800)
    inspector.show()
    return inspector


def test_one_photo_is_shown_with_its_picture_and_facts(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.show_photos([10])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00010.jpg")
    values = inspector._facts.values()
    assert values["Camera"] == "Fujifilm X-T3"
    assert values["Exposure"] == "1/250 s, f/2.8, ISO 200"
    assert values["Size"] == "4,000 × 3,000, 12.0 MP"
    qtbot.waitUntil(lambda: inspector._preview.has_picture)


def test_why_it_was_judged_is_shown(inspector: Inspector, library: FakeLibrary, qtbot: QtBot) -> None:
    inspector.show_photos([8])
    qtbot.waitUntil(lambda: bool(inspector._categories.bars))
    assert inspector._categories.bars[0].name == "Food"
    flagged = [bar for bar in inspector._quality.bars if bar.tone == "warning"]
    assert [bar.name for bar in flagged] == ["Noisy"]
    assert flagged[0].why == library.detail(8).flags[0].why


def test_a_photo_of_a_stack_says_that_it_is_one(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.show_photos([11])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00011.jpg")
    assert "1 other photo is the same picture." in inspector._stack.text()
    assert "smaller" in inspector._stack.text()


def test_facts_that_are_not_known_leave_no_row(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.show_photos([7])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00007.jpg")
    assert set(inspector._facts.values()) == {"Size", "File", "Folder"}


def test_the_last_of_many_quick_selections_wins(inspector: Inspector, qtbot: QtBot) -> None:
    for photo_id in range(1, 30):
        inspector.show_photos([photo_id])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00029.jpg")
    qtbot.wait(100)
    assert inspector._name.text == "IMG_00029.jpg"


def test_a_photo_of_the_first_look_says_that_a_closer_one_follows(
    inspector: Inspector, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    detail = library.detail
    quick: dict[int, Look] = {5: Look.HEAD}

    def as_seen(photo_id: int) -> PhotoDetail:
        found = detail(photo_id)
        return replace(found, photo=replace(found.photo, look=quick.get(photo_id, Look.FULL)))

    monkeypatch.setattr(library, "detail", as_seen)
    inspector.show_photos([5])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00005.jpg")
    assert "a closer look follows" in inspector._mark.text() and inspector._mark.isVisible()
    quick.clear()
    library.send(Committed((5,), frozenset({Kind.PHOTOS})))
    qtbot.waitUntil(lambda: "closer look" not in inspector._mark.text())


def test_several_photos_are_added_up(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.show_photos([1, 2, 3])
    qtbot.waitUntil(lambda: "3 photos selected" in inspector._nothing.text())
    assert "6.0 MB" in inspector._nothing.text()
    inspector.show_photos([])
    assert "Select a photo" in inspector._nothing.text()


def test_without_a_selection_it_says_what_to_do(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.show_photos([1])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00001.jpg")
    inspector.show_photos([])
    assert inspector._pages.currentWidget() is inspector._nothing


def test_a_changed_caption_appears(inspector: Inspector, library: FakeLibrary, qtbot: QtBot) -> None:
    inspector.show_photos([3])
    qtbot.waitUntil(lambda: "outdoors" in inspector._caption.text())
    library.set_caption(3, "My cat on the roof")
    library.send(Committed((3,), frozenset({Kind.CAPTIONS})))
    qtbot.waitUntil(lambda: inspector._caption.text() == "My cat on the roof")
    assert inspector._caption_source.text() == "Written by you"


def test_a_photo_that_left_the_catalogue_leaves_the_inspector(
    inspector: Inspector, library: FakeLibrary, qtbot: QtBot
) -> None:
    inspector.show_photos([3])
    qtbot.waitUntil(lambda: inspector._name.text == "IMG_00003.jpg")
    library.remove_folder(1)
    qtbot.waitUntil(lambda: inspector._pages.currentWidget() is inspector._nothing)


def test_a_hidden_inspector_reads_nothing(inspector: Inspector, library: FakeLibrary, qtbot: QtBot) -> None:
    inspector.hide()
    asked: list[int] = []
    library.detail = lambda photo_id: asked.append(photo_id)  # type: ignore[assignment,method-assign]
    inspector.show_photos([5])
    qtbot.wait(250)
    assert asked == []


def test_pressing_the_preview_asks_for_the_full_view(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.show_photos([5])
    with qtbot.waitSignal(inspector.enlarge) as asked:
        inspector._preview.pressed.emit()
    assert asked.args == [5]


def test_a_share_that_is_there_is_never_nothing(inspector: Inspector) -> None:
    inspector._categories.show_bars(
        (Bar("Dog", 0.998), Bar("Cat", 0.004), Bar("Cow", 0.0), Bar("Ox", 1.0), Bar("Ant", 0.42))
    )
    assert inspector._categories.accessibleName() == "Dog >99%, Cat <1%, Cow 0%, Ox 100%, Ant 42%"


def test_nothing_is_explained_before_the_photos_own_category_is_known(
    inspector: Inspector, library: FakeLibrary, qtbot: QtBot
) -> None:
    library.why_waits.set()
    inspector.show_photos([8])
    qtbot.waitUntil(lambda: inspector._why_there.isEnabled())
    inspector.show_photos([6])
    assert not inspector._why_there.isEnabled()
    inspector._why_there.setChecked(True)  # as a press that was already under way would
    assert not inspector._why_there.isChecked()
    assert library.asked_why == []
    qtbot.waitUntil(lambda: inspector._why_there.isEnabled())
    inspector._why_there.click()
    qtbot.waitUntil(lambda: [photo_id for photo_id, _ in library.asked_why] == [6])
    qtbot.waitUntil(lambda: inspector._services.tasks.pending == 0)
