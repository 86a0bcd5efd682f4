"""The model registry: what it lists, where files lie, what input a model wants, what it says when wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from organizer.errors import ModelDamaged, ModelMissing, UsageProblem
from organizer.models import registry
from organizer.models.openclip import open_embedder
from organizer.models.registry import CONFIG_FILE, WEIGHTS_FILE
from organizer.paths import resources_dir

ENTRY = """
[[model]]
key = "{key}"
name = "Name"
kind = "{kind}"
bundled = {bundled}
open_clip_name = "ViT-B-32"
pretrained = "tag"
hub = "a/b"
bytes = 1
licence = "MIT"
languages = ["en"]
input_size = 224
sha256 = ""
"""


def _write(folder: Path, *entries: tuple[str, str, str]) -> Path:
    text = "".join(ENTRY.format(key=k, kind=kind, bundled=b) for k, kind, b in entries)
    (folder / "models.toml").write_text(text)
    return folder


def test_the_shipped_registry_lists_one_bundled_model_and_the_upgrades(tmp_path: Path) -> None:
    models = registry.load_registry(resources_dir(), tmp_path)
    assert models.bundled.key == "starter"
    assert models.bundled.folder == resources_dir() / "models" / "starter"
    upgrades = [spec for spec in models if not spec.bundled]
    assert {"ViT-B-32", "ViT-B-32-quickgelu", "ViT-B-32-256", "ViT-L-14-quickgelu", "ViT-B-16-SigLIP2"} <= {
        spec.open_clip_name for spec in upgrades
    }
    assert sum(spec.kind == "captioner" for spec in upgrades) == 2
    for spec in upgrades:
        assert spec.hub and spec.licence and spec.languages and spec.bytes > 100_000_000
        assert spec.folder == tmp_path / spec.key
        assert not registry.installed(spec)


def test_names_and_tags_are_open_clips_own(tmp_path: Path) -> None:
    from organizer.models.torchvision_cure import ensure_torchvision

    ensure_torchvision()
    from open_clip import pretrained

    for spec in registry.load_registry(resources_dir(), tmp_path):
        if spec.bundled:
            continue
        known = pretrained.get_pretrained_cfg(spec.open_clip_name, spec.pretrained)
        assert known["hf_hub"].rstrip("/") == spec.hub


def test_sizes_are_those_of_open_clips_architectures(tmp_path: Path) -> None:
    from organizer.models.torchvision_cure import ensure_torchvision

    ensure_torchvision()
    import open_clip
    import torch
    from open_clip.coca_model import CoCa
    from open_clip.model import CLIP, CustomTextCLIP

    for spec in registry.load_registry(resources_dir(), tmp_path):
        if spec.bundled:
            continue
        config = open_clip.get_model_config(spec.open_clip_name)
        custom = config.pop("custom_text", False)
        made: type[torch.nn.Module] = (
            CoCa if "multimodal_cfg" in config else CustomTextCLIP if custom else CLIP
        )
        with torch.device("meta"):
            parameters = sum(value.numel() for value in made(**config).parameters())
        assert spec.bytes == 4 * parameters, spec.key


def test_a_model_that_needs_packages_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    spec = registry.load_registry(resources_dir(), tmp_path).get("vit-b-16-siglip2")
    spec.folder.mkdir()
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        (spec.folder / name).write_bytes(b"{}")
    with pytest.raises(ModelMissing, match="needs transformers and sentencepiece: pip install transformers"):
        open_embedder(spec, "cpu")


def test_aesthetic_heads_belong_to_openai_weights_alone(tmp_path: Path) -> None:
    for spec in registry.load_registry(resources_dir(), tmp_path):
        assert spec.aesthetic is None or spec.pretrained == "openai"


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    models = registry.load_registry(resources_dir(), tmp_path)
    with pytest.raises(UsageProblem, match="starter"):
        models.get("no-such-model")


def test_an_absent_model_is_told_in_a_sentence(tmp_path: Path) -> None:
    spec = registry.load_registry(resources_dir(), tmp_path).get("vit-b-32-laion2b")
    with pytest.raises(ModelMissing, match=r"ViT-B/32 \(LAION-2B\).*not on this computer"):
        registry.require_installed(spec)


@pytest.mark.parametrize(
    "entries",
    [
        [("a", "embedder", "true"), ("a", "embedder", "false")],
        [("a", "embedder", "false")],
        [("a", "embedder", "true"), ("b", "embedder", "true")],
        [("a", "oracle", "true")],
    ],
    ids=["same key twice", "none bundled", "two bundled", "unknown kind"],
)
def test_a_registry_that_contradicts_itself_is_refused(
    tmp_path: Path, entries: list[tuple[str, str, str]]
) -> None:
    with pytest.raises(ValueError, match=r"models\.toml"):
        registry.load_registry(_write(tmp_path, *entries), tmp_path)


def test_the_input_comes_from_the_models_own_description(tmp_path: Path) -> None:
    spec = registry.load_registry(_write(tmp_path, ("a", "embedder", "true")), tmp_path).bundled
    assert registry.input_spec(spec).size == 224
    spec.folder.mkdir(parents=True)
    described = {
        "model_cfg": {"vision_cfg": {"image_size": 96}},
        "preprocess_cfg": {
            "mean": [0.1, 0.2, 0.3],
            "std": [1, 1, 1],
            "resize_mode": "squash",
            "interpolation": "bilinear",
        },
    }
    (spec.folder / registry.CONFIG_FILE).write_text(json.dumps(described))
    found = registry.input_spec(spec)
    assert (found.size, found.mean, found.resize_mode, found.interpolation) == (
        96,
        (0.1, 0.2, 0.3),
        "squash",
        "bilinear",
    )


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"model_cfg": 3}',
        '{"model_cfg": {"vision_cfg": {}}, "preprocess_cfg": {"mean": [1]}}',
        '{"model_cfg": {"vision_cfg": {}}, "preprocess_cfg": {"resize_mode": "melt"}}',
    ],
)
def test_a_spoilt_description_is_a_damaged_model(tmp_path: Path, content: str) -> None:
    (tmp_path / registry.CONFIG_FILE).write_text(content)
    with pytest.raises(ModelDamaged, match="cannot be read"):
        registry.read_input_spec(tmp_path / registry.CONFIG_FILE)


def test_calibration_of_another_model_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, ("a", "embedder", "true"))
    with (tmp_path / "models.toml").open("a") as stream:
        stream.write('calibration = "c.json"\n')
    assert registry.load_registry(tmp_path, tmp_path).bundled.calibration == {}
    (tmp_path / "c.json").write_text('{"model": "a", "logit_scale": 7.0}')
    assert registry.load_registry(tmp_path, tmp_path).bundled.calibration["logit_scale"] == 7.0
    (tmp_path / "c.json").write_text('{"model": "b"}')
    with pytest.raises(ValueError, match="not measured for a"):
        registry.load_registry(tmp_path, tmp_path)


def test_reading_the_registry_loads_no_torch() -> None:
    code = (
        "import sys, organizer.models.registry, organizer.models.base, organizer.models.prompts,"
        " organizer.models.weights, organizer.models.batching, organizer.models.devices,"
        " organizer.models.openclip\n"
        "assert not {'torch', 'open_clip', 'torchvision', 'timm'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
