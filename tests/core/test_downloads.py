"""Downloads from a real hub on loopback: whole, cut, wrong, absent, no room, through a proxy, stopped."""

from __future__ import annotations

import errno
import hashlib
import http.client
import io
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from organizer.errors import Cancelled, DownloadFailed, ModelDamaged, StorageFull, UsageProblem
from organizer.models import downloads, hub
from organizer.models.downloads import Fetched, discard, download, offer, staging_folder
from organizer.models.first_use import FILE, remembered
from organizer.models.hub import Hub
from organizer.models.openclip import open_embedder
from organizer.models.registry import (
    CONFIG_FILE,
    RECORD_FILE,
    WEIGHTS_FILE,
    ModelSpec,
    installed,
    read_record,
)
from tests.model_hub import COMMIT, TestHub, make_model, serving

NEVER = lambda: False  # noqa: E731


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("hub") / "tiny")


@pytest.fixture
def served(model: Path, tmp_path: Path) -> Iterator[TestHub]:
    """A hub with copies of the tiny model's files, which a test may change."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        (folder / name).write_bytes((model / name).read_bytes())
    with serving(folder) as running:
        yield running


@pytest.fixture
def spec(tmp_path: Path) -> ModelSpec:
    return ModelSpec(
        "tiny", "Tiny", "embedder", "ViT-B-32", "tag", "someone/tiny", 6_000_000, "MIT", ("en",), 32, "",
        tmp_path / "data" / "models" / "tiny",
    )  # fmt: skip


def _hub(served: TestHub) -> Hub:
    return Hub(served.url, timeout=5, pause=0)


def _fetch(spec: ModelSpec, served: TestHub, **more: Any) -> Path:
    told, stop = more.pop("on_progress", lambda _: None), more.pop("stop", NEVER)
    return download(spec, _hub(served), told, stop, **more)


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def test_a_downloaded_model_is_whole_and_can_be_used(spec: ModelSpec, served: TestHub) -> None:
    told: list[Fetched] = []
    folder = _fetch(spec, served, on_progress=told.append)
    assert folder == spec.folder and installed(spec)
    assert _files(folder) == sorted([CONFIG_FILE, RECORD_FILE, WEIGHTS_FILE])
    assert not staging_folder(spec).exists()
    content = (served.folder / WEIGHTS_FILE).read_bytes()
    record = read_record(folder)
    assert record["sha256"] == hashlib.sha256(content).hexdigest() and record["bytes"] == len(content)
    assert COMMIT in record["source"]
    done = [progress.done for progress in told]
    assert done == sorted(done) and done[-1] == len(content) and told[-1].stage == "check"
    embedder = open_embedder(replace(spec, sha256=record["sha256"]), "cpu")
    assert embedder.encode_texts(["a dog"]).shape == (1, 24)
    embedder.close()


def test_everything_comes_from_one_commit(spec: ModelSpec, served: TestHub) -> None:
    _fetch(spec, served)
    fetched = [line for line in served.requests if line.startswith("GET") and "/cdn/" not in line]
    assert fetched and all(COMMIT in line for line in fetched)


def test_a_cut_connection_goes_on_where_it_was(spec: ModelSpec, served: TestHub) -> None:
    served.cuts = [1_000_000, 700_000]
    _fetch(spec, served)
    assert served.sent() == [0, 1_000_000, 1_700_000]
    assert (spec.folder / WEIGHTS_FILE).read_bytes() == (served.folder / WEIGHTS_FILE).read_bytes()


def test_a_connection_that_stays_cut_is_told_and_taken_up_the_next_time(
    spec: ModelSpec, served: TestHub
) -> None:
    served.cuts = [2_000_000] + [0] * hub.TRIES
    with pytest.raises(DownloadFailed, match=r"was lost after \d+%\. Start the download again"):
        _fetch(spec, served)
    assert not spec.folder.exists()
    assert offer(spec, _hub(served)).have >= 2_000_000
    served.cuts.clear()
    served.requests.clear()
    _fetch(spec, served)
    assert served.sent() == [2_000_000]
    assert installed(spec)


def test_a_hub_without_ranges_starts_again(spec: ModelSpec, served: TestHub) -> None:
    served.ranges, served.cuts = False, [1_000_000]
    _fetch(spec, served)
    assert (spec.folder / WEIGHTS_FILE).read_bytes() == (served.folder / WEIGHTS_FILE).read_bytes()


def test_wrong_bytes_are_thrown_away(spec: ModelSpec, served: TestHub) -> None:
    served.wrong = True
    with pytest.raises(DownloadFailed, match="not the file it promised"):
        _fetch(spec, served)
    assert not spec.folder.exists()
    assert not any(name.startswith(WEIGHTS_FILE) for name in _files(staging_folder(spec)))
    served.wrong = False
    _fetch(spec, served)
    assert installed(spec)


def test_what_was_left_of_other_weights_is_not_gone_on_with(
    spec: ModelSpec, served: TestHub, tmp_path: Path
) -> None:
    served.cuts = [500_000] + [0] * hub.TRIES
    with pytest.raises(DownloadFailed):
        _fetch(spec, served)
    served.cuts.clear()
    other = make_model(tmp_path / "other", seed=8)
    (served.folder / WEIGHTS_FILE).write_bytes((other / WEIGHTS_FILE).read_bytes())
    _fetch(spec, served)
    assert (spec.folder / WEIGHTS_FILE).read_bytes() == (other / WEIGHTS_FILE).read_bytes()


def test_weights_other_than_the_pinned_ones_are_not_fetched(spec: ModelSpec, served: TestHub) -> None:
    with pytest.raises(DownloadFailed, match="holds other weights"):
        _fetch(replace(spec, sha256="ab" * 32), served)
    assert not served.sent()


def test_a_hub_that_states_no_hash_is_not_trusted(spec: ModelSpec, served: TestHub) -> None:
    served.silent_hash = True
    with pytest.raises(DownloadFailed, match="could not be checked"):
        _fetch(spec, served)
    assert not spec.folder.exists()


def test_a_pinned_hash_serves_where_the_hub_states_none(spec: ModelSpec, served: TestHub) -> None:
    served.silent_hash = True
    content = (served.folder / WEIGHTS_FILE).read_bytes()
    _fetch(replace(spec, sha256=hashlib.sha256(content).hexdigest()), served)
    assert installed(spec)


def _changed_on_the_hub(spec: ModelSpec, served: TestHub) -> tuple[str, str]:
    """Download, delete the model, and let the hub hold other whole weights; both hashes."""
    _fetch(spec, served)
    before = read_record(spec.folder)["sha256"]
    shutil.rmtree(spec.folder)
    other = make_model(spec.folder.parents[2] / "other", seed=4)
    (served.folder / WEIGHTS_FILE).write_bytes((other / WEIGHTS_FILE).read_bytes())
    return before, hashlib.sha256((other / WEIGHTS_FILE).read_bytes()).hexdigest()


def test_other_weights_than_those_of_the_first_download_are_noticed(spec: ModelSpec, served: TestHub) -> None:
    before, after = _changed_on_the_hub(spec, served)
    assert remembered(spec.folder.parent, spec.key) == before
    served.requests.clear()
    with pytest.raises(DownloadFailed, match="than when it was first downloaded here; nothing was fetched"):
        _fetch(spec, served)
    assert not served.sent() and not installed(spec)
    _fetch(spec, served, accept_changed=True)
    assert read_record(spec.folder)["sha256"] == after == remembered(spec.folder.parent, spec.key)


def test_the_first_hash_serves_where_the_hub_states_none_any_more(spec: ModelSpec, served: TestHub) -> None:
    _changed_on_the_hub(spec, served)
    served.silent_hash = True
    with pytest.raises(DownloadFailed, match="not the file it promised"):
        _fetch(spec, served)
    assert not installed(spec)


def test_the_same_weights_come_again_and_a_spoilt_memory_costs_nothing(
    spec: ModelSpec, served: TestHub, caplog: pytest.LogCaptureFixture
) -> None:
    _fetch(spec, served)
    before = remembered(spec.folder.parent, spec.key)
    shutil.rmtree(spec.folder)
    _fetch(spec, served)
    shutil.rmtree(spec.folder)
    (spec.folder.parent / FILE).write_text("{half")
    _fetch(spec, served)
    assert "cannot be read" in caplog.text
    assert remembered(spec.folder.parent, spec.key) == before
    (spec.folder.parent / FILE).write_text("[1]")
    assert remembered(spec.folder.parent, spec.key) == ""


def test_a_pickle_on_the_hub_is_refused(spec: ModelSpec, served: TestHub) -> None:
    (served.folder / WEIGHTS_FILE).write_bytes(b"\x80\x04" + b"." * 5000)
    with pytest.raises(ModelDamaged, match="pickle"):
        _fetch(spec, served)
    assert not spec.folder.exists() and WEIGHTS_FILE not in " ".join(_files(staging_folder(spec)))


def test_a_description_that_is_none_costs_no_long_download(spec: ModelSpec, served: TestHub) -> None:
    (served.folder / CONFIG_FILE).write_text("<html>moved</html>")
    with pytest.raises(ModelDamaged, match=r"open_clip_config\.json"):
        _fetch(spec, served)
    assert not served.sent()


@pytest.mark.parametrize(
    ("status", "words"), [(404, "has no file"), (403, "does not give out"), (401, "password"), (503, "later")]
)
def test_the_hubs_answers_are_told_in_a_sentence(
    spec: ModelSpec, served: TestHub, status: int, words: str
) -> None:
    served.status = status
    with pytest.raises(DownloadFailed, match=words):
        _fetch(spec, served)
    assert not spec.folder.exists()


def test_missing_weights_are_told_by_name(spec: ModelSpec, served: TestHub) -> None:
    served.missing = frozenset({WEIGHTS_FILE})
    with pytest.raises(DownloadFailed, match=WEIGHTS_FILE):
        _fetch(spec, served)


def test_nobody_there(spec: ModelSpec, served: TestHub) -> None:
    nobody = Hub("http://127.0.0.1:9", timeout=1, pause=0)
    with pytest.raises(DownloadFailed, match=r"could not be reached. Is this computer online\?"):
        download(spec, nobody, lambda _: None, NEVER)


@pytest.mark.parametrize("address", ["file:///etc", "huggingface.co", "ftp://example.org"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(UsageProblem, match="HF_ENDPOINT"):
        Hub(address)


def test_the_environment_names_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    assert Hub().host == "hub.example"
    monkeypatch.delenv("HF_ENDPOINT")
    assert Hub().endpoint == hub.HUB


def test_a_proxy_is_used(spec: ModelSpec, served: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", served.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    download(spec, Hub("http://hub.invalid", timeout=5, pause=0), lambda _: None, NEVER)
    assert installed(spec)


def test_a_dead_proxy_is_named_without_its_password(
    spec: ModelSpec, served: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(DownloadFailed, match=r"through the proxy 127\.0\.0\.1:9") as caught:
        download(spec, Hub("http://hub.invalid", timeout=1, pause=0), lambda _: None, NEVER)
    assert "secret" not in str(caught.value)


def test_the_room_is_looked_at_first(spec: ModelSpec, served: TestHub) -> None:
    with pytest.raises(StorageFull, match="nothing was fetched"):
        _fetch(spec, served, free=lambda _: downloads.SPARE)
    assert not served.sent()


def test_a_drive_that_fills_up_keeps_what_came(
    spec: ModelSpec, served: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = hub._write
    room = [1_000_000]

    def write(stream: Any, piece: bytes, part: Path) -> None:
        room[0] -= len(piece)
        if room[0] < 0:
            hub._raise_if_ours(OSError(errno.ENOSPC, "full"), part, writing=True)
        written(stream, piece, part)

    monkeypatch.setattr(hub, "_write", write)
    with pytest.raises(StorageFull, match="No room is left"):
        _fetch(spec, served)
    assert not spec.folder.exists()
    room[0] = 1 << 40
    _fetch(spec, served)
    assert served.sent()[-1] > 0 and installed(spec)


def test_stopping_leaves_no_model_and_the_next_time_goes_on(spec: ModelSpec, served: TestHub) -> None:
    reached: list[int] = []
    stop = lambda: bool(reached and reached[-1] > 1_000_000)  # noqa: E731
    with pytest.raises(Cancelled):
        _fetch(spec, served, on_progress=lambda p: reached.append(p.done), stop=stop)
    assert not spec.folder.exists() and not installed(spec)
    left = offer(spec, _hub(served)).have
    assert left > 1_000_000
    _fetch(spec, served)
    assert served.sent()[-1] > 1_000_000


def test_what_was_left_goes_on_request(spec: ModelSpec, served: TestHub) -> None:
    served.cuts = [500_000] + [0] * hub.TRIES
    with pytest.raises(DownloadFailed):
        _fetch(spec, served)
    assert discard(spec) >= 500_000
    assert not staging_folder(spec).exists()
    assert discard(spec) == 0


def test_what_is_here_is_not_fetched_again(spec: ModelSpec, served: TestHub) -> None:
    _fetch(spec, served)
    served.requests.clear()
    _fetch(spec, served)
    assert served.requests == []


def test_a_connection_that_breaks_in_the_middle_of_a_piece(
    spec: ModelSpec, served: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = http.client.HTTPResponse.read
    calls = [0]

    def read(self: http.client.HTTPResponse, amount: int | None = None) -> bytes:
        calls[0] += 1
        if calls[0] == 5:
            raise ConnectionResetError("reset")
        return reading(self, amount)

    monkeypatch.setattr(http.client.HTTPResponse, "read", read)
    _fetch(spec, served)
    assert installed(spec) and len(served.sent()) == 2


def test_the_offer_asks_nobody(spec: ModelSpec, served: TestHub) -> None:
    found = offer(replace(spec, requires=("no_such_package",)), _hub(served), free=lambda _: 1_000)
    assert served.requests == []
    assert (found.bytes, found.licence, found.languages) == (6_000_000, "MIT", ("en",))
    assert found.missing == ("no_such_package",) and not found.fits and found.host == "127.0.0.1"


def test_an_encrypted_connection_is_never_left_for_an_open_one() -> None:
    going = hub._Redirects([])
    request = urllib.request.Request("https://hub.example/file")
    with pytest.raises(DownloadFailed, match="unprotected"):
        going.redirect_request(
            request, io.BytesIO(), 302, "Found", Message(), "http://elsewhere.example/file"
        )
    open_one = urllib.request.Request("http://127.0.0.1/file")
    with pytest.raises(DownloadFailed):
        going.redirect_request(open_one, io.BytesIO(), 302, "Found", Message(), "file:///etc/passwd")
