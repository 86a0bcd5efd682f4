"""What the rest of the program may expect of a model, whichever library runs it.

Protocols and the check of what is given to them; must not import torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from organizer.records import InputSpec

Check = Callable[[], None]  # called often during long work; what it raises stops that work


def unchecked() -> None:
    """The check of those who cannot be stopped."""


def check_batch(batch: NDArray[np.uint8], side: int) -> None:
    """Raises ValueError for anything but (N, side, side, 3) uint8."""
    if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[1:] != (side, side, 3):
        raise ValueError(f"expected uint8 (N, {side}, {side}, 3), got {batch.dtype} {batch.shape}")


@runtime_checkable
class Embedder(Protocol):
    """Pictures and words to vectors of one space.

    Attributes:
        key: the registry key of the model; stored with every vector it made.
        dimension: length of a vector.
        input: how the model's input is made from an upright picture.
    """

    @property
    def key(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def input(self) -> InputSpec: ...

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8 RGB as ``input`` asks -> (N, dimension) float32 of unit length.

        Raises ModelError where the model cannot be run, ValueError for another shape or dtype.
        """
        ...

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (N, dimension) float32 of unit length, comparable with the pictures' vectors."""
        ...

    def close(self) -> None:
        """Give the memory back; the embedder is of no use afterwards."""
        ...


@runtime_checkable
class Captioner(Protocol):
    """Pictures to one English sentence each.

    Attributes:
        key: names the captioner; stored with every sentence it wrote, as the source "model KEY".
        input: how its input is made from an upright picture.
    """

    @property
    def key(self) -> str: ...

    @property
    def input(self) -> InputSpec: ...

    def describe(self, batch: NDArray[np.uint8], check: Check = unchecked) -> list[str]:
        """(N, H, W, 3) uint8 RGB as ``input`` asks -> N sentences, each with a capital and a full stop.

        A picture of which nothing can be said gets "". ``check`` is called before every word.

        Raises ModelError where the model cannot be run, ValueError for another shape or dtype.
        """
        ...

    def close(self) -> None:
        """Give the memory back; the captioner is of no use afterwards."""
        ...
