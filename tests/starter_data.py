"""What tests of the starter's training need: a training set of drawn pictures, and the scripts as modules.

The set has the layout that the training reads. Nobody's photos, and enough for every command to run from end
to end in seconds.
"""

from __future__ import annotations

import colorsys
import gzip
import importlib
import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.conftest import REPOSITORY

SCRIPTS = REPOSITORY / "packaging" / "starter"
KINDS = ("sea", "forest", "dog", "receipt")
PICTURES = 24


def write(folder: Path) -> Path:
    """The data folder: pictures with words, teacher's vectors for two thirds of them, sentences, things."""
    (folder / "texts").mkdir(parents=True)
    draw = np.random.default_rng(3)
    rows = ["file\tsource\ttexts\ttarget_row"]
    with zipfile.ZipFile(folder / "images-00.zip", "w") as shard:
        for number in range(PICTURES):
            name, kind = f"{number:03}.webp", KINDS[number % len(KINDS)]
            shard.writestr(name, _picture(number))
            target = str(number) if number % 3 else ""
            rows.append(f"{name}\tdrawn\t{kind} | picture of {kind}\t{target}")
    (folder / "labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    np.save(folder / "targets-int8.npy", draw.integers(-90, 90, (PICTURES, 384), np.int8))
    sentences = "".join(f"a child draws {number} boats .\n" for number in range(300))
    with gzip.open(folder / "texts" / "sentences.txt.gz", "wt", encoding="utf-8") as stream:
        stream.write(sentences)
    things = ["names\tkinds, nearest first"] + [f"thing {n} | object {n}\tobject" for n in range(1000)]
    (folder / "texts" / "things.tsv").write_text("\n".join(things) + "\n", encoding="utf-8")
    return folder


def _picture(number: int) -> bytes:
    colours = [colorsys.hsv_to_rgb(hue / PICTURES % 1, 0.7, 0.9) for hue in (number, number + 9)]
    ground, shape = (tuple(round(255 * part) for part in colour) for colour in colours)
    image = Image.new("RGB", (120, 104), ground)
    ImageDraw.Draw(image).ellipse((10 + number, 20, 70 + number, 90 - number), fill=shape)
    written = io.BytesIO()
    image.save(written, "WEBP", quality=80)
    return written.getvalue()


@contextmanager
def scripts(monkeypatch: pytest.MonkeyPatch, folder: Path = SCRIPTS) -> Iterator[Callable[[str], ModuleType]]:
    """What imports a folder's script by its name; afterwards none of them is loaded any more."""
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    for script in (*SCRIPTS.glob("*.py"), *folder.glob("*.py")):
        monkeypatch.delitem(sys.modules, script.stem, raising=False)  # another folder's of the same name
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        from organizer.models.torchvision_cure import ensure_torchvision

        ensure_torchvision()
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(SCRIPTS.parent)):
            del sys.modules[name]
