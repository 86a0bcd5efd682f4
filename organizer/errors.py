"""The one tree of exceptions that the core raises on purpose.

Two branches tell apart what the environment did from what was asked wrongly. Anything outside this
tree is a defect of ours: it is not caught and turned into a sentence, it is logged and shown as one.

    OrganizerError
    ├── EnvironmentProblem          the machine, a file or a drive did something; say it kindly
    │   ├── MediaError              one photo cannot be read; costs that photo only
    │   ├── CatalogError            the catalogue cannot be opened or written
    │   │   ├── CatalogLocked  CatalogDamaged  CatalogTooNew  CatalogUnsuitablePlace
    │   ├── StorageFull             no room left on a drive
    │   ├── ModelError              a model cannot be loaded or run
    │   │   ├── ModelMissing  ModelDamaged  DeviceFailed
    │   ├── DownloadFailed          a model could not be fetched; what came so far may be kept
    │   ├── FolderProblem           a folder is missing or closed to us
    │   └── ActionRefused           an action was not carried out, and nothing was changed
    │       ├── FileChanged  LastCopy  Protected  RestoreConflict
    ├── UsageProblem                the request makes no sense (unknown model key, empty label list)
    │   └── QueryProblem            a search that cannot be read; says which part and what to write
    └── Cancelled                   the person stopped the work; never shown as an error

``str(error)`` is one clear sentence for a person; ``error.detail`` carries the technical cause for the
log.
"""

from __future__ import annotations

from enum import StrEnum


class OrganizerError(Exception):
    """Root of the tree.

    Attributes:
        detail: technical cause for the log; empty when the sentence says it all.
    """

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class EnvironmentProblem(OrganizerError):
    """The world outside the program is the cause: a file, a drive, a driver."""


class MediaReason(StrEnum):
    """Why a photo could not be read; stored in the catalogue, so the values never change."""

    UNSUPPORTED = "unsupported"  # not a picture format on the allow-list
    EMPTY = "empty"  # zero bytes
    DAMAGED = "damaged"  # the decoder refused it
    TOO_LARGE = "too-large"  # more pixels than the memory allows, or a decompression bomb
    TIMEOUT = "timeout"  # the decoder did not end in time
    CRASHED = "crashed"  # the decoder's process died
    VANISHED = "vanished"  # gone between listing and reading
    CHANGING = "changing"  # still being written
    NO_PERMISSION = "no-permission"
    IO = "io"  # the drive failed to deliver the bytes


class MediaError(EnvironmentProblem):
    """One photo cannot be read.

    Attributes:
        reason: the class of the cause, stable across versions.
        content_hash: BLAKE2b-256 of the file's bytes where they could be read, else None.
    """

    def __init__(
        self,
        sentence: str,
        reason: MediaReason,
        *,
        detail: str = "",
        content_hash: bytes | None = None,
    ) -> None:
        super().__init__(sentence, detail=detail)
        self.reason = reason
        self.content_hash = content_hash

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between processes (exceptions with keywords do not by themselves)."""
        return (_rebuild_media_error, (str(self), self.reason, self.detail, self.content_hash))


def _rebuild_media_error(
    sentence: str, reason: MediaReason, detail: str, content_hash: bytes | None
) -> MediaError:
    return MediaError(sentence, reason, detail=detail, content_hash=content_hash)


class CatalogError(EnvironmentProblem):
    """The catalogue cannot be opened, read or written."""


class CatalogLocked(CatalogError):
    """Another program holds the catalogue."""


class CatalogDamaged(CatalogError):
    """The file fails its integrity check; a backup can be restored."""


class CatalogTooNew(CatalogError):
    """A newer version of the program wrote this file."""


class CatalogUnsuitablePlace(CatalogError):
    """The catalogue would lie on a network drive, where SQLite's locks do not hold."""


class StorageFull(EnvironmentProblem):
    """A drive has no room left; what was committed before stays."""


class ModelError(EnvironmentProblem):
    """A model cannot be loaded or run."""


class ModelMissing(ModelError):
    """The model's files are not on this computer."""


class ModelDamaged(ModelError):
    """The weights are truncated, altered or not in a format we load."""


class DeviceFailed(ModelError):
    """The GPU stopped working; the work goes on with the CPU."""


class DownloadFailed(EnvironmentProblem):
    """A model could not be fetched: no network, a proxy, a server's answer, other bytes than promised."""


class FolderProblem(EnvironmentProblem):
    """A folder is missing, is not a folder, or may not be read."""


class ActionRefused(EnvironmentProblem):
    """An action was not carried out; the file it was about is untouched."""


class FileChanged(ActionRefused):
    """The file on disk is no longer the one the catalogue knows."""


class LastCopy(ActionRefused):
    """Removing it would leave no copy of this photo."""


class Protected(ActionRefused):
    """It lies in a folder that the person protected, or on a read-only drive."""


class RestoreConflict(ActionRefused):
    """Something else stands where the file would be put back."""


class UsageProblem(OrganizerError):
    """The request itself makes no sense; exit code 2 on the command line."""


class QueryProblem(UsageProblem):
    """A search that cannot be read.

    Attributes:
        kind: which rule was broken, for shells that say it in another language.
        values: what the sentence names.
    """

    def __init__(self, kind: str, sentence: str, **values: str) -> None:
        super().__init__(sentence.format(**values))
        self.kind = kind
        self.values = values


class Cancelled(OrganizerError):
    """The person stopped the work. What was committed stays."""

    def __init__(self, sentence: str = "Stopped.", *, detail: str = "") -> None:
        super().__init__(sentence, detail=detail)
