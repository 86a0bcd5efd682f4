"""Lets the starter model read the bundled vocabulary once, so that no new install has to.

Writes ``labels.npz`` beside the model. To be run after a change of the weights or of the vocabulary;
a file that fits neither is not read by the program, which then makes its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # a script: its own folder is on the path, the repository is not


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    from organizer.library import Library, labels
    from organizer.paths import AppPaths

    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(AppPaths.at(Path(folder)))
        try:
            shelf, vocabulary = library._shelf, library.vocabulary()
            file = shelf.spec().folder / labels.FILE
            file.unlink(missing_ok=True)
            labels.write(file, shelf.vectors_name(), vocabulary, shelf.label_vectors(vocabulary))
        finally:
            library.close()
    print(f"{file}: {file.stat().st_size / 1e3:.0f} kB, {len(vocabulary.categories)} categories")


if __name__ == "__main__":
    main()
