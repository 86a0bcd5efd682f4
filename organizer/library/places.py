"""Names of places as positions: what ``resources/vocabularies/places.toml`` knows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

USUAL_KM = 25.0


@dataclass(frozen=True, slots=True)
class Place:
    """A circle on the map: degrees, north and east positive, and kilometres."""

    latitude: float
    longitude: float
    km: float = USUAL_KM


@cache
def load_places(file: Path) -> dict[str, Place]:
    """Every name in lower case -> its place."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))["place"]
    return {name: Place(*(float(number) for number in rest)) for names, *rest in raw for name in names}
