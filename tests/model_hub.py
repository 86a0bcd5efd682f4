"""A small model hub on loopback and tiny open_clip models for it: real files over real HTTP, with the hub's
headers, byte ranges and redirects, and with everything that can go wrong on request.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from organizer.models.registry import CONFIG_FILE, WEIGHTS_FILE

COMMIT = "c0ffee" + "0" * 34
TINY: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    },
    "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3, "resize_mode": "squash"},
}


def make_model(folder: Path, seed: int = 3, dimension: int = 24) -> Path:
    """A folder with a tiny open_clip model of random weights, about 6 MB."""
    import torch
    from safetensors.torch import save_file

    from organizer.models.torchvision_cure import ensure_torchvision

    ensure_torchvision()
    from open_clip.model import CLIP

    torch.manual_seed(seed)
    config = json.loads(json.dumps(TINY))
    config["model_cfg"]["embed_dim"] = dimension
    folder.mkdir(parents=True)
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    save_file(CLIP(**config["model_cfg"]).state_dict(), folder / WEIGHTS_FILE)
    return folder


@dataclass
class TestHub:
    """What the hub serves and how it misbehaves; changed by tests while it runs.

    Attributes:
        folder: its files, served as those of every repository.
        cuts: after so many bytes of an answer the connection is cut, one number a request for weights.
        wrong: whether one byte of the weights is another than promised.
        status: answered to every request where not 0. silent_hash: whether no hash is told.
        ranges: whether it knows byte ranges. requests: "METHOD PATH RANGE" of each.
        pause_at: after so many bytes of an answer it waits until this is 0 again.
    """

    __test__ = False

    folder: Path
    url: str = ""
    cuts: list[int] = field(default_factory=list)
    wrong: bool = False
    status: int = 0
    missing: frozenset[str] = frozenset()
    silent_hash: bool = False
    ranges: bool = True
    pause_at: int = 0
    requests: list[str] = field(default_factory=list)

    def sent(self) -> list[int]:
        """Where each request for the weights' bytes began."""
        starts = [line.split(" ") for line in self.requests]
        return [
            int(words[2].removeprefix("bytes=").rstrip("-") or 0)
            for words in starts
            if words[0] == "GET" and words[1].startswith("/cdn/") and words[1].endswith(WEIGHTS_FILE)
        ]


@contextmanager
def serving(folder: Path) -> Iterator[TestHub]:
    """The hub at ``hub.url`` while the block runs."""
    hub = TestHub(folder)

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="test-hub")
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: TestHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""

    def _answer(self, body: bool) -> None:
        hub = self.served
        path = urlsplit(self.path).path  # a proxy is asked with the whole address
        hub.requests.append(f"{self.command} {path} {self.headers.get('Range', '')}")
        name = path.rsplit("/", 1)[-1]
        file = hub.folder / name
        self.close_connection = True
        if hub.status:
            return self._say(hub.status)
        if not file.is_file() or name in hub.missing:
            return self._say(404)
        content = file.read_bytes()
        if path.startswith("/cdn/"):
            return self._send(content, name, body)
        return self._describe(content, name, path, body)

    def _describe(self, content: bytes, name: str, path: str, body: bool) -> None:
        """As the hub does: small files at once, large ones by a redirect that says what they are."""
        if name != WEIGHTS_FILE:
            tag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            return self._say(200, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT}, content, body)
        headers = {"Location": f"/cdn{path}", "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(content))}
        if not self.served.silent_hash:
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
        return self._say(302, headers)

    def _send(self, content: bytes, name: str, body: bool) -> None:
        hub = self.served
        start, status = 0, 200
        wanted = self.headers.get("Range", "")
        if wanted and hub.ranges:
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            if start >= len(content):
                return self._say(416)
        if hub.wrong:
            content = content[:-1] + bytes([content[-1] ^ 1])
        headers = {"ETag": '"of-the-cdn"'}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        cut = hub.cuts.pop(0) if hub.cuts and body else len(rest)
        return self._say(status, headers, rest, body, cut)

    def _say(
        self, status: int, headers: dict[str, str] | None = None, content: bytes = b"", body: bool = True,
        cut: int | None = None,
    ) -> None:  # fmt: skip
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if body:
            try:
                at = hub.pause_at if (hub := self.served).pause_at and len(content) > hub.pause_at else 0
                self.wfile.write(content[:at])
                while at and hub.pause_at:
                    time.sleep(0.02)
                self.wfile.write(content[at:cut])
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
