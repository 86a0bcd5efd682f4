"""Judge a model on photos that no training saw, and print one table beside the prototype's figures.

Zero-shot accuracy over the coarse classes and all finer labels, text-to-photo recall, sketch or
photo, document or photo, speed and size; under the table how many photos each row rests on. More models come
with --also: the key of one that the program has downloaded (vit-b-32-laion2b), or the folder of any.
"""

from __future__ import annotations

import json
import logging
import random
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import workspace

if TYPE_CHECKING:
    from heldout import Guess, Labelled

    from organizer.models.openclip import OpenClipEmbedder

logger = logging.getLogger("evaluate")

REFERENCE = Path(__file__).with_name("reference.toml")
ROWS = (
    "coarse, naive",
    "coarse",
    "six scenes",
    "finer labels",
    "sketch or photo",
    "document or photo",
    "R@1",
    "R@5",
    "R@10",
    "R@1 of 200",
    "R@5 of 200",
    "R@10 of 200",
    "pictures/s",
    "times ViT-B-32",
    "load seconds",
    "megabytes",
)

Figures = Mapping[str, float]


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, measure, print."""
    options = workspace.parser(__doc__)
    options.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    options.add_argument("--model", type=Path, default=workspace.DEFAULT_MODEL, help="folder of the model")
    options.add_argument("--also", nargs="*", default=[], help="other models: keys or folders")
    options.add_argument("--catalog", type=Path, help="the program's --catalog, for keys of its models")
    options.add_argument("--no-speed", action="store_true", help="leave the timing out")
    options.add_argument("--details", action="store_true", help="each coarse class by itself")
    options.add_argument("--examples", type=int, default=0, help="so many right and wrong finer labels")
    options.add_argument("--markdown", type=Path, help="write the table to this file too")
    options.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = options.parse_args(argv)
    workspace.start(arguments)
    import heldout

    photos = heldout.read_labelled(arguments.photos, ("everyday", "captioned"))
    columns: dict[str, Figures] = {}
    for name, folder in chosen_models(arguments.model, arguments.also, arguments.catalog).items():
        columns[name] = measure(folder, photos, arguments)
    with REFERENCE.open("rb") as stream:
        columns |= tomllib.load(stream)
    told = format_table(columns) + "\n\n" + foot(photos)
    print(told)
    if arguments.markdown:
        arguments.markdown.write_text(told + "\n", encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps(columns, indent=2) + "\n", encoding="utf-8")


def chosen_models(model: Path, also: Sequence[str], catalog: Path | None) -> dict[str, Path]:
    """The folder of each column's model by its name; one that is not here costs a sentence."""
    from organizer.errors import OrganizerError
    from organizer.models.registry import load_registry, require_installed
    from organizer.paths import AppPaths

    paths = AppPaths.at(catalog) if catalog else AppPaths.default()
    registry = load_registry(paths.resources, paths.models)
    found = {model.name: model}
    for wanted in also:
        try:
            folder = Path(wanted)
            found[folder.name] = folder if folder.is_dir() else require_installed(registry.get(wanted))
        except OrganizerError as problem:
            raise workspace.Refused(f"--also {wanted}: {problem}") from problem
    return found


def measure(folder: Path, photos: list[Labelled], arguments: object) -> Figures:
    """All figures of one model folder."""
    import heldout

    embedder = heldout.open_model(folder, arguments.device)  # type: ignore[attr-defined]
    vectors = heldout.embed(embedder, photos)
    naive, each_naive = heldout.coarse_accuracy(embedder, photos, vectors, naive=True)
    coarse, each = heldout.coarse_accuracy(embedder, photos, vectors, naive=False)
    if arguments.details:  # type: ignore[attr-defined]
        for name in each:
            logger.info("%-10s naive %.2f, phrased %.2f", name, each_naive[name], each[name])
    guesses = heldout.fine_guesses(embedder, photos, vectors)
    if arguments.examples:  # type: ignore[attr-defined]
        print(examples(guesses, arguments.examples, arguments.seed))  # type: ignore[attr-defined]
    figures = {
        "coarse, naive": naive,
        "coarse": coarse,
        "six scenes": heldout.scene_accuracy(embedder, photos, vectors),
        "finer labels": sum(g.label == g.guessed for g in guesses) / max(1, len(guesses)),
        "sketch or photo": heldout.binary_accuracy(
            embedder, photos, vectors, "sketch", ("sketch", "photograph")
        ),
        "document or photo": heldout.binary_accuracy(
            embedder, photos, vectors, "receipt", ("receipt or document", "photograph")
        ),
        **heldout.retrieval(embedder, photos, vectors),
    }
    if not arguments.no_speed:  # type: ignore[attr-defined]
        figures |= _speed(folder, embedder)
    return figures


def examples(guesses: list[Guess], count: int, seed: int) -> str:
    """So many photos with the right finer label and so many with a wrong one, drawn by the seed."""
    lines = []
    for title, right in (("right", True), ("wrong", False)):
        drawn = random.Random(seed).sample([g for g in guesses if (g.label == g.guessed) == right], count)
        lines += [f"{title}: {g.label} -> {g.guessed} ({g.cosine:.2f}) {g.file}" for g in drawn]
    return "\n".join(lines)


def _speed(folder: Path, embedder: OpenClipEmbedder) -> Figures:
    import speed

    rate, reference = speed.compared(embedder, speed.vit_b_32(), 32)
    return {
        "pictures/s": rate,
        "times ViT-B-32": rate / reference,
        "load seconds": speed.load_seconds(folder),
        "megabytes": speed.folder_bytes(folder) / 1e6,
    }


def format_table(columns: Mapping[str, Figures]) -> str:
    """A Markdown table, one model a column."""
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for row in ROWS:
        cells = [_cell(row, figures.get(row)) for figures in columns.values()]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def foot(photos: list[Labelled]) -> str:
    """What the rows of the measured models rest on, in a few lines under the table."""
    import heldout

    counts = heldout.counts(photos)
    classes = ", ".join(f"{name} {count}" for name, count in counts.classes.items())
    captioned = counts.captioned
    return "\n".join(
        (
            f"coarse: {sum(counts.classes.values())} photos, mean over the classes ({classes}); "
            f"six scenes: {counts.scenes} of them.",
            f"finer labels: {counts.everyday} photos, {counts.labels} labels; sketch or photo, document or "
            "photo: the same photos, mean of both sides.",
            f"R@k: {counts.sentences} sentences, each looks for its own among {captioned} captioned photos "
            f"(chance {1 / captioned:.3f}, {5 / captioned:.3f}, {10 / captioned:.3f}).",
            "R@k of 200: for a measured model an estimate from those ranks, see heldout.expected_recall.",
            "Columns of reference.toml were measured on other photos.",
        )
    )


def _cell(row: str, value: float | None) -> str:
    if value is None:
        return ""
    if row == "pictures/s":
        return f"{value:.0f}"
    return f"{value:.1f}" if row in ("times ViT-B-32", "megabytes") else f"{value:.2f}"


if __name__ == "__main__":
    main()
