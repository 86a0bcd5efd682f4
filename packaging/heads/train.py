"""Train a linear head, such as one that judges how pleasing a photo is, from pictures and their scores.

Reads a CSV file with the columns image and score (AVA and its like), embeds the pictures with an
installed model, fits a ridge regression whose strength cross-validation chooses, and reports Spearman's and
Pearson's correlation on pictures that were held back. The head is written as the program reads it
(organizer/models/heads.py), with what it reached.
"""

from __future__ import annotations

import argparse
import csv
import logging
import math
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from organizer.errors import OrganizerError, UsageProblem  # noqa: E402
from organizer.media.pool import DecodePool  # noqa: E402
from organizer.models.base import Embedder  # noqa: E402
from organizer.models.heads import Head, save_head  # noqa: E402
from organizer.models.registry import ModelSpec, load_registry  # noqa: E402
from organizer.paths import AppPaths, resources_dir  # noqa: E402
from organizer.records import Decoded, FileStamp  # noqa: E402

logger = logging.getLogger("heads")

FEWEST = 100  # pictures from which a correlation on the held-back fifth says anything
STRENGTHS = tuple(10.0**power for power in np.arange(-3, 4.01, 0.5))
BATCH = 32


@dataclass(frozen=True)
class Quality:
    """How well the scores of held-back pictures were met: correlations and their number."""

    spearman: float
    pearson: float
    images: int


def main(argv: list[str] | None = None) -> int:
    """Train and write. Answers the exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        _run(arguments)
    except OrganizerError as problem:
        logger.error("%s", problem)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    made.add_argument("scores", type=Path, help="CSV file with the columns image and score")
    made.add_argument(
        "--images", type=Path, help="folder that the images' names begin from; default: the file's"
    )
    made.add_argument("--model", default="starter", help="registry key of the model that the head is for")
    made.add_argument("--models", type=Path, help="folder of added models; default: the program's own")
    made.add_argument("--held-out", type=float, default=0.2, help="share of the pictures held back")
    made.add_argument("--seed", type=int, default=20, help="of the split")
    made.add_argument("--processes", type=int, default=2, help="processes that decode pictures")
    made.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    made.add_argument("--to", type=Path, required=True, help="file to write, ending in .safetensors")
    return made


def _run(arguments: argparse.Namespace) -> None:
    from organizer.models.openclip import open_embedder

    files, scores = read_scores(arguments.scores, arguments.images)
    models = arguments.models or AppPaths.default().models
    spec = load_registry(resources_dir(), models).get(arguments.model)
    embedder = open_embedder(spec, arguments.device)
    try:
        vectors, used = embed(embedder, files, arguments.processes)
    finally:
        embedder.close()
    head, quality = train(vectors, scores[used], spec, arguments.held_out, arguments.seed)
    save_head(head, arguments.to)
    logger.info(
        "%d pictures learnt from, %d held back: Spearman %.3f, Pearson %.3f; wrote %s",
        len(used) - quality.images,
        quality.images,
        quality.spearman,
        quality.pearson,
        arguments.to.name,
    )
    if quality.spearman < 2 / math.sqrt(max(1, quality.images)):
        logger.warning("the head orders the held-back pictures no better than chance would; do not use it")


def read_scores(file: Path, images: Path | None = None) -> tuple[list[Path], NDArray[np.float64]]:
    """The pictures and scores of a CSV file with the columns image and score.

    Raises UsageProblem where the file cannot be read as one, or holds fewer than FEWEST rows.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageProblem(f"{file} cannot be read: {error}.") from error
    if rows and not {"image", "score"} <= set(rows[0]):
        raise UsageProblem(
            f"{file} needs the columns image and score; it has {', '.join(map(str, rows[0]))}."
        )
    files, scores = [], []
    for line, row in enumerate(rows, start=2):
        try:
            score = float(row["score"])
        except (TypeError, ValueError):
            score = math.nan
        if not math.isfinite(score) or not row["image"]:
            raise UsageProblem(f"{file}, line {line}: “{row['score']}” is not a score of a picture.")
        files.append((images or file.parent) / row["image"])
        scores.append(score)
    check_enough(len(files))
    return files, np.array(scores, np.float64)


def check_enough(count: int) -> None:
    """Raises UsageProblem where so many pictures are too few to learn and to judge from."""
    if count < FEWEST:
        raise UsageProblem(f"A head needs at least {FEWEST} pictures with a score; there are {count}.")


def embed(
    embedder: Embedder, files: list[Path], processes: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors float32 (M, D) of the pictures that can be read, and int64 (M,) which of the files they are."""
    vectors, used = [], []
    with DecodePool(processes, embedder.input) as pool:
        for first in range(0, len(files), BATCH):
            part = list(enumerate(files[first : first + BATCH], start=first))
            waiting = [(place, file, pool.submit(_stamp(file))) for place, file in part if file.is_file()]
            for _, file in part:
                if not file.is_file():
                    logger.warning("%s is not there and is left out", file)
            got = [(place, file, future.result()) for place, file, future in waiting]
            inputs = []
            for place, file, one in got:
                if isinstance(one, Decoded) and one.model_input is not None:
                    inputs.append(one.model_input)
                    used.append(place)
                else:
                    logger.warning("%s cannot be read and is left out", file)
            if inputs:
                vectors.append(embedder.encode_images(np.stack(inputs)))
    check_enough(len(used))
    return np.concatenate(vectors), np.array(used, np.int64)


def train(
    vectors: NDArray[np.float32], scores: NDArray[np.float64], spec: ModelSpec, held_out: float, seed: int
) -> tuple[Head, Quality]:
    """A ridge regression of N scores on N vectors (N, D), and how it does on the share held back.

    The head that is returned learnt from the same pictures that the figures leave it: the held-back ones are
    never learnt from. 0 and 1 stand at the 2nd and the 98th percentile of what it says of the others.

    Raises UsageProblem where all scores are the same, or the share leaves too few on either side.
    """
    from scipy.stats import pearsonr, spearmanr
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import train_test_split

    check_enough(len(scores))
    if np.ptp(scores) == 0:
        raise UsageProblem("All pictures have the same score; there is nothing to learn.")
    if not 0.05 <= held_out <= 0.5:
        raise UsageProblem("Between a twentieth and a half of the pictures can be held back.")
    learn, hold = train_test_split(np.arange(len(scores)), test_size=held_out, random_state=seed)
    model = RidgeCV(STRENGTHS).fit(vectors[learn], scores[learn])
    said = model.predict(vectors[hold])
    constant = np.ptp(said) == 0 or np.ptp(scores[hold]) == 0
    quality = Quality(
        0.0 if constant else float(spearmanr(said, scores[hold]).statistic),
        0.0 if constant else float(pearsonr(said, scores[hold]).statistic),
        len(hold),
    )
    low, high = np.percentile(model.predict(vectors[learn]), (2, 98))
    facts = {
        "spearman": f"{quality.spearman:.4f}",
        "pearson": f"{quality.pearson:.4f}",
        "held_out": str(quality.images),
        "images": str(len(learn)),
        "ridge": f"{model.alpha_:g}",
    }
    weight = np.asarray(model.coef_, np.float32)
    span = max(float(high - low), 1e-6)
    return (
        Head(weight, float(model.intercept_), float(low), float(low) + span, spec.key, spec.revision, facts),
        quality,
    )


def _stamp(file: Path) -> FileStamp:
    found = file.stat()
    return FileStamp(file, found.st_size, found.st_mtime_ns)


if __name__ == "__main__":
    raise SystemExit(main())
