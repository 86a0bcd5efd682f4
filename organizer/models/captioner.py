"""Opens a captioner: the small one that ships with the program, or a CoCa that the person added.

Which one is chosen is not decided here. Imports torch when one is opened and not before.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from organizer.errors import ModelDamaged, ModelError, ModelMissing
from organizer.models import weights
from organizer.models.base import Check, Embedder, unchecked
from organizer.models.captioner_words import WordList, load_words
from organizer.records import InputSpec

if TYPE_CHECKING:
    from organizer.models.captioner_net import CaptionNet

logger = logging.getLogger(__name__)

KEY = "starter-captioner"
WEIGHTS_FILE = "captioner.safetensors"
WORDS_FILE = "captioner.json"
BEAMS = 4
PENALTY = 0.8
_AT_ONCE = 32  # pictures whose sentences are made side by side


def folder_of(resources_dir: Path) -> Path:
    """Where the captioner that ships with the program lies."""
    return resources_dir / "models" / "captioner"


def bundled(resources_dir: Path) -> bool:
    """Whether the program came with a captioner."""
    folder = folder_of(resources_dir)
    return (folder / WEIGHTS_FILE).is_file() and (folder / WORDS_FILE).is_file()


def size(resources_dir: Path) -> int:
    """Bytes of the captioner that ships with the program."""
    return sum((folder_of(resources_dir) / name).stat().st_size for name in (WEIGHTS_FILE, WORDS_FILE))


def shown(resources_dir: Path) -> bool:
    """Whether it was measured to be better than descriptions made of labels, and so writes by default.

    ``packaging/captioner/export.py`` notes what ``evaluate.py`` measured. False where that cannot be read.
    """
    try:
        measured = load_words(folder_of(resources_dir) / WORDS_FILE)[1]["measured"]
        return float(measured["cider"]) > float(measured["cider_of_labels"])
    except (ModelDamaged, KeyError, TypeError, ValueError) as error:
        logger.warning("the captioner's measurements cannot be read: %s", error)
        return False


def open_captioner(resources_dir: Path, embedder: Embedder) -> StarterCaptioner:
    """The captioner that ships with the program, looking through the given embedder.

    Args:
        embedder: the starter; it stays the caller's and is not closed with the captioner.

    Raises ModelMissing, ModelDamaged.
    """
    words, net = load_decoder(folder_of(resources_dir))
    return StarterCaptioner(words, net, embedder)


def load_decoder(folder: Path) -> tuple[WordList, CaptionNet]:
    """The words and the decoder of a captioner's folder, in evaluation mode on the CPU, float32.

    Raises ModelMissing where files are absent, ModelDamaged where they do not fit together.
    """
    file = folder / WEIGHTS_FILE
    if not file.is_file() or not (folder / WORDS_FILE).is_file():
        raise ModelMissing(
            "The captioner that comes with the program is missing; please install the program again.",
            detail=str(folder),
        )
    words, settings = load_words(folder / WORDS_FILE)
    weights.check_safetensors(file)
    from safetensors.torch import load_file

    from organizer.models.captioner_net import CaptionNet, NetSettings

    try:
        shape = NetSettings(**settings["net"])
        if shape.words != len(words):
            raise ValueError(f"{len(words)} words where the decoder has {shape.words}")
        net = CaptionNet(shape)
        net.load_state_dict({name: array.float() for name, array in load_file(file).items()})
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        sentence = "The captioner's files do not fit together; please install the program again."
        raise ModelDamaged(sentence, detail=f"{folder}: {error!r}") from error
    return words, net.eval()


class StarterCaptioner:
    """The starter's vectors put into words. Safe to call from one thread at a time.

    Attributes:
        key: "starter-captioner". input: what the embedder wants to see.
    """

    key = KEY

    def __init__(self, words: WordList, net: Any, embedder: Embedder) -> None:
        self._words = words
        self._net = net
        self._embedder = embedder
        if net.settings.dimension != embedder.dimension:
            raise ModelDamaged(
                "The captioner and the model that it looks through do not fit together.",
                detail=f"{net.settings.dimension} and {embedder.dimension} dimensions",
            )

    @property
    def input(self) -> InputSpec:
        return self._embedder.input

    def describe(self, batch: NDArray[np.uint8], check: Check = unchecked) -> list[str]:
        """(N, S, S, 3) uint8 RGB -> N sentences, see ``base.Captioner``."""
        sentences: list[str] = []
        for first in range(0, len(batch), _AT_ONCE):
            check()
            vectors = self._embedder.encode_images(batch[first : first + _AT_ONCE])
            sentences += self.describe_vectors(vectors, check)
        return sentences

    def describe_vectors(
        self,
        vectors: NDArray[np.float32],
        check: Check = unchecked,
        *,
        beams: int = BEAMS,
        penalty: float = PENALTY,
    ) -> list[str]:
        """(N, dimension) vectors of the starter, as the catalogue keeps them -> N sentences.

        No photo is opened for it. A vector of other than finite numbers gets "".
        """
        if vectors.ndim != 2 or vectors.shape[1] != self._net.settings.dimension:
            raise ValueError(f"expected (N, {self._net.settings.dimension}), got {vectors.shape}")
        sentences = [""] * len(vectors)
        sound = np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))
        for first in range(0, len(sound), _AT_ONCE):
            rows = sound[first : first + _AT_ONCE]
            said = self._said(vectors[rows], check, beams, penalty)
            for row, numbers in zip(rows.tolist(), said, strict=True):
                sentences[row] = self._words.sentence(numbers)
        return sentences

    def _said(
        self, vectors: NDArray[np.float32], check: Check, beams: int, penalty: float
    ) -> list[list[int]]:
        import torch

        from organizer.models.captioner_net import NetSteps
        from organizer.models.decoding import Rules, decode

        if self._net is None:
            raise ModelError("The captioner was closed.")
        words = self._words
        rules = Rules(
            start=words.start,
            ends=(words.end,),
            longest=self._net.settings.length,
            shortest=4,
            never=(words.padding, words.start, words.unknown, *words.unspoken),
            beams=beams,
            penalty=penalty,
            no_repeats=True,
        )
        with torch.inference_mode():
            steps = NetSteps(self._net, torch.from_numpy(np.ascontiguousarray(vectors, np.float32)))
            return decode(steps, len(vectors), rules, check)

    def close(self) -> None:
        """Drop the decoder; the embedder stays the caller's."""
        self._net = None
