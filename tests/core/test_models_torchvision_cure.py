"""torchvision beside a torch that its compiled part does not fit: cured, and only then."""

from __future__ import annotations

import subprocess
import sys


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_it_is_applied_only_where_the_import_fails_and_then_open_clip_imports() -> None:
    native = _run("import torchvision")
    done = _run(
        "from organizer.models.torchvision_cure import ensure_torchvision\n"
        "applied = ensure_torchvision()\n"
        "print(applied)\n"
        "assert ensure_torchvision() == applied\n"
        "import torchvision.transforms.functional, open_clip, torch\n"
        "assert torch._C._dispatch_has_kernel_for_dispatch_key('torchvision::nms', 'Meta')\n"
        "torchvision.transforms.functional.resize(torch.zeros(3, 8, 8), [4, 4])\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(native.returncode != 0), done.stderr


def test_a_torchvision_that_works_is_left_alone() -> None:
    done = _run(
        "import sys, types\n"
        "sys.modules['torchvision'] = types.ModuleType('torchvision')\n"
        "from organizer.models.torchvision_cure import ensure_torchvision\n"
        "assert ensure_torchvision() is False\n"
        "assert 'torch' not in sys.modules\n"
    )
    assert done.returncode == 0, done.stderr


def test_another_failure_of_torchvision_is_not_hidden() -> None:
    done = _run(
        "import sys\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torchvision':\n"
        "            raise RuntimeError('another cause')\n"
        "sys.meta_path.insert(0, Broken())\n"
        "from organizer.models.torchvision_cure import ensure_torchvision\n"
        "try:\n"
        "    ensure_torchvision()\n"
        "except RuntimeError as error:\n"
        "    assert 'another cause' in str(error)\n"
        "else:\n"
        "    raise SystemExit('no error')\n"
    )
    assert done.returncode == 0, done.stderr
