"""Which models there are and which one is used: fetch, import, choose, forget."""

from __future__ import annotations

from typing import Any

from organizer.library.core import LibraryCore
from organizer.models.registry import installed


class Modelling(LibraryCore):
    """The part of the library that looks after models."""

    def models(self) -> list[dict[str, Any]]:
        """The models that this version knows, as ``models list`` prints them."""
        chosen = self._shelf.spec().key
        return [
            {
                "key": spec.key,
                "name": spec.name,
                "kind": spec.kind,
                "installed": installed(spec),
                "in_use": spec.key == chosen,
                "bytes": spec.bytes,
                "licence": spec.licence,
                "languages": list(spec.languages),
            }
            for spec in self._shelf.registry
        ]

    def use_model(self, key: str) -> None:
        """Use another model from now on; its results replace the old ones when the photos are looked at.

        Raises:
            UsageProblem: unknown, not on this computer, or no embedder.
        """
        self._shelf.check_usable(key)
        self.change_settings(model=key)

    def model_label(self) -> str:
        """Where the work is done and by what: "CPU - Starter"."""
        return self._shelf.label()
