"""Which models there are, where their files lie, and what input they want.

Reads ``resources/models.toml`` and the small JSON files beside the weights. Must not import torch:
the command line lists models with it, and the decode process makes a model's input by what it says.
"""

from __future__ import annotations

import importlib.util
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from organizer.errors import ModelDamaged, ModelMissing, UsageProblem
from organizer.records import InputSpec

CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
RECORD_FILE = "photo-organizer.json"  # beside added weights: where they came from and their hash
PARTIAL = ".partial"  # folder of what is being fetched or imported

Kind = Literal["embedder", "captioner"]

_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)  # what open_clip assumes where nothing is said
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class ModelSpec:
    """One model of the registry.

    Attributes:
        key: stable name, stored with every vector. name: for people. kind: "embedder" or "captioner".
        open_clip_name, pretrained: architecture and tag as open_clip knows them. hub: repository that
        the tag's weights come from; empty for the bundled model. bytes: size of the weights; a close
        estimate where they are not on this computer and no hash is pinned. sha256: of the weights file,
        lower case: pinned by the registry, else as it was when the model was added here; empty where
        neither is known. pinned: whether the registry itself names the hash.
        files: further files of the hub that it needs, such as those of its tokenizer.
        imported: whether the person added it and the registry does not know it.
        languages: ISO 639-1 codes of the texts it understands; "*" for many.
        requires: Python packages needed beside open_clip.
        input_size: side of the input, pixels.
        aesthetic: file of the aesthetic head that fits exactly this model, or None.
        bundled: whether it ships with the program.
        folder: where its files are, or would be.
        calibration: measured numbers of this model; loose ones without a background where none were.
    """

    key: str
    name: str
    kind: Kind
    open_clip_name: str
    pretrained: str
    hub: str
    bytes: int
    licence: str
    languages: tuple[str, ...]
    input_size: int
    sha256: str
    folder: Path
    bundled: bool = False
    requires: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    imported: bool = False
    pinned: bool = False
    aesthetic: str | None = None
    note: str = ""
    note_ko: str = ""
    calibration: Mapping[str, Any] = field(default_factory=dict)

    @property
    def revision(self) -> str:
        """Changes when a release brings other weights under the same key; "" where unknown."""
        return self.sha256[:12].lower()


@dataclass(frozen=True)
class Registry:
    """The models by key, in the order in which they are shown."""

    models: Mapping[str, ModelSpec]

    def __iter__(self) -> Iterator[ModelSpec]:
        return iter(self.models.values())

    def get(self, key: str) -> ModelSpec:
        """The model of that key. Raises UsageProblem where there is none."""
        try:
            return self.models[key]
        except KeyError:
            known = ", ".join(self.models)
            raise UsageProblem(f"There is no model “{key}”. Known models: {known}.") from None

    @property
    def bundled(self) -> ModelSpec:
        """The model that ships with the program."""
        return next(spec for spec in self if spec.bundled)


def load_registry(resources_dir: Path, models_dir: Path) -> Registry:
    """Read the registry.

    Args:
        resources_dir: folder with ``models.toml`` and the bundled model.
        models_dir: folder in which added models lie, one folder a key; need not exist.

    Raises ValueError for a registry that contradicts itself: that is a defect of ours.
    """
    with (resources_dir / "models.toml").open("rb") as stream:
        content = tomllib.load(stream)
    entries, unmeasured = content["model"], _unmeasured(content.get("uncalibrated", {}))
    specs = [_spec(entry, resources_dir, models_dir, unmeasured) for entry in entries]
    models = {spec.key: spec for spec in specs}
    found = [_own_spec(folder, set(models), unmeasured) for folder in _added(models_dir)]
    own = [spec for spec in found if spec is not None]
    if len(models) != len(specs) or sum(spec.bundled for spec in specs) != 1:
        raise ValueError("models.toml must hold distinct keys and exactly one bundled model")
    return Registry(models | {spec.key: spec for spec in own})


def _unmeasured(values: Mapping[str, float]) -> dict[str, Any]:
    """The registry's [uncalibrated] as a calibration without a background; empty where there is none."""
    others = {key: value for key, value in values.items() if key != "logit_scale"}
    return {"logit_scale": values["logit_scale"], "others": others} if values else {}


def _spec(
    entry: dict[str, Any], resources_dir: Path, models_dir: Path, unmeasured: Mapping[str, Any]
) -> ModelSpec:
    values = dict(entry)
    key = values["key"]
    kind = values["kind"]
    if kind not in get_args(Kind):
        raise ValueError(f"models.toml: {key} has the unknown kind {kind!r}")
    bundled = bool(values.get("bundled", False))
    base = resources_dir / "models" if bundled else models_dir
    calibration_file = values.pop("calibration", "")
    calibration = _calibration(resources_dir / calibration_file) if calibration_file else {}
    if calibration and calibration.get("model") != key:
        raise ValueError(f"models.toml: {calibration_file} was not measured for {key}")
    if not calibration and not bundled and kind == "embedder":
        calibration = dict(unmeasured)
    values["languages"] = tuple(values["languages"])
    values["requires"] = tuple(values.get("requires", ()))
    values["files"] = tuple(values.get("files", ()))
    values["pinned"] = bool(values["sha256"])
    record = {} if bundled else read_record(base / key)
    if record and (base / key / WEIGHTS_FILE).is_file():
        values["bytes"] = record["bytes"]
        values["sha256"] = values["sha256"] or record["sha256"]
    return ModelSpec(folder=base / key, calibration=calibration, **values)


def _added(models_dir: Path) -> list[Path]:
    """Folders of models that were added, in order of their names."""
    try:
        return sorted(path for path in models_dir.iterdir() if path.is_dir() and path.name != PARTIAL)
    except OSError:
        return []


def _own_spec(folder: Path, known: set[str], unmeasured: Mapping[str, Any]) -> ModelSpec | None:
    """A model that the person imported and the registry does not know; None where it is none."""
    record = read_record(folder)
    if folder.name in known or not record or not (folder / CONFIG_FILE).is_file():
        return None
    try:
        size = read_input_spec(folder / CONFIG_FILE).size
    except ModelDamaged:
        return None
    requires = needed_packages(_read_json(folder / CONFIG_FILE))
    return ModelSpec(
        key=folder.name,
        name=record["name"],
        kind=record["kind"],
        open_clip_name="local-dir",
        pretrained="",
        hub="",
        bytes=record["bytes"],
        licence="",
        languages=("*",) if requires else ("en",),  # open_clip's own tokenizer was made of English
        input_size=size,
        sha256=record["sha256"],
        folder=folder,
        imported=True,
        calibration=unmeasured,
        requires=requires,
        note=f"Imported from {record['source']}.",
    )


def read_record(folder: Path) -> dict[str, Any]:
    """What was noted when a model was added; empty where there is no such note, or none of ours."""
    try:
        record = _read_json(folder / RECORD_FILE)
    except (OSError, ValueError):
        return {}
    fits = isinstance(record.get("bytes"), int) and record.get("kind") in get_args(Kind)
    texts = all(isinstance(record.get(name), str) for name in ("name", "sha256", "source"))
    return record if fits and texts else {}


def write_record(folder: Path, spec: ModelSpec, size: int, sha256: str, source: str) -> None:
    """Note what was added: the model's size and hash, and where it came from. Raises OSError."""
    record = {
        "name": spec.name,
        "kind": spec.kind,
        "bytes": size,
        "sha256": sha256,
        "source": source,
    }
    (folder / RECORD_FILE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def needed_packages(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What the words of a model need beside open_clip, by its ``open_clip_config.json``."""
    text = config["model_cfg"].get("text_cfg") or {}
    foreign = text.get("hf_tokenizer_name") or text.get("hf_model_name")
    return ("transformers",) if foreign else ()


def missing_packages(spec: ModelSpec) -> tuple[str, ...]:
    """The Python packages that the model needs and that are not installed."""
    return tuple(name for name in spec.requires if importlib.util.find_spec(name) is None)


def require_packages(spec: ModelSpec) -> None:
    """Raises ModelMissing, with the command that helps, where packages that it needs are not installed."""
    missing = missing_packages(spec)
    if missing:
        raise ModelMissing(
            f"The model “{spec.name}” needs {' and '.join(missing)}: pip install {' '.join(missing)}"
        )


def _calibration(path: Path) -> dict[str, Any]:
    """The measured numbers; empty where none were measured yet."""
    return _read_json(path) if path.is_file() else {}


def local_folder(spec: ModelSpec) -> Path:
    """The folder that holds, or would hold, the model's files."""
    return spec.folder


def installed(spec: ModelSpec) -> bool:
    """Whether the model's files are on this computer; says nothing of their health."""
    return (spec.folder / CONFIG_FILE).is_file() and (spec.folder / WEIGHTS_FILE).is_file()


def require_installed(spec: ModelSpec) -> Path:
    """The model's folder. Raises ModelMissing where its files are not on this computer."""
    if installed(spec):
        return spec.folder
    if spec.bundled:
        sentence = "The model that comes with the program is missing; please install the program again."
    else:
        sentence = f"The model “{spec.name}” is not on this computer yet."
    raise ModelMissing(sentence, detail=f"no {CONFIG_FILE} and {WEIGHTS_FILE} in {spec.folder}")


def input_spec(spec: ModelSpec) -> InputSpec:
    """What the model wants to see, from its configuration where it is here, else from the registry.

    Raises ModelDamaged where the configuration cannot be read.
    """
    config = spec.folder / CONFIG_FILE
    if not config.is_file():
        return InputSpec(spec.input_size, _OPENAI_MEAN, _OPENAI_STD)
    return read_input_spec(config)


def vector_length(spec: ModelSpec) -> int | None:
    """How many numbers a vector of the model has; None where its configuration cannot be read."""
    try:
        return int(_read_json(spec.folder / CONFIG_FILE)["model_cfg"]["embed_dim"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_input_spec(config: Path) -> InputSpec:
    """The input that an ``open_clip_config.json`` asks for, with open_clip's own defaults.

    Raises ModelDamaged where the file is not one of open_clip's.
    """
    try:
        content = _read_json(config)
        preprocess = content.get("preprocess_cfg", {})
        size = preprocess.get("size", content["model_cfg"]["vision_cfg"].get("image_size", 224))
        return InputSpec(
            size=int(size[0] if isinstance(size, list) else size),
            mean=_three(preprocess.get("mean", _OPENAI_MEAN)),
            std=_three(preprocess.get("std", _OPENAI_STD)),
            resize_mode=_one_of(preprocess.get("resize_mode", "shortest"), ("shortest", "squash", "longest")),
            interpolation=_one_of(preprocess.get("interpolation", "bicubic"), ("bicubic", "bilinear")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sentence = f"The model's description “{config.name}” cannot be read."
        raise ModelDamaged(sentence, detail=f"{config}: {error!r}") from error


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {allowed}")
    return value


def _read_json(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        content = json.load(stream)
    if not isinstance(content, dict):
        raise ValueError(f"{path} does not hold a JSON object")
    return content
