"""Stand-ins for the neighbours of indexing: a decoder that reads text for pictures, a model that counts.

A "photo" here is any file; its bytes are its content. Special contents play the parts of bad files:
what begins with b"broken" cannot be decoded (b"broken" alone has no head either), b"growing" is always
still being written.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.errors import MediaReason, ModelError
from organizer.events import Event, Notice, Progress
from organizer.records import (
    CHROMA_SIDE,
    GREY_SIDE,
    Decoded,
    ExifFacts,
    FileStamp,
    Fingerprint,
    Glance,
    InputSpec,
    Measurements,
    Unreadable,
)

SIDE = 8
DIMENSION = 4


def decoded_from(stamp: FileStamp, content: bytes) -> Decoded:
    """What a decoder would say of these bytes."""
    digest = hashlib.blake2b(content, digest_size=32).digest()
    shade = digest[0]
    return Decoded(
        stamp=stamp,
        content_hash=digest,
        pixel_hash=None,
        format="JPEG",
        width=40,
        height=30,
        exif=ExifFacts(),
        thumbnail=b"jpeg of " + digest,
        model_input=np.full((SIDE, SIDE, 3), shade, np.uint8),
        fingerprint=Fingerprint(
            int.from_bytes(digest[:8], "big"),
            int.from_bytes(digest[8:16], "big"),
            np.full((GREY_SIDE, GREY_SIDE), shade, np.uint8),
            np.full((2, CHROMA_SIDE, CHROMA_SIDE), shade, np.uint8),
        ),
        measurements=Measurements(1, 1, 0.5, 0.5, 0, 0, 1, 1, 1, 0),
        seconds={"read": 0.001, "decode": 0.002},
    )


class FakePool:
    """Decodes in two threads.

    Attributes:
        decoded, glanced: how often each file name was given to it, in full or for its head.
        most_inside: the most photos at once.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.processes = 2
        self.decoded: Counter[str] = Counter()
        self.glanced: Counter[str] = Counter()
        self.most_inside = 0
        self.order: list[str] = []
        self.ended = ""
        self._inside = 0
        self._seconds = seconds
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="fake-decoder")

    def submit(self, stamp: FileStamp) -> Future[Decoded | Unreadable]:
        with self._lock:
            self.decoded[stamp.path.name] += 1
            self.order.append(stamp.path.name)
            self._inside += 1
            self.most_inside = max(self.most_inside, self._inside)
        future = self._threads.submit(self._decode, stamp)
        future.add_done_callback(self._left)
        return future

    def submit_head(self, stamp: FileStamp) -> Future[Glance | None]:
        """The head of a "photo" tells nothing where its content begins with "plain"."""
        with self._lock:
            self.glanced[stamp.path.name] += 1
            self.order.append(f"head of {stamp.path.name}")
        return self._threads.submit(self._glance, stamp)

    def _glance(self, stamp: FileStamp) -> Glance | None:
        time.sleep(self._seconds / 10)
        try:
            content = stamp.path.read_bytes()
        except FileNotFoundError:
            return None
        if content in (b"broken", b"closed", b"growing") or content.startswith(b"plain"):
            return None
        shade = hashlib.blake2b(content, digest_size=32).digest()[0]
        picture = np.full((SIDE, SIDE, 3), shade, np.uint8)
        return Glance(
            stamp, "JPEG", 40, 30, ExifFacts(), b"small jpeg of " + content, picture, {"head": 0.001}
        )

    def _left(self, _future: Future[Decoded | Unreadable]) -> None:
        with self._lock:
            self._inside -= 1

    def _decode(self, stamp: FileStamp) -> Decoded | Unreadable:
        time.sleep(self._seconds)
        try:
            content = stamp.path.read_bytes()
        except FileNotFoundError:
            return Unreadable(stamp, MediaReason.VANISHED, "It is gone.")
        if content.startswith(b"broken"):
            return Unreadable(stamp, MediaReason.DAMAGED, "It is broken.")
        if content == b"closed":
            return Unreadable(stamp, MediaReason.NO_PERMISSION, "It may not be read.")
        if content == b"growing":
            return Unreadable(stamp, MediaReason.CHANGING, "It is still being written.")
        return decoded_from(stamp, content)

    def close(self) -> None:
        self.ended = "closed"
        self._threads.shutdown(wait=True)

    def stop(self) -> None:
        self.ended = "stopped"
        self._threads.shutdown(wait=True, cancel_futures=True)


class FakeEmbedder:
    """Gives each picture a vector of its shade.

    Attributes:
        batches: sizes of the batches it was given.
    """

    key = "fake"
    dimension = DIMENSION
    input = InputSpec(SIDE, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))

    def __init__(self, seconds: float = 0.0, fail_at: int | None = None) -> None:
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self._seconds = seconds
        self._fail_at = fail_at

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert batch.shape[1:] == (SIDE, SIDE, 3)
        time.sleep(self._seconds)
        self.batches.append(len(batch))
        self.threads.add(threading.get_ident())
        if self._fail_at is not None and len(self.batches) >= self._fail_at:
            raise ModelError("The model stopped working.")
        shade = batch[:, 0, 0, 0].astype(np.float32) / 255
        vectors = np.stack([shade, 1 - shade, np.ones_like(shade), np.zeros_like(shade)], axis=1)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.full((len(texts), DIMENSION), 0.5, np.float32)

    def close(self) -> None:
        self.batches.clear()


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def sentences(self) -> list[str]:
        return [event.sentence for event in self.events if isinstance(event, Notice)]

    @property
    def progress(self) -> list[Progress]:
        return [event for event in self.events if isinstance(event, Progress)]


def content_of(path: Path) -> bytes:
    """The content hash that the catalogue should have for a file."""
    return hashlib.blake2b(path.read_bytes(), digest_size=32).digest()
