"""Brings a model of the registry onto this computer, on the person's request alone.

Everything is fetched into a folder of its own and moved into place when it is whole and its SHA-256 is
right, so that a model is there or is not. What an interrupted download left is taken up by the next one
and goes when ``discard`` is called. Must not import torch.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from organizer.errors import Cancelled, DownloadFailed, EnvironmentProblem, ModelDamaged, StorageFull
from organizer.models.first_use import remember, remembered
from organizer.models.hub import DRIVE_FULL, Hub, RemoteFile
from organizer.models.registry import (
    CONFIG_FILE,
    PARTIAL,
    WEIGHTS_FILE,
    ModelSpec,
    installed,
    missing_packages,
    read_input_spec,
    write_record,
)
from organizer.models.weights import check_safetensors

log = logging.getLogger(__name__)

SPARE = 100_000_000  # bytes that a drive keeps free beside the model
SMALL = 64_000_000  # no description or tokenizer is larger
PACE_S = 5.0  # the rate is that of the last seconds

FreeSpace = Callable[[Path], int]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a download would mean, told before it starts; nothing is asked of a network for it.

    Attributes:
        bytes: of the whole model; a close estimate where the hub has not been asked yet.
        have: bytes of it that an interrupted download left here.
        free: bytes free on the drive that it would go to.
        missing: Python packages that it needs and that are not installed.
        host: whom it would be fetched from.
    """

    key: str
    name: str
    kind: str
    bytes: int
    have: int
    free: int
    licence: str
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    host: str
    note: str

    @property
    def fits(self) -> bool:
        """Whether there is room for it."""
        return self.free >= self.bytes - self.have + SPARE


@dataclass(frozen=True, slots=True)
class Fetched:
    """How far a download is.

    Attributes:
        stage: "download", then "check". done, total: bytes.
        rate: bytes a second over the last seconds. seconds_left: None while unknown.
    """

    stage: str
    done: int
    total: int
    rate: float = 0.0
    seconds_left: float | None = None


def free_space(folder: Path) -> int:
    """Bytes free on the drive of a folder that may not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def offer(spec: ModelSpec, hub: Hub, free: FreeSpace = free_space) -> Offer:
    """What the download of a model would mean."""
    staging = staging_folder(spec)
    have = sum(file.stat().st_size for file in staging.glob("*")) if staging.is_dir() else 0
    return Offer(
        key=spec.key,
        name=spec.name,
        kind=spec.kind,
        bytes=spec.bytes,
        have=have,
        free=free(spec.folder.parent),
        licence=spec.licence,
        languages=spec.languages,
        missing=missing_packages(spec),
        host=hub.host,
        note=spec.note,
    )


def staging_folder(spec: ModelSpec) -> Path:
    """Where a model lies while it is not whole."""
    return spec.folder.parent / PARTIAL / spec.key


def download(
    spec: ModelSpec,
    hub: Hub,
    on_progress: Callable[[Fetched], None],
    stop: Callable[[], bool],
    free: FreeSpace = free_space,
    *,
    accept_changed: bool = False,
) -> Path:
    """Fetch a model; returns its folder. A model that is here already is left as it is.

    Args:
        on_progress: told often, in the calling thread. stop: asked often.
        accept_changed: take other weights than those of the first download, too.

    Raises:
        Cancelled: ``stop`` said so; what came so far is kept for the next time.
        DownloadFailed: the hub, the connection, or other bytes than promised.
        ModelDamaged: the hub promised a file that we do not load.
        StorageFull: there is no room; told before anything large is fetched.
    """
    if installed(spec):
        return spec.folder
    if not spec.hub:
        raise DownloadFailed(f"The model “{spec.name}” cannot be downloaded; it can be imported from a file.")
    staging = staging_folder(spec)
    try:
        staging.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(staging, error) from error
    weights = _weights_on(hub, spec, accept_changed)
    _require_room(spec, weights, staging, free)
    for name in (CONFIG_FILE, *spec.files):
        _fetch_small(hub, spec, name, weights.commit, staging, stop)
    read_input_spec(staging / CONFIG_FILE)  # before the long part
    part = _part(staging, weights)
    total = weights.bytes or spec.bytes
    pace = _Pace(total)
    hub.fetch(weights, part, lambda done: on_progress(pace.at(done)), stop)
    if stop():
        raise Cancelled
    on_progress(Fetched("check", total, total))
    _check(part, weights.sha256, hub)
    return _publish(spec, staging, part, weights, hub)


def discard(spec: ModelSpec) -> int:
    """Delete what an interrupted download or import left; returns the bytes given back."""
    staging = staging_folder(spec)
    if not staging.is_dir():
        return 0
    size = sum(file.stat().st_size for file in staging.rglob("*") if file.is_file())
    shutil.rmtree(staging, ignore_errors=True)
    return size


def _weights_on(hub: Hub, spec: ModelSpec, accept_changed: bool) -> RemoteFile:
    """The weights as the hub describes them, with the hash that they must have."""
    remote = hub.facts(spec.hub, WEIGHTS_FILE)
    first = "" if accept_changed or spec.sha256 else remembered(spec.folder.parent, spec.key)
    if first and remote.sha256 not in ("", first):
        raise DownloadFailed(
            f"{hub.host} holds other weights for “{spec.name}” than when it was first downloaded here; "
            "nothing was fetched. To take them all the same: "
            f"photo-organizer models download {spec.key} --accept-changed",
            detail=f"{remote.url}: {remote.sha256}, first {first}",
        )
    if spec.sha256 and remote.sha256 and remote.sha256 != spec.sha256.lower():
        raise DownloadFailed(
            f"{hub.host} holds other weights for “{spec.name}” than this version of the program expects.",
            detail=f"{remote.url}: {remote.sha256}, pinned {spec.sha256}",
        )
    known = spec.sha256.lower() or first or remote.sha256
    if not known:
        raise DownloadFailed(
            f"{hub.host} does not say which SHA-256 the weights of “{spec.name}” have, so they could not be "
            "checked; nothing was fetched.",
            detail=remote.url,
        )
    return RemoteFile(remote.name, remote.url, remote.bytes, known, "", remote.commit)


def _require_room(spec: ModelSpec, weights: RemoteFile, staging: Path, free: FreeSpace) -> None:
    part = _part(staging, weights)
    here = part.stat().st_size if part.exists() else 0
    needed = (weights.bytes or spec.bytes) - here
    left = free(staging)
    if left < needed + SPARE:
        raise StorageFull(
            f"“{spec.name}” needs {size_words(needed)} and there are {size_words(left)} free on its drive; "
            "nothing was fetched.",
            detail=str(staging),
        )


def _part(staging: Path, weights: RemoteFile) -> Path:
    """The unfinished weights; named for their hash, so that other weights never go on in the same file."""
    return staging / f"{WEIGHTS_FILE}.{weights.sha256[:16]}.part"


def _fetch_small(
    hub: Hub, spec: ModelSpec, name: str, commit: str, staging: Path, stop: Callable[[], bool]
) -> None:
    """A description or a tokenizer's file, fetched anew each time."""
    remote = hub.facts(spec.hub, name, commit or "main")
    if (remote.bytes or 0) > SMALL:
        raise DownloadFailed(f"“{name}” on {hub.host} is larger than such a file can be.", detail=remote.url)
    part = staging / f"{name}.part"
    part.unlink(missing_ok=True)
    hub.fetch(remote, part, lambda _done: None, stop)
    content = part.read_bytes()
    found = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "git": hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest(),
    }
    if (remote.sha256 or found["sha256"], remote.git_sha1 or found["git"]) != (found["sha256"], found["git"]):
        part.unlink()
        raise _other_bytes(name, hub, f"{found} where {remote} was promised")
    part.replace(staging / name)


def _check(part: Path, sha256: str, hub: Hub) -> None:
    with part.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found == sha256:
        try:
            check_safetensors(part)
        except ModelDamaged:
            part.unlink()
            raise
        return
    part.unlink()
    raise _other_bytes(WEIGHTS_FILE, hub, f"SHA-256 {found} where {sha256} was promised")


def _publish(spec: ModelSpec, staging: Path, part: Path, weights: RemoteFile, hub: Hub) -> Path:
    size = part.stat().st_size
    part.replace(staging / WEIGHTS_FILE)
    try:
        remember(spec.folder.parent, spec.key, weights.sha256)
    except OSError as error:
        raise unwritable(spec.folder.parent, error) from error
    source = f"{hub.endpoint}/{spec.hub}" + (f" at {weights.commit}" if weights.commit else "")
    return publish(spec, staging, size, weights.sha256, source)


def publish(spec: ModelSpec, staging: Path, size: int, sha256: str, source: str) -> Path:
    """Move a whole, checked model to its place at once; what stood there before goes.

    Raises:
        StorageFull, EnvironmentProblem: the folder cannot be written.
    """
    for left in staging.glob("*.part"):
        left.unlink()
    old = staging.with_name(f"{spec.key}.old")
    try:
        write_record(staging, spec, size, sha256, source)
        shutil.rmtree(old, ignore_errors=True)
        if spec.folder.exists():
            spec.folder.rename(old)
        staging.rename(spec.folder)
    except OSError as error:
        raise unwritable(spec.folder, error) from error
    shutil.rmtree(old, ignore_errors=True)
    return spec.folder


def _other_bytes(name: str, hub: Hub, detail: str) -> DownloadFailed:
    return DownloadFailed(
        f"What came from {hub.host} as “{name}” is not the file it promised, so it was thrown away. "
        "Please try again.",
        detail=detail,
    )


def unwritable(folder: Path, error: OSError) -> EnvironmentProblem:
    """What to raise when a folder for models cannot be written."""
    if error.errno in DRIVE_FULL:
        return StorageFull(f"No room is left on the drive of {folder}.", detail=repr(error))
    return EnvironmentProblem(f"The folder for models cannot be written: {folder}.", detail=repr(error))


def size_words(count: int) -> str:
    """A size for a sentence."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"


class _Pace:
    """From bytes and the clock to a rate and the time left."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def at(self, done: int) -> Fetched:
        now = self._clock()
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[0][0] < now - PACE_S:
            self._marks.popleft()
        since, before = self._marks[0]
        rate = max(0.0, (done - before) / (now - since)) if now > since else 0.0
        left = (self._total - done) / rate if rate > 0 else None
        return Fetched("download", done, max(self._total, done), rate, left)
