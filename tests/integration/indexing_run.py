"""One real indexing run, also in a process of its own, for tests that kill it and for the benchmark.

``python -m tests.integration.indexing_run CATALOGUE FOLDER`` prints the summary as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from organizer.catalog.catalog import Catalog
from organizer.events import Event
from organizer.indexing.control import IndexControl
from organizer.indexing.pipeline import Pipeline
from organizer.indexing.summary import IndexSummary
from organizer.media.pool import DecodePool
from organizer.models.base import Embedder
from organizer.models.openclip import open_embedder
from organizer.models.registry import input_spec, load_registry
from organizer.paths import AppPaths
from organizer.records import Root


def index(
    catalog: Catalog,
    root: Root,
    *,
    listener: Callable[[Event], None] = lambda _event: None,
    control: IndexControl | None = None,
    quiet: float = 0.3,
    processes: int = 0,
) -> IndexSummary:
    """Index one root with the real decoder and the bundled model."""
    spec = load_registry(catalog.paths.resources, catalog.paths.models).bundled
    opened: list[Embedder] = []

    def load() -> Embedder:
        opened.append(open_embedder(spec, "cpu"))
        return opened[0]

    pipeline = Pipeline(
        catalog,
        lambda: DecodePool(processes, input_spec(spec)),
        load,
        spec.key,
        listener,
        control or IndexControl(),
        quiet=quiet,
    )
    try:
        return pipeline.run([root])
    finally:
        for embedder in opened:
            embedder.close()


def main() -> None:
    """Read the arguments, run once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    with Catalog.open(AppPaths.at(arguments.catalogue)) as catalog:
        summary = index(catalog, catalog.writer.add_root(arguments.folder))
    told = asdict(summary)
    told["unreadable"] = [str(entry.stamp.path) for entry in summary.unreadable]
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
