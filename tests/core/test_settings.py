"""What the person chose survives; what cannot be read is set aside and never stops the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from organizer.settings import Settings, load_settings, save_settings


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    chosen = Settings(device="cpu", protected=("/photos/한국",), cell_size=320, thresholds={"blurred": 0.7},
                      keep_rules=("oldest", "-name"), sidecars=True)  # fmt: skip
    save_settings(chosen, tmp_path / "deep" / "settings.json")
    assert load_settings(tmp_path / "deep" / "settings.json") == chosen


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()


def test_a_damaged_file_is_kept_beside_and_defaults_are_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{ not json")
    assert load_settings(file) == Settings()
    assert not file.exists()
    assert (tmp_path / "settings.unreadable.json").read_text() == "{ not json"
    assert "defaults are used" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", "abacus"),
        ("cell_size", 5),
        ("cell_size", True),
        ("theme", 7),
        ("trash_days", -1),
        ("empty_how", "shredder"),
        ("sidecars", 1),
        ("keep_rules", "pixels"),
        ("protected", [1, 2]),
        ("thresholds", ["x"]),
    ],
)
def test_one_wrong_value_costs_only_itself(tmp_path: Path, name: str, value: object) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({name: value, "model": "other"}))
    loaded = load_settings(file)
    assert loaded.model == "other"
    assert getattr(loaded, name) == getattr(Settings(), name)


def test_saving_leaves_no_half_written_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    save_settings(Settings(), file)
    save_settings(Settings(theme="dark"), file)
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]
    assert load_settings(file).theme == "dark"
