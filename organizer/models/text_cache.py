"""Keeps the vectors of texts that were asked for lately: a vocabulary is embedded once.

Must not import torch.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class TextCache:
    """At most ``limit`` vectors, the longest unused dropped first. Safe to use from several threads."""

    def __init__(self, limit: int = 8192) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def lookup(
        self, texts: list[str], encode: Callable[[list[str]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """(N, D) vectors for the texts; ``encode`` is called once for those that are new, if any."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, encode(new), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return np.stack([known[text] for text in texts])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
