"""The training of the starter model: the same seed and steps give the same bits, cut off or not.

The real commands run on drawn pictures, with random weights in place of the ones that only a training
environment has. What a GPU would do is seen on torch's "meta" device, which computes shapes alone and has
every tensor of the step on it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests import starter_data
from tests.starter_data import SCRIPTS

COMMANDS = (
    "prepare",
    "train_image",
    "train_text",
    "export",
    "calibrate",
    "calibrate_search",
    "evaluate",
    "phrasings",
    "labels",
)
# several commands in one process, each with its own arguments: what one leaves behind must not reach the next
RUNNER = (
    "import importlib, json, sys\n"
    f"sys.path.insert(0, {str(SCRIPTS)!r})\n"
    "for name, *options in json.loads(sys.argv[1]):\n"
    "    importlib.import_module(name).main(options)\n"
)
STEPS = 6


def _environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def _run_all(*commands: list[str]) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", RUNNER, json.dumps(commands)],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]


def _kill_when(told: str, *commands: list[str]) -> None:
    """Start the commands in a process and kill it as a power cut would, once it has said this."""
    line = [sys.executable, "-c", RUNNER, json.dumps(commands)]
    with subprocess.Popen(line, env=_environment(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen = []
        for said in process.stderr:
            seen.append(said)
            if told in said:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL, "".join(seen)[-3000:]


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / "open_clip_model.safetensors").read_bytes()).hexdigest()


class Trainings:
    """The commands of one training, in a folder with prepared data."""

    def __init__(self, data: Path, build: Path) -> None:
        self.data = data
        self.build = build
        self.common = ["--build", str(build), "--threads", "1", "--device", "cpu"]

    def prepare(self) -> list[str]:
        return ["prepare", *self.common, "--data", str(self.data), "--untrained", "--lines", "400"]

    def image(self, name: str, seed: int, *more: str) -> list[str]:
        return ["train_image", "--data", str(self.data), *self._training(name, seed), *more]

    def text(self, name: str, seed: int, *more: str) -> list[str]:
        return ["train_text", *self._training(f"{name}-text", seed), *more]

    def export(self, name: str) -> list[str]:
        names = ["--image", name, "--text", f"{name}-text", "--to", str(self.exported(name))]
        return ["export", *self.common, *names]

    def exported(self, name: str) -> Path:
        return self.build / f"model-{name}"

    def _training(self, name: str, seed: int) -> list[str]:
        sizes = ["--steps", str(STEPS), "--batch", "4", "--save-every", "2"]
        return [*self.common, "--untrained", "--name", name, "--seed", str(seed), *sizes]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainings]:
    """Prepared data and one training straight through ("whole"), one with another seed ("other")."""
    folder = tmp_path_factory.mktemp("starter")
    made = Trainings(starter_data.write(folder / "data"), folder / "build")
    _run_all(
        made.prepare(),
        made.image("whole", 1),
        made.text("whole", 1),
        made.image("other", 2),
        made.text("other", 2),
        made.export("whole"),
    )
    yield made
    for large in made.build.glob("**/*"):
        if large.is_file():
            large.unlink()


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
def test_a_training_that_was_killed_ends_with_the_very_same_weights(trained: Trainings) -> None:
    """Each half is killed after its first checkpoint and taken up in another process."""
    image, text = trained.image("cut", 1), trained.text("cut", 1)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda command: _kill_when("saved at step 2", command), (image, text)))
    _run_all([*text, "--minutes", "0"], text, image, trained.export("cut"))
    assert _digest(trained.exported("cut")) == _digest(trained.exported("whole"))


def test_another_seed_gives_other_weights(trained: Trainings) -> None:
    """In both halves, or else equal bits would say nothing; the frozen stages stay what they were."""
    import torch

    def average(name: str) -> dict[str, torch.Tensor]:
        stored = torch.load(trained.build / f"{name}.pt", weights_only=True)
        return dict(stored["average"])

    def moved(one: str, two: str) -> set[str]:
        other = average(two)
        return {name for name, value in average(one).items() if not torch.equal(value, other[name])}

    image = moved("whole", "other")
    assert "visual.head.proj.weight" in image
    assert not any(name.startswith("visual.trunk.conv_stem") for name in image)
    assert "text.text_projection" in moved("whole-text", "other-text")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    line = [sys.executable, str(SCRIPTS / f"{name}.py"), "--help"]
    told = subprocess.run(line, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "--help" in told.stdout


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports a script of the training by its name."""
    with starter_data.scripts(monkeypatch) as load:
        yield load


def _refusal(command: list[str], scripts: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command says before it ends; the process-wide switches of its start are left alone."""
    workspace = scripts("workspace")

    def start(arguments: Any) -> Any:
        arguments.device = workspace.device_name(arguments.device)
        arguments.build.mkdir(parents=True, exist_ok=True)
        return workspace.Workspace(arguments.build)

    monkeypatch.setattr(workspace, "start", start)
    with pytest.raises(workspace.Refused) as caught:
        scripts(command[0]).main(command[1:])
    told = str(caught.value)
    assert "\n" not in told
    assert told.endswith(".")
    return told


def test_bad_input_costs_one_sentence(
    trained: Trainings, photos_root: Path, tmp_path: Path, scripts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(command: list[str]) -> str:
        return _refusal(command, scripts, monkeypatch)

    build = ["--build", str(tmp_path / "new")]
    assert "labels.tsv" in told(["prepare", *build, "--data", str(tmp_path / "absent")])
    assert "labels.tsv" in told(["evaluate", *build, "--photos", str(tmp_path / "absent")])
    for judge in ("evaluate", "calibrate", "phrasings"):
        photos = ["--photos", str(photos_root), "--model", str(tmp_path / "absent")]
        assert "absent" in told([judge, *build, *photos])
    assert "prepare.py" in told(["train_image", *build, "--data", str(trained.data)])
    assert "prepare.py" in told(["train_text", *build])
    assert "train_image.py" in told(["export", *build])
    assert "other settings (seed 1, not 5; steps 6, not 9)" in told(trained.image("whole", 5, "--steps", "9"))


def test_a_cut_off_file_costs_one_sentence(
    trained: Trainings, tmp_path: Path, scripts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, corpus = trained.build / "whole.pt", trained.build / "corpus.npz"
    (trained.build / "half.pt").write_bytes(checkpoint.read_bytes()[:5_000_000])
    assert "delete it" in _refusal(trained.image("half", 1), scripts, monkeypatch)
    (tmp_path / "corpus.npz").write_bytes(corpus.read_bytes()[: corpus.stat().st_size // 2])
    damaged = Trainings(trained.data, tmp_path)
    assert "prepare.py again" in _refusal(damaged.text("whole", 1), scripts, monkeypatch)


def test_cuda_is_refused_where_there_is_none(scripts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    workspace = scripts("workspace")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert workspace.device_name("auto") == "cpu"
    with pytest.raises(workspace.Refused, match="--device cpu"):
        workspace.device_name("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert workspace.device_name("auto") == "cuda"


def _one_device() -> Any:
    """A mode in which an operation over tensors of two devices fails, as it does on a GPU.

    The meta device itself lets several of them pass (matrix products, convolutions). Copies between devices
    are what they are for; a scalar and an index may lie on the CPU, as on a GPU.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    moves = {torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default}

    class OneDevice(TorchDispatchMode):
        on_meta = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
            placed = {tensor.device.type for tensor in tensors if tensor.ndim > 0}
            if func not in moves and len(placed) > 1:
                raise AssertionError(f"{func} over tensors on {sorted(placed)}")
            self.on_meta += placed == {"meta"}
            return func(*args, **(kwargs or {}))

    return OneDevice()


def test_the_guard_of_one_device_sees_a_forgotten_tensor() -> None:
    import torch

    with pytest.raises(AssertionError, match="over tensors on"), _one_device():
        torch.ones(2, 3, device="meta") @ torch.ones(3, 2)


def _learned(scripts: Any, tmp_path: Path, model: Any, groups: Any, lesson: Any, script: Any) -> Any:
    """Two whole steps of a run: losses, backward, clipping, optimiser, average. Returns the run."""
    run = scripts("schedule").Run(
        model,
        groups,
        tmp_path / "x.pt",
        {"steps": 4, "batch": 4},
        decay=0.99,
        clip=1.0,
        weights=script.WEIGHTS,
    )
    for step in range(2):
        run.learn(lesson.losses(model, step))
    return run


def _image_lesson(scripts: Any, device: str) -> tuple[Any, Any, Any]:
    """The image training's own model and lesson over four made-up pictures."""
    script, towers = scripts("train_image"), scripts("towers")
    draw = np.random.default_rng(0)
    unit = np.eye(4, 384, dtype=np.float32)
    data = script.Data(
        pixels=draw.integers(0, 255, (4, 104, 104, 3), np.uint8),
        weights=np.full(4, 0.25),
        teacher=unit.astype(np.float16),
        known=np.array([True, True, True, False]),
        features=np.zeros((4, 1280), np.float16),
    )
    table = SimpleNamespace(
        vectors=unit, things=np.eye(1000, 384, dtype=np.float32), starts=np.arange(5), members=np.arange(4)
    )
    model = script.with_scales(towers.build().visual).to(device)
    lesson = script.Lesson(data, table, towers.imagenet_classifier(untrained=True), 1, 4, device)
    return script, model, lesson


def _text_lesson(scripts: Any, device: str) -> tuple[Any, Any, Any]:
    script, towers = scripts("train_text"), scripts("towers")
    tokens = script.tokenised(["a dog", "the sea", "a red car in the snow", "two cats"] * 5)
    vectors = np.tile(np.eye(4, 384, dtype=np.float16), (5, 1))
    model = towers.TextTower(towers.build()).to(device)
    return script, model, script.Lesson(tokens, vectors, 1, 4, device)


def _groups(script: Any, model: Any) -> Any:
    if script.__name__ == "train_text":
        return script.parameter_groups(model, 1e-3)
    return script.parameter_groups(model, 1e-3, train_all=False)


@pytest.mark.parametrize("make", [_image_lesson, _text_lesson])
def test_a_step_keeps_every_tensor_on_the_device(scripts: Any, tmp_path: Path, make: Any) -> None:
    script, model, lesson = make(scripts, "meta")
    with _one_device() as guard:
        run = _learned(scripts, tmp_path, model, _groups(script, model), lesson, script)
    assert guard.on_meta > 1000
    for kept in (run.module, run.average.module):
        assert {tensor.device.type for tensor in kept.state_dict().values()} == {"meta"}


@pytest.mark.parametrize("make", [_image_lesson, _text_lesson])
def test_a_step_learns_in_the_precision_of_cuda(
    scripts: Any, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With bfloat16 in the towers the losses and the weights stay float32, and finite."""
    import torch

    workspace = scripts("workspace")
    half = torch.autocast("cpu", dtype=torch.bfloat16)
    monkeypatch.setattr(workspace, "mixed_precision", lambda device: half)
    script, model, lesson = make(scripts, "cpu")
    losses = lesson.losses(model, 0)
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    run = _learned(scripts, tmp_path, model, _groups(script, model), lesson, script)
    floats = [p for p in run.average.module.parameters() if p.is_floating_point()]
    assert all(bool(p.isfinite().all()) and p.dtype == torch.float32 for p in floats)


def test_bfloat16_is_for_cuda_alone(scripts: Any) -> None:
    import torch

    workspace = scripts("workspace")
    with pytest.warns(UserWarning, match="CUDA is not available"):  # said by torch on a machine without
        made = workspace.mixed_precision("cuda")
    assert isinstance(made, torch.autocast)
    assert not isinstance(workspace.mixed_precision("cpu"), torch.autocast)


def test_the_learning_rate_follows_the_steps(scripts: Any) -> None:
    factor = scripts("schedule").factor
    shares = [factor(step, 1000) for step in range(1000)]
    assert max(shares) == pytest.approx(1, abs=0.01)
    assert np.argmax(shares) in range(28, 32)
    assert all(one > two for one, two in itertools.pairwise(shares[31:]))
    assert 0 < shares[-1] < 1e-5


def test_losses_over_pictures_without_a_teacher(scripts: Any) -> None:
    """They count for nothing, and a batch of nothing else gives zero instead of no number."""
    import torch

    objectives = scripts("objectives")
    z, teacher = (torch.nn.functional.normalize(torch.randn(3, 384), dim=1) for _ in range(2))
    known = torch.tensor([1.0, 0.0, 1.0])
    plain = 1 - (z[[0, 2]] * teacher[[0, 2]]).sum(1)
    assert torch.isclose(objectives.teacher_loss(z, teacher, known), plain.mean())
    own, taught = z[[0, 2]] @ z[[0, 2]].T, teacher[[0, 2]] @ teacher[[0, 2]].T
    assert torch.isclose(objectives.relation_loss(z, teacher, known), (own - taught).square().mean())
    assert objectives.teacher_loss(z, teacher, torch.zeros(3)) == 0
    assert objectives.relation_loss(z, teacher, torch.zeros(3)) == 0
