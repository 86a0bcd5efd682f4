"""Captions by open_clip's CoCa, decoded by ``coca_steps`` and ``decoding`` on the device that works.

Loads local folders of safetensors alone; torch and open_clip are imported when a model is opened. Its own
``generate`` is not used: that needs another large package and computes every sentence anew for each word.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.errors import ModelDamaged, ModelError, UsageProblem
from organizer.models import devices, weights
from organizer.models.base import Check, check_batch, unchecked
from organizer.models.batching import is_out_of_memory
from organizer.models.devices import Device
from organizer.models.openclip import Notice, is_device_failure, opened
from organizer.models.registry import ModelSpec
from organizer.records import InputSpec

logger = logging.getLogger(__name__)

START, END, PAD = 49406, 49407, 0  # of CLIP's tokens; open_clip takes the padding for an end as well
LONGEST = 30
BEAMS = 4
PENALTY = 1.0
_CPU_AT_ONCE, _GPU_AT_ONCE = 32, 64  # a word costs one reading of all weights, however many photos


def open_coca(
    spec: ModelSpec, device: str = "auto", *, threads: int | None = None, on_notice: Notice | None = None
) -> CocaCaptioner:
    """Open a captioning model of the registry.

    Args:
        device: the person's wish, see ``devices.choose``.
        threads: CPU threads; None leaves one core free.
        on_notice: told one sentence when the work moves from a GPU to the CPU.

    Raises UsageProblem for a model that writes no captions; ModelMissing, ModelDamaged, ModelError.
    """
    if spec.kind != "captioner":
        raise UsageProblem(f"The model {spec.key} writes no captions.")
    folder = weights.require_sound(spec)
    return CocaCaptioner.load(folder, device, key=spec.key, threads=threads, on_notice=on_notice)


class CocaCaptioner:
    """A CoCa in evaluation mode, float32. Safe to call from one thread at a time.

    Attributes:
        key: registry key, or the folder's name. input: what the model wants to see.
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
        self._tokenizer = tokenizer
        self._on_notice = on_notice
        self._model = model.float().eval().to(device.name)
        self._at_once = _CPU_AT_ONCE if device.name == "cpu" else _GPU_AT_ONCE

    @classmethod
    def load(
        cls,
        folder: Path,
        device: str = "auto",
        *,
        key: str = "",
        threads: int | None = None,
        on_notice: Notice | None = None,
    ) -> CocaCaptioner:
        """Open a folder with ``open_clip_config.json`` and ``open_clip_model.safetensors``.

        Raises ModelMissing where files are absent, ModelDamaged where they hold something else, or a
        model that is no CoCa.
        """
        spec, chosen, model, tokenizer = opened(folder, device, threads, on_notice)
        if not hasattr(model, "text_decoder"):
            raise ModelDamaged(f"The model in “{folder.name}” writes no captions: it is no CoCa.")
        return cls(model, tokenizer, key or folder.name, spec, chosen, on_notice)

    def describe(self, batch: NDArray[np.uint8], check: Check = unchecked) -> list[str]:
        """(N, S, S, 3) uint8 RGB -> N sentences, see ``base.Captioner``."""
        check_batch(batch, self.input.size)
        sentences: list[str] = []
        while len(sentences) < len(batch):
            check()
            part = batch[len(sentences) : len(sentences) + self._at_once]
            said = self._guarded(part, check)
            if said is not None:
                sentences += [tidied(self._tokenizer.decode(_inner(tokens))) for tokens in said]
        return sentences

    def tokens(
        self,
        batch: NDArray[np.uint8],
        check: Check = unchecked,
        *,
        beams: int = BEAMS,
        longest: int = LONGEST,
        shortest: int = 5,
        penalty: float = PENALTY,
    ) -> list[list[int]]:
        """The sentences as CLIP's tokens, start and end included, cut at ``longest`` of them."""
        import torch

        from organizer.models.coca_steps import CocaSteps
        from organizer.models.decoding import Rules, decode

        if self._model is None:
            raise ModelError("The captioner was closed.")
        rules = Rules(
            start=START,
            ends=(END, PAD),
            longest=min(longest, self._model.context_length),
            shortest=shortest,
            beams=beams,
            penalty=penalty,
        )
        with torch.inference_mode():
            _, pictures = self._model._encode_image(self._pixels(batch))
            steps = CocaSteps(self._model, pictures)
            return decode(steps, len(batch), rules, check, self.device.name)

    def close(self) -> None:
        """Drop the model and what the GPU holds of it."""
        self._model = None
        devices.tidy_up(self.device)

    def _pixels(self, batch: NDArray[np.uint8]) -> Any:
        """(N, 3, S, S) float32 on the device, normalised."""
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device.name)
        mean = torch.tensor(self.input.mean, device=self.device.name)
        std = torch.tensor(self.input.std, device=self.device.name)
        return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2).contiguous()

    def _guarded(self, part: NDArray[np.uint8], check: Check) -> list[list[int]] | None:
        """The part's tokens; None where it has to be tried again, in smaller parts or on the CPU.

        Errors that are neither the device's nor the memory's are defects of ours and pass as they are.
        """
        try:
            return self.tokens(part, check)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error) and len(part) > 1:
                self._at_once = max(1, len(part) // 2)
                logger.warning("out of memory: going on with %d pictures at a time", self._at_once)
                return None
            if self.device.name != "cpu" and is_device_failure(error):
                self._fall_back(error)
                return None
            if is_out_of_memory(error):
                sentence = "There is not enough memory to describe even one photo with this model."
                raise ModelError(sentence, detail=repr(error)) from error
            raise

    def _fall_back(self, error: BaseException) -> None:
        sentence = (
            f"The graphics processor ({self.device.label}) stopped working; the CPU goes on with the work."
        )
        logger.warning("%s (%s)", sentence, error)
        self.device = devices.cpu(sentence)
        self._at_once = _CPU_AT_ONCE
        self._model = self._model.to("cpu")
        if self._on_notice:
            self._on_notice(sentence)


def _inner(tokens: list[int]) -> list[int]:
    return [token for token in tokens[1:] if token not in (END, PAD)]


def tidied(text: str) -> str:
    """What a tokenizer put together, as a sentence: no spaces around a hyphen or before a comma, a capital, a
    full stop.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    plain = re.sub(r"(?<=\w) - (?=\w)", "-", " ".join(printable.split()))
    plain = re.sub(r"\s+([.,!?'])", r"\1", plain).rstrip(" .,!?-")
    return f"{plain[0].upper()}{plain[1:]}." if plain else ""
