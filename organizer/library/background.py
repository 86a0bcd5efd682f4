"""What a model makes of the nouns that searches compare photos with, kept because reading them takes seconds.

A file says for which model and which nouns it was made; one that fits neither is made again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.search import BACKGROUND_TEMPLATE, load_nouns

log = logging.getLogger(__name__)

FILE = "background.npz"  # name beside a bundled model
Floats = NDArray[np.float32]


def noun_vectors(
    nouns_file: Path, made_by: str, encode: Callable[[Sequence[str]], Floats], bundled: Path, kept: Path
) -> Floats:
    """The nouns as a model reads them, float32 (P, D), unit length.

    Args:
        made_by: name of the model and its weights. encode: texts to vectors; called where no file fits.
        bundled: the file beside the model. kept: folder for a file of our own.

    Raises:
        ModelError: the model has to be loaded for it and cannot be.
    """
    made_for = _made_for(nouns_file, made_by)
    own = kept / f"background-{made_by}.npz"
    for file in (bundled, own):
        known = _read(file, made_for)
        if known is not None:
            return known
    vectors = encode(_sentences(nouns_file))
    try:
        _write(own, made_for, vectors)
    except OSError as error:
        log.info("the background of searches could not be kept: %s", error)
    return _unit(vectors)


def make(nouns_file: Path, made_by: str, encode: Callable[[Sequence[str]], Floats], file: Path) -> None:
    """Make the file that is put beside a bundled model; arguments as ``noun_vectors`` has them.

    Raises:
        OSError: it cannot be written.
    """
    _write(file, _made_for(nouns_file, made_by), encode(_sentences(nouns_file)))


def _write(file: Path, made_for: str, vectors: Floats) -> None:
    """Keep them, in half precision; a crash leaves the old file or the new one.

    Raises:
        OSError: the folder cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        np.savez(stream, made_for=made_for, vectors=vectors.astype(np.float16))
    temporary.replace(file)


def _read(file: Path, made_for: str) -> Floats | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            return _unit(kept["vectors"]) if str(kept["made_for"]) == made_for else None
    except FileNotFoundError:
        return None
    except Exception as error:  # it can be made again, whatever is wrong with it
        log.info("the background of searches in %s is made again: %r", file, error)
        return None


def _made_for(nouns_file: Path, made_by: str) -> str:
    text = "\n".join(_sentences(nouns_file))
    return f"{made_by} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


@cache
def _sentences(file: Path) -> tuple[str, ...]:
    return tuple(BACKGROUND_TEMPLATE.format(noun) for noun in load_nouns(file))


def _unit(vectors: NDArray[np.floating]) -> Floats:
    made = vectors.astype(np.float32)
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), np.float32(1e-9))
    return made
