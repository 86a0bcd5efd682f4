"""Takes a model from a folder or a file that the person has, without a network.

The files are copied, checked and opened once before they stand among the models: a model that cannot be
opened never gets there. torch is loaded for that, inside the functions alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from organizer.errors import Cancelled, ModelDamaged, ModelMissing, StorageFull, UsageProblem
from organizer.models import weights
from organizer.models.downloads import (
    SMALL,
    SPARE,
    Fetched,
    FreeSpace,
    discard,
    free_space,
    publish,
    size_words,
    staging_folder,
    unwritable,
)
from organizer.models.registry import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    Kind,
    ModelSpec,
    Registry,
    missing_packages,
    needed_packages,
)

log = logging.getLogger(__name__)

PIECE = 1 << 22  # bytes copied at once
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model", "spiece.model",
    "vocab.txt", "vocab.json", "merges.txt",
)  # fmt: skip

Told = Callable[[Fetched], None]


def import_model(
    path: Path,
    registry: Registry,
    models_dir: Path,
    key: str | None = None,
    on_progress: Told = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    free: FreeSpace = free_space,
) -> ModelSpec:
    """Add a model from an open_clip folder or from a single safetensors file; returns what it became.

    A folder holds ``open_clip_config.json`` and ``open_clip_model.safetensors``, and gets a key of its own
    from its name. A file needs the key of a known model, since its architecture is that model's: ``key``, or
    the file's name.

    Args:
        key: which model of the registry it is, or for a folder how to call it.

    Raises:
        UsageProblem: nothing there, a taken key, or a file without a known one.
        ModelDamaged: a pickle, truncated or altered weights, or files that do not fit together.
        ModelMissing: the folder lacks a file. StorageFull: no room. Cancelled: ``stop`` said so.
    """
    if not path.exists():
        raise UsageProblem(f"There is no file or folder {path}.")
    source = _weights_of(path)
    spec = _wanted(path, registry, models_dir, key)
    absent = [name for name in spec.files if path.is_file() and not path.with_name(name).is_file()]
    if absent:
        raise ModelMissing(f"“{spec.name}” also needs {', '.join(absent)} beside “{path.name}”.")
    staging = staging_folder(spec).with_name(f"{spec.key}.import")
    shutil.rmtree(staging, ignore_errors=True)  # of an import that was cut short
    needed = source.stat().st_size
    if free(models_dir) < needed + SPARE:
        raise StorageFull(f"The model needs {size_words(needed)}, for which there is no room on its drive.")
    try:
        staging.mkdir(parents=True)
        sha256 = _copy(source, staging / WEIGHTS_FILE, on_progress, stop)
        _describe(path, spec, staging)
        on_progress(Fetched("check", needed, needed))
        if spec.pinned and sha256 != spec.sha256.lower():
            raise ModelDamaged(
                f"“{source.name}” does not hold the weights of “{spec.name}”; it was not imported.",
                detail=f"SHA-256 {sha256}, pinned {spec.sha256}",
            )
        _open_once(staging, spec, path)
        publish(spec, staging, needed, sha256, path.name)
    except OSError as error:
        raise unwritable(models_dir, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    discard(spec)
    return replace(spec, bytes=needed, sha256=sha256)


def _weights_of(path: Path) -> Path:
    """The weights that would be read, found to be a whole safetensors file."""
    if path.is_dir():
        return weights.check_folder(path)
    if path.suffix.lower() != ".safetensors":
        reason = "is not a safetensors file"
        if path.suffix.lower() in PICKLES:
            reason = "may be a pickle: reading it could run a stranger's program"
        raise ModelDamaged(f"“{path.name}” {reason}; only safetensors files are imported.")
    weights.check_safetensors(path)
    return path


def _wanted(path: Path, registry: Registry, models_dir: Path, key: str | None) -> ModelSpec:
    """Which model it is to become."""
    name = key or _slug(path.name if path.is_dir() else path.stem)
    known = registry.models.get(name)
    if known is not None and known.bundled:
        raise UsageProblem(f"“{name}” is the model that comes with the program; choose another key.")
    if known is not None and not known.imported:
        return known
    if path.is_dir():
        if _slug(name) != name:
            raise UsageProblem(f"“{name}” is no key: use small letters, digits and hyphens.")
        return _own(path, name, models_dir)
    keys = ", ".join(spec.key for spec in registry if not spec.bundled and not spec.imported)
    raise UsageProblem(
        f"A single file does not say what kind of model it is. Name it: --as KEY, with one of {keys}."
    )


def _own(folder: Path, key: str, models_dir: Path) -> ModelSpec:
    """A model that the registry does not know, described by its folder."""
    config = _config(folder / CONFIG_FILE)
    kind: Kind = "captioner" if "multimodal_cfg" in config["model_cfg"] else "embedder"
    return ModelSpec(
        key=key, name=folder.name, kind=kind, open_clip_name="local-dir", pretrained="", hub="", bytes=0,
        licence="", languages=(), input_size=0, sha256="", folder=models_dir / key, imported=True,
        requires=needed_packages(config),
    )  # fmt: skip


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"


def _config(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content["model_cfg"], dict):
            raise TypeError("model_cfg is no object")
    except FileNotFoundError as error:
        raise ModelMissing(f"The folder has no “{file.name}”.", detail=str(file)) from error
    except (ValueError, KeyError, TypeError) as error:
        sentence = f"The model's description “{file.name}” cannot be read."
        raise ModelDamaged(sentence, detail=f"{file}: {error!r}") from error
    return dict(content)


def _copy(source: Path, target: Path, on_progress: Told, stop: Callable[[], bool]) -> str:
    """Copy a file; returns its SHA-256."""
    digest, done, total = hashlib.sha256(), 0, source.stat().st_size
    with source.open("rb") as reading, target.open("xb") as writing:
        while piece := reading.read(PIECE):
            if stop():
                raise Cancelled
            digest.update(piece)
            writing.write(piece)
            done += len(piece)
            on_progress(Fetched("copy", done, total))
    return digest.hexdigest()


def _describe(path: Path, spec: ModelSpec, staging: Path) -> None:
    """Put the description beside the weights: the folder's own, or that of the known architecture."""
    if path.is_dir():
        _config(path / CONFIG_FILE)
        names = [CONFIG_FILE, *TOKENIZER]
        small = [path / name for name in names if (path / name).is_file()]
        for file in small:
            if file.stat().st_size > SMALL:
                raise ModelDamaged(f"“{file.name}” is larger than such a file can be.")
            shutil.copyfile(file, staging / file.name)
        return
    from organizer.models.openclip import known_config

    content = known_config(spec.open_clip_name, spec.pretrained)
    (staging / CONFIG_FILE).write_text(json.dumps(content, indent=1), encoding="utf-8")
    for name in spec.files:
        shutil.copyfile(path.with_name(name), staging / name)


def _open_once(staging: Path, spec: ModelSpec, path: Path) -> None:
    """Open it as it will be used. Raises ModelDamaged where its files do not fit together."""
    if missing_packages(spec):
        return  # told when it is chosen
    from organizer.models.openclip import try_out

    weights.check_folder(staging)
    try:
        try_out(staging, captions=spec.kind == "captioner")
    except ModelDamaged as problem:
        sentence = str(problem).replace(staging.name, path.name)
        if path.is_file():
            sentence = f"“{path.name}” does not hold the weights of “{spec.name}”; it was not imported."
        raise ModelDamaged(sentence, detail=problem.detail) from problem
