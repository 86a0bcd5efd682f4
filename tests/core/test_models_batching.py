"""Work in pieces: halving when memory runs out, remembering what worked, order kept; the text cache."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.models.batching import Batcher, is_out_of_memory
from organizer.models.text_cache import TextCache


class Limited:
    """Fails as torch does for batches above a size."""

    def __init__(self, most: int, error: Exception) -> None:
        self.most = most
        self.error = error
        self.tried: list[int] = []

    def __call__(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.tried.append(len(batch))
        if len(batch) > self.most:
            raise self.error
        return batch.astype(np.float32) * 2


OUT_OF_MEMORY = [
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory"),
    MemoryError(),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda e: str(e)[:20])
def test_the_batch_halves_until_it_fits_and_stays_there(error: Exception) -> None:
    work = Limited(5, error)
    batcher = Batcher(32)
    batch = np.arange(70, dtype=np.uint8).reshape(70, 1)
    np.testing.assert_array_equal(batcher.run(work, batch), batch.astype(np.float32) * 2)
    assert batcher.limit == 4
    work.tried.clear()
    batcher.run(work, batch[:20])
    assert work.tried == [4] * 5


def test_one_row_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(MemoryError):
        Batcher(8).run(Limited(0, MemoryError()), np.zeros((8, 1), np.uint8))


def test_other_errors_are_not_taken_for_memory() -> None:
    work = Limited(0, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        Batcher(8).run(work, np.zeros((8, 1), np.uint8))
    assert work.tried == [8]
    assert not is_out_of_memory(ValueError("out of memory"))


def test_texts_are_embedded_once_and_answered_in_order() -> None:
    asked: list[list[str]] = []

    def encode(texts: list[str]) -> NDArray[np.float32]:
        asked.append(texts)
        return np.array([[len(text)] for text in texts], np.float32)

    cache = TextCache(limit=3)
    assert cache.lookup(["a", "bb", "a"], encode).ravel().tolist() == [1, 2, 1]
    assert cache.lookup(["bb", "ccc"], encode).ravel().tolist() == [2, 3]
    assert asked == [["a", "bb"], ["ccc"]]
    cache.lookup(["dddd"], encode)  # "a" was unused for longest and goes
    cache.lookup(["bb", "ccc", "dddd"], encode)
    cache.lookup(["a"], encode)
    assert asked[2:] == [["dddd"], ["a"]]


def test_more_texts_than_the_cache_holds_are_all_answered() -> None:
    cache = TextCache(limit=2)
    texts = ["a", "bb", "ccc", "dddd"]
    made = cache.lookup(texts, lambda new: np.array([[len(t)] for t in new], np.float32))
    assert made.ravel().tolist() == [1, 2, 3, 4]
