"""open_clip behind the Embedder protocol, on a tiny model that the test makes: shapes, memory, GPUs."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.errors import ModelDamaged, ModelError, ModelMissing, UsageProblem
from organizer.models import devices, openclip
from organizer.models.base import Embedder
from organizer.models.devices import Device
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import CONFIG_FILE, ModelSpec
from tests.model_hub import TINY, make_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model of random weights."""
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that the test may spoil."""
    return Path(shutil.copytree(made, tmp_path / "tiny"))


@pytest.fixture(scope="module")
def loaded(made: Path) -> OpenClipEmbedder:
    return OpenClipEmbedder.load(made, "cpu")


@pytest.fixture
def embedder(loaded: OpenClipEmbedder) -> Iterator[OpenClipEmbedder]:
    """The tiny model on the CPU, with a memory of its own for each test."""
    limit, notice = loaded._batcher.limit, loaded._on_notice
    loaded._texts.clear()
    yield loaded
    loaded._batcher.limit, loaded._on_notice = limit, notice


def _pictures(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), np.uint8)


def _spec(folder: Path, sha256: str = "") -> ModelSpec:
    return ModelSpec("tiny", "Tiny", "embedder", "local-dir", "", "", 1, "MIT", ("en",), 32, sha256, folder)


def test_it_fills_the_protocol(embedder: OpenClipEmbedder) -> None:
    assert isinstance(embedder, Embedder)
    assert (embedder.key, embedder.dimension, embedder.input.size) == ("tiny", 24, 32)
    assert embedder.input.resize_mode == "squash"


def test_vectors_have_unit_length_and_are_the_same_each_time(embedder: OpenClipEmbedder) -> None:
    pictures = embedder.encode_images(_pictures(5))
    texts = embedder.encode_texts(["a dog", "ein Hund", "", "강아지", "x" * 5000])
    for vectors in (pictures, texts):
        assert vectors.shape == (5, 24)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(pictures, embedder.encode_images(_pictures(5)))


def test_it_computes_what_open_clip_computes(embedder: OpenClipEmbedder, made: Path) -> None:
    import open_clip
    import torch
    from PIL import Image

    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{made}")
    picture = _pictures(1)
    with torch.inference_mode():
        own = model.eval().encode_image(preprocess(Image.fromarray(picture[0]))[None], normalize=True)
    np.testing.assert_allclose(embedder.encode_images(picture), own.numpy(), atol=1e-5)


def test_the_batch_size_changes_nothing(embedder: OpenClipEmbedder) -> None:
    pictures = _pictures(7)
    together = embedder.encode_images(pictures)
    one_by_one = np.concatenate([embedder.encode_images(pictures[i : i + 1]) for i in range(7)])
    embedder._batcher.limit = 3
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)
    np.testing.assert_allclose(together, embedder.encode_images(pictures), atol=1e-5)


def test_nothing_in_nothing_out(embedder: OpenClipEmbedder) -> None:
    assert embedder.encode_images(_pictures(0)).shape == (0, 24)
    assert embedder.encode_texts([]).shape == (0, 24)


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((1, 32, 32, 3), np.float32),
        np.zeros((1, 3, 32, 32), np.uint8),
        np.zeros((32, 32, 3), np.uint8),
    ],
)
def test_another_shape_is_our_defect(embedder: OpenClipEmbedder, batch: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        embedder.encode_images(batch)


def test_the_callers_pixels_stay_as_they_are(embedder: OpenClipEmbedder) -> None:
    pictures = _pictures(2)
    before = pictures.copy()
    embedder.encode_images(pictures)
    np.testing.assert_array_equal(pictures, before)


def _failing(embedder: OpenClipEmbedder, error: Exception, above: int, device: str = "cpu") -> Any:
    """The embedder's forward pass, failing on a device for batches above a size."""
    real = embedder._forward

    def forward(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        if embedder.device.name == device and len(batch) > above:
            raise error
        return real(batch)

    return forward


def test_out_of_memory_halves_the_batch(embedder: OpenClipEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = embedder.encode_images(_pictures(20))
    monkeypatch.setattr(embedder, "_forward", _failing(embedder, MemoryError(), above=4))
    np.testing.assert_allclose(embedder.encode_images(_pictures(20)), wanted, atol=1e-5)
    assert embedder._batcher.limit <= 4


def test_memory_for_not_even_one_photo_is_told(
    embedder: OpenClipEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("DefaultCPUAllocator: can't allocate memory")
    monkeypatch.setattr(embedder, "_forward", _failing(embedder, error, above=0))
    with pytest.raises(ModelError, match="not enough memory"):
        embedder.encode_images(_pictures(2))


def test_a_defect_of_ours_is_not_dressed_up(
    embedder: OpenClipEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    monkeypatch.setattr(embedder, "_forward", _failing(embedder, error, above=0))
    with pytest.raises(RuntimeError, match="mat1"):
        embedder.encode_images(_pictures(1))


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ],
    ids=lambda e: str(e)[:18],
)
def test_a_failing_gpu_hands_the_work_to_the_cpu(
    made: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    told: list[str] = []
    embedder = OpenClipEmbedder.load(made, "cpu", on_notice=told.append)
    wanted = embedder.encode_images(_pictures(3))
    embedder.device = Device("cuda", "Test GPU")
    monkeypatch.setattr(embedder, "_forward", _failing(embedder, error, above=0, device="cuda"))
    np.testing.assert_allclose(embedder.encode_images(_pictures(3)), wanted, atol=1e-5)
    assert embedder.device.name == "cpu"
    assert len(told) == 1
    assert "Test GPU" in told[0]


def test_a_gpu_that_is_not_there_becomes_the_cpu_with_a_notice(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_cuda_label", lambda: "")
    told: list[str] = []
    embedder = OpenClipEmbedder.load(made, "cuda", on_notice=told.append)
    assert embedder.device.name == "cpu"
    assert told == [embedder.device.notice]


def test_devices_are_chosen_by_wish_and_by_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_cuda_label", lambda: "GPU")
    monkeypatch.setattr(devices, "_has_mps", lambda: True)
    assert [devices.choose(wish).name for wish in devices.CHOICES] == ["cuda", "cpu", "cuda", "mps"]
    monkeypatch.setattr(devices, "_cuda_label", lambda: "")
    assert devices.choose("auto").name == "mps"
    monkeypatch.setattr(devices, "_has_mps", lambda: False)
    assert devices.choose("auto") == devices.cpu()
    assert "mps" in devices.choose("mps").notice
    with pytest.raises(UsageProblem, match="abacus"):
        devices.choose("abacus")


def test_a_core_stays_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert devices.cpu_threads() == 3
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert devices.cpu_threads() == 1


def test_a_closed_model_says_so(made: Path) -> None:
    embedder = OpenClipEmbedder.load(made, "cpu")
    embedder.close()
    with pytest.raises(ModelError, match="closed"):
        embedder.encode_images(_pictures(1))


def test_weights_of_another_architecture_are_damaged(folder: Path) -> None:
    other = json.loads(json.dumps(TINY))
    other["model_cfg"]["vision_cfg"]["width"] = 64
    (folder / CONFIG_FILE).write_text(json.dumps(other))
    with pytest.raises(ModelDamaged, match="do not fit together"):
        OpenClipEmbedder.load(folder, "cpu")


def test_the_registrys_hash_is_checked(folder: Path) -> None:
    with pytest.raises(ModelDamaged, match="damaged or incomplete"):
        openclip.open_embedder(_spec(folder, sha256="0" * 64), "cpu")
    assert openclip.open_embedder(_spec(folder), "cpu").key == "tiny"


def test_an_absent_model_is_missing_and_no_network_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ModelMissing):
        openclip.open_embedder(_spec(tmp_path / "nothing"), "cpu")
    with pytest.raises(ModelMissing):
        OpenClipEmbedder.load(tmp_path, "cpu")


def test_opening_a_local_model_needs_no_network(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    embedder = OpenClipEmbedder.load(made, "cpu")
    assert embedder.encode_texts(["a dog"]).shape == (1, 24)
