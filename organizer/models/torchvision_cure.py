"""Makes `import torchvision` work beside a torch that its compiled part was not built for.

PyPI's torchvision for Linux expects the CUDA build of torch. Beside a CPU build its extension does not
load, its operators stay undeclared, and its import fails on `torchvision::nms`; open_clip imports
torchvision for its transforms, which need none of them. Declaring the two operators that are
looked up at import time cures it. Must stay free of open_clip and of this package's models.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

logger = logging.getLogger(__name__)

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_lock = threading.Lock()
_fragments: list[Any] = []  # a Library's declarations last as long as the object


def ensure_torchvision() -> bool:
    """Import torchvision, declaring the missing operators only if it cannot be imported as it is.

    Returns True where the cure was applied (now or earlier). Raises ImportError or RuntimeError where
    torchvision is absent or fails for another reason.
    """
    with _lock:
        if "torchvision" in sys.modules:
            return bool(_fragments)
        try:
            import torchvision
        except RuntimeError as error:
            if "torchvision::nms" not in str(error):
                raise
        else:
            return False
        _forget_half_imported()
        _declare_operators()
        import torchvision  # noqa: F401

        logger.info(
            "torchvision's compiled operators do not fit this torch; its transforms are used without them"
        )
        return True


def _declare_operators() -> None:
    import torch

    library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)
    _fragments.append(library)


def _forget_half_imported() -> None:
    """Drop what a failed import left in sys.modules, so that the second one starts clean."""
    for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
        del sys.modules[name]
