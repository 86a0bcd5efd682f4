"""Lets the starter model read the bundled vocabularies once, so that no new install has to.

Writes ``labels.npz`` (the categories) and ``background.npz`` (the nouns that searches compare with) beside
the model. To be run after a change of the weights or of a vocabulary; a file that fits neither is not read by
the program, which then makes its own.
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
    from organizer.library import Library, background, labels
    from organizer.paths import AppPaths

    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(AppPaths.at(Path(folder)))
        try:
            shelf, vocabulary = library._shelf, library.vocabulary()
            file = shelf.spec().folder / labels.FILE
            file.unlink(missing_ok=True)
            labels.write(file, shelf.vectors_name(), vocabulary, shelf.label_vectors(vocabulary))
            nouns = library.paths.resources / "vocabularies" / "background.toml"
            beside = shelf.spec().folder / background.FILE
            background.make(nouns, shelf.vectors_name(), shelf.embedder().encode_texts, beside)
        finally:
            library.close()
    print(f"{beside}: {beside.stat().st_size / 1e3:.0f} kB")
    print(f"{file}: {file.stat().st_size / 1e3:.0f} kB, {len(vocabulary.categories)} categories")


if __name__ == "__main__":
    main()
