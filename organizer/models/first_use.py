"""Remembers which weights a model had when it was first downloaded here.

The registry cannot name a hash that nobody of the project has verified. So the first download decides: its
SHA-256, stated by the hub and checked on what came, is kept in a small file beside the models and outlives
them. Other weights under the same name are noticed when the model is fetched again. Knows files alone.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "known-weights.json"  # in the folder of the models: {key: SHA-256, lower case}


def remembered(models_dir: Path, key: str) -> str:
    """The SHA-256 of a model's first download; "" where there was none."""
    return _read(models_dir / FILE).get(key, "")


def remember(models_dir: Path, key: str, sha256: str) -> None:
    """Keep a hash for the next download. Raises OSError."""
    file = models_dir / FILE
    known = _read(file)
    if known.get(key) == sha256:
        return
    new = file.with_suffix(".new")
    new.write_text(json.dumps({**known, key: sha256}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    new.replace(file)


def _read(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read; which weights were known is forgotten (%s).", file, error)
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: value for key, value in content.items() if isinstance(value, str)}
