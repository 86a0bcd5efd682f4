"""Linear heads: one number a photo from its vector, such as how pleasing it looks.

A head is a small safetensors file with ``weight`` float32 (D,), ``bias`` and ``range`` (the scores that count
as 0 and as 1), and text about where it comes from. It fits one model alone: a head of another model, or of
other weights of it, is refused. The form is that of LAION's aesthetic predictor (Schuhmann, 2022): a dot
product with the vector of unit length. Must not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from organizer.errors import EnvironmentProblem, ModelDamaged, ModelMissing
from organizer.models.downloads import unwritable
from organizer.models.registry import ModelSpec, Registry, vector_length
from organizer.models.weights import check_safetensors

HEAD_SUFFIX = ".safetensors"
HEADS_FOLDER = "heads"  # in the folder of the models that the person added
MOST_BYTES = 1_000_000  # a linear head is a few kilobytes


@dataclass(frozen=True, slots=True)
class Head:
    """A linear head.

    Attributes:
        weight: float32 (D,). bias: added to the product. low, high: scores that count as 0 and as 1.
        model: registry key of the model it fits. revision: of its weights; "" fits any.
        facts: what is known of it, as text: images learnt from, Spearman and Pearson on held-out ones.
    """

    weight: NDArray[np.float32]
    bias: float
    low: float
    high: float
    model: str
    revision: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    def scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (N,), 0..1, of vectors (N, D) of unit length; NaN where a row is all zeros.

        Raises ValueError for vectors of another length than D.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self.weight):
            raise ValueError(f"vectors of shape {vectors.shape} for a head of {len(self.weight)}")
        raw = vectors @ self.weight + np.float32(self.bias)
        found = np.clip((raw - self.low) / max(self.high - self.low, 1e-9), 0.0, 1.0)
        return np.where(vectors.any(axis=1), found, np.nan).astype(np.float32)


def head_file(spec: ModelSpec, models_dir: Path) -> Path | None:
    """The file of the head that goes with a model: the person's own before one that came with the model."""
    own = models_dir / HEADS_FOLDER / (spec.key + HEAD_SUFFIX)
    shipped = spec.folder / ("aesthetic" + HEAD_SUFFIX)
    return next((path for path in (own, shipped) if path.is_file()), None)


def load_head(path: Path, spec: ModelSpec | None = None) -> Head:
    """Read a head and check that it is whole and fits.

    Raises ModelMissing where there is no such file, ModelDamaged where it is no head, is damaged, or is
    one of another model than ``spec``.
    """
    if not path.is_file():
        raise ModelMissing("The file of the head is not there.", detail=str(path))
    if path.stat().st_size > MOST_BYTES:
        raise ModelDamaged(f"“{path.name}” is too large to be a linear head.", detail=str(path))
    check_safetensors(path)
    try:
        with safe_open(path, framework="numpy") as stream:
            arrays = {name: np.asarray(stream.get_tensor(name), np.float32) for name in stream.keys()}  # noqa: SIM118
            facts = dict(stream.metadata() or {})
    except (SafetensorError, TypeError, ValueError) as error:
        raise ModelDamaged(f"“{path.name}” is damaged.", detail=f"{path}: {error!r}") from error
    head = _head(path, arrays, facts)
    if spec is not None:
        _check_fits(path, head, spec)
    return head


def save_head(head: Head, path: Path) -> None:
    """Write a head where ``load_head`` finds it; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "weight": np.ascontiguousarray(head.weight, np.float32),
        "bias": np.array([head.bias], np.float32),
        "range": np.array([head.low, head.high], np.float32),
    }
    half_made = path.with_name(path.name + ".new")
    try:
        save_file(arrays, half_made, {**head.facts, "model": head.model, "revision": head.revision})
        half_made.replace(path)
    finally:
        half_made.unlink(missing_ok=True)


def is_head(path: Path) -> bool:
    """Whether a file is meant to be a head and not a model: small, with one weight and a model's key."""
    try:
        if path.suffix != HEAD_SUFFIX or path.stat().st_size > MOST_BYTES:
            return False
        with safe_open(path, framework="numpy") as stream:
            return "weight" in stream.keys() and "model" in (stream.metadata() or {})  # noqa: SIM118
    except (OSError, SafetensorError):
        return False


def import_head(path: Path, registry: Registry, models_dir: Path) -> tuple[Head, ModelSpec]:
    """Put a head where its model finds it, in the place of the one before; returns it and its model.

    Raises:
        ModelMissing, ModelDamaged: as ``load_head``. UsageProblem: no such model is known.
        EnvironmentProblem: the folder of the models cannot be written to.
    """
    spec = registry.get(load_head(path).model)
    head = load_head(path, spec)
    try:
        save_head(head, models_dir / HEADS_FOLDER / (spec.key + HEAD_SUFFIX))
    except OSError as error:
        raise unwritable(models_dir, error) from error
    return head, spec


def forget_head(spec: ModelSpec, models_dir: Path) -> bool:
    """Delete the head that the person added for a model; False where there is none.

    Raises:
        EnvironmentProblem: it cannot be deleted.
    """
    own = models_dir / HEADS_FOLDER / (spec.key + HEAD_SUFFIX)
    try:
        own.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise EnvironmentProblem(
            f"The head of {spec.key} could not be deleted: {error.strerror}.", detail=repr(error)
        ) from error
    return True


def _head(path: Path, arrays: dict[str, NDArray[np.float32]], facts: dict[str, str]) -> Head:
    weight = arrays.get("weight", np.zeros(0, np.float32))
    weight = weight[0] if weight.ndim == 2 and len(weight) == 1 else weight
    bias, scale = arrays.get("bias", np.zeros(1)), arrays.get("range", np.array([0.0, 1.0]))
    finite = all(np.isfinite(values).all() for values in (weight, bias, scale))
    if weight.ndim != 1 or not len(weight) or bias.size != 1 or scale.shape != (2,) or not finite:
        raise ModelDamaged(f"“{path.name}” is not a linear head.", detail=f"{path}: {sorted(arrays)}")
    if scale[1] <= scale[0] or "model" not in facts:
        raise ModelDamaged(f"“{path.name}” does not say which model or range it is for.", detail=str(path))
    model, revision = facts.pop("model"), facts.pop("revision", "")
    return Head(weight, float(bias.reshape(-1)[0]), float(scale[0]), float(scale[1]), model, revision, facts)


def _check_fits(path: Path, head: Head, spec: ModelSpec) -> None:
    if head.model != spec.key:
        raise ModelDamaged(f"“{path.name}” belongs to the model {head.model}, not to {spec.key}.")
    if head.revision and spec.revision and head.revision != spec.revision:
        raise ModelDamaged(f"“{path.name}” belongs to other weights of the model {spec.key}.")
    length = vector_length(spec)
    if length is not None and length != len(head.weight):
        raise ModelDamaged(
            f"“{path.name}” is made for vectors of {len(head.weight)} numbers; {spec.key} gives {length}."
        )
