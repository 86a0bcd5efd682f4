"""Fetches single files from a model hub: their facts first, then their bytes, from where an earlier try
ended.

Speaks the few requests of the Hugging Face hub that this needs (``/REPO/resolve/REVISION/FILE`` and the
headers X-Repo-Commit, X-Linked-Etag, X-Linked-Size), over urllib: proxies are taken from the environment
or the system, HF_ENDPOINT names another hub, and nothing of the person is sent. Must not know models.
"""

from __future__ import annotations

import errno
import http.client
import logging
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any

from organizer.errors import Cancelled, DownloadFailed, StorageFull, UsageProblem

log = logging.getLogger(__name__)

HUB = "https://huggingface.co"
CHUNK = 1 << 18  # bytes read at once: progress and Stop are looked at in between
TIMEOUT_S = 15.0
TRIES = 5  # in a row without a single byte
PAUSE_S = 1.0  # before the second of these; longer before each next one

DRIVE_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quota
_OF_A_DRIVE = (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_SHA1 = re.compile(r"[0-9a-f]{40}")

Moved = Callable[[int], None]
Asked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the hub, as the hub describes it.

    Attributes:
        url: where it is fetched, bound to ``commit`` where that is known.
        bytes: its size; None where the hub does not say.
        sha256: of its content, lower case; "" where the hub does not say.
        git_sha1: git's name of its content, for small files; "" where the hub does not say.
    """

    name: str
    url: str
    bytes: int | None
    sha256: str = ""
    git_sha1: str = ""
    commit: str = ""


class Hub:
    """A model hub.

    Args:
        endpoint: its address; by default HF_ENDPOINT of the environment, else the public hub.
        timeout: seconds without a byte after which the connection counts as lost.
        pause: seconds before the second try; tests give 0.

    Raises:
        UsageProblem: the address is none.
    """

    def __init__(self, endpoint: str = "", timeout: float = TIMEOUT_S, pause: float = PAUSE_S) -> None:
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT", "") or HUB).rstrip("/")
        if not self.endpoint.startswith(("http://", "https://")):
            raise UsageProblem(f"“{self.endpoint}” is no address of a model hub (HF_ENDPOINT).")
        self._timeout = timeout
        self._pause = pause

    @property
    def host(self) -> str:
        """Its name, for sentences."""
        return urllib.parse.urlsplit(self.endpoint).hostname or self.endpoint

    def facts(self, repository: str, name: str, revision: str = "main") -> RemoteFile:
        """Ask for a file's size and hash without fetching it.

        Raises:
            DownloadFailed: it is not there, or the hub cannot be reached.
        """
        seen: list[Message] = []
        try:
            with self._ask(self._url(repository, name, revision), {}, seen, method="HEAD", tries=2):
                pass
        except _ToldAlready:
            log.debug("%s: the hub said everything itself", name)
        headers = _Merged(seen)
        tag = (headers["X-Linked-Etag"] or headers["ETag"]).removeprefix("W/").strip('"').lower()
        commit = headers["X-Repo-Commit"]
        linked = headers["X-Linked-Size"] or str(seen[-1].get("Content-Length") or "")
        return RemoteFile(
            name=name,
            url=self._url(repository, name, commit or revision),
            bytes=int(linked) if linked.isdigit() else None,
            sha256=tag if _SHA256.fullmatch(tag) else "",
            git_sha1=tag if _GIT_SHA1.fullmatch(tag) else "",
            commit=commit,
        )

    def fetch(self, remote: RemoteFile, part: Path, moved: Moved, stop: Asked) -> None:
        """Bring ``part`` to the file's full length, going on from the bytes that it holds already.

        A lost connection is taken up again by itself, up to TRIES times in a row without progress.

        Args:
            moved: told the bytes that ``part`` holds, after each piece.
            stop: asked after each piece; the piece is kept.

        Raises:
            Cancelled: ``stop`` said so. DownloadFailed: the connection stays lost, or the hub refuses.
            StorageFull: no room for the next piece; what is there is kept.
        """
        failures = 0
        while True:
            have = part.stat().st_size if part.exists() else 0
            if have and remote.bytes is not None and have >= remote.bytes:
                return
            try:
                if self._go_on(remote, part, have, moved, stop):
                    return
                error: Exception = DownloadFailed("The connection was cut.")
            except (OSError, http.client.HTTPException) as problem:
                _raise_if_ours(problem, part)
                error = problem
            except _Unreachable as problem:
                error = problem.cause
            log.info("%s: %r after %s bytes", remote.url, error, have)
            now = part.stat().st_size if part.exists() else 0
            failures = 1 if now > have else failures + 1
            if failures >= TRIES:
                raise self._lost(remote, now, error) from error
            self._rest(self._pause * failures, stop)

    def _go_on(self, remote: RemoteFile, part: Path, have: int, moved: Moved, stop: Asked) -> bool:
        """One connection; True when the file is complete, False when it ended early."""
        wanted = {"Range": f"bytes={have}-"} if have else {}
        try:
            response = self._ask(remote.url, wanted, [])
        except _OutOfRange:  # what is there is longer than the file
            part.unlink(missing_ok=True)
            return False
        with response, part.open("ab" if have and response.status == 206 else "wb") as stream:
            moved(stream.tell())
            while piece := response.read(CHUNK):
                _write(stream, piece, part)
                moved(stream.tell())
                if remote.bytes is not None and stream.tell() > remote.bytes:
                    return True  # too long: the check of its content refuses it
                if stop():
                    raise Cancelled
            return remote.bytes is None or stream.tell() >= remote.bytes

    def _ask(
        self, url: str, extra: dict[str, str], seen: list[Message], *, method: str = "GET", tries: int = 1
    ) -> Any:
        """Open a URL, at most ``tries`` times.

        Raises:
            DownloadFailed: the answer is final. _Unreachable: another try may help.
        """
        opener = urllib.request.build_opener(_Redirects(seen))
        headers = {"User-Agent": "photo-organizer", "Accept-Encoding": "identity", **extra}
        for left in reversed(range(tries)):
            try:
                request = urllib.request.Request(url, headers=headers, method=method)
                response = opener.open(request, timeout=self._timeout)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 416 and "Range" in headers:
                    raise _OutOfRange from error
                if error.code not in (408, 429) and error.code < 500:
                    raise self._refused(url, error) from error
                problem: Exception = error
            except (OSError, http.client.HTTPException) as error:
                problem = error
            else:
                seen.append(response.headers)
                return response
            if left:
                time.sleep(self._pause)
        raise _Unreachable(problem) if method == "GET" else self._unreachable(problem)

    def _rest(self, seconds: float, stop: Asked) -> None:
        until = time.monotonic() + seconds
        while not stop() and time.monotonic() < until:
            time.sleep(0.05)
        if stop():
            raise Cancelled

    def _url(self, repository: str, name: str, revision: str) -> str:
        parts = (repository, "resolve", revision, name)
        return "/".join((self.endpoint, *(urllib.parse.quote(part) for part in parts)))

    # -- sentences -----------------------------------------------------------------------------------

    def _refused(self, url: str, error: urllib.error.HTTPError) -> DownloadFailed:
        name = urllib.parse.unquote(url.rsplit("/", 1)[-1])
        sentences = {
            401: f"{self.host} wants a password for “{name}”; nothing was fetched.",
            403: f"{self.host} does not give out “{name}”; nothing was fetched.",
            404: f"{self.host} has no file “{name}” for this model; nothing was fetched.",
            407: "The proxy wants a password: put it into the proxy's address (HTTPS_PROXY).",
        }
        sentence = sentences.get(error.code, f"{self.host} answered “{error.code} {error.reason}”.")
        return DownloadFailed(sentence, detail=f"{url}: {error!r}")

    def _unreachable(self, error: Exception) -> DownloadFailed:
        reason = getattr(error, "reason", error)
        proxy = urllib.request.getproxies().get(urllib.parse.urlsplit(self.endpoint).scheme, "")
        if proxy and not isinstance(error, urllib.error.HTTPError):
            sentence = f"{self.host} could not be reached through the proxy {_without_password(proxy)}."
        elif isinstance(error, urllib.error.HTTPError):
            sentence = f"{self.host} has trouble of its own just now ({error.code}); please try again later."
        else:
            sentence = f"{self.host} could not be reached. Is this computer online?"
        return DownloadFailed(sentence, detail=repr(reason))

    def _lost(self, remote: RemoteFile, have: int, error: Exception) -> DownloadFailed:
        if not have:
            return self._unreachable(error)
        share = f" after {100 * have // remote.bytes}%" if remote.bytes else ""
        return DownloadFailed(
            f"The connection to {self.host} was lost{share}. Start the download again to go on from there.",
            detail=repr(error),
        )


class _Unreachable(Exception):
    """One connection could not be made; ``fetch`` counts these."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(repr(cause))
        self.cause = cause


class _OutOfRange(Exception):
    """There are no bytes after those that are here."""


class _ToldAlready(Exception):
    """The hub's own answer holds what was asked; the server that it points to need not be asked."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Keeps the headers of every answer on the way; never leaves an encrypted connection for an open one."""

    def __init__(self, seen: list[Message]) -> None:
        self._seen = seen

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        self._seen.append(headers)
        if req.get_method() == "HEAD" and headers.get("X-Linked-Etag"):
            raise _ToldAlready
        if not newurl.startswith("https:" if req.type == "https" else ("http:", "https:")):
            sentence = "The hub sent us to an unprotected address; nothing was fetched."
            raise DownloadFailed(sentence, detail=newurl)
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None:
            following.method = req.get_method()
        return following


class _Merged:
    """Headers of several answers; the first that has a name wins, since a CDN knows less than the hub."""

    def __init__(self, seen: list[Message]) -> None:
        self._seen = seen

    def __getitem__(self, name: str) -> str:
        return next((str(headers[name]) for headers in self._seen if headers.get(name)), "")


def _write(stream: IO[bytes], piece: bytes, part: Path) -> None:
    try:
        stream.write(piece)
    except OSError as error:
        _raise_if_ours(error, part, writing=True)


def _raise_if_ours(error: Exception, part: Path, *, writing: bool = False) -> None:
    """Raise what is wrong with this computer's drive; what is wrong with the connection returns."""
    number = getattr(error, "errno", None)
    if number in DRIVE_FULL:
        sentence = f"No room is left on the drive of {part.parent}. Make some and start the download again."
        raise StorageFull(sentence, detail=repr(error)) from error
    if writing or isinstance(error, _OF_A_DRIVE):
        raise DownloadFailed(f"The model cannot be written to {part.parent}.", detail=repr(error)) from error


def _without_password(proxy: str) -> str:
    parts = urllib.parse.urlsplit(proxy)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or proxy
