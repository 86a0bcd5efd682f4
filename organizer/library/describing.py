"""When captions are made: for photos that the person asks about, and for the others in idle time.

What was asked for waits in the catalogue, so that it goes on after a restart, and is one action that can be
undone however far it got. Idle time takes the photos, newest first, that the present captioner has not
looked at. A person's own words are never looked at by either. Which captioner writes is decided in
``captioning``; when the program is idle, the shell knows.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.captions import SOURCE as LABELS
from organizer.errors import ModelError
from organizer.events import Progress
from organizer.indexing.control import IndexControl
from organizer.library.asking import file_stamp
from organizer.library.captioning import Captioning, SharedCaptioner
from organizer.media.pool import DecodePool
from organizer.models import captioner as own_captioner
from organizer.paths import AppPaths
from organizer.records import Decoded
from organizer.results import Caption

log = logging.getLogger(__name__)

FROM_VECTORS = 64  # sentences between two commits where no photo has to be opened
FROM_PHOTOS = 8  # and where each has


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """What became of the wish for sentences.

    Attributes:
        action_id: for undo; None where nothing is to be done. waiting: photos that will get one.
        own: photos that keep the person's words.
    """

    action_id: str | None
    waiting: int
    own: int


@dataclass(frozen=True, slots=True)
class DescribeSummary:
    """How a piece of describing ended.

    Attributes:
        said: sentences kept. speechless: photos that the captioner found no words for.
        unreadable: (photo id, sentence) of photos that could not be opened.
    """

    said: int = 0
    speechless: int = 0
    unreadable: tuple[tuple[int, str], ...] = ()


class Describing(Captioning):
    """The part of the library that writes captions."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._unopened: set[int] = set()  # photos that could not be opened since the program started

    def describe(self, photo_ids: Iterable[int]) -> DescribeRequest:
        """Ask for a sentence for each of these photos; ``describe_waiting`` makes them."""
        ids = list(dict.fromkeys(int(photo_id) for photo_id in photo_ids))
        said = self._reader.captions_of(ids)
        own = sum(said[i].source == "user" for i in ids if i in said)
        self._unopened -= set(ids)
        count = len(ids) - own
        why = "describe 1 photo" if count == 1 else f"describe {count:,} photos"
        action_id, waiting = self._catalog.writer.ask_captions(ids, why)
        return DescribeRequest(None if action_id is None else str(action_id), waiting, own)

    def stop_describing(self) -> None:
        """Forget what was asked for and is not made yet; what was made stays, and can be undone."""
        self._catalog.writer.stop_describing()

    def waiting_captions(self, *, idle: bool) -> NDArray[np.int64]:
        """Ids of the photos that wait because the person asked or, with ``idle``, for idle time; newest
        first.
        """
        if not idle:
            ids = self._reader.describing()
        elif self.captioner_key() == LABELS:  # the analysis of captions has made them all
            ids = np.zeros(0, np.int64)
        else:
            ids = self._reader.undescribed(self._captioner_revision())
        return ids[~np.isin(ids, list(self._unopened))] if self._unopened else ids

    def describe_waiting(self, control: IndexControl, *, idle: bool) -> DescribeSummary:
        """Make the sentences that were asked for or, with ``idle``, those of all other photos; blocking.

        Progress is told as the stage "captions". What was said is committed every few photos; the control
        is asked before every word.

        Raises:
            Cancelled: the control said so; what waits goes on waiting.
            ModelError: the captioner cannot be loaded or run; nothing waits any more.
        """
        ids = self.waiting_captions(idle=idle).tolist()
        if not ids:
            return DescribeSummary()
        try:
            return self._describe_all(ids, control, idle)
        except ModelError:
            if not idle:
                self.stop_describing()
            raise

    def _describe_all(self, ids: Sequence[int], control: IndexControl, idle: bool) -> DescribeSummary:
        self.notify(Progress("captions", 0, len(ids)))
        name, captioner = self._captioner_revision(), self.captioner()
        step = FROM_VECTORS if captioner.vectors_name else FROM_PHOTOS
        began, done, said, speechless = time.monotonic(), 0, 0, 0
        unreadable: list[tuple[int, str]] = []
        with ExitStack() as stack:
            opened = cache(lambda: stack.enter_context(DecodePool(1, captioner.input)))
            for first in range(0, len(ids), step):
                control.check()
                batch = ids[first : first + step]
                found, failed = self._said(captioner, batch, control, opened)
                kept = self._catalog.writer.store_described(found, name, asked=not idle)
                unreadable += failed
                said += kept
                speechless += sum(not one.text for one in found)
                done += len(batch)
                rate = done / max(time.monotonic() - began, 1e-3)
                left = (len(ids) - done) / rate
                self.notify(Progress("captions", done, len(ids), len(unreadable), rate, left))
                if not idle and not kept and not len(self._reader.describing()):
                    break  # stopped or undone meanwhile
        self._give_up(unreadable, idle)
        return DescribeSummary(said, speechless, tuple(unreadable))

    def _said(
        self,
        captioner: SharedCaptioner,
        batch: Sequence[int],
        control: IndexControl,
        opened: Callable[[], DecodePool],
    ) -> tuple[list[Caption], list[tuple[int, str]]]:
        """A caption for each photo, "" where there are no words, and the photos that cannot be opened."""
        texts: dict[int, str] = {}
        failed: list[tuple[int, str]] = []
        if captioner.vectors_name:
            known, vectors = self._reader.vectors_of(batch, captioner.vectors_name)
            here = [photo_id for photo_id in batch if photo_id in set(known.tolist())]
            if here:
                rows = vectors[np.searchsorted(known, here)].astype(np.float32)
                texts = dict(zip(here, captioner.describe_vectors(rows, control.check), strict=True))
        rest = [photo_id for photo_id in batch if photo_id not in texts]
        photos = self._reader.photos(rest)
        waiting = [(i, opened().submit(file_stamp(photos[i].path))) for i in rest if i in photos]
        seen = []
        for photo_id, future in waiting:
            got = future.result()
            if isinstance(got, Decoded) and got.model_input is not None:
                seen.append((photo_id, got.model_input))
            elif not isinstance(got, Decoded):
                failed.append((photo_id, got.sentence))
        if seen:
            made = captioner.describe(np.stack([pixels for _, pixels in seen]), control.check)
            texts.update(zip((photo_id for photo_id, _ in seen), made, strict=True))
        return [Caption(photo_id, text, captioner.source) for photo_id, text in texts.items()], failed

    def _give_up(self, unreadable: Sequence[tuple[int, str]], idle: bool) -> None:
        """Photos that cannot be opened wait no longer until the next start, or until they are asked for."""
        self._unopened |= {photo_id for photo_id, _ in unreadable}
        if unreadable and not idle and not len(self.waiting_captions(idle=False)):
            self.stop_describing()

    def _captioner_revision(self) -> str:
        """Name of the captioner that writes and of its weights."""
        key = self.captioner_key()
        if key == own_captioner.KEY:
            return f"{key}@{_digest(own_captioner.folder_of(self.paths.resources))}"
        return LABELS if key == LABELS else self._shelf.vectors_name(key)


def on_battery() -> bool:
    """Whether the computer runs from its battery; False where it has none or does not say."""
    import psutil

    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, NotImplementedError) as error:  # no such question on this system
        log.debug("nothing is known of a battery: %s", error)
        return False
    return battery is not None and battery.power_plugged is False


@cache
def _digest(folder: Path) -> str:
    """Eight bytes of a hash of the weights, as hexadecimal digits."""
    data = (folder / own_captioner.WEIGHTS_FILE).read_bytes()
    return hashlib.blake2b(data, digest_size=8).hexdigest()
