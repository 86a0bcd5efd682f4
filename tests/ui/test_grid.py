"""The grid itself: what it paints, how keys and mouse act, that nothing jumps when photos arrive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.fakes_library import FakeLibrary
from ui.models.content import Content, from_groups, one_section
from ui.services import Services
from ui.views.grid import GridView, photo_mime, photos_in
from ui.views.grid_delegate import CellPainter, Look

HUGE = 100_000


@pytest.fixture
def make_grid(services: Services, qtbot: QtBot) -> Callable[..., GridView]:
    def make(content: Content, width: int = 800, height: int = 600) -> GridView:
        grid = GridView(services.thumbnails, services.theme)
        qtbot.addWidget(grid)
        grid.resize(width, height)
        with qtbot.waitExposed(grid):
            grid.show()
        grid.set_content(content)
        grid.setFocus()
        return grid

    return make


def sixty() -> Content:
    return from_groups([("a", "First", "", range(1, 31)), ("b", "Second", "", range(31, 61))])


def middle_of(grid: GridView, place: int) -> QPoint:
    return grid.item_rect(place).center()


def press(grid: GridView, place: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifier, middle_of(grid, place))


def test_only_visible_cells_are_painted(
    make_grid: Callable[..., GridView], monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[QRect] = []
    whole = CellPainter.paint

    def counting(self: CellPainter, painter: QPainter, rect: QRect, look: Look) -> None:
        painted.append(QRect(rect))
        whole(self, painter, rect, look)

    monkeypatch.setattr(CellPainter, "paint", counting)
    grid = make_grid(one_section(range(HUGE)))
    for value in (0, grid.verticalScrollBar().maximum() // 2, grid.verticalScrollBar().maximum()):
        grid.verticalScrollBar().setValue(value)
        painted.clear()
        grid.viewport().repaint()
        visible = len(grid.visible_places(8))
        assert 0 < len(painted) <= visible + 2 * grid.rows.columns
        assert visible < 60


def test_a_full_grid_shows_photos(make_grid: Callable[..., GridView], qtbot: QtBot) -> None:
    grid = make_grid(sixty())

    def all_shown() -> None:
        side = grid.thumbnail_side()
        assert all(grid.thumbnails.pixmap(i, side) for i in grid.photo_ids(grid.visible_places()))

    qtbot.waitUntil(lambda: _holds(all_shown), timeout=10_000)
    qtbot.waitUntil(lambda: not grid.fading.is_moving(), timeout=5_000)
    image = grid.viewport().grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    values = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    assert values[:, : image.width()].std() > 15


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except AssertionError:
        return False
    return True


def test_what_arrives_above_moves_nothing(make_grid: Callable[..., GridView]) -> None:
    grid = make_grid(one_section(range(500, 900)))
    grid.verticalScrollBar().setValue(1234)
    press(grid, grid.visible_places().start + 9)
    before = {i: grid.item_rect(grid.content.position(i)) for i in grid.photo_ids(grid.visible_places())}
    chosen = grid.selected_ids()
    columns = grid.rows.columns
    grid.set_content(one_section([*range(columns * 6), *range(500, 900)]))
    assert grid.selected_ids() == chosen
    for photo_id, rect in before.items():
        assert grid.item_rect(grid.content.position(photo_id)) == rect


def test_another_width_keeps_the_photo_at_the_top(make_grid: Callable[..., GridView]) -> None:
    grid = make_grid(one_section(range(5000)))
    grid.verticalScrollBar().setValue(20_000)
    top = grid.content.ids[grid.visible_places().start]
    grid.resize(520, 600)
    assert top in grid.photo_ids(grid.visible_places())
    grid.set_cell(240)
    assert top in grid.photo_ids(grid.visible_places())


def test_arrows_pages_home_and_end(make_grid: Callable[..., GridView]) -> None:
    grid = make_grid(sixty())
    columns = grid.rows.columns
    press(grid, 1)
    for key, place in (
        (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Down, 1 + columns), (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_End, 59), (Qt.Key.Key_Right, 59), (Qt.Key.Key_Home, 0), (Qt.Key.Key_Left, 0),
    ):  # fmt: skip
        QTest.keyClick(grid, key)
        assert grid.current() == place, key
        assert grid.selected_ids() == [place + 1]
        assert grid.viewport().rect().contains(grid.item_rect(place))
    QTest.keyClick(grid, Qt.Key.Key_PageDown)
    assert grid.current() >= 2 * columns


def test_down_crosses_into_the_next_section_in_the_same_column(make_grid: Callable[..., GridView]) -> None:
    content = from_groups([("a", "A", "", range(1, 3)), ("b", "B", "", range(3, 30))])
    grid = make_grid(content)
    press(grid, 1)
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert grid.current() == 3
    QTest.keyClick(grid, Qt.Key.Key_Up)
    assert grid.current() == 1


def test_mouse_selects_as_in_a_file_manager(make_grid: Callable[..., GridView], qtbot: QtBot) -> None:
    grid = make_grid(sixty())
    press(grid, 2)
    press(grid, 5, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_ids() == [3, 4, 5, 6]
    press(grid, 4, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_ids() == [3, 4, 6]
    press(grid, 3)
    assert grid.selected_ids() == [4]
    with qtbot.waitSignal(grid.selection_changed) as told:
        QTest.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [list(range(1, 61))]
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.selected_ids() == []


def test_a_heading_selects_its_section_and_hides_what_is_below(make_grid: Callable[..., GridView]) -> None:
    grid = make_grid(sixty())
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 20))
    assert grid.selected_ids() == list(range(1, 31))
    grid.verticalScrollBar().setValue(150)
    assert grid.header_at(QPoint(40, 5)) == 0
    assert grid.place_at(QPoint(40, 5)) == -1


def test_a_rubber_band_selects_what_it_touches(make_grid: Callable[..., GridView]) -> None:
    grid = make_grid(sixty())
    view = grid.viewport()
    start = QPoint(4, grid.item_rect(0).top() + 4)
    end = grid.item_rect(grid.rows.columns + 1).center()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(30, 30))
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    columns = grid.rows.columns
    assert grid.selected_ids() == [1, 2, columns + 1, columns + 2]


def test_space_enter_letters_and_double_click(make_grid: Callable[..., GridView], qtbot: QtBot) -> None:
    grid = make_grid(sixty())
    press(grid, 7)
    with qtbot.waitSignal(grid.activated) as opened:
        QTest.keyClick(grid, Qt.Key.Key_Space)
    assert opened.args == [8]
    with qtbot.waitSignal(grid.inspect_requested):
        QTest.keyClick(grid, Qt.Key.Key_Return)
    with qtbot.waitSignal(grid.text_typed) as typed:
        QTest.keyClick(grid, Qt.Key.Key_B)
    assert typed.args == ["b"]
    with qtbot.waitSignal(grid.activated) as opened:
        QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(grid, 3))
    assert opened.args == [4]
    QTest.keyClick(grid, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_ids() == []
    QTest.keyClick(grid, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_ids() == [8]


def test_the_wheel_with_ctrl_asks_for_another_size(make_grid: Callable[..., GridView], qtbot: QtBot) -> None:
    grid = make_grid(sixty())
    at = QPointF(grid.viewport().rect().center())
    turn = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    with qtbot.waitSignal(grid.zoomed) as asked:
        QApplication.sendEvent(grid.viewport(), turn)
    assert asked.args[0] > 0
    assert grid.scrolled() == 0


def test_cells_stay_within_their_limits(make_grid: Callable[..., GridView]) -> None:
    grid = make_grid(sixty())
    before = grid.rows.columns
    grid.set_cell(280)
    assert grid.rows.columns < before
    grid.set_cell(5000)
    assert grid.rows.cell == 320
    grid.set_cell(1)
    assert grid.rows.cell == 96


def test_dragged_photos_carry_ids_and_files(library: FakeLibrary) -> None:
    photos = library.photos([3, 4])
    data = photo_mime([3, 4], [photo.path for photo in photos.values()])
    assert photos_in(data) == [3, 4]
    assert [url.toLocalFile() for url in data.urls()] == [str(photo.path) for photo in photos.values()]


def test_foreign_drags_are_no_photos() -> None:
    assert photos_in(photo_mime([], [])) == []


def test_hidden_views_want_nothing(make_grid: Callable[..., GridView], qtbot: QtBot) -> None:
    grid = make_grid(sixty())
    grid.hide()
    assert grid not in grid.thumbnails._wishes
    assert grid.accessibleName()
