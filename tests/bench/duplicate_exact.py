"""The exact tier of ``bench_duplicates``: copies of files, and the same picture with other metadata."""

from __future__ import annotations

import io
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image

from organizer.analysis.duplicates import Findings, load_calibration, stacks
from organizer.media.decode import decode_file
from organizer.paths import resources_dir
from organizer.records import FileStamp
from organizer.results import Tier
from tests.bench.photoset import table_of

COUNT = 60  # photos that are copied


def with_other_words(file: Path) -> bytes:
    """The same compressed picture with a comment more."""
    raw = file.read_bytes()
    words = b"copied by the bench"
    return raw[:2] + b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words + raw[2:]


def as_png(file: Path, words: str) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info, stream = PngInfo(), io.BytesIO()
    info.add_text("Comment", words)
    with Image.open(file) as picture:
        picture.convert("RGB").save(stream, "PNG", pnginfo=info, compress_level=1)
    return stream.getvalue()


def report(root: Path) -> None:
    """Plants three copies of each photo and counts who stacks with whom."""
    files = [
        file for part in ("captioned", "everyday", "lookalikes")
        for file in sorted((root / part).rglob("*.jpg"))[: COUNT // 3]
    ]  # fmt: skip
    calibration = load_calibration(resources_dir() / "calibration" / "duplicates.toml")
    with tempfile.TemporaryDirectory() as folder:
        names, family, content, pixels, prints, sizes = [], [], [], [], [], []
        for number, file in enumerate(files):
            small = number % 3 == 0
            kinds = {"original": file.read_bytes(), "same bytes": file.read_bytes(),
                     "other words": with_other_words(file)}  # fmt: skip
            if small:
                kinds |= {"PNG": as_png(file, "one"), "PNG, other words": as_png(file, "two")}
            for kind, raw in kinds.items():
                copy = Path(folder) / f"{number}-{kind}{'.png' if 'PNG' in kind else '.jpg'}"
                copy.write_bytes(raw)
                told = copy.stat()
                read = decode_file(FileStamp(copy, told.st_size, told.st_mtime_ns), None)
                names.append(copy.name)
                family.append((number, "PNG" in kind))
                content.append(read.content_hash)
                pixels.append(read.pixel_hash)
                prints.append(read.fingerprint)
                sizes.append((read.width, read.height))
    table = table_of(prints, sizes, names)
    columns = {name: getattr(table, name) for name in table.__slots__}
    table = type(table)(**(columns | {"content_hash": content, "pixel_hash": pixels}))
    made = stacks(table, Findings.of(np.empty((0, 2), np.int64)), calibration)
    joined = {
        pair for stack in made if stack.tier == Tier.EXACT
        for pair in combinations(sorted(one - 1 for one in stack.members), 2)
    }  # fmt: skip
    wanted = {pair for pair in combinations(range(len(names)), 2) if family[pair[0]] == family[pair[1]]}
    wrong = [pair for pair in joined if family[pair[0]][0] != family[pair[1]][0]]
    print(
        f"EXACT: {len(names)} files of {len(files)} photos: recall {len(joined & wanted) / len(wanted):.3f} "
        f"({len(wanted)} pairs), precision {1 - len(wrong) / max(1, len(joined)):.3f}\n"
    )
