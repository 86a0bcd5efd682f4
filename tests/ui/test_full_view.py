"""The full view: walking, zooming at the pointer, deciding, removing and putting back, by keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from organizer.errors import MediaError, MediaReason
from tests.fakes_library import FakeLibrary
from ui.pictures import PictureLoader
from ui.services import Services
from ui.views.full_view import FullView
from ui.views.image_view import ImageView

Key = Qt.Key


@pytest.fixture
def view(services: Services, qtbot: QtBot) -> FullView:
    pictures = PictureLoader(services.library, services.tasks, services.tasks)
    view = FullView(services, pictures)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.open(5, [3, 4, 5, 6, 7], full_screen=False)
    qtbot.waitUntil(lambda: view._name.text == "IMG_00005.jpg")
    return view


def press(qtbot: QtBot, view: FullView, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(view, key)


def test_it_shows_the_photo_its_name_and_its_place(view: FullView, qtbot: QtBot) -> None:
    assert view._place.text() == "3 of 5"
    qtbot.waitUntil(lambda: view._pictures.has(5, 100))
    shot = view.image.grab().toImage()
    assert len({shot.pixel(x, 200) for x in range(0, shot.width(), 7)}) > 1


def test_arrows_walk_and_stop_at_the_ends(view: FullView, qtbot: QtBot) -> None:
    press(qtbot, view, Key.Key_Right, Key.Key_Right, Key.Key_Right)
    assert view.photo_id == 7
    press(qtbot, view, Key.Key_Home)
    assert view.photo_id == 3
    press(qtbot, view, Key.Key_Left)
    assert view.photo_id == 3


def test_the_next_photo_is_already_decoded(view: FullView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view._pictures.has(6, 100))
    press(qtbot, view, Key.Key_Right)
    assert view._pictures.picture(6) is not None
    qtbot.waitUntil(lambda: view._pictures.has(7, 100))


def test_keys_decide(view: FullView, library: FakeLibrary, qtbot: QtBot) -> None:
    press(qtbot, view, Key.Key_P)
    assert view._mark.accessibleName() == "Picked"
    qtbot.waitUntil(lambda: ("choose", [5], 1) in library.calls)
    press(qtbot, view, Key.Key_X, Key.Key_U)
    qtbot.waitUntil(lambda: ("choose", [5], 0) in library.calls)
    assert ("choose", [5], -1) in library.calls
    qtbot.waitUntil(lambda: library.detail(5).choice == 0)


def test_delete_walks_on_and_undo_brings_the_photo_back(
    view: FullView, library: FakeLibrary, qtbot: QtBot
) -> None:
    press(qtbot, view, Key.Key_Delete)
    qtbot.waitUntil(lambda: view.photo_id == 6)
    assert [entry.photo_id for entry in library.trash()] == [5]
    assert view._place.text() == "3 of 4"
    assert view.toast.isVisible()
    qtbot.keyClick(view, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.photo_id == 5)
    assert library.trash() == []
    assert view._place.text() == "3 of 5"


def test_removing_the_last_photo_of_the_set_closes_it(
    services: Services, view: FullView, qtbot: QtBot
) -> None:
    view.open(9, [9], full_screen=False)
    with qtbot.waitSignal(view.closed) as closed:
        press(qtbot, view, Key.Key_Delete)
    assert closed.args == [0]


def test_escape_says_where_one_was(view: FullView, qtbot: QtBot) -> None:
    press(qtbot, view, Key.Key_Right)
    with qtbot.waitSignal(view.closed) as closed:
        press(qtbot, view, Key.Key_Escape)
    assert closed.args == [6]
    assert not view.isVisible()


def test_i_shows_the_facts(view: FullView, qtbot: QtBot) -> None:
    press(qtbot, view, Key.Key_I)
    assert view.facts.isVisible()
    assert view.facts._grid.values()["Camera"] == "Fujifilm X-T3"
    press(qtbot, view, Key.Key_I)
    assert not view.facts.isVisible()


def test_a_photo_that_cannot_be_decoded_says_so_once(
    view: FullView, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_args: object) -> None:
        raise MediaError("IMG_00007.jpg is damaged.", MediaReason.DAMAGED)

    monkeypatch.setattr(library, "picture", damaged)
    press(qtbot, view, Key.Key_End)
    qtbot.waitUntil(lambda: view.toast.isVisible())
    assert view.toast.text == "IMG_00007.jpg is damaged."


def test_zoom_asks_for_all_pixels(view: FullView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view._pictures.has(5, 100))
    press(qtbot, view, Key.Key_1)
    assert view.image.scale == pytest.approx(1.0)
    qtbot.waitUntil(lambda: view._pictures.has(5, 4000), timeout=10_000)
    picture = view._pictures.picture(5)
    assert picture is not None
    assert picture.width() == 4000


@pytest.fixture
def image(qtbot: QtBot) -> ImageView:
    image = ImageView()
    qtbot.addWidget(image)
    image.resize(800, 600)
    image.show_photo(QSize(4000, 3000), QImage(400, 300, QImage.Format.Format_RGB32))
    return image


def test_a_click_zooms_at_the_pointer_and_another_fits_again(image: ImageView, qtbot: QtBot) -> None:
    at = QPointF(600, 150)
    place = image.to_photo(at)
    qtbot.mouseClick(image, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert image.scale == pytest.approx(1.0)
    assert (image.to_photo(at) - place).manhattanLength() < 1.5
    qtbot.mouseClick(image, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert image.fitted


def test_panning_stops_at_the_edges(image: ImageView) -> None:
    image.zoom_to(1.0)
    image.pan(QPointF(10_000, 10_000))
    assert image.to_photo(QPointF(0, 0)) == QPointF(0, 0)
    image.pan(QPointF(-90_000, -90_000))
    assert image.to_photo(QPointF(800, 600)) == QPointF(4000, 3000)


def test_a_sharper_picture_moves_nothing(image: ImageView) -> None:
    image.zoom_to(0.7, QPointF(100, 100))
    before = image.to_photo(QPointF(400, 300))
    image.show_picture(QImage(4000, 3000, QImage.Format.Format_RGB32))
    assert image.to_photo(QPointF(400, 300)) == before


class TestGeometry:
    """For any photo, view and zoom."""

    @given(
        size=st.tuples(st.integers(50, 20_000), st.integers(50, 20_000)),
        at=st.tuples(st.floats(0, 800), st.floats(0, 600)),
        scale=st.floats(0.01, 10),
    )
    def test_places_map_there_and_back(
        self, size: tuple[int, int], at: tuple[float, float], scale: float
    ) -> None:
        image = ImageView()
        image.resize(800, 600)
        image.show_photo(QSize(*size), None)
        image.zoom_to(scale, QPointF(*at))
        there = image.to_view(image.to_photo(QPointF(*at)))
        assert (there - QPointF(*at)).manhattanLength() < 1e-3
        image.deleteLater()


def test_the_map_of_what_speaks_for_the_category_comes_and_goes_with_a_key(
    view: FullView, library: FakeLibrary, qtbot: QtBot
) -> None:
    plain = view.image.grab().toImage()
    press(qtbot, view, Key.Key_H)
    qtbot.waitUntil(lambda: view.image.has_heat)
    category = library.detail(5).categories
    assert category is not None
    assert library.asked_why == [(5, category.category)]
    assert "Why: " in view.why.text()
    assert view.image.grab().toImage() != plain
    press(qtbot, view, Key.Key_H)
    assert not view.image.has_heat
    assert "Show why" in view.why.text()
    view.why.click()
    qtbot.waitUntil(lambda: view.image.has_heat)
    press(qtbot, view, Key.Key_Right)
    assert not view.image.has_heat
    assert not view.why.isChecked()


def test_the_next_photo_stops_the_question_about_the_last_one(
    view: FullView, library: FakeLibrary, qtbot: QtBot
) -> None:
    library.why_waits.clear()
    press(qtbot, view, Key.Key_H)
    assert "Looking" in view.why.text()
    press(qtbot, view, Key.Key_Right)
    qtbot.waitUntil(lambda: view._services.tasks.pending == 0)
    assert library.asked_why == []  # it was given up, not merely ignored
    library.why_waits.set()
    qtbot.waitUntil(lambda: not view.why.isHidden())
    press(qtbot, view, Key.Key_H)
    qtbot.waitUntil(lambda: view.image.has_heat)
    assert [photo_id for photo_id, _ in library.asked_why] == [6]


def test_a_photo_that_cannot_be_explained_says_so(
    view: FullView, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise MediaError("The file is not there any more.", MediaReason.DAMAGED)

    monkeypatch.setattr(library, "why", broken)
    press(qtbot, view, Key.Key_H)
    qtbot.waitUntil(lambda: view.toast.isVisible())
    assert view.toast.text == "The file is not there any more."
    assert not view.why.isChecked()


def test_a_photo_without_a_category_has_no_why(
    view: FullView, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = library.detail
    monkeypatch.setattr(library, "detail", lambda photo_id: replace(real(photo_id), categories=None))
    press(qtbot, view, Key.Key_Right)
    qtbot.waitUntil(lambda: view._name.text == "IMG_00006.jpg")
    assert view.why.isHidden()
    press(qtbot, view, Key.Key_H)
    assert not view.why.isChecked()
    assert library.asked_why == []
