"""Runs any open_clip model behind the Embedder protocol, on the device that works.

torch and open_clip are imported when a model is opened. Loads local folders of safetensors alone and
never reaches for a network. Must not know what the vectors are for.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.errors import DeviceFailed, ModelDamaged, ModelError, UsageProblem
from organizer.models import devices, weights
from organizer.models.base import check_batch
from organizer.models.batching import Batcher, is_out_of_memory
from organizer.models.devices import Device
from organizer.models.folding import folded
from organizer.models.registry import (
    CONFIG_FILE,
    ModelSpec,
    read_input_spec,
    require_installed,
    require_packages,
)
from organizer.models.text_cache import TextCache
from organizer.records import InputSpec

logger = logging.getLogger(__name__)

Notice = Callable[[str], None]

_TEXT_BATCH = 128
_CPU_BATCH = 16  # activations of larger batches leave the allocator's arenas, and each pass pays page faults
_GPU_BATCH = 256
_thread_lock = threading.Lock()
_threads_set = False


def open_embedder(
    spec: ModelSpec, device: str = "auto", *, threads: int | None = None, on_notice: Notice | None = None
) -> OpenClipEmbedder:
    """Open a model of the registry.

    Args:
        device: the person's wish, see ``devices.choose``.
        threads: CPU threads; None leaves one core free.
        on_notice: told one sentence when the work moves from a GPU to the CPU.

    Raises ModelMissing, ModelDamaged or ModelError.
    """
    require_installed(spec)
    require_packages(spec)
    folder = weights.require_sound(spec)
    return OpenClipEmbedder.load(folder, device, key=spec.key, threads=threads, on_notice=on_notice)


class OpenClipEmbedder:
    """An open_clip model in evaluation mode. Safe to call from one thread at a time.

    Attributes:
        key: registry key, or the folder's name.
        dimension: length of a vector.
        input: what the model wants to see.
        device: where it runs; changes to the CPU when a GPU fails.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        key: str,
        spec: InputSpec,
        device: Device,
        on_notice: Notice | None = None,
    ) -> None:
        self.key = key
        self.input = spec
        self.device = device
        self._model = model
        self._tokenizer = tokenizer
        self._on_notice = on_notice
        self._texts = TextCache()
        self._batcher = Batcher(_CPU_BATCH if device.name == "cpu" else _GPU_BATCH)
        self._place()
        self.dimension = int(self._encode_tokens([""]).shape[1])

    @classmethod
    def load(
        cls,
        folder: Path,
        device: str = "auto",
        *,
        key: str = "",
        threads: int | None = None,
        on_notice: Notice | None = None,
    ) -> OpenClipEmbedder:
        """Open a folder with ``open_clip_config.json`` and ``open_clip_model.safetensors``.

        Raises ModelMissing where files are absent, ModelDamaged where they do not hold what they
        should.
        """
        spec, chosen, model, tokenizer = opened(folder, device, threads, on_notice)
        return cls(model, tokenizer, key or folder.name, spec, chosen, on_notice)

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, S, S, 3) uint8 RGB -> (N, dimension) float32 of unit length; see ``base.Embedder``."""
        check_batch(batch, self.input.size)
        if len(batch) == 0:
            return np.zeros((0, self.dimension), np.float32)
        return self._guarded(lambda: self._batcher.run(self._forward, batch))

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (N, dimension) float32 of unit length; vectors of recent texts are kept."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._texts.lookup(list(texts), lambda new: self._guarded(lambda: self._encode_tokens(new)))

    def close(self) -> None:
        """Drop the model and what the GPU holds of it."""
        self._model = None
        self._texts.clear()
        devices.tidy_up(self.device)

    def _guarded(self, work: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Run the work; where a GPU fails, move to the CPU, say so, and run it there.

        Errors that are neither the device's nor the memory's are defects of ours and pass as they are.
        """
        if self._model is None:
            raise ModelError("The model was closed.")
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if self.device.name == "cpu" or not is_device_failure(error):
                raise _translated(error) from error
            self._fall_back(error)
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            raise _translated(error) from error

    def _fall_back(self, error: BaseException) -> None:
        failed = self.device.label
        sentence = f"The graphics processor ({failed}) stopped working; the CPU goes on with the work."
        logger.warning("%s (%s)", sentence, error)
        self.device = devices.cpu(sentence)
        self._batcher = Batcher(_CPU_BATCH)
        try:
            self._place()
        except (RuntimeError, MemoryError) as second:
            raise DeviceFailed(
                f"The graphics processor ({failed}) stopped working and took the model with it; "
                "please start again.",
                detail=repr(second),
            ) from second
        if self._on_notice:
            self._on_notice(sentence)

    def _place(self) -> None:
        """Move the model to its device, in the memory order and precision that are fast there."""
        import torch

        self._half = self.device.name == "cuda"
        self._model = self._model.float().to(self.device.name, memory_format=torch.channels_last)
        if self._half:
            self._model = self._model.half()
        self._mean = torch.tensor(self.input.mean, device=self.device.name).view(1, 3, 1, 1)
        self._std = torch.tensor(self.input.std, device=self.device.name).view(1, 3, 1, 1)

    def _forward(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch
        from torch.nn import functional

        with torch.inference_mode():
            pixels = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device.name)
            # the bytes lie as channels last already: the permuted view keeps that order
            image = pixels.permute(0, 3, 1, 2).float().div_(255).sub_(self._mean).div_(self._std)
            if self._half:
                image = image.half()
            features = functional.normalize(self._model.encode_image(image).float(), dim=-1)
            return np.asarray(features.cpu().numpy(), np.float32)

    def _encode_tokens(self, texts: list[str]) -> NDArray[np.float32]:
        import torch
        from torch.nn import functional

        parts = []
        with torch.inference_mode():
            for first in range(0, len(texts), _TEXT_BATCH):
                tokens = self._tokenizer(texts[first : first + _TEXT_BATCH]).to(self.device.name)
                features = functional.normalize(self._model.encode_text(tokens).float(), dim=-1)
                parts.append(np.asarray(features.cpu().numpy(), np.float32))
        return np.concatenate(parts)


def set_threads(threads: int | None) -> None:
    """Tell torch its number of threads, once and before its first operation."""
    global _threads_set
    import torch

    with _thread_lock:
        if threads is not None:
            torch.set_num_threads(threads)
        elif not _threads_set:
            torch.set_num_threads(devices.cpu_threads())
        _threads_set = True


def opened(
    folder: Path, device: str, threads: int | None, on_notice: Notice | None
) -> tuple[InputSpec, Device, Any, Any]:
    """What a local folder's model wants to see, where it is to run, the model itself and its tokenizer.

    Args:
        device, threads, on_notice: as ``open_embedder`` takes them.

    Raises ModelMissing, ModelDamaged or ModelError.
    """
    weights.check_folder(folder)
    spec = read_input_spec(folder / CONFIG_FILE)
    set_threads(threads)
    chosen = devices.choose(device)
    if chosen.notice and on_notice:
        on_notice(chosen.notice)
    return spec, chosen, *load_folder(folder)


def load_folder(folder: Path) -> tuple[Any, Any]:
    """open_clip's model and tokenizer for a local folder, with every road to a hub closed."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from organizer.models.torchvision_cure import ensure_torchvision

    ensure_torchvision()
    import open_clip

    name = f"local-dir:{folder}"
    try:
        model = open_clip.create_model(name, precision="fp32", device="cpu")
        tokenizer = open_clip.get_tokenizer(name)
    except MemoryError as error:
        raise ModelError("There is not enough memory to open the model.", detail=repr(error)) from error
    except Exception as error:
        if is_out_of_memory(error):
            raise ModelError("There is not enough memory to open the model.", detail=repr(error)) from error
        sentence = f"The model in “{folder.name}” cannot be opened; its files do not fit together."
        raise ModelDamaged(sentence, detail=repr(error)) from error
    return _quickened(model.eval()), tokenizer


def known_config(name: str, pretrained: str) -> dict[str, Any]:
    """The ``open_clip_config.json`` of an architecture that open_clip knows, with its tag's input.

    Raises UsageProblem where open_clip knows no such architecture or tag.
    """
    from organizer.models.torchvision_cure import ensure_torchvision

    ensure_torchvision()
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    model = open_clip.get_model_config(name)
    tag = get_pretrained_cfg(name, pretrained)
    if model is None or not tag:
        raise UsageProblem(f"open_clip knows no model “{name}” with the weights “{pretrained}”.")
    wanted = ("mean", "std", "interpolation", "resize_mode")
    return {"model_cfg": model, "preprocess_cfg": {key: tag[key] for key in wanted if key in tag}}


def try_out(folder: Path, *, captions: bool = False) -> None:
    """Open a folder on the CPU and, unless it only writes captions, let it look at a grey picture.

    Raises ModelDamaged where its files do not fit together, ModelError where there is no memory for it.
    """
    if captions:
        load_folder(folder)
        return
    embedder = OpenClipEmbedder.load(folder, "cpu")
    try:
        side = embedder.input.size
        vector = embedder.encode_images(np.full((1, side, side, 3), 128, np.uint8))
    finally:
        embedder.close()
    if not np.isfinite(vector).all():
        raise ModelDamaged(f"The model in “{folder.name}” computes no numbers; its weights are damaged.")


def _quickened(model: Any) -> Any:
    """Fold batch norms of the image tower where it has them."""
    import torch

    visual = getattr(model, "visual", None)
    size = getattr(visual, "image_size", None)
    if size is None or not any(isinstance(m, torch.nn.BatchNorm2d) for m in model.visual.modules()):
        return model
    height, width = size if isinstance(size, tuple | list) else (size, size)
    generator = torch.Generator().manual_seed(0)
    model.visual = folded(visual, torch.rand(2, 3, height, width, generator=generator) * 2 - 1)
    return model


_DEVICE_SIGNS = ("cuda", "cudnn", "cublas", "mps", "accelerator", "hip error", "device-side")


def is_device_failure(error: BaseException) -> bool:
    """Whether the GPU or its driver is the cause: no memory for one photo, or a device error."""
    return is_out_of_memory(error) or any(sign in str(error).lower() for sign in _DEVICE_SIGNS)


def _translated(error: BaseException) -> BaseException:
    """Out of memory as a ModelError with a sentence; anything else as it is."""
    if is_out_of_memory(error):
        return ModelError(
            "There is not enough memory to run the model, even for one photo.", detail=repr(error)
        )
    return error
