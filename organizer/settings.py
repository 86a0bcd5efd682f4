"""What the person chose. A frozen value, read from and written to one small JSON file.

Knows nothing of what the settings do. An unreadable file is kept beside the new one and the
defaults are used, so that a damaged setting never stops the program.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

DEVICES = ("auto", "cpu", "cuda", "mps")
THEMES = ("system", "light", "dark")
EMPTY_HOW = ("system-trash", "delete")


@dataclass(frozen=True, slots=True)
class Settings:
    """Attributes:
    model: key of the model whose results are shown.
    captioner: key of the captioner that writes: a model's, "starter-captioner" or "labels"; empty leaves
        the choice to the program.
    device: "auto", "cpu", "cuda" or "mps".
    decode_processes: how many decode processes; 0 chooses from the number of cores.
    theme: "system", "light" or "dark".
    language: "system" or a language code that has a translation.
    pairs_together: whether the RAW and the JPEG of one shot go to the trash together.
    trash_days: days after which a photo leaves the trash; 0 means never.
    empty_how: where it goes then: "system-trash" or "delete".
    keep_rules: which copy of a stack to keep: names of rules, the first that tells two photos apart
        decides; "-name" is a rule that does not count. Empty for the program's own order.
    describe_idle: whether captions are made while nobody works with the program.
    pause_on_battery: whether that rests while the computer runs from its battery.
    sidecars: whether files beside the photos (.xmp) are written.
    protected: folders in which nothing may be removed.
    excluded: folders that are not scanned.
    cell_size: side of a grid cell in pixels, 96 to 320.
    window: opaque geometry of the window, base64.
    """

    model: str = "starter"
    captioner: str = ""
    device: str = "auto"
    decode_processes: int = 0
    theme: str = "system"
    language: str = "system"
    pairs_together: bool = True
    trash_days: int = 30
    empty_how: str = "system-trash"
    keep_rules: tuple[str, ...] = ()
    describe_idle: bool = True
    pause_on_battery: bool = True
    sidecars: bool = False
    protected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    cell_size: int = 176
    window: str = ""
    thresholds: dict[str, float] = field(default_factory=dict)

    def with_changes(self, **changes: Any) -> Settings:
        """A copy with some values replaced."""
        return replace(self, **changes)


def load_settings(file: Path) -> Settings:
    """Read the settings; values that do not fit fall back to their default one by one."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        log.warning("The settings in %s could not be read, so the defaults are used (%s).", file, error)
        _set_aside(file)
        return Settings()
    if not isinstance(raw, dict):
        _set_aside(file)
        return Settings()
    defaults = Settings()
    chosen: dict[str, Any] = {}
    for entry in fields(Settings):
        if entry.name in raw:
            value = _fitting(raw[entry.name], getattr(defaults, entry.name))
            if value is not None and _allowed(entry.name, value):
                chosen[entry.name] = value
    return Settings(**chosen)


def save_settings(settings: Settings, file: Path) -> None:
    """Write atomically: a crash leaves the old file or the new one.

    Raises:
        OSError: the folder cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(asdict(settings), stream, indent=2, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def _fitting(value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        return None
    if isinstance(default, dict):
        if not isinstance(value, dict):
            return None
        numbers = (int, float)
        return {str(k): float(v) for k, v in value.items() if isinstance(v, numbers)}
    if isinstance(value, bool) is not isinstance(default, bool):  # a bool is an int to Python
        return None
    return value if isinstance(value, type(default)) else None


def _allowed(name: str, value: Any) -> bool:
    if name == "device":
        return value in DEVICES
    if name == "theme":
        return value in THEMES
    if name == "empty_how":
        return value in EMPTY_HOW
    if name == "cell_size":
        return bool(96 <= value <= 320)
    if name in ("decode_processes", "trash_days"):
        return bool(value >= 0)
    return True


def _set_aside(file: Path) -> None:
    try:
        file.replace(file.with_suffix(".unreadable.json"))
    except OSError:
        log.warning("The unreadable settings file %s could not be set aside.", file)
