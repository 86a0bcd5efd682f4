"""What goes into the catalogue comes out of it, for values that nobody would think of."""

from __future__ import annotations

import math
import os
import sqlite3
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from organizer.catalog import rows
from organizer.catalog.words import match_expressions, prepared

names = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw and b"/" not in raw)


@given(st.lists(names, min_size=1, max_size=5))
def test_paths(parts: list[bytes]) -> None:
    raw = b"/" + b"/".join(parts)
    path = Path(os.fsdecode(raw))
    assert rows.path_of(rows.path_bytes(path)) == path


@given(st.lists(names, min_size=1, max_size=3), names)
def test_what_is_below_a_folder_lies_between_its_bounds(parts: list[bytes], other: bytes) -> None:
    folder = Path(os.fsdecode(b"/" + b"/".join(part.replace(b".", b"x") for part in parts)))
    start, end = rows.below(folder)
    inside = os.fsencode(folder) + b"/" + other
    beside = os.fsencode(folder) + other
    assert start <= inside < end
    assert not start <= os.fsencode(folder) < end
    assert (start <= beside < end) == beside.startswith(os.fsencode(folder) + b"/")


@given(st.integers(0, (1 << 64) - 1))
def test_hashes(number: int) -> None:
    stored = rows.signed(number)
    assert -(1 << 63) <= stored < 1 << 63
    assert rows.unsigned(stored) == number


@given(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=64))
def test_vectors(values: list[float]) -> None:
    stored = rows.vector_bytes(np.array(values))
    assert np.frombuffer(stored, "<f2").tolist() == values


@given(st.integers(-(1 << 62), 1 << 62))
def test_any_file_time_can_be_sorted_and_has_a_day_or_none(mtime_ns: int) -> None:
    seconds = rows.local_seconds(mtime_ns)
    assert math.isfinite(seconds)
    assert len(rows.day_of(seconds)) in (0, 10)


@given(st.text(max_size=30))
def test_any_date_text_gives_seconds_or_nothing(text: str) -> None:
    seconds = rows.taken_seconds(text)
    assert seconds is None or math.isfinite(seconds)


@given(st.text(max_size=60))
def test_any_text_can_be_indexed_and_asked_for(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61 remove_diacritics 2')")
    connection.execute("INSERT INTO t VALUES (?)", (prepared(text),))
    for expression in match_expressions(text):
        connection.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall()
    connection.close()


@given(st.text(alphabet="가나다라마바사아자차카타파하한국어바다", min_size=1, max_size=12), st.data())
def test_every_korean_substring_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61 remove_diacritics 2')")
    connection.execute("INSERT INTO t VALUES (?)", (prepared(text),))
    (expression,) = match_expressions(text[start:end])
    assert connection.execute("SELECT count(*) FROM t WHERE t MATCH ?", (expression,)).fetchone() == (1,)
    connection.close()
