"""Weights are checked before they are read: pickles, cuts, alterations and absences."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from organizer.errors import ModelDamaged, ModelMissing
from organizer.models import weights
from organizer.models.registry import CONFIG_FILE, WEIGHTS_FILE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder whose weights file is whole."""
    (tmp_path / CONFIG_FILE).write_text("{}")
    save_file({"a": np.ones((4, 5), np.float32), "b": np.zeros(3, np.float16)}, tmp_path / WEIGHTS_FILE)
    return tmp_path


def test_a_whole_file_passes(folder: Path) -> None:
    assert weights.check_folder(folder) == folder / WEIGHTS_FILE


@pytest.mark.parametrize("keep", [0, 3, 8, 40, -1])
def test_a_truncated_file_is_damaged(folder: Path, keep: int) -> None:
    file = folder / WEIGHTS_FILE
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ModelDamaged, match="damaged or incomplete"):
        weights.check_folder(folder)


def test_bytes_after_the_end_are_noticed(folder: Path) -> None:
    file = folder / WEIGHTS_FILE
    file.write_bytes(file.read_bytes() + b"more")
    with pytest.raises(ModelDamaged):
        weights.check_folder(folder)


@pytest.mark.parametrize(
    "header", [b"not json at all", json.dumps({"a": {"shape": [1]}}).encode(), b"[1, 2]"]
)
def test_a_spoilt_header_is_damaged(folder: Path, header: bytes) -> None:
    (folder / WEIGHTS_FILE).write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelDamaged) as caught:
        weights.check_folder(folder)
    assert caught.value.detail


class _Tripwire:
    """Unpickling it would call ``print``; a check that loaded the file would run it."""

    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("unpickled",))


def test_a_pickle_under_the_name_of_weights_is_never_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / WEIGHTS_FILE).write_bytes(pickle.dumps(_Tripwire()))
    with pytest.raises(ModelDamaged, match="pickle"):
        weights.check_folder(folder)
    with zipfile.ZipFile(folder / WEIGHTS_FILE, "w") as archive:  # how torch writes its files
        archive.writestr("archive/data.pkl", pickle.dumps(_Tripwire()))
    with pytest.raises(ModelDamaged, match="pickle"):
        weights.check_folder(folder)
    assert capsys.readouterr().out == ""


def test_pickles_beside_absent_weights_are_named(folder: Path) -> None:
    (folder / WEIGHTS_FILE).rename(folder / "open_clip_pytorch_model.bin")
    with pytest.raises(ModelDamaged, match=r"open_clip_pytorch_model\.bin.*never loaded"):
        weights.check_folder(folder)


def test_absent_files_are_missing(folder: Path) -> None:
    (folder / CONFIG_FILE).unlink()
    with pytest.raises(ModelMissing, match="description"):
        weights.check_folder(folder)
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(ModelMissing, match="weights"):
        weights.check_folder(folder)


def test_the_hash_decides(folder: Path) -> None:
    file = folder / WEIGHTS_FILE
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    weights.check_sha256(file, right.upper())
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    weights.check_folder(folder)  # still a well-formed file
    with pytest.raises(ModelDamaged):
        weights.check_sha256(file, right)
