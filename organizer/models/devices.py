"""Which processor runs a model, by the person's wish and by what this computer has.

Imports torch inside its functions alone; must not know models.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from organizer.errors import UsageProblem

logger = logging.getLogger(__name__)

CHOICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True, slots=True)
class Device:
    """A processor to run a model on.

    Attributes:
        name: torch's name: "cpu", "cuda" or "mps".
        label: for people, such as "NVIDIA H100" or "CPU, 7 threads".
        notice: one sentence where the person's wish could not be met; empty otherwise.
    """

    name: str
    label: str
    notice: str = ""


def cpu_threads() -> int:
    """Threads for torch on the CPU: one core stays free, for the window.

    Counts the cores that this process may use, not those of the machine.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cores - 1)


def choose(wish: str = "auto") -> Device:
    """The device for a wish of CHOICES; "auto" prefers CUDA, then Apple's GPU, then the CPU.

    A GPU that was asked for and is not there becomes the CPU with a notice. Raises UsageProblem for
    another wish.
    """
    if wish not in CHOICES:
        raise UsageProblem(f"There is no device “{wish}”. Choose one of {', '.join(CHOICES)}.")
    if wish in ("auto", "cuda"):
        label = _cuda_label()
        if label:
            return Device("cuda", label)
    if wish in ("auto", "mps") and _has_mps():
        return Device("mps", "Apple GPU")
    notice = ""
    if wish in ("cuda", "mps"):
        notice = f"No usable GPU ({wish}) was found; the CPU does the work."
        logger.warning(notice)
    return cpu(notice)


def cpu(notice: str = "") -> Device:
    """The CPU, whatever else there is."""
    threads = cpu_threads()
    return Device("cpu", f"CPU, {threads} thread{'s' if threads > 1 else ''}", notice)


def _cuda_label() -> str:
    """The first CUDA device's name; empty where there is none that answers."""
    import torch

    try:
        return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else ""
    except RuntimeError as error:  # a driver that is there and does not work
        logger.warning("CUDA was found and does not answer: %s", error)
        return ""


def _has_mps() -> bool:
    import torch

    return bool(torch.backends.mps.is_available())


def tidy_up(device: Device) -> None:
    """Give back the memory of a GPU whose model was dropped."""
    if device.name == "cuda":
        import torch

        torch.cuda.empty_cache()
