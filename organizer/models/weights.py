"""Checks a folder of weights before anything is read from it.

Only safetensors files are let through: a pickle can run code when it is read. Must not import torch.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from organizer.errors import ModelDamaged, ModelMissing
from organizer.models.registry import CONFIG_FILE, WEIGHTS_FILE, ModelSpec, require_installed

_HEADER_LIMIT = 100_000_000  # the safetensors format's own bound
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
_PICKLE_NAMES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def require_sound(spec: ModelSpec) -> Path:
    """The folder of a model of the registry, its weights whole and the ones that are meant.

    Raises ModelMissing, ModelDamaged.
    """
    folder = require_installed(spec)
    file = check_folder(folder)
    if spec.sha256:
        check_sha256(file, spec.sha256)
    return folder


def check_folder(folder: Path) -> Path:
    """The weights file of a model folder, found to be whole.

    Raises ModelMissing where a file is not there, ModelDamaged where the weights are no complete
    safetensors file.
    """
    weights = folder / WEIGHTS_FILE
    if not weights.is_file():
        pickles = sorted(path.name for pattern in _PICKLE_NAMES for path in folder.glob(pattern))
        if pickles:
            raise ModelDamaged(
                f"“{pickles[0]}” is not a safetensors file; weights in other formats are never loaded, "
                "because reading them could run a stranger's program."
            )
        raise ModelMissing("The model's weights are not on this computer.", detail=str(weights))
    if not (folder / CONFIG_FILE).is_file():
        raise ModelMissing("The model's description is not on this computer.", detail=str(folder))
    check_safetensors(weights)
    return weights


def check_safetensors(path: Path) -> None:
    """Read the header alone and compare what it promises with the file's length.

    Layout: 8 bytes little-endian header length, a JSON object, then the arrays' bytes without gaps.
    Raises ModelDamaged.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(8)
        if start.startswith(_PICKLE_STARTS):
            raise ModelDamaged(
                f"“{path.name}” is a pickle under another name; it is not loaded, "
                "because reading it could run a stranger's program."
            )
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= min(_HEADER_LIMIT, size - 8):
            raise _damaged(path, "no safetensors header")
        try:
            header = json.loads(stream.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise _damaged(path, f"unreadable header: {error!r}") from error
    promised = 8 + length + max(ends, default=0)
    if promised != size:
        raise _damaged(path, f"{size} bytes where the header promises {promised}")


def check_sha256(path: Path, expected: str) -> None:
    """Compare the file with a known hash. Raises ModelDamaged where they differ."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected.lower():
        raise _damaged(path, f"SHA-256 {found} where {expected} is known")


def _damaged(path: Path, detail: str) -> ModelDamaged:
    sentence = f"The model's weights “{path.name}” are damaged or incomplete; please install the model again."
    return ModelDamaged(sentence, detail=f"{path}: {detail}")
