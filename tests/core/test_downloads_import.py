"""Models from the person's own folders and files: taken when whole, refused when not, under which key."""

from __future__ import annotations

import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from organizer.errors import Cancelled, ModelDamaged, ModelMissing, StorageFull, UsageProblem
from organizer.models import registry as models
from organizer.models.importing import import_model
from organizer.models.openclip import known_config, open_embedder
from organizer.models.registry import CONFIG_FILE, PARTIAL, WEIGHTS_FILE, Registry, load_registry
from organizer.paths import resources_dir
from tests.model_hub import TINY, make_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("mine") / "My Model")


@pytest.fixture
def mine(model: Path, tmp_path: Path) -> Path:
    """A copy that the test may spoil."""
    return Path(shutil.copytree(model, tmp_path / "My Model"))


@pytest.fixture
def added(tmp_path: Path) -> Path:
    """Where added models go; not there yet."""
    return tmp_path / "data" / "models"


def _registry(added: Path) -> Registry:
    return load_registry(resources_dir(), added)


def _nothing_left(added: Path) -> bool:
    return not added.exists() or not [path for path in added.rglob("*") if path.is_file()]


def test_a_folder_becomes_a_model_of_its_own(mine: Path, added: Path) -> None:
    spec = import_model(mine, _registry(added), added)
    assert spec.key == "my-model"
    known = _registry(added).get("my-model")
    assert models.installed(known) and known.imported and known.kind == "embedder"
    assert known.name == "My Model" and known.input_size == 32 and known.revision
    embedder = open_embedder(known, "cpu")
    assert embedder.dimension == 24
    embedder.close()
    assert (mine / WEIGHTS_FILE).is_file(), "an import copies"
    assert not list((added / PARTIAL).rglob("*"))


def test_an_own_key_and_another_embedding_size(tmp_path: Path, added: Path) -> None:
    folder = make_model(tmp_path / "wide", dimension=40)
    import_model(folder, _registry(added), added, key="wide-one")
    embedder = open_embedder(_registry(added).get("wide-one"), "cpu")
    assert embedder.dimension == 40
    embedder.close()


def test_importing_again_replaces(mine: Path, tmp_path: Path, added: Path) -> None:
    first = import_model(mine, _registry(added), added)
    other = make_model(tmp_path / "other", seed=9)
    second = import_model(other, _registry(added), added, key="my-model")
    assert first.sha256 != second.sha256
    assert _registry(added).get("my-model").sha256 == second.sha256
    assert not list((added / PARTIAL).rglob("*"))


def test_a_single_file_takes_the_architecture_of_its_key(
    mine: Path, added: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizer.models.openclip.known_config", lambda name, tag: TINY)
    file = mine / WEIGHTS_FILE
    spec = import_model(file, _registry(added), added, key="vit-b-32-laion2b")
    known = _registry(added).get("vit-b-32-laion2b")
    assert models.installed(known) and not known.imported
    assert known.sha256 == spec.sha256 and known.bytes == file.stat().st_size


def test_a_single_file_may_carry_the_key_as_its_name(
    mine: Path, added: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizer.models.openclip.known_config", lambda name, tag: TINY)
    file = (mine / WEIGHTS_FILE).rename(mine / "vit-b-32-openai.safetensors")
    assert import_model(file, _registry(added), added).key == "vit-b-32-openai"


def test_weights_of_another_architecture_are_refused(mine: Path, added: Path) -> None:
    with pytest.raises(ModelDamaged, match="does not hold the weights of “ViT-B/32"):
        import_model(mine / WEIGHTS_FILE, _registry(added), added, key="vit-b-32-laion2b")
    assert _nothing_left(added)


def test_the_known_architectures_have_open_clips_own_description() -> None:
    config = known_config("ViT-B-32-256", "datacomp_s34b_b86k")
    assert config["model_cfg"]["vision_cfg"]["image_size"] == 256
    assert config["preprocess_cfg"]["resize_mode"] == "shortest"
    with pytest.raises(UsageProblem, match="no such tag"):
        known_config("ViT-B-32", "no such tag")


@pytest.mark.parametrize("key", [None, "something-new"])
def test_a_single_file_without_a_known_key_is_asked_for_one(mine: Path, added: Path, key: str | None) -> None:
    with pytest.raises(UsageProblem, match="--as KEY"):
        import_model(mine / WEIGHTS_FILE, _registry(added), added, key=key)


def test_the_bundled_models_key_is_taken(mine: Path, added: Path) -> None:
    with pytest.raises(UsageProblem, match="comes with the program"):
        import_model(mine, _registry(added), added, key="starter")


@pytest.mark.parametrize("key", ["Über", "../away", "a b"])
def test_a_key_that_is_none(mine: Path, added: Path, key: str) -> None:
    with pytest.raises(UsageProblem, match="is no key"):
        import_model(mine, _registry(added), added, key=key)


@pytest.mark.parametrize("name", ["model.pt", "open_clip_pytorch_model.bin", "model.ckpt", "model.zip"])
def test_a_pickle_is_refused(tmp_path: Path, added: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    with pytest.raises(ModelDamaged, match="only safetensors files are imported"):
        import_model(file, _registry(added), added, key="vit-b-32-openai")


def test_a_pickle_under_another_name_is_refused(mine: Path, added: Path) -> None:
    (mine / WEIGHTS_FILE).write_bytes(pickle.dumps(list(range(1000))))
    with pytest.raises(ModelDamaged, match="pickle"):
        import_model(mine, _registry(added), added)


@pytest.mark.parametrize("spoil", ["cut", "longer", "header"])
def test_truncated_and_altered_weights_are_refused(mine: Path, added: Path, spoil: str) -> None:
    file = mine / WEIGHTS_FILE
    content = file.read_bytes()
    file.write_bytes(
        {"cut": content[:-100], "longer": content + b"x", "header": content[:8] + b"[" + content[9:]}[spoil]
    )
    with pytest.raises(ModelDamaged, match="damaged or incomplete"):
        import_model(mine, _registry(added), added)
    assert _nothing_left(added)


def test_weights_that_compute_no_numbers_are_refused(mine: Path, added: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(mine / WEIGHTS_FILE)
    tensors["visual.conv1.weight"][:] = float("nan")
    save_file(tensors, mine / WEIGHTS_FILE)
    with pytest.raises(ModelDamaged, match="computes no numbers"):
        import_model(mine, _registry(added), added)
    assert _nothing_left(added)


def test_tampering_after_the_import_is_noticed(mine: Path, added: Path) -> None:
    import_model(mine, _registry(added), added)
    known = _registry(added).get("my-model")
    file = known.folder / WEIGHTS_FILE
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelDamaged):
        open_embedder(known, "cpu")


def test_a_pinned_model_takes_its_own_weights_alone(mine: Path, added: Path) -> None:
    known = _registry(added)
    pinned = replace(known.get("vit-b-32-openai"), sha256="cd" * 32, pinned=True)
    with pytest.raises(ModelDamaged, match="does not hold the weights"):
        import_model(mine, Registry({**known.models, pinned.key: pinned}), added, key=pinned.key)
    assert _nothing_left(added)


def test_a_folder_that_lacks_a_file(mine: Path, added: Path) -> None:
    (mine / CONFIG_FILE).unlink()
    with pytest.raises(ModelMissing):
        import_model(mine, _registry(added), added)
    with pytest.raises(UsageProblem, match="There is no"):
        import_model(mine / "nowhere", _registry(added), added)


def test_a_description_that_is_none(mine: Path, added: Path) -> None:
    (mine / CONFIG_FILE).write_text(json.dumps({"model": 1}))
    with pytest.raises(ModelDamaged, match="cannot be read"):
        import_model(mine, _registry(added), added)


def test_no_room(mine: Path, added: Path) -> None:
    with pytest.raises(StorageFull):
        import_model(mine, _registry(added), added, free=lambda _: 1000)
    assert _nothing_left(added)


def test_stopping_leaves_nothing(mine: Path, added: Path) -> None:
    with pytest.raises(Cancelled):
        import_model(mine, _registry(added), added, stop=lambda: True)
    assert _nothing_left(added)


def test_a_note_that_is_not_ours_makes_no_model(added: Path, mine: Path) -> None:
    shutil.copytree(mine, added / "stranger")
    assert "stranger" not in _registry(added).models
    (added / "stranger" / models.RECORD_FILE).write_text('{"name": 3}')
    assert "stranger" not in _registry(added).models


def test_a_tokenizer_that_needs_another_package_is_named(mine: Path, added: Path) -> None:
    config = json.loads((mine / CONFIG_FILE).read_text())
    config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "someone/words"
    (mine / CONFIG_FILE).write_text(json.dumps(config))
    assert models.needed_packages(config) == ("transformers",)
    assert models.needed_packages(TINY) == ()
    shutil.copytree(mine, added / "words")
    record = {"name": "Words", "kind": "embedder", "bytes": 1, "sha256": "0" * 64, "source": "here"}
    (added / "words" / models.RECORD_FILE).write_text(json.dumps(record))
    spec = _registry(added).get("words")
    assert spec.requires == ("transformers",)
    assert spec.languages == ("*",), "whether it knows a language is not known: it is asked"


def test_a_file_whose_tokenizer_is_not_beside_it(mine: Path, added: Path) -> None:
    with pytest.raises(ModelMissing, match=r"also needs tokenizer\.json"):
        import_model(mine / WEIGHTS_FILE, _registry(added), added, key="vit-b-16-siglip2")
    assert _nothing_left(added)
